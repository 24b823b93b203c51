//! Sizes of values whose axes are named anew: reshaped, dropped, added, turned, told.

use crate::demand::rules::{Call, Found, gives};
use crate::demand::size::{Size, axis_of};

/// Follow one of these operators; `None` for any other.
pub(crate) fn follow(name: &str, call: &Call<'_>) -> Option<Found> {
    Some(match name {
        "Reshape" => reshaped(call),
        "Flatten" => flattened(call),
        "Squeeze" => squeezed(call),
        "Unsqueeze" => unsqueezed(call),
        "Transpose" => transposed(call),
        "Shape" => shape(call),
        _ => return None,
    })
}

fn reshaped(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let Some(Some(wanted)) = call.integers(1, "shape") else {
        return Ok(None);
    };
    let keeps_zero = call.node.integer("allowzero", 0) != 0;
    let mut dims = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (axis, length) in wanted.into_iter().enumerate() {
        dims.push(match length {
            -1 if open.replace(axis).is_none() => 1,
            0 if !keeps_zero => *input
                .dims
                .get(axis)
                .ok_or("it keeps an axis that there is not")?,
            length => u64::try_from(length).map_err(|_negative| "it has a negative length")?,
        });
    }
    let rest = Size::new(dims.clone()).count();
    if let Some(axis) = open {
        dims[axis] = input.count().checked_div(rest).unwrap_or(0);
    }
    let size = Size::new(dims);
    if size.count() != input.count() {
        return Err(format!(
            "{} values do not fill {:?}",
            input.count(),
            size.dims
        ));
    }
    gives(size.with_numbers(input.numbers.clone()))
}

fn flattened(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let axis = call.node.integer("axis", 1);
    let axis = if axis == input.dims.len() as i64 {
        input.dims.len()
    } else {
        input.axis(axis)?
    };
    let (before, after) = input.dims.split_at(axis);
    let count = |dims: &[u64]| {
        dims.iter()
            .fold(1_u64, |product, dim| product.saturating_mul(*dim))
    };
    gives(Size::new(vec![count(before), count(after)]).with_numbers(input.numbers.clone()))
}

fn squeezed(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let is_gone: Vec<bool> = match call.integers(1, "axes") {
        None => input.dims.iter().map(|dim| *dim == 1).collect(),
        Some(None) => return Ok(None),
        Some(Some(axes)) => {
            let mut is_gone = vec![false; input.dims.len()];
            for axis in axes {
                let axis = input.axis(axis)?;
                if input.dims[axis] != 1 {
                    return Err("it drops an axis that is not 1 long".to_owned());
                }
                is_gone[axis] = true;
            }
            is_gone
        }
    };
    let dims = input
        .dims
        .iter()
        .zip(is_gone)
        .filter(|(_, is_gone)| !is_gone);
    gives(Size::new(dims.map(|(dim, _)| *dim).collect()).with_numbers(input.numbers.clone()))
}

fn unsqueezed(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let Some(Some(axes)) = call.integers(1, "axes") else {
        return Ok(None);
    };
    let count = input.dims.len() + axes.len();
    let mut is_new = vec![false; count];
    for axis in axes {
        is_new[axis_of(count, axis)?] = true;
    }
    let mut old = input.dims.iter();
    let dim = |is_new: bool| if is_new { Some(1) } else { old.next().copied() };
    let dims: Option<Vec<u64>> = is_new.into_iter().map(dim).collect();
    gives(Size::new(dims.ok_or("it adds an axis twice")?).with_numbers(input.numbers.clone()))
}

fn transposed(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let count = input.dims.len();
    let order: Vec<i64> = match call.node.integers("perm") {
        Some(order) => order.to_vec(),
        None => (0..count as i64).rev().collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != (0..count as i64).collect::<Vec<_>>() {
        return Err(format!("{order:?} is no order of {count} axes"));
    }
    gives(Size::new(
        order
            .iter()
            .map(|axis| input.dims[*axis as usize])
            .collect(),
    ))
}

fn shape(call: &Call<'_>) -> Found {
    let dims = &call.input(0)?.dims;
    let length = dims.len() as i64;
    let place = |named: i64| {
        if named < 0 {
            named.saturating_add(length)
        } else {
            named
        }
        .clamp(0, length) as usize
    };
    let start = place(call.node.integer("start", 0));
    let end = place(call.node.integer("end", length)).max(start);
    let numbers: Vec<f64> = dims[start..end].iter().map(|dim| *dim as f64).collect();
    gives(Size::of_numbers(vec![numbers.len() as u64], numbers))
}
