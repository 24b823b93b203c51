//! The key that an installation signs with: made once, kept with mode 0600.
//!
//! The certificate names no person and no machine. Nobody vouches for it: it tells that files come from
//! the same installation, not whose that is. C2PA asks for a certificate that another one signed, so an
//! issuer is made beside it and its key forgotten.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::{Duration, SystemTime};

use p256::ecdsa::{DerSignature, SigningKey};
use p256::elliptic_curve::rand_core::{OsRng, RngCore as _};
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};
use x509_cert::Certificate;
use x509_cert::builder::{Builder as _, CertificateBuilder, Profile};
use x509_cert::der::EncodePem as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};

use crate::error::ProvenanceError;

/// Name of the file that holds certificates and key.
const FILE: &str = "signing-identity.pem";
/// What stands before the key in it.
const KEY_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
/// Key usage "document signing" (RFC 9336), which C2PA asks for.
const DOCUMENT_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36");
/// Without a time stamp by others a signature is judged by today's date, so the certificate lives long.
const VALID_FOR: Duration = Duration::from_secs(20 * 365 * 86_400);

/// Certificates and key, both as PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    /// The signing certificate, then its issuer.
    pub(crate) certificates: String,
    /// The private key, PKCS #8.
    pub(crate) key: String,
}

impl Identity {
    /// Make one.
    pub(crate) fn make() -> Result<Self, ProvenanceError> {
        make().map_err(|error| ProvenanceError::Key {
            reason: error.to_string(),
        })
    }

    /// Read the one that lies in `folder`, or make it. Several programs may do so at once: one of them
    /// makes it, and all take that.
    pub(crate) fn open_or_make(folder: &Path) -> Result<Self, ProvenanceError> {
        let path = folder.join(FILE);
        if !path.exists() {
            Self::make()?.keep(folder, &path)?;
        }
        let text = fs::read_to_string(&path).map_err(|source| ProvenanceError::Read {
            path: path.clone(),
            source,
        })?;
        let (certificates, key) = text
            .find(KEY_BEGIN)
            .map(|start| text.split_at(start))
            .ok_or_else(|| ProvenanceError::Credentials {
                path: path.clone(),
                reason: "it holds no private key; remove it, and the next run makes a new one"
                    .to_owned(),
            })?;
        Ok(Self {
            certificates: certificates.to_owned(),
            key: key.to_owned(),
        })
    }

    /// Put it into place, whole or not at all, unless another one is there by now.
    fn keep(&self, folder: &Path, path: &Path) -> Result<(), ProvenanceError> {
        let fail = |source| ProvenanceError::Write {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(fail)?;
        // temporary files are readable by their owner alone
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
        file.write_all(self.certificates.as_bytes())
            .and_then(|()| file.write_all(self.key.as_bytes()))
            .and_then(|()| file.as_file().sync_all())
            .map_err(fail)?;
        match file.persist_noclobber(path) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(fail(error.error)),
        }
    }
}

/// Where the installation's key lies by the system's custom.
///
/// # Errors
/// If the environment names no home.
pub fn signing_folder() -> Result<PathBuf, ProvenanceError> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = if let Some(data) = variable("XDG_DATA_HOME") {
        PathBuf::from(data)
    } else if cfg!(windows) {
        PathBuf::from(variable("APPDATA").ok_or(ProvenanceError::NoHome)?)
    } else {
        let home = PathBuf::from(variable("HOME").ok_or(ProvenanceError::NoHome)?);
        if cfg!(target_os = "macos") {
            home.join("Library").join("Application Support")
        } else {
            home.join(".local").join("share")
        }
    };
    Ok(base.join("vivant"))
}

fn make() -> Result<Identity, Box<dyn std::error::Error>> {
    let number = OsRng.next_u32();
    let issuer_name = Name::from_str(&format!(
        "CN=Vivant installation {number:08x} issuer,O=Self-made (nobody vouches for it)"
    ))?;
    let name = Name::from_str(&format!(
        "CN=Vivant installation {number:08x},O=Self-made (nobody vouches for it)"
    ))?;
    let issuer_key = SigningKey::random(&mut OsRng);
    let key = SigningKey::random(&mut OsRng);
    let issuer = CertificateBuilder::new(
        Profile::Root,
        serial_number()?,
        validity()?,
        issuer_name.clone(),
        SubjectPublicKeyInfoOwned::from_key(*issuer_key.verifying_key())?,
        &issuer_key,
    )?
    .build::<DerSignature>()?;
    let profile = Profile::Leaf {
        issuer: issuer_name,
        enable_key_agreement: false,
        enable_key_encipherment: false,
    };
    let mut leaf = CertificateBuilder::new(
        profile,
        serial_number()?,
        validity()?,
        name,
        SubjectPublicKeyInfoOwned::from_key(*key.verifying_key())?,
        &issuer_key,
    )?;
    leaf.add_extension(&ExtendedKeyUsage(vec![DOCUMENT_SIGNING]))?;
    let leaf: Certificate = leaf.build::<DerSignature>()?;
    Ok(Identity {
        certificates: leaf.to_pem(LineEnding::LF)? + &issuer.to_pem(LineEnding::LF)?,
        key: key.to_pkcs8_pem(LineEnding::LF)?.to_string(),
    })
}

fn serial_number() -> Result<SerialNumber, x509_cert::der::Error> {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    bytes[0] = bytes[0] & 0x7f | 0x40; // positive, and always as long
    SerialNumber::new(&bytes)
}

/// From yesterday, for clocks that go a little wrong.
fn validity() -> Result<Validity, x509_cert::der::Error> {
    let yesterday = SystemTime::now() - Duration::from_secs(86_400);
    Ok(Validity {
        not_before: Time::try_from(yesterday)?,
        not_after: Time::try_from(yesterday + VALID_FOR)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_take_the_same_key_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("deep/vivant");
        let keys: Vec<String> = std::thread::scope(|scope| {
            let open = || Identity::open_or_make(&place).unwrap().key;
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            let keys = threads.into_iter().map(|thread| thread.join().unwrap());
            keys.collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::read_dir(&place).unwrap().count(), 1, "nothing is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(place.join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_without_a_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "nothing").unwrap();
        let error = Identity::open_or_make(folder.path()).err().unwrap();
        assert!(error.to_string().contains(FILE), "{error}");
    }
}
