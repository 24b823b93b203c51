//! What somebody declared about the consent of the person whose likeness is shown.
//!
//! The four words are the same on the command line, in avatars, in manifests and in the studio.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use x509_cert::der::DateTime;

use crate::digest::sha256_of;
use crate::error::ProvenanceError;

/// On what ground a likeness is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// The person shown is the one who declares.
    #[serde(rename = "self")]
    Own,
    /// The person shown agreed.
    Agreed,
    /// Nobody real is shown: a drawn or invented character.
    Character,
    /// A person of history, long dead.
    Historical,
}

impl Consent {
    /// All grounds, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Own, Self::Agreed, Self::Character, Self::Historical];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Agreed => "agreed",
            Self::Character => "character",
            Self::Historical => "historical",
        }
    }

    /// What the word declares, as a sentence of the one who declares.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Own => "I am the person shown",
            Self::Agreed => "the person shown agreed to this use of their likeness",
            Self::Character => "nobody real is shown: the picture is of an invented character",
            Self::Historical => "the person shown is a historical one, long dead",
        }
    }
}

impl fmt::Display for Consent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl FromStr for Consent {
    type Err = UnknownConsent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|one| one.word() == text);
        known.ok_or_else(|| UnknownConsent {
            text: text.to_owned(),
        })
    }
}

/// A word that declares nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is none of self, agreed, character and historical")]
pub struct UnknownConsent {
    text: String,
}

/// What was declared, by whom and when.
///
/// Names stay in the avatar; manifests take over the ground, the time and the hash alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRecord {
    /// The ground.
    pub consent: Consent,
    /// Whose likeness it is, as far as that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likeness_of: Option<String>,
    /// Who declared it, as far as that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_by: Option<String>,
    /// When, as RFC 3339 in UTC, to the second.
    pub declared_at: String,
    /// SHA-256 of a clip in which the person agrees, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_sha256: Option<String>,
}

impl ConsentRecord {
    /// Declare now.
    pub fn declare(consent: Consent) -> Self {
        Self {
            consent,
            likeness_of: None,
            declared_by: None,
            declared_at: now(),
            clip_sha256: None,
        }
    }

    /// Add the hash of a clip in which the person agrees. The clip itself is kept nowhere.
    ///
    /// # Errors
    /// If the clip cannot be read.
    pub fn with_clip(mut self, clip: &Path) -> Result<Self, ProvenanceError> {
        let fail = |source| ProvenanceError::Read {
            path: clip.to_owned(),
            source,
        };
        let mut file = File::open(clip).map_err(fail)?;
        self.clip_sha256 = Some(sha256_of(&mut file).map_err(fail)?);
        Ok(self)
    }
}

/// The time as RFC 3339 in UTC, to the second.
pub(crate) fn now() -> String {
    let time = DateTime::from_system_time(SystemTime::now());
    time.map_or_else(
        |_| "1970-01-01T00:00:00Z".to_owned(),
        |time| time.to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_and_others_are_refused() {
        for consent in Consent::ALL {
            assert_eq!(consent.word().parse(), Ok(consent));
            let json = serde_json::to_string(&consent).unwrap();
            assert_eq!(json, format!("\"{consent}\""));
        }
        let error = "yes".parse::<Consent>().unwrap_err().to_string();
        assert!(error.contains("historical"), "{error}");
    }

    #[test]
    fn a_declaration_has_its_time_and_the_hash_of_its_clip() {
        let folder = tempfile::tempdir().unwrap();
        let clip = folder.path().join("clip.mp4");
        std::fs::write(&clip, b"abc").unwrap();
        let record = ConsentRecord::declare(Consent::Agreed)
            .with_clip(&clip)
            .unwrap();
        assert!(record.declared_at.ends_with('Z') && record.declared_at.len() == 20);
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(record.clip_sha256.as_deref(), Some(abc));
    }
}
