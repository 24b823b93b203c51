//! `model.toml`: what a bundle is, and what its parts must hash to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Version of the bundle format that this program reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// Contents of `model.toml`. An unknown key is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the format, [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Which kind of model this is, such as "landmarks".
    pub preset: String,
    /// Side of the pictures that the model works on, pixels.
    pub resolution_px: u32,
    /// Meaning of the landmarks it gives or takes, such as "ibug68+pupils".
    pub landmark_scheme: String,
    /// Licence of the weights, as an SPDX expression.
    pub licence: String,
    /// What the weights were trained on.
    pub training_data: String,
    /// Files of the bundle by the name that the program asks for.
    pub parts: BTreeMap<String, Part>,
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Name of the file, beside `model.toml`.
    pub file: String,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Part {
    /// Whether the file's name is a plain name, which cannot leave the bundle's folder.
    pub(crate) fn has_plain_name(&self) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !self.file.is_empty() && !self.file.starts_with('.') && self.file.chars().all(plain)
    }
}

/// SHA-256 of `bytes` as lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_one_of_the_standard() {
        // FIPS 180-2, appendix B.1
        let wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_hex(b"abc"), wanted);
    }

    #[test]
    fn names_that_leave_the_folder_are_not_plain() {
        let part = |file: &str| Part {
            file: file.into(),
            sha256: String::new(),
        };
        assert!(part("face_detector.onnx").has_plain_name());
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "C:x",
            "/etc/passwd",
            "a\0b",
        ] {
            assert!(!part(name).has_plain_name(), "{name:?}");
        }
    }
}
