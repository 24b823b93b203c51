//! A tensor that is stored in a graph: its shape, and its numbers where they are few.

use crate::demand::node::{add_floats, add_integers};
use crate::demand::size::{MOST_NUMBERS, Size};
use crate::wire::{Field, fields};

/// Size of a stored tensor, with its numbers where they are few.
///
/// # Errors
/// Where it holds fewer bytes than its shape tells.
pub(crate) fn tensor_size(tensor: &[u8]) -> Result<Size, String> {
    let (mut dims, mut kind) = (Vec::new(), 0);
    for field in fields(tensor) {
        let Field {
            number,
            part,
            value,
            ..
        } = field?;
        match number {
            1 => add_integers(&mut dims, part, value)?,
            2 => kind = value,
            _ => {}
        }
    }
    let dims: Option<Vec<u64>> = dims
        .into_iter()
        .map(|dim| u64::try_from(dim).ok())
        .collect();
    let size = Size::new(dims.ok_or("the shape of a tensor in it is negative")?);
    // four bits a value is the least that there is
    if size.count() > 2 * tensor.len() as u64 {
        return Err("it holds fewer values of a tensor than its shape tells".into());
    }
    let numbers = if size.count() <= MOST_NUMBERS {
        numbers(tensor, kind)?
    } else {
        None
    };
    Ok(size.with_numbers(numbers))
}

/// Values of a tensor of 32-bit floats or whole numbers.
fn numbers(tensor: &[u8], kind: u64) -> Result<Option<Vec<f64>>, String> {
    let (mut integers, mut floats, mut raw) = (Vec::new(), Vec::new(), None);
    for field in fields(tensor) {
        let Field {
            number,
            part,
            value,
            ..
        } = field?;
        match number {
            4 => add_floats(&mut floats, part, value),
            5 | 7 => add_integers(&mut integers, part, value)?,
            9 => raw = part,
            _ => {}
        }
    }
    let wide = |list: &[i64]| list.iter().map(|one| *one as f64).collect();
    Ok(match (kind, raw) {
        (1, Some(raw)) => Some(
            raw.as_chunks()
                .0
                .iter()
                .map(|bytes| f64::from(f32::from_le_bytes(*bytes)))
                .collect(),
        ),
        (6, Some(raw)) => Some(
            raw.as_chunks()
                .0
                .iter()
                .map(|bytes| f64::from(i32::from_le_bytes(*bytes)))
                .collect(),
        ),
        (7, Some(raw)) => Some(
            raw.as_chunks()
                .0
                .iter()
                .map(|bytes| i64::from_le_bytes(*bytes) as f64)
                .collect(),
        ),
        (1, None) => Some(floats.iter().map(|one| f64::from(*one)).collect()),
        (6 | 7, None) => Some(wide(&integers)),
        _ => None,
    })
}
