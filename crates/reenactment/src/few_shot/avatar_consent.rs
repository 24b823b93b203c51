//! What an avatar says about the consent of its person.

use provenance::ConsentRecord;
use serde::{Deserialize, Serialize};

/// What is known of the person's consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AvatarConsent {
    /// What was declared, by whom and when.
    Declared(ConsentRecord),
    /// A word of avatars that were made before it was asked.
    NotStated(String),
}

impl AvatarConsent {
    /// What was declared, if anything was.
    pub fn record(&self) -> Option<&ConsentRecord> {
        match self {
            Self::Declared(record) => Some(record),
            Self::NotStated(_) => None,
        }
    }
}

impl Default for AvatarConsent {
    fn default() -> Self {
        Self::NotStated("not stated".to_owned())
    }
}
