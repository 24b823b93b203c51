//! The number formats and the checksum of NUT.

use std::io::{self, Read};

/// Append `value` in groups of seven bits, highest first.
pub(super) fn put_number(out: &mut Vec<u8>, value: u64) {
    let groups = (64 - value.leading_zeros()).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        let bits = ((value >> (7 * group)) & 0x7F) as u8;
        out.push(if group > 0 { bits | 0x80 } else { bits });
    }
}

/// Append a signed number: 0, 1, -1, 2, -2 ... become 0, 1, 2, 3, 4 ...
pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    let magnitude = value.unsigned_abs();
    put_number(
        out,
        if value > 0 {
            2 * magnitude - 1
        } else {
            2 * magnitude
        },
    );
}

/// Append bytes after their count.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Read a number in groups of seven bits.
pub(super) fn number(input: &mut impl Read) -> io::Result<u64> {
    let mut value: u64 = 0;
    loop {
        let byte = byte(input)?;
        if value >> 57 != 0 {
            return Err(damaged("a number exceeds 64 bits"));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
}

/// Read a signed number.
pub(super) fn signed(input: &mut impl Read) -> io::Result<i64> {
    let coded = number(input)?;
    let magnitude = coded.div_ceil(2) as i64; // at most 2^63, and that only where the stream is damaged
    Ok(if coded % 2 == 1 {
        magnitude
    } else {
        magnitude.wrapping_neg()
    })
}

/// Read bytes after their count.
pub(super) fn bytes(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let count = number(input)?;
    if count > 4096 {
        return Err(damaged("a text is too long"));
    }
    let mut out = vec![0; count as usize];
    input.read_exact(&mut out)?;
    Ok(out)
}

/// Read one byte.
pub(super) fn byte(input: &mut impl Read) -> io::Result<u8> {
    let mut one = [0];
    input.read_exact(&mut one)?;
    Ok(one[0])
}

/// CRC-32 with the generator 0x04C11DB7, highest bit first, starting from zero.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            let carry = crc & 0x8000_0000 != 0;
            crc << 1 ^ if carry { 0x04C1_1DB7 } else { 0 }
        })
    })
}

/// The error for bytes that no writer would make.
pub(super) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("frame stream: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_the_round_trip_at_every_length() {
        for value in [0, 1, 127, 128, 90_000, 1 << 35, u64::MAX >> 1] {
            let mut out = Vec::new();
            put_number(&mut out, value);
            assert_eq!(number(&mut out.as_slice()).unwrap(), value);
        }
        for value in [0, 1, -1, 2, -2, 40_000, -40_000] {
            let mut out = Vec::new();
            put_signed(&mut out, value);
            assert_eq!(signed(&mut out.as_slice()).unwrap(), value);
        }
    }

    #[test]
    fn the_checksum_divides_by_the_generator() {
        // x^32 modulo the generator is the generator without its highest term
        assert_eq!(checksum(&[1]), 0x04C1_1DB7);
        // and a message followed by its own checksum leaves no remainder
        let mut message = b"vivant".to_vec();
        message.extend(checksum(&message).to_be_bytes());
        assert_eq!(checksum(&message), 0);
    }
}
