//! Names that the server makes for uploads and jobs, and the token that opens it.

use std::fmt;

use rand::TryRngCore as _;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};

/// Bytes of chance in a name.
const BYTES: usize = 16;

/// A name of our own making: 32 hexadecimal digits, and so never a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Identifier(String);

impl Identifier {
    /// A new one, which nobody can guess.
    pub(crate) fn new() -> Self {
        Self(random_hex::<BYTES>())
    }

    /// Take a client's word for one; anything but 32 hexadecimal digits is refused.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        let is_name = text.len() == 2 * BYTES && text.as_bytes().iter().all(is_digit);
        is_name.then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Identifier {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a name is 32 hexadecimal digits")
    }
}

impl From<Identifier> for String {
    fn from(identifier: Identifier) -> Self {
        identifier.0
    }
}

/// So many random bytes of the system, in hexadecimal digits.
///
/// # Panics
/// If the system has no source of chance: nothing could be kept secret then.
pub(crate) fn random_hex<const COUNT: usize>() -> String {
    let mut bytes = [0; COUNT];
    OsRng
        .try_fill_bytes(&mut bytes)
        .expect("the system has a source of chance");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_path_is_no_name() {
        for bad in [
            "",
            "..",
            "../../etc/passwd",
            "0123456789abcdef0123456789abcde/",
            "0123456789ABCDEF0123456789ABCDEF",
            "0123456789abcdef0123456789abcdef0",
        ] {
            assert_eq!(Identifier::parse(bad), None, "{bad}");
        }
        let name = Identifier::new();
        assert_eq!(Identifier::parse(name.as_str()), Some(name.clone()));
        assert_ne!(Identifier::new(), name);
    }
}
