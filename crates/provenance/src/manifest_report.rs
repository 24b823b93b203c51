//! What a file's manifest says, whoever wrote it.

use c2pa::{Reader, ValidationState};
use serde::Serialize;
use serde_json::Value;

use crate::statement::{CONSENT, GENERATION};

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ManifestReport {
    /// Who signed it.
    pub signer: SignerReport,
    /// The program that made the file, with its version.
    pub program: String,
    /// Whether it says that the file was made or changed by a trained model; `None` where it says nothing on
    /// how the file came about.
    pub is_synthetic: Option<bool>,
    /// Digital source types by IPTC's names, such as `compositeWithTrainedAlgorithmicMedia`; where the manifest states
    /// none, those of the file that was opened and became this one.
    pub source_types: Vec<String>,
    /// What was done, in C2PA's words, such as `c2pa.created`.
    pub actions: Vec<String>,
    /// What was done, in the maker's words.
    pub description: Option<String>,
    /// What it was made from, as the manifest names it.
    pub ingredients: Vec<IngredientReport>,
    /// What Vivant states besides.
    pub generation: Option<Value>,
    /// What was declared about consent.
    pub consent: Option<Value>,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignerReport {
    /// Name in the certificate.
    pub name: Option<String>,
    /// Organisation in the certificate.
    pub organisation: Option<String>,
    /// Algorithm of the signature.
    pub algorithm: Option<String>,
    /// When, where a time stamp says so.
    pub signed_at: Option<String>,
    /// Whether a certificate of the given list vouches for it.
    pub is_trusted: bool,
}

/// Something that a file was made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IngredientReport {
    /// As readers show it.
    pub title: String,
    /// `componentOf`, `inputTo` or `parentOf`.
    pub relationship: String,
    /// Whether its own manifest is kept.
    pub has_manifest: bool,
}

/// Most files in a row that were opened and became the next.
const LONGEST_DESCENT: u32 = 32;

impl ManifestReport {
    /// What the active manifest says.
    pub(crate) fn of(reader: &Reader) -> Option<Self> {
        let store: Value = serde_json::from_str(&reader.json()).ok()?;
        let active = store["active_manifest"].as_str()?;
        let manifest = &store["manifests"][active];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let signature = &manifest["signature_info"];
        let assertions = manifest["assertions"].as_array().cloned();
        let assertions = assertions.unwrap_or_default();
        let data = |label: &str| {
            let found = assertions.iter().find(|one| one["label"] == label);
            found.map(|one| one["data"].clone())
        };
        let actions = actions_of(manifest);
        let source_types = source_types(&store, active, LONGEST_DESCENT);
        Some(Self {
            signer: SignerReport {
                name: text(&signature["common_name"]),
                organisation: text(&signature["issuer"]),
                algorithm: text(&signature["alg"]),
                signed_at: text(&signature["time"]),
                is_trusted: reader.validation_state() == ValidationState::Trusted,
            },
            program: program(manifest),
            is_synthetic: is_synthetic(&source_types),
            actions: actions
                .iter()
                .filter_map(|one| text(&one["action"]))
                .collect(),
            description: actions.iter().find_map(|one| text(&one["description"])),
            source_types,
            ingredients: ingredients(manifest),
            generation: data(GENERATION),
            consent: data(CONSENT),
        })
    }

    /// In lines for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let name = self.signer.name.as_deref().unwrap_or("somebody unnamed");
        let organisation = self.signer.organisation.as_deref();
        let trust = if self.signer.is_trusted {
            "the given list vouches for this signer"
        } else {
            "no list of trust vouches for this signer"
        };
        let of = organisation.map_or(String::new(), |text| format!(", {text}"));
        lines.push(format!("signed by {name}{of}; {trust}"));
        if let Some(time) = &self.signer.signed_at {
            lines.push(format!("signed at {time}"));
        }
        lines.push(format!("made with {}", self.program));
        lines.extend(
            self.description
                .iter()
                .map(|text| format!("what was done: {text}")),
        );
        let kinds = self.source_types.join(", ");
        lines.push(match self.is_synthetic {
            Some(true) => format!("it says that it is synthetic ({kinds})"),
            Some(false) => format!("it does not say that it is synthetic ({kinds})"),
            None => "it does not say how it came about".to_owned(),
        });
        if let Some(model) = self.generation.as_ref().map(|value| &value["model"])
            && let Some(name) = model["name"].as_str()
        {
            lines.push(format!("model: {name}"));
        }
        for ingredient in &self.ingredients {
            let own = if ingredient.has_manifest {
                ", with the manifest that it bore itself"
            } else {
                ""
            };
            lines.push(format!("made from: {}{own}", ingredient.title));
        }
        if let Some(consent) = &self.consent {
            let part = |name: &str| consent[name].as_str().unwrap_or_default();
            let when = match part("declared_at") {
                "" => String::new(),
                time => format!(", declared {time}"),
            };
            lines.push(format!(
                "consent: {} ({}{when})",
                part("consent"),
                part("statement")
            ));
        }
        if let Some(id) = self
            .generation
            .as_ref()
            .and_then(|value| value["output_id"].as_str())
        {
            lines.push(format!("number of this output: {id}"));
        }
        lines
    }
}

/// What was done, action by action.
fn actions_of(manifest: &Value) -> Vec<&Value> {
    let assertions = manifest["assertions"].as_array();
    assertions
        .into_iter()
        .flatten()
        .filter(|one| one["label"].as_str().is_some_and(is_actions))
        .filter_map(|one| one["data"]["actions"].as_array())
        .flatten()
        .collect()
}

/// The digital source types that a manifest states; where it states none, those of what was opened and became this file,
/// by its own manifest.
fn source_types(store: &Value, label: &str, descent: u32) -> Vec<String> {
    let manifest = &store["manifests"][label];
    let actions = actions_of(manifest).into_iter();
    let types = actions.filter_map(|one| one["digitalSourceType"].as_str());
    let types: Vec<String> = types.map(short_name).collect();
    if !types.is_empty() || descent == 0 {
        return types;
    }
    let ingredients = manifest["ingredients"].as_array().into_iter().flatten();
    let mut parents = ingredients.filter(|one| one["relationship"] == "parentOf");
    let parent = parents.find_map(|one| one["active_manifest"].as_str());
    parent.map_or(Vec::new(), |parent| {
        source_types(store, parent, descent - 1)
    })
}

fn is_actions(label: &str) -> bool {
    label.starts_with("c2pa.actions")
}

/// The last part of a source type's address.
fn short_name(address: &str) -> String {
    let name = address.rsplit('/').next().unwrap_or(address);
    name.to_owned()
}

/// What the source types say; `None` where there are none.
fn is_synthetic(source_types: &[String]) -> Option<bool> {
    const SYNTHETIC: [&str; 5] = [
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "compositeSynthetic",
        "algorithmicMedia",
        "trainedAlgorithmicData",
    ];
    let is_one = |name: &String| SYNTHETIC.contains(&name.as_str());
    (!source_types.is_empty()).then(|| source_types.iter().any(is_one))
}

fn program(manifest: &Value) -> String {
    let info = &manifest["claim_generator_info"][0];
    let version = info["version"].as_str().unwrap_or_default();
    match info["name"].as_str() {
        Some(name) => format!("{name} {version}").trim_end().to_owned(),
        None => manifest["claim_generator"]
            .as_str()
            .unwrap_or("a program that is not named")
            .to_owned(),
    }
}

fn ingredients(manifest: &Value) -> Vec<IngredientReport> {
    let all = manifest["ingredients"].as_array();
    let one = |value: &Value| IngredientReport {
        title: value["title"]
            .as_str()
            .unwrap_or("something untitled")
            .to_owned(),
        relationship: value["relationship"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        has_manifest: value["active_manifest"].is_string(),
    };
    all.into_iter().flatten().map(one).collect()
}
