//! Who signs: the installation, the user's own certificate, or a program of the user's.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use c2pa::{BoxedSigner, CallbackSigner, SigningAlg, create_signer};
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;

use crate::error::ProvenanceError;
use crate::identity::{Identity, signing_folder};

/// Who signs what is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SignerChoice {
    /// A key that is made for this run and forgotten.
    #[default]
    ThisRun,
    /// The installation's key, made where there is none; it lies in this folder, or by `None` where the
    /// system keeps a user's data. Where it can be neither read nor made, one of this run takes its place.
    Installation {
        /// The folder.
        folder: Option<PathBuf>,
    },
    /// The user's certificate chain and private key, both PEM.
    Files {
        /// The signing certificate first, then those that vouch for it.
        certificate: PathBuf,
        /// Its private key, PKCS #8.
        key: PathBuf,
    },
    /// A program that gets the bytes to sign on its standard input and writes the bare signature to its
    /// standard output, as c2patool's option `--signer-path` calls one.
    Command {
        /// The certificate chain, PEM.
        certificate: PathBuf,
        /// The program.
        program: PathBuf,
    },
}

/// A signer, and what the user should know about it.
pub(crate) struct Signing {
    /// Who signs.
    pub(crate) signer: BoxedSigner,
    /// A sentence, where another key than the wanted one is used.
    pub(crate) note: Option<String>,
}

impl SignerChoice {
    /// Get ready to sign.
    pub(crate) fn open(&self) -> Result<Signing, ProvenanceError> {
        let (signer, note) = match self {
            Self::ThisRun => (of_identity(&Identity::make()?)?, None),
            Self::Installation { folder } => installation(folder.as_deref())?,
            Self::Files { certificate, key } => {
                let chain = read(certificate)?;
                let algorithm = algorithm_of(certificate, &chain)?;
                let signer = create_signer::from_keys(&chain, &read(key)?, algorithm, None);
                let signer = signer.map_err(|error| ProvenanceError::Credentials {
                    path: key.clone(),
                    reason: error.to_string(),
                })?;
                (signer, None)
            }
            Self::Command {
                certificate,
                program,
            } => (of_command(certificate, program)?, None),
        };
        Ok(Signing { signer, note })
    }
}

/// The installation's key, or one of this run where the disk refuses.
fn installation(folder: Option<&Path>) -> Result<(BoxedSigner, Option<String>), ProvenanceError> {
    let folder = folder.map_or_else(signing_folder, |folder| Ok(folder.to_owned()));
    match folder.and_then(|folder| Identity::open_or_make(&folder)) {
        Ok(identity) => Ok((of_identity(&identity)?, None)),
        Err(error) => {
            let mut reason = error.to_string();
            if let Some(source) = std::error::Error::source(&error) {
                reason = format!("{reason}: {source}");
            }
            let note = format!("signed with a key of this run alone, for {reason}");
            Ok((of_identity(&Identity::make()?)?, Some(note)))
        }
    }
}

fn of_identity(identity: &Identity) -> Result<BoxedSigner, ProvenanceError> {
    create_signer::from_keys(
        identity.certificates.as_bytes(),
        identity.key.as_bytes(),
        SigningAlg::Es256,
        None,
    )
    .map_err(|error| ProvenanceError::Key {
        reason: error.to_string(),
    })
}

fn of_command(certificate: &Path, program: &Path) -> Result<BoxedSigner, ProvenanceError> {
    let chain = read(certificate)?;
    let algorithm = algorithm_of(certificate, &chain)?;
    let (certificate, program) = (certificate.to_owned(), program.to_owned());
    let reserve_size = 10_000 + chain.len();
    let call = move |_: *const (), data: &[u8]| {
        let mut command = Command::new(&program);
        command.args(["--reserve-size", &reserve_size.to_string()]);
        command.arg("--sign-cert").arg(&certificate);
        command.args(["--alg", &algorithm.to_string()]);
        let signature = answer_of(&mut command, data);
        signature.map_err(|reason| {
            c2pa::Error::OtherError(Box::new(ProvenanceError::SigningCommand {
                program: program.clone(),
                reason,
            }))
        })
    };
    Ok(Box::new(CallbackSigner::new(call, algorithm, chain)))
}

/// What a program answers to `data`, or why there is no answer.
fn answer_of(command: &mut Command, data: &[u8]) -> Result<Vec<u8>, String> {
    let say = |error: std::io::Error| error.to_string();
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(say)?;
    let mut input = child.stdin.take().expect("it was asked for");
    // A program that answers without reading all closes the pipe early, which is its right.
    drop(input.write_all(data));
    drop(input);
    let output = child.wait_with_output().map_err(say)?;
    if !output.status.success() {
        return Err(format!("it ended with {}", output.status));
    }
    if output.stdout.is_empty() {
        return Err("it wrote no signature".to_owned());
    }
    Ok(output.stdout)
}

/// The algorithm that a certificate's key signs with.
fn algorithm_of(path: &Path, chain: &[u8]) -> Result<SigningAlg, ProvenanceError> {
    const CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
    let wrong = |reason: String| ProvenanceError::Credentials {
        path: path.to_owned(),
        reason,
    };
    let chain = Certificate::load_pem_chain(chain)
        .map_err(|error| wrong(format!("PEM certificates are needed ({error})")))?;
    let [certificate, ..] = chain.as_slice() else {
        return Err(wrong("it holds no certificate".to_owned()));
    };
    let key = &certificate
        .tbs_certificate
        .subject_public_key_info
        .algorithm;
    let parameters = key.parameters.as_ref();
    let curve = parameters.and_then(|value| value.decode_as::<ObjectIdentifier>().ok());
    let name = match curve {
        Some(curve) if key.oid == CURVE => curve.to_string(),
        _ => key.oid.to_string(),
    };
    match name.as_str() {
        "1.2.840.10045.3.1.7" => Ok(SigningAlg::Es256),
        "1.3.132.0.34" => Ok(SigningAlg::Es384),
        "1.3.132.0.35" => Ok(SigningAlg::Es512),
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => Ok(SigningAlg::Ps256),
        "1.3.101.112" => Ok(SigningAlg::Ed25519),
        other => Err(wrong(format!(
            "C2PA knows no signatures by keys of the kind {other}; P-256, P-384, P-521, RSA and Ed25519 work"
        ))),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ProvenanceError> {
    fs::read(path).map_err(|source| ProvenanceError::Read {
        path: path.to_owned(),
        source,
    })
}
