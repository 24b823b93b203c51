//! What an output says about itself: manifests, the invisible watermark, consent and verification.
//!
//! Marks are added and read here, never removed.

mod consent;
mod digest;
mod error;
mod identity;
mod inputs;
mod label;
mod manifest_report;
mod marker;
mod media_type;
mod report;
mod settings;
mod signer;
mod statement;
mod verify;
pub mod watermark;
mod watermark_search;

pub use crate::consent::{Consent, ConsentRecord, UnknownConsent};
pub use crate::error::ProvenanceError;
pub use crate::identity::signing_folder;
pub use crate::label::{END_CARD_S, Label, UnknownLabel, draw_corner, end_card};
pub use crate::manifest_report::{IngredientReport, ManifestReport, SignerReport};
pub use crate::marker::Marker;
pub use crate::report::{MarkState, Report};
pub use crate::signer::SignerChoice;
pub use crate::statement::{Input, InputRole, Making, ModelMark, Statement};
pub use crate::verify::{Verifier, verify};
pub use crate::watermark_search::WatermarkReport;
