//! How a result says what it is: what its manifest states, and the label that people see.

use std::path::PathBuf;
use std::sync::Arc;

use inference::Bundle;
use media::{Image, SharedSeal};
use provenance::watermark::OutputId;
use provenance::{
    Consent, ConsentRecord, END_CARD_S, Input, InputRole, Label, Making, Marker, ModelMark,
    SignerChoice, Statement, draw_corner, end_card,
};

use crate::clock::Clock;
use crate::config::{AnimateConfig, Audio, Driving, Engine, Source};
use crate::error::AnimateError;
use crate::few_shot::{Avatar, digest};
use crate::portrait::PortraitModel;
use crate::source_face::is_avatar;

/// How a result is marked. That it is marked is not open to choice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// Who signs.
    pub signer: SignerChoice,
    /// What was declared about the consent of the person shown. An avatar's own record comes first.
    pub consent: Option<ConsentRecord>,
    /// The label that people see.
    pub label: Option<Label>,
}

/// The seal of a run's outputs, and what the user should know about it.
pub(crate) struct RunSeal {
    /// `None` in builds that measure picture quality alone.
    pub(crate) seal: Option<SharedSeal>,
    pub(crate) notes: Vec<String>,
}

impl RunSeal {
    /// Get ready to sign what a run of `config` writes. `output_id` is that of the run which this one goes
    /// on with.
    pub(crate) fn open(
        config: &AnimateConfig,
        description: String,
        output_id: Option<OutputId>,
    ) -> Result<(Self, OutputId), AnimateError> {
        let avatar = match &config.source {
            Source::File(path) if is_avatar(path) => Some(Avatar::open(path)?),
            _ => None,
        };
        let own = avatar
            .as_ref()
            .and_then(|avatar| avatar.manifest().consent.record());
        let mut consent = own.or(config.marks.consent.as_ref()).cloned();
        if config.source == Source::BuiltInPortrait {
            consent = Some(ConsentRecord::declare(Consent::Character)); // it is drawn
        }
        let is_invented = consent
            .as_ref()
            .is_some_and(|record| record.consent == Consent::Character);
        let statement = Statement {
            description,
            making: Making::Painted,
            is_invented,
            model: Some(model_of(&config.engine, avatar.as_ref())?),
            inputs: inputs_of(config),
            consent,
        };
        let marker = Marker::open(&statement, &config.marks.signer, output_id)?;
        let output_id = marker.output_id();
        let mut notes: Vec<String> = marker.note().map(str::to_owned).into_iter().collect();
        if own.is_some() && config.marks.consent.is_some() {
            let note = "the manifest states the avatar's own record of consent, not the option";
            notes.push(note.to_owned());
        }
        let seal = SharedSeal::new(Arc::new(marker));
        let seal = (!cfg!(feature = "unmarked")).then_some(seal);
        Ok((Self { seal, notes }, output_id))
    }
}

/// Draw the label that belongs into every frame.
pub(crate) fn labelled(config: &AnimateConfig, mut frame: Image) -> Image {
    if config.marks.label == Some(Label::Corner) {
        draw_corner(&mut frame);
    }
    frame
}

/// The card that belongs behind the last frame, and the stamps at which it is written.
pub(crate) fn card_of(
    config: &AnimateConfig,
    [width, height]: [u32; 2],
    clock: &Clock,
) -> Option<(Image, Vec<i64>)> {
    if config.marks.label != Some(Label::EndCard) {
        return None;
    }
    let (last, frame_s) = (*clock.pts.last()?, clock.frame_rate.inverse().to_f64());
    let step = (frame_s / clock.time_base.to_f64()).round().max(1.0) as i64;
    let count = (END_CARD_S / frame_s).ceil().max(1.0) as i64;
    let stamps = (1..=count).map(|frame| last + frame * step).collect();
    Some((end_card(width, height), stamps))
}

/// The model that paints, as far as the settings tell.
fn model_of(engine: &Engine, avatar: Option<&Avatar>) -> Result<ModelMark, AnimateError> {
    let (name, sha256) = match (avatar, engine) {
        (_, Engine::Warp) => ("geometric warp, no model", None),
        (Some(avatar), Engine::Automatic) => ("avatar", Some(avatar.manifest().model.clone())),
        (None, Engine::Automatic) => (
            "portrait, built in",
            Some(PortraitModel::built_in_digest()?),
        ),
        (_, Engine::Portrait(folder)) => {
            let bundle = Bundle::open(folder).map_err(crate::few_shot::AvatarError::from)?;
            ("portrait", Some(digest(&bundle)))
        }
    };
    Ok(ModelMark {
        name: name.to_owned(),
        sha256,
    })
}

/// The files that a run reads, each once.
fn inputs_of(config: &AnimateConfig) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    let mut add = |role: InputRole, path: &PathBuf| {
        if !inputs.iter().any(|input| input.path == *path) {
            let path = path.clone();
            inputs.push(Input { role, path });
        }
    };
    if let Source::File(path) = &config.source {
        let is_avatar = is_avatar(path);
        add(
            if is_avatar {
                InputRole::Avatar
            } else {
                InputRole::Source
            },
            path,
        );
    }
    for path in &config.further_sources {
        add(InputRole::Source, path);
    }
    for face in config.faces() {
        match &face.driving {
            Driving::File(path) => add(InputRole::Driving, path),
            Driving::Sound(path) => add(InputRole::Sound, path),
            Driving::BuiltIn { .. } => {}
        }
    }
    if let Audio::File(path) = &config.audio {
        add(InputRole::Sound, path);
    }
    inputs
}
