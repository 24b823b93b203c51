//! A look over an ONNX file's outer form before the engine reads it.
//!
//! The engine's reader never returns from an integer of more than ten bytes, which a damaged or
//! hostile file can hold; such a file is refused here, as is one whose weights lie in other files or
//! that repeats parts of itself for as long as it likes. Field numbers are those of onnx.proto3.

/// Deepest nesting of messages; graphs within graphs make it deep.
const DEEPEST: u32 = 32;

/// Most nodes of all graphs together: the engine goes along them by recursion, and its stack ends somewhere.
const MOST_NODES: u32 = 5000;

/// Messages that may lie within one another, as far as the engine's reader goes into them.
#[derive(Debug, Clone, Copy)]
enum Message {
    Model,
    OperatorSet,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Dimension,
    Text,
    /// Integers one after the other, without field numbers.
    Integers,
}

impl Message {
    /// What the field of this number holds; `None` for text, weights and what is not read.
    fn field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Model, 8) => Self::OperatorSet,
            (Self::Model, 14) | (Self::Graph, 16) | (Self::Tensor, 13) => Self::Text,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::ValueInfo,
            (Self::Node, 5) => Self::Attribute,
            (Self::Attribute, 8) | (Self::Tensor, 1 | 5 | 7 | 11) => Self::Integers,
            (Self::ValueInfo, 2) => Self::Type,
            (Self::Type, 1 | 4 | 8 | 9) | (Self::TensorType, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Shape, 1) => Self::Dimension,
            _ => return None,
        })
    }
}

/// Operators that run a graph within the graph again and again.
const REPEATING: [&[u8]; 2] = [b"Loop", b"Scan"];

/// Check that every field that the engine will read ends within the file, and that it asks for nothing else.
///
/// # Errors
/// What is wrong and how far into its part, in words.
pub(crate) fn check_model(bytes: &[u8]) -> Result<(), String> {
    let mut nodes_left = MOST_NODES;
    walk(bytes, Message::Model, DEEPEST, &mut nodes_left)
}

fn walk(mut rest: &[u8], message: Message, depth: u32, nodes_left: &mut u32) -> Result<(), String> {
    if depth == 0 {
        return Err("its parts are nested too deeply".into());
    }
    while !rest.is_empty() {
        if let Message::Integers = message {
            integer(&mut rest)?;
            continue;
        }
        let (number, part, _) = field(&mut rest)?;
        refuse(message, number, part)?;
        if let (Some(part), Some(inner)) = (part, message.field(number)) {
            if let Message::Node = inner {
                let left = nodes_left.checked_sub(1);
                *nodes_left = left.ok_or_else(|| format!("it has more than {MOST_NODES} nodes"))?;
            }
            walk(part, inner, depth - 1, nodes_left)?;
        }
    }
    Ok(())
}

/// Refuse what no network of this program holds and what no stranger's file may ask for.
fn refuse(message: Message, number: u64, part: Option<&[u8]>) -> Result<(), String> {
    match (message, number, part) {
        // the tensor's list of files
        (Message::Tensor, 13, Some(_)) => {
            Err("its weights lie in another file; export it as one file".into())
        }
        (Message::Graph, 15, Some(_)) | (Message::Attribute, 22 | 23, Some(_)) => {
            Err("it holds sparse weights; export it with dense ones".into())
        }
        (Message::Model, 25, Some(_)) => {
            Err("it brings operators of its own; export it with standard ones".into())
        }
        (Message::Node, 4, Some(name)) if REPEATING.contains(&name) => {
            let name = String::from_utf8_lossy(name);
            Err(format!("it repeats parts of itself ({name})"))
        }
        _ => Ok(()),
    }
}

/// One field of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Its number.
    pub(crate) number: u64,
    /// Its bytes, where it is text, bytes or a message.
    pub(crate) part: Option<&'a [u8]>,
    /// Its number, where it is none of these; of a float, its bits.
    pub(crate) value: u64,
    /// Where it lies in the message, with its key.
    pub(crate) range: std::ops::Range<usize>,
}

/// The fields of a message, one after the other; an error is the last item.
pub(crate) fn fields(message: &[u8]) -> impl Iterator<Item = Result<Field<'_>, String>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = message.len() - rest.len();
        let found = field(&mut rest);
        if found.is_err() {
            rest = &[];
        }
        let end = message.len() - rest.len();
        let range = start..end;
        Some(found.map(|(number, part, value)| Field {
            number,
            part,
            value,
            range,
        }))
    })
}

/// Number, bytes and value of the next field.
type NextField<'a> = (u64, Option<&'a [u8]>, u64);

fn field<'a>(rest: &mut &'a [u8]) -> Result<NextField<'a>, String> {
    let key = integer(rest)?;
    let little_endian = |bytes: &[u8]| {
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        bytes.iter().rev().fold(0, add)
    };
    let (part, value) = match key & 7 {
        0 => (None, integer(rest)?),
        1 => (None, little_endian(take(rest, 8)?)),
        2 => {
            let length = integer(rest)?;
            (Some(take(rest, length)?), 0)
        }
        5 => (None, little_endian(take(rest, 4)?)),
        other => return Err(format!("it holds a field of the unknown form {other}")),
    };
    Ok((key >> 3, part, value))
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], String> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let (part, after) = rest
        .split_at_checked(length)
        .ok_or("it ends in the middle of a field")?;
    *rest = after;
    Ok(part)
}

pub(crate) fn integer(rest: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0;
    for index in 0..10 {
        let byte = *rest.get(index).ok_or("it ends in the middle of a number")?;
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            *rest = &rest[index + 1..];
            return Ok(value);
        }
    }
    Err("it holds a number of more than ten bytes".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_never_ends_is_refused_wherever_the_engine_would_read_it() {
        let endless = [0xff_u8; 12];
        assert!(check_model(&endless).is_err());
        let within = |keys: &[u8]| {
            let mut bytes = endless.to_vec();
            for key in keys.iter().rev() {
                let length = bytes.len() as u8;
                bytes.splice(0..0, [key << 3 | 2, length]);
            }
            bytes
        };
        let places: [&[u8]; 5] = [&[7], &[7, 1, 5], &[7, 5, 7], &[7, 11, 2, 1, 2, 1], &[8]];
        for place in places {
            assert!(check_model(&within(place)).is_err(), "{place:?}");
        }
        // weights and names may hold any bytes
        assert_eq!(check_model(&within(&[7, 5, 9])), Ok(()));
    }

    #[test]
    fn weights_in_other_files_and_loops_are_refused() {
        let within = |keys: &[u8], bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            for key in keys.iter().rev() {
                let length = bytes.len() as u8;
                bytes.splice(0..0, [key << 3 | 2, length]);
            }
            bytes
        };
        // graph > initializer > external_data > key
        let outside = check_model(&within(&[7, 5, 13, 1], b"/etc/passwd"));
        assert!(outside.is_err_and(|reason| reason.contains("another file")));
        // graph > node > attribute > tensor > external_data
        assert!(check_model(&within(&[7, 1, 5, 5, 13, 1], b"location")).is_err());
        let endless = check_model(&within(&[7, 1, 4], b"Loop"));
        assert!(endless.is_err_and(|reason| reason.contains("Loop")));
        assert_eq!(check_model(&within(&[7, 1, 4], b"Conv")), Ok(()));
    }

    #[test]
    fn a_length_beyond_the_end_and_endless_nesting_are_refused() {
        assert!(check_model(&[7 << 3 | 2, 100, 0]).is_err());
        // graph > node > attribute > graph > ..., from the innermost outwards
        let mut bytes = Vec::new();
        for key in [6_u8, 5, 1].into_iter().cycle().take(60).chain([7]) {
            let length = bytes.len() as u16;
            let low = (length & 0x7f) as u8 | 0x80;
            bytes.splice(0..0, [key << 3 | 2, low, (length >> 7) as u8]);
        }
        assert!(check_model(&bytes).is_err_and(|reason| reason.contains("nested")));
    }
}
