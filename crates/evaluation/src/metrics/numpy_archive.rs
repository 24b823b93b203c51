//! Reading `.npz`: an uncompressed ZIP of arrays, as `numpy.savez` writes it.
//!
//! Only what linear heads need: arrays of 32-bit floats, flattened.

/// First bytes of a file within the archive.
const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
/// Length of a local header before the name.
const HEADER_BYTES: usize = 30;

/// All arrays of an archive by name, in the order of the file.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn read_arrays(bytes: &[u8]) -> Result<Vec<(String, Vec<f32>)>, String> {
    let mut rest = bytes;
    let mut arrays = Vec::new();
    while rest.starts_with(LOCAL_HEADER) {
        let entry = Entry::read(rest)?;
        let name = entry
            .name
            .strip_suffix(".npy")
            .unwrap_or(&entry.name)
            .to_owned();
        let values = read_array(entry.content).map_err(|reason| format!("{name}: {reason}"))?;
        arrays.push((name, values));
        rest = entry.rest;
    }
    if arrays.is_empty() {
        return Err("it is not an archive of arrays (.npz)".to_owned());
    }
    Ok(arrays)
}

struct Entry<'a> {
    name: String,
    content: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Entry<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let short = || "it ends in the middle of an array".to_owned();
        let header = bytes.get(..HEADER_BYTES).ok_or_else(short)?;
        let number = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        if number(8) != 0 || number(6) & 8 != 0 {
            return Err("it is compressed; write it with numpy.savez".to_owned());
        }
        let size = u32::from_le_bytes([header[22], header[23], header[24], header[25]]);
        let [name_bytes, extra_bytes] = [26, 28].map(|at| usize::from(number(at)));
        let name = bytes
            .get(HEADER_BYTES..HEADER_BYTES + name_bytes)
            .ok_or_else(short)?;
        let extra_at = HEADER_BYTES + name_bytes;
        let extra = bytes
            .get(extra_at..extra_at + extra_bytes)
            .ok_or_else(short)?;
        let start = extra_at + extra_bytes;
        let size = real_size(size, extra).ok_or_else(short)?;
        let end = start.checked_add(size).ok_or_else(short)?;
        Ok(Self {
            name: String::from_utf8_lossy(name).into_owned(),
            content: bytes.get(start..end).ok_or_else(short)?,
            rest: &bytes[end..],
        })
    }
}

/// The size in the header, or in the ZIP64 field where the header refers to it.
fn real_size(size: u32, extra: &[u8]) -> Option<usize> {
    if size != u32::MAX {
        return usize::try_from(size).ok();
    }
    let field = extra.get(..12).filter(|field| field[..2] == [1, 0])?;
    let bytes: [u8; 8] = field[4..12].try_into().ok()?;
    usize::try_from(u64::from_le_bytes(bytes)).ok()
}

/// The values of one `.npy` file.
fn read_array(bytes: &[u8]) -> Result<Vec<f32>, String> {
    let header_at = |start: usize, length: usize| {
        let text = bytes
            .get(start..start + length)
            .map(String::from_utf8_lossy);
        text.map(|text| (text, start + length))
            .ok_or_else(|| "its header is cut off".to_owned())
    };
    let (header, start) = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => {
            header_at(10, usize::from(u16::from_le_bytes([*a, *b])))?
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
            header_at(12, u32::from_le_bytes([*a, *b, *c, *d]) as usize)?
        }
        _ => return Err("it is not an array of numpy".to_owned()),
    };
    if !header.contains("'<f4'") || header.contains("'fortran_order': True") {
        return Err("32-bit floats in C order are needed".to_owned());
    }
    let (values, left) = bytes[start..].as_chunks::<4>();
    if !left.is_empty() {
        return Err("it ends in the middle of a number".to_owned());
    }
    Ok(values
        .iter()
        .map(|value| f32::from_le_bytes(*value))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(method: u16, values: &[f32]) -> Vec<u8> {
        let header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
        let mut array = b"\x93NUMPY\x01\x00".to_vec();
        array.extend((header.len() as u16).to_le_bytes());
        array.extend(header);
        array.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let mut bytes = LOCAL_HEADER.to_vec();
        bytes.extend([20, 0, 0, 0]);
        bytes.extend(method.to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend((array.len() as u32).to_le_bytes().repeat(2));
        bytes.extend([8, 0, 0, 0]);
        bytes.extend(b"lin0.npy");
        bytes.extend(array);
        bytes
    }

    #[test]
    fn an_array_is_read_with_its_name() {
        let arrays = read_arrays(&archive(0, &[1.5, -2.0])).unwrap();
        assert_eq!(arrays, [("lin0".to_owned(), vec![1.5, -2.0])]);
    }

    #[test]
    fn compressed_cut_and_foreign_files_are_refused_with_the_reason() {
        assert!(
            read_arrays(&archive(8, &[1.0]))
                .unwrap_err()
                .contains("compressed")
        );
        let whole = archive(0, &[1.0, 2.0]);
        for length in 1..whole.len() {
            assert!(read_arrays(&whole[..length]).is_err(), "{length} bytes");
        }
        assert!(read_arrays(b"no archive").is_err());
    }
}
