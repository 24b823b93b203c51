//! Writing out what a convolution leaves unsaid.
//!
//! ONNX lets a `Conv` node omit strides, dilations, padding and the kernel's shape. The engine
//! takes the number of axes from the last and cannot run a node that omits it and one of the
//! others, so these are written into the graph before the engine reads it. Field numbers are those
//! of onnx.proto3.

use crate::wire::{Field, fields};

/// `ModelProto.graph`.
const GRAPH: u64 = 7;
/// `GraphProto.node`.
const NODE: u64 = 1;
/// `NodeProto.op_type`.
const OPERATOR: u64 = 4;
/// `NodeProto.attribute`.
const ATTRIBUTE: u64 = 5;
/// `AttributeProto.name`, `.ints` and `.type`.
const NAME: u64 = 1;
/// Whole numbers of an attribute.
const INTEGERS: u64 = 8;
/// Kind of an attribute.
const KIND: u64 = 20;
/// Kind of an attribute that is a list of whole numbers.
const KIND_INTEGERS: u8 = 7;
/// Axes of a convolution none of whose attributes tells them: that of pictures.
const PICTURE_AXES: usize = 2;

/// A message written anew, or `None` where it stays as it is.
type Rewritten = Result<Option<Vec<u8>>, String>;

/// The model with the defaults of every convolution that needs them, or `None` where none does.
///
/// # Errors
/// What is wrong with the file, in words.
pub(crate) fn with_convolution_defaults(model: &[u8]) -> Rewritten {
    rewrite(model, GRAPH, &|graph| {
        rewrite(graph, NODE, &|node| {
            let missing = missing_attributes(node)?;
            Ok((!missing.is_empty()).then(|| [node, &missing].concat()))
        })
    })
}

/// Replace the parts of a message that `change` gives anew; `None` where it leaves all as they are.
fn rewrite(message: &[u8], number: u64, change: &dyn Fn(&[u8]) -> Rewritten) -> Rewritten {
    let mut out = Vec::new();
    let mut copied = 0;
    for field in fields(message) {
        let Field {
            number: found,
            part,
            range,
            ..
        } = field?;
        let changed = match part {
            Some(part) if found == number => change(part)?,
            _ => None,
        };
        if let Some(changed) = changed {
            out.extend_from_slice(&message[copied..range.start]);
            write_part(&mut out, number, &changed);
            copied = range.end;
        }
    }
    if copied == 0 {
        return Ok(None);
    }
    out.extend_from_slice(&message[copied..]);
    Ok(Some(out))
}

/// The attributes that a node needs and lacks, encoded.
fn missing_attributes(node: &[u8]) -> Result<Vec<u8>, String> {
    let mut is_convolution = false;
    let mut present: Vec<(&[u8], usize)> = Vec::new();
    for field in fields(node) {
        let Field { number, part, .. } = field?;
        match (number, part) {
            (OPERATOR, Some(name)) => is_convolution = name == b"Conv",
            (ATTRIBUTE, Some(attribute)) => present.push(name_and_count(attribute)?),
            _ => {}
        }
    }
    let count = |name: &[u8]| {
        present
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, count)| *count)
    };
    if !is_convolution || count(b"kernel_shape").is_some() {
        return Ok(Vec::new());
    }
    let told = count(b"strides").or(count(b"dilations"));
    let axes = told
        .or(count(b"pads").map(|pads| pads / 2))
        .unwrap_or(PICTURE_AXES);
    let mut out = Vec::new();
    for (name, value, times) in [("strides", 1, 1), ("dilations", 1, 1), ("pads", 0, 2)] {
        if count(name.as_bytes()).is_none() {
            let mut attribute = Vec::new();
            write_part(&mut attribute, NAME, name.as_bytes());
            // one field a number: the engine reads no packed lists here
            for _ in 0..axes * times {
                write_number(&mut attribute, INTEGERS << 3);
                attribute.push(value);
            }
            write_number(&mut attribute, KIND << 3);
            attribute.push(KIND_INTEGERS);
            write_part(&mut out, ATTRIBUTE, &attribute);
        }
    }
    Ok(out)
}

/// An attribute's name, and of how many whole numbers it is a list.
fn name_and_count(attribute: &[u8]) -> Result<(&[u8], usize), String> {
    let mut name: &[u8] = &[];
    let mut count = 0;
    for field in fields(attribute) {
        let Field { number, part, .. } = field?;
        match (number, part) {
            (NAME, Some(found)) => name = found,
            // packed: the last byte of each number has its highest bit clear
            (INTEGERS, Some(packed)) => {
                count += packed.iter().filter(|byte| **byte < 0x80).count();
            }
            (INTEGERS, None) => count += 1,
            _ => {}
        }
    }
    Ok((name, count))
}

fn write_part(out: &mut Vec<u8>, number: u64, part: &[u8]) {
    write_number(out, number << 3 | 2);
    write_number(out, part.len() as u64);
    out.extend_from_slice(part);
}

fn write_number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u64, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_part(&mut out, number, content);
        out
    }

    /// A model with one node between two fields that must stay.
    fn model(operator: &[u8], attributes: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut node = part(OPERATOR, operator);
        for (name, numbers) in attributes {
            let attribute = [part(NAME, name), part(INTEGERS, numbers)].concat();
            node.extend(part(ATTRIBUTE, &attribute));
        }
        let graph = [part(2, b"name"), part(NODE, &node), part(10, b"text")].concat();
        [vec![8, 8], part(GRAPH, &graph), part(14, b"end")].concat()
    }

    #[test]
    fn what_is_unsaid_is_added_for_as_many_axes_as_the_rest_tells() {
        let told = model(b"Conv", &[(b"pads", &[0, 0]), (b"strides", &[2])]);
        let whole = with_convolution_defaults(&told).unwrap().unwrap();
        assert!(whole.starts_with(&[8, 8]) && whole.ends_with(&part(14, b"end")));
        let added = [part(NAME, b"dilations"), vec![8 << 3, 1]].concat();
        let has = |bytes: &[u8]| whole.windows(bytes.len()).any(|window| window == bytes);
        assert!(has(&added) && has(&part(10, b"text")));
        assert_eq!(
            with_convolution_defaults(&whole).unwrap(),
            None,
            "once is enough"
        );
    }

    #[test]
    fn other_nodes_and_whole_convolutions_stay_as_they_are() {
        let shaped = model(b"Conv", &[(b"kernel_shape", &[3, 3])]);
        for model in [model(b"Relu", &[]), shaped] {
            assert_eq!(with_convolution_defaults(&model).unwrap(), None);
        }
    }

    #[test]
    fn a_cut_file_is_an_error() {
        let whole = model(b"Conv", &[]);
        assert!(with_convolution_defaults(&whole[..whole.len() - 1]).is_err());
    }
}
