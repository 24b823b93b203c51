//! How a result says what it is, as options: consent, label, and who signs.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use media::{OutputFormat, sidecar_of};
use provenance::{Consent, ConsentRecord, Label, SignerChoice};
use reenactment::{AnimateConfig, Marks};

use crate::terminal::failure::Failure;

/// How the result says what it is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Marks")]
pub(crate) struct MarkOptions {
    /// What you declare about the consent of the person shown: self (I am that person), agreed (they agreed),
    /// character (nobody real is shown) or historical (a person of history). It stands in the result's
    /// manifest; without it the manifest says that nothing was declared. An avatar brings its own.
    #[arg(long, value_name = "GROUND", value_parser = consent_parser())]
    consent: Option<Consent>,
    /// A clip in which the person agrees; its hash is kept, not the clip.
    #[arg(long, value_name = "FILE", requires = "consent")]
    consent_clip: Option<PathBuf>,
    /// A label that people see: a small "AI" in the corner, or a card of two seconds at the end.
    #[arg(long, value_name = "WHICH", value_parser = label_parser())]
    label: Option<Label>,
    /// Sign with this certificate chain (PEM, the signing one first) instead of the key of this installation.
    #[arg(long, value_name = "FILE")]
    signer_cert: Option<PathBuf>,
    /// Private key of that certificate (PEM, PKCS #8).
    #[arg(long, value_name = "FILE", requires = "signer_cert")]
    signer_key: Option<PathBuf>,
    /// Program that signs for that certificate: it reads the bytes to sign and writes the bare signature, as with
    /// --signer-path of c2patool.
    #[arg(
        long,
        value_name = "PROGRAM",
        requires = "signer_cert",
        conflicts_with = "signer_key"
    )]
    signer_command: Option<PathBuf>,
}

/// Reads one of the four grounds.
pub(crate) fn consent_parser() -> impl TypedValueParser<Value = Consent> {
    let words = Consent::ALL.map(Consent::word);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Consent>())
}

fn label_parser() -> impl TypedValueParser<Value = Label> {
    let words = Label::ALL.map(Label::word);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Label>())
}

impl MarkOptions {
    /// Whether any of them was typed.
    pub(crate) fn is_given(&self) -> bool {
        self.consent.is_some() || self.label.is_some() || self.signer_cert.is_some()
    }

    /// As the library takes them.
    ///
    /// # Errors
    /// If the consent clip cannot be read, or a certificate comes without a key.
    pub(crate) fn marks(&self) -> Result<Marks, Failure> {
        let consent = match self.consent {
            Some(ground) => Some(declared(ground, self.consent_clip.as_deref())?),
            None => None,
        };
        let signer = match (&self.signer_cert, &self.signer_key, &self.signer_command) {
            (None, _, _) => SignerChoice::Installation { folder: None },
            (Some(certificate), Some(key), _) => SignerChoice::Files {
                certificate: certificate.clone(),
                key: key.clone(),
            },
            (Some(certificate), None, Some(program)) => SignerChoice::Command {
                certificate: certificate.clone(),
                program: program.clone(),
            },
            (Some(_), None, None) => {
                let problem = "--signer-cert needs --signer-key or --signer-command";
                return Err(Failure::Usage(vec![problem.to_owned()]));
            }
        };
        Ok(Marks {
            signer,
            consent,
            label: self.label,
        })
    }
}

/// A declaration made now.
pub(crate) fn declared(ground: Consent, clip: Option<&Path>) -> Result<ConsentRecord, Failure> {
    let record = ConsentRecord::declare(ground);
    match clip {
        Some(clip) => record.with_clip(clip).map_err(Failure::work),
        None => Ok(record),
    }
}

/// Marks of a run that was asked for nothing special: signed by this installation.
pub(crate) fn installation_marks() -> Marks {
    Marks {
        signer: SignerChoice::Installation { folder: None },
        ..Marks::default()
    }
}

/// The file that a manifest would replace which lies beside the output.
pub(crate) fn sidecar_in_the_way(output: &Path) -> Option<PathBuf> {
    let is_beside =
        OutputFormat::from_path(output).is_ok_and(|format| format == OutputFormat::WebM);
    is_beside.then(|| sidecar_of(output))
}

/// Say in the names of outputs that they are unmarked, in builds that measure picture quality alone.
pub(crate) fn stamp(config: &mut AnimateConfig) {
    if !cfg!(feature = "unmarked") {
        return;
    }
    for path in std::iter::once(&mut config.output).chain(&mut config.preview) {
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        match path.extension() {
            Some(ending) => {
                name.push(".UNMARKED.");
                name.push(ending);
            }
            // a folder of pictures, whose name must not look like one with an ending
            None => name.push("-UNMARKED"),
        }
        path.set_file_name(name);
    }
}
