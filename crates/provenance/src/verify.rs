//! Reads the marks of a file, its sidecar or a folder of pictures, whoever made them.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use c2pa::{Context, Error, Reader, ValidationState};

use crate::error::ProvenanceError;
use crate::inputs::files_in;
use crate::manifest_report::ManifestReport;
use crate::media_type::media_type_of;
use crate::report::{MarkState, Report};
use crate::settings::context;
use crate::watermark_search::search;

/// Ending of a manifest that lies beside its file.
const SIDECAR: &str = "c2pa";
/// A manifest of more bytes is not read: real ones have tens of thousands.
const MOST_SIDECAR_BYTES: u64 = 64 << 20;

/// Reads marks.
pub struct Verifier {
    context: Arc<Context>,
}

/// Read the marks of a file or a folder, with nobody trusted beforehand.
///
/// # Errors
/// If it cannot be read. Marks that are missing or broken are no error: the report says so.
pub fn verify(path: &Path) -> Result<Report, ProvenanceError> {
    Verifier::new(None)?.verify(path)
}

impl Verifier {
    /// Trust the certificates of this PEM list; without it, nobody.
    ///
    /// # Errors
    /// If the list cannot be read or holds no certificate.
    pub fn new(trust_list: Option<&Path>) -> Result<Self, ProvenanceError> {
        let Some(path) = trust_list else {
            return Ok(Self {
                context: context(None, None)?,
            });
        };
        let list = fs::read_to_string(path).map_err(|source| ProvenanceError::Read {
            path: path.to_owned(),
            source,
        })?;
        let context = context(None, Some(&list)).map_err(|error| ProvenanceError::TrustList {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self { context })
    }

    /// As [`verify`].
    ///
    /// # Errors
    /// As [`verify`].
    pub fn verify(&self, path: &Path) -> Result<Report, ProvenanceError> {
        let mut report = self.verify_manifest(path)?;
        report.take_search(search(path));
        Ok(report)
    }

    /// Read the manifest alone, without looking for the watermark: milliseconds instead of seconds.
    ///
    /// # Errors
    /// As [`verify`].
    pub fn verify_manifest(&self, path: &Path) -> Result<Report, ProvenanceError> {
        if path.is_dir() {
            self.folder(path)
        } else {
            self.file(path)
        }
    }

    /// The worst of a folder's files, and each of those that are not marked as the first is.
    fn folder(&self, folder: &Path) -> Result<Report, ProvenanceError> {
        let mut parts = Vec::new();
        for path in files_in(folder)? {
            let is_sidecar = path.extension().is_some_and(|ending| ending == SIDECAR);
            if !is_sidecar && self.is_media(&path)? {
                parts.push(self.file(&path)?);
            }
        }
        Report::of_parts(folder, parts).ok_or_else(|| ProvenanceError::EmptyFolder {
            path: folder.to_owned(),
        })
    }

    fn is_media(&self, path: &Path) -> Result<bool, ProvenanceError> {
        let kind = File::open(path).and_then(|mut file| media_type_of(&mut file));
        let kind = kind.map_err(|source| ProvenanceError::Read {
            path: path.to_owned(),
            source,
        })?;
        Ok(kind.is_some())
    }

    fn file(&self, path: &Path) -> Result<Report, ProvenanceError> {
        let read_failed = |source| ProvenanceError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(read_failed)?;
        let media_type = media_type_of(&mut file).map_err(read_failed)?;
        let media_type = media_type.unwrap_or("application/octet-stream");
        let reader = Reader::from_shared_context(&self.context);
        let mut report = match reader.with_stream(media_type, &mut file) {
            Ok(reader) => of_reader(path, &reader),
            Err(error) if is_absence(&error) => self.beside(path, media_type, &mut file)?,
            Err(Error::RemoteManifestUrl(url) | Error::RemoteManifestFetch(url)) => {
                let mut report = Report::empty(path, MarkState::NotMarked);
                report.notes.push(format!(
                    "it says that its manifest lies at {url}; no connection was opened to fetch it"
                ));
                report
            }
            Err(error) => broken(path, &error),
        };
        if report.state == MarkState::NotMarked && media_type == "application/octet-stream" {
            let note = "its content is in no format that bears Content Credentials";
            report.notes.push(note.to_owned());
        }
        Ok(report)
    }

    /// The manifest that lies beside the file, if any.
    fn beside(
        &self,
        path: &Path,
        media_type: &str,
        file: &mut File,
    ) -> Result<Report, ProvenanceError> {
        let sidecar = path.with_extension(SIDECAR);
        let is_itself = sidecar == path;
        let length = fs::metadata(&sidecar).map_or(0, |about| about.len());
        if is_itself || !sidecar.is_file() || length > MOST_SIDECAR_BYTES {
            return Ok(Report::empty(path, MarkState::NotMarked));
        }
        let manifest = fs::read(&sidecar).map_err(|source| ProvenanceError::Read {
            path: sidecar.clone(),
            source,
        })?;
        let reader = Reader::from_shared_context(&self.context);
        let mut report = match reader.with_manifest_data_and_stream(&manifest, media_type, file) {
            Ok(reader) => of_reader(path, &reader),
            Err(error) => broken(path, &error),
        };
        let name = sidecar.file_name().unwrap_or_default().to_string_lossy();
        report
            .notes
            .push(format!("its manifest lies beside it, in {name}"));
        Ok(report)
    }
}

fn of_reader(path: &Path, reader: &Reader) -> Report {
    let problems = problems_of(reader);
    let state = if problems.is_empty() {
        MarkState::Marked
    } else {
        MarkState::Damaged
    };
    let mut report = Report::empty(path, state);
    report.problems = problems;
    report.manifest = ManifestReport::of(reader);
    report
}

fn broken(path: &Path, error: &Error) -> Report {
    let mut report = Report::empty(path, MarkState::Damaged);
    report.problems.push(format!(
        "the file or its manifest cannot be taken apart: {error}"
    ));
    report
}

/// Whether there is simply no manifest.
fn is_absence(error: &Error) -> bool {
    matches!(
        error,
        Error::JumbfNotFound | Error::ProvenanceMissing | Error::UnsupportedType
    )
}

/// What is wrong with a manifest, in words; nothing where it holds. That nobody vouches for the signer is not
/// wrong.
pub(crate) fn problems_of(reader: &Reader) -> Vec<String> {
    if reader.validation_state() != ValidationState::Invalid {
        return Vec::new();
    }
    let results = reader.validation_results();
    let active = results.and_then(|results| results.active_manifest());
    let mut failures: Vec<_> = active.map_or(Vec::new(), |codes| codes.failure().iter().collect());
    let deltas = results.and_then(|results| results.ingredient_deltas());
    for delta in deltas.into_iter().flatten() {
        failures.extend(delta.validation_deltas().failure());
    }
    let mut problems: Vec<String> = failures
        .into_iter()
        .filter(|status| status.code() != "signingCredential.untrusted")
        .map(|status| match meaning(status.code()) {
            Some(words) => format!("{words} ({})", status.code()),
            None => match status.explanation() {
                Some(explanation) => format!("{explanation} ({})", status.code()),
                None => status.code().to_owned(),
            },
        })
        .collect();
    problems.dedup();
    if problems.is_empty() {
        problems.push("the manifest does not hold".to_owned());
    }
    problems
}

/// The most frequent codes of C2PA in words.
fn meaning(code: &str) -> Option<&'static str> {
    Some(match code {
        "assertion.dataHash.mismatch"
        | "assertion.bmffHash.mismatch"
        | "assertion.boxesHash.mismatch"
        | "assertion.collectionHash.mismatch" => "the content was changed after it was signed",
        "assertion.hashedURI.mismatch" => "a statement of the manifest was changed",
        "claimSignature.mismatch" => "the signature does not fit the manifest",
        "claimSignature.missing" => "the manifest is not signed",
        "claim.missing" | "claim.required.missing" => "the manifest makes no claim",
        "assertion.missing" => "a statement of the manifest is missing",
        "signingCredential.invalid" => "the signer's certificate is not fit for signing",
        "signingCredential.expired" => "the signer's certificate has run out",
        "signingCredential.ocsp.revoked" => "the signer's certificate was revoked",
        _ => return None,
    })
}
