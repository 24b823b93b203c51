//! What a mark says: 64 bits, of which 8 are the format, 4 its version and 52 the output's id.
//!
//! On the way into the picture a checksum of 16 bits and the error correction are added.

use std::fmt;
use std::str::FromStr;

use super::convolutional_code;

/// First bits of every mark of this program.
const FORMAT: u64 = 0x56;
/// Version of the payload's layout.
const VERSION: u64 = 1;
/// Bits of an output's id.
const ID_BITS: u32 = 52;
/// Bits that are protected: payload and checksum.
pub(super) const PROTECTED_BITS: usize = 64 + 16;
/// Bits that are known before decoding, which keep noise from being taken for a mark.
pub(super) const KNOWN_BITS: i32 = 8 + 4 + 16;

/// Random number that an output is known by, 52 bits; the same stands in its manifest. Written as 13
/// hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OutputId(u64);

impl OutputId {
    /// Take the lower 52 bits of a random number.
    pub fn from_random_bits(bits: u64) -> Self {
        Self(bits & ((1 << ID_BITS) - 1))
    }

    /// The number, below 2^52.
    pub fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for OutputId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:013x}", self.0)
    }
}

/// A text that is no output id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no output id: it has 13 hexadecimal digits")]
pub struct NotAnId(String);

impl FromStr for OutputId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let wrong = || NotAnId(text.to_owned());
        let is_plain = text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_plain {
            return Err(wrong());
        }
        u64::from_str_radix(text, 16)
            .map(Self)
            .ok()
            .ok_or_else(wrong)
    }
}

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// The output that it was put into.
    pub id: OutputId,
}

impl Payload {
    /// Name an output.
    pub fn new(id: OutputId) -> Self {
        Self { id }
    }

    /// All 64 bits: format, version, id, from the highest to the lowest.
    pub fn to_bits(self) -> u64 {
        FORMAT << 56 | VERSION << ID_BITS | self.id.0
    }

    /// Read 64 bits; `None` where format or version are not this program's.
    pub fn from_bits(bits: u64) -> Option<Self> {
        let is_ours = bits >> ID_BITS == FORMAT << 4 | VERSION;
        is_ours.then(|| Self::new(OutputId::from_random_bits(bits)))
    }

    /// Signs of the code bits, true for +1.
    pub(super) fn encode(self) -> Vec<bool> {
        let bits = self.to_bits();
        let word = u128::from(bits) << 16 | u128::from(checksum(bits));
        let protected: Vec<bool> = (0..PROTECTED_BITS)
            .rev()
            .map(|place| word >> place & 1 == 1)
            .collect();
        convolutional_code::encode(&protected)
    }

    /// Decode log odds of the code bits; `None` where the checksum or the known bits do not fit.
    pub(super) fn decode(odds: &[f32]) -> Option<Self> {
        let word = convolutional_code::decode(odds)
            .iter()
            .fold(0_u128, |word, bit| word << 1 | u128::from(*bit));
        let bits = (word >> 16) as u64;
        let is_whole = checksum(bits) == word as u16;
        is_whole.then(|| Self::from_bits(bits)).flatten()
    }
}

/// CRC-16/CCITT-FALSE of eight bytes (ITU-T V.41's polynomial, started at all ones).
fn checksum(bits: u64) -> u16 {
    let mut rest = 0xFFFF_u16;
    for byte in bits.to_be_bytes() {
        rest ^= u16::from(byte) << 8;
        for _ in 0..8 {
            let carry = rest & 0x8000 != 0;
            rest = rest << 1 ^ if carry { 0x1021 } else { 0 };
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odds(payload: Payload) -> Vec<f32> {
        let signs = payload.encode();
        signs
            .iter()
            .map(|sign| if *sign { 1.0 } else { -1.0 })
            .collect()
    }

    #[test]
    fn a_payload_survives_a_fifth_of_its_code_bits_flipped() {
        let payload = Payload::new(OutputId::from_random_bits(0xdead_beef_cafe_f00d));
        let mut odds = odds(payload);
        for index in (0..odds.len()).step_by(5) {
            odds[index] = -odds[index];
        }
        assert_eq!(Payload::decode(&odds), Some(payload));
    }

    #[test]
    fn noise_is_no_payload() {
        let mut state = 1_u64;
        for _ in 0..300 {
            let noise: Vec<f32> = (0..convolutional_code::encoded_len(PROTECTED_BITS))
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    (state >> 40) as f32 / 8_388_608.0 - 1.0
                })
                .collect();
            assert_eq!(Payload::decode(&noise), None);
        }
        let nothing = vec![0.0; convolutional_code::encoded_len(PROTECTED_BITS)];
        assert_eq!(Payload::decode(&nothing), None);
    }

    #[test]
    fn other_formats_and_versions_are_not_taken_for_ours() {
        let bits = Payload::new(OutputId::from_random_bits(7)).to_bits();
        assert!(Payload::from_bits(bits).is_some());
        assert_eq!(Payload::from_bits(bits ^ 1 << 53), None);
        assert_eq!(Payload::from_bits(bits ^ 1 << 60), None);
    }

    #[test]
    fn ids_are_written_and_read_as_13_digits() {
        let id = OutputId::from_random_bits(u64::MAX);
        assert_eq!(id.to_string(), "fffffffffffff");
        assert_eq!("0000000000abc".parse(), Ok(OutputId(0xabc)));
        for text in [
            "",
            "abc",
            "+000000000abc",
            "0000000000abcd",
            "000000000xabc",
        ] {
            assert!(text.parse::<OutputId>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_checksum_is_the_one_of_the_catalogue() {
        // check value of CRC-16/CCITT-FALSE for "123456789" is 0x29b1; of eight bytes, computed alike
        let bits = u64::from_be_bytes(*b"12345678");
        let mut rest = checksum(bits);
        rest ^= u16::from(b'9') << 8;
        for _ in 0..8 {
            rest = rest << 1 ^ if rest & 0x8000 != 0 { 0x1021 } else { 0 };
        }
        assert_eq!(rest, 0x29b1);
    }
}
