//! What signs outputs that are no films: overlays, measured heads, sheets of samples.

use std::path::Path;
use std::sync::Arc;

use media::SharedSeal;
use provenance::{Input, InputRole, Making, Marker, SignerChoice, Statement};

use crate::terminal::failure::Failure;

/// Signs the input with landmarks drawn onto it.
///
/// # Errors
/// If the input cannot be read.
pub(crate) fn overlay_seal(input: &Path) -> Result<SharedSeal, Failure> {
    let original = Input {
        role: InputRole::Original,
        path: input.to_owned(),
    };
    let drawn = "The landmarks of a face were drawn onto it; nothing else was changed.";
    let marker = marker(drawn, Making::Drawn, vec![original])?;
    Ok(SharedSeal::new(Arc::new(marker)))
}

/// Signs heads that are measured.
///
/// # Errors
/// If no key can be made.
pub(crate) fn measured_seal() -> Result<SharedSeal, Failure> {
    let made = "A head made to be measured beside a true picture. It does not show a real event.";
    let marker = marker(made, Making::Measured, Vec::new())?;
    Ok(SharedSeal::new(Arc::new(marker)))
}

/// Signs sheets on which made heads stand beside true ones.
///
/// # Errors
/// If no key can be made.
pub(crate) fn sheet_seal() -> Result<SharedSeal, Failure> {
    Ok(SharedSeal::new(Arc::new(sheet_marker(Making::Painted)?)))
}

/// As [`sheet_seal`], for sheets that a library has written.
///
/// # Errors
/// If no key can be made.
pub(crate) fn sheet_marker(making: Making) -> Result<Marker, Failure> {
    let made = "A sheet on which heads that a model made stand beside true ones. They do not show real events.";
    marker(made, making, Vec::new())
}

fn marker(description: &str, making: Making, inputs: Vec<Input>) -> Result<Marker, Failure> {
    let statement = Statement {
        description: description.to_owned(),
        making,
        inputs,
        ..Statement::default()
    };
    let signer = SignerChoice::Installation { folder: None };
    Marker::open(&statement, &signer, None).map_err(Failure::work)
}
