//! An ONNX graph as far as the sizes of its values follow from it: nodes, their settings, and small constants.
//!
//! Field numbers are those of onnx.proto3. What is said twice is refused, since two readers could take different ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::demand::size::Size;
use crate::demand::tensor::tensor_size;
use crate::wire::{Field, fields, integer};

/// Longest list of numbers of a setting.
const MOST_INTEGERS: usize = 4096;

/// A graph's constants and nodes, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Form {
    pub(crate) constants: Vec<(String, Size)>,
    pub(crate) nodes: Vec<Node>,
}

/// One node.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) operator: String,
    /// Names; empty where an optional one is left out.
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    settings: BTreeMap<String, Setting>,
}

/// One attribute of a node.
#[derive(Debug, Default)]
struct Setting {
    integer: Option<i64>,
    float: Option<f32>,
    text: Option<String>,
    integers: Vec<i64>,
    floats: Vec<f32>,
    tensor: Option<Size>,
}

impl Form {
    /// Read a model whose outer form was checked.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read(model: &[u8]) -> Result<Self, String> {
        let mut form = Self::default();
        let mut names = BTreeSet::new();
        let graph = only(&parts(model, 7)?, "its graph")?;
        for field in fields(graph.unwrap_or_default()) {
            match field? {
                Field {
                    number: 1,
                    part: Some(node),
                    ..
                } => form.nodes.push(Node::read(node)?),
                Field {
                    number: 5,
                    part: Some(tensor),
                    ..
                } => {
                    let name = only(&parts(tensor, 8)?, "the name of a tensor")?;
                    let name = text(name.unwrap_or_default())?;
                    if !names.insert(name.clone()) {
                        return Err(format!("it holds the tensor {name:?} twice"));
                    }
                    form.constants.push((name, tensor_size(tensor)?));
                }
                _ => {}
            }
        }
        Ok(form)
    }
}

impl Node {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut node = Self::default();
        for field in fields(bytes) {
            let Field { number, part, .. } = field?;
            match (number, part) {
                (1, Some(name)) => node.inputs.push(text(name)?),
                (2, Some(name)) => node.outputs.push(text(name)?),
                (4, Some(name)) if node.operator.is_empty() => node.operator = text(name)?,
                (4, _) => return Err("it says the operator of a node twice".into()),
                (5, Some(attribute)) => {
                    let (name, setting) = Setting::read(attribute)?;
                    if node.settings.insert(name.clone(), setting).is_some() {
                        return Err(format!("it says {name:?} of a node twice"));
                    }
                }
                (7, Some(domain)) if !matches!(domain, b"" | b"ai.onnx") => {
                    let domain = String::from_utf8_lossy(domain);
                    return Err(format!(
                        "it uses operators of {domain:?}; export it with standard ones"
                    ));
                }
                _ => {}
            }
        }
        Ok(node)
    }

    /// A whole number, or what it is where it is not said.
    pub(crate) fn integer(&self, name: &str, otherwise: i64) -> i64 {
        let setting = self.settings.get(name);
        setting
            .and_then(|setting| setting.integer)
            .unwrap_or(otherwise)
    }

    /// Whole numbers, where they are said.
    pub(crate) fn integers(&self, name: &str) -> Option<&[i64]> {
        let setting = self.settings.get(name)?;
        Some(&setting.integers)
    }

    /// Floats, where they are said.
    pub(crate) fn floats(&self, name: &str) -> Option<&[f32]> {
        let setting = self.settings.get(name)?;
        (!setting.floats.is_empty()).then_some(&setting.floats)
    }

    /// A word, where it is said.
    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        self.settings.get(name)?.text.as_deref()
    }

    /// What a node `Constant` gives.
    pub(crate) fn constant(&self) -> Option<Size> {
        // of two settings an engine may take either
        let (name, setting) = self
            .settings
            .first_key_value()
            .filter(|_| self.settings.len() == 1)?;
        let list = |numbers: Vec<f64>| Size::of_numbers(vec![numbers.len() as u64], numbers);
        match name.as_str() {
            "value" => setting.tensor.clone(),
            "value_int" => Some(Size::of_numbers(Vec::new(), vec![setting.integer? as f64])),
            "value_float" => Some(Size::of_numbers(Vec::new(), vec![setting.float?.into()])),
            "value_ints" => Some(list(
                setting.integers.iter().map(|one| *one as f64).collect(),
            )),
            "value_floats" => Some(list(
                setting.floats.iter().map(|one| f64::from(*one)).collect(),
            )),
            _ => None,
        }
    }
}

impl Setting {
    fn read(bytes: &[u8]) -> Result<(String, Self), String> {
        let mut setting = Self::default();
        let mut name = None;
        for field in fields(bytes) {
            let Field {
                number,
                part,
                value,
                ..
            } = field?;
            let twice = || "it says the setting of a node twice".to_owned();
            let is_new = match (number, part) {
                (1, Some(found)) => name.replace(text(found)?).is_none(),
                (2, None) => setting
                    .float
                    .replace(f32::from_bits(value as u32))
                    .is_none(),
                (3, None) => setting.integer.replace(value as i64).is_none(),
                (4, Some(found)) => setting.text.replace(text(found)?).is_none(),
                (5, Some(tensor)) => setting.tensor.replace(tensor_size(tensor)?).is_none(),
                (7, _) => {
                    add_floats(&mut setting.floats, part, value);
                    true
                }
                (8, _) => {
                    add_integers(&mut setting.integers, part, value)?;
                    true
                }
                _ => true,
            };
            if !is_new {
                return Err(twice());
            }
        }
        Ok((name.unwrap_or_default(), setting))
    }
}

/// The parts of a message that have this number.
fn parts(message: &[u8], number: u64) -> Result<Vec<&[u8]>, String> {
    let mut found = Vec::new();
    for field in fields(message) {
        let field = field?;
        found.extend(field.part.filter(|_| field.number == number));
    }
    Ok(found)
}

fn only<'a>(found: &[&'a [u8]], what: &str) -> Result<Option<&'a [u8]>, String> {
    match found.len() {
        0 | 1 => Ok(found.first().copied()),
        _ => Err(format!("it holds {what} twice")),
    }
}

fn text(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|_not_utf8| "a name in it is no text")?;
    Ok(text.to_owned())
}

/// Add packed numbers, or one alone.
pub(crate) fn add_integers(
    list: &mut Vec<i64>,
    part: Option<&[u8]>,
    value: u64,
) -> Result<(), String> {
    match part {
        None => list.push(value as i64),
        Some(mut packed) => {
            while !packed.is_empty() && list.len() <= MOST_INTEGERS {
                list.push(integer(&mut packed)? as i64);
            }
        }
    }
    if list.len() > MOST_INTEGERS {
        return Err(format!(
            "a setting of it has more than {MOST_INTEGERS} numbers"
        ));
    }
    Ok(())
}

pub(crate) fn add_floats(list: &mut Vec<f32>, part: Option<&[u8]>, value: u64) {
    match part {
        None => list.push(f32::from_bits(value as u32)),
        Some(packed) => list.extend(
            packed
                .as_chunks()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes)),
        ),
    }
}
