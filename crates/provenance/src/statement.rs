//! What an output says about itself: how it was made, from what, with whose consent.
//!
//! Nothing here names a person, a file or a folder: inputs are told by their hashes.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::consent::ConsentRecord;
use crate::inputs::HashedInput;
use crate::watermark::OutputId;

/// Label of the assertion on how the output was made.
pub(crate) const GENERATION: &str = "vivant.generation";
/// Label of the assertion on consent.
pub(crate) const CONSENT: &str = "vivant.consent";

/// How an output was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statement {
    /// What it is, in a sentence that begins with a capital.
    pub description: String,
    /// How it came about.
    pub making: Making,
    /// Whether an invented person alone is shown, so that no real likeness is inside.
    pub is_invented: bool,
    /// The model that painted, if any.
    pub model: Option<ModelMark>,
    /// What it was made from.
    pub inputs: Vec<Input>,
    /// What was declared about consent; `None` where nothing was.
    pub consent: Option<ConsentRecord>,
}

/// How an output came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Making {
    /// A model painted it. A watermark is hidden in it.
    #[default]
    Painted,
    /// A model painted it to be measured, so nothing is hidden in it that would be measured too.
    Measured,
    /// Lines were drawn onto what was given, which stays what it was: nothing in it is called synthetic, and nothing is
    /// hidden in it.
    Drawn,
}

/// A model, as far as a stranger may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelMark {
    /// Its name, such as `portrait`.
    pub name: String,
    /// SHA-256 that names its weights, where there is one.
    pub sha256: Option<String>,
}

/// Something that the output was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// What it was used for.
    pub role: InputRole,
    /// Where it lies: a file, or a folder of pictures.
    pub path: PathBuf,
}

/// What an input was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputRole {
    /// A picture or video of the person who is moved.
    Source,
    /// An avatar that learned the person.
    Avatar,
    /// A video or recorded motion that supplied the motion.
    Driving,
    /// The sound that is heard.
    Sound,
    /// What lines were drawn onto.
    Original,
}

impl InputRole {
    /// Its name in manifests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Avatar => "avatar",
            Self::Driving => "driving",
            Self::Sound => "sound",
            Self::Original => "original",
        }
    }

    /// The ingredient's title, as readers show it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Source => "source picture",
            Self::Avatar => "avatar that learned the person",
            Self::Driving => "driving motion",
            Self::Sound => "sound",
            Self::Original => "what lines were drawn onto",
        }
    }

    /// How C2PA relates it to the output: a part of it, what a model was fed with, or what became it.
    pub(crate) fn relationship(self) -> &'static str {
        match self {
            Self::Source | Self::Sound => "componentOf",
            Self::Avatar | Self::Driving => "inputTo",
            Self::Original => "parentOf",
        }
    }
}

impl Statement {
    /// The manifest's definition in the library's JSON form. `ingredients` are the labels of those that are
    /// parts of the output.
    pub(crate) fn definition(
        &self,
        output_id: &str,
        inputs: &[HashedInput],
        placed: &[String],
    ) -> Value {
        let agent = json!({"name": "Vivant", "version": env!("CARGO_PKG_VERSION")});
        let (title, actions) = match self.making {
            Making::Painted | Making::Measured => (
                "Synthetic media made with Vivant",
                self.painted(&agent, placed),
            ),
            Making::Drawn => ("Landmarks drawn by Vivant", self.drawn(&agent, placed)),
        };
        let mut assertions = vec![
            json!({"label": "c2pa.actions.v2", "data": {"actions": actions}, "created": true}),
            json!({"label": GENERATION, "data": self.generation(output_id, inputs), "created": true}),
        ];
        if self.making != Making::Drawn {
            assertions.push(json!({"label": CONSENT, "data": self.declared(), "created": true}));
        }
        json!({"title": title, "claim_generator_info": [agent], "assertions": assertions})
    }

    /// Actions of what a model painted.
    fn painted(&self, agent: &Value, placed: &[String]) -> Vec<Value> {
        let kind = if self.is_invented {
            "trainedAlgorithmicMedia"
        } else {
            "compositeWithTrainedAlgorithmicMedia"
        };
        let mut actions = vec![json!({
            "action": "c2pa.created",
            "softwareAgent": agent,
            "digitalSourceType": format!("http://cv.iptc.org/newscodes/digitalsourcetype/{kind}"),
            "description": self.description,
        })];
        if !placed.is_empty() {
            actions.push(json!({
                "action": "c2pa.placed",
                "softwareAgent": agent,
                "parameters": {"ingredientIds": placed},
            }));
        }
        actions
    }

    /// Actions of lines on what was given.
    fn drawn(&self, agent: &Value, opened: &[String]) -> Vec<Value> {
        let opened = json!({
            "action": "c2pa.opened",
            "softwareAgent": agent,
            "parameters": {"ingredientIds": opened},
        });
        let drawn = json!({
            "action": "c2pa.drawing",
            "softwareAgent": agent,
            "description": self.description,
        });
        vec![opened, drawn]
    }

    fn generation(&self, output_id: &str, inputs: &[HashedInput]) -> Value {
        let mut generation = json!({
            "output_id": output_id,
            "program": "Vivant",
            "version": env!("CARGO_PKG_VERSION"),
            "inputs": inputs.iter().map(HashedInput::to_json).collect::<Vec<_>>(),
        });
        if let Some(model) = &self.model {
            generation["model"] = json!({"name": model.name});
            if let Some(sha256) = &model.sha256 {
                generation["model"]["sha256"] = json!(sha256);
            }
        }
        generation
    }

    /// The declaration without names.
    fn declared(&self) -> Value {
        let Some(record) = &self.consent else {
            return json!({
                "consent": "not declared",
                "statement": "nothing was declared about the consent of the person shown",
            });
        };
        let mut declared = json!({
            "consent": record.consent.word(),
            "statement": record.consent.sentence(),
            "declared_at": record.declared_at,
        });
        if let Some(clip) = &record.clip_sha256 {
            declared["clip_sha256"] = json!(clip);
        }
        declared
    }
}

/// State that the frames hold a watermark, and the number that it says.
pub(crate) fn add_soft_binding(definition: &mut Value, output_id: OutputId) {
    let Some(assertions) = definition["assertions"].as_array_mut() else {
        return;
    };
    if let Some(actions) = assertions[0]["data"]["actions"].as_array_mut() {
        actions.push(json!({"action": "c2pa.watermarked.bound"}));
    }
    assertions.push(json!({
        "label": "c2pa.soft-binding",
        "data": {
            "alg": "vivant.watermark.1",
            "blocks": [{"scope": {}, "value": output_id.to_string()}],
        },
        "created": true,
    }));
}
