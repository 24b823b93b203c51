//! Sizes of what moves values about: cut, joined, repeated, stretched, counted.

use crate::demand::rules::{Call, Found, gives, several};
use crate::demand::size::{Size, axis_of, broadcast};

/// Follow one of these operators; `None` for any other.
pub(crate) fn follow(name: &str, call: &Call<'_>) -> Option<Found> {
    Some(match name {
        "Concat" => joined(call),
        "Split" => split(call),
        "Slice" => sliced(call),
        "Gather" => gathered(call),
        "GatherElements" => call
            .input(1)
            .and_then(|indices| gives(Size::new(indices.dims.clone()))),
        "Size" => call
            .input(0)
            .and_then(|input| gives(Size::of_numbers(Vec::new(), vec![input.count() as f64]))),
        "ConstantOfShape" => by_lengths(call, 0, |lengths| Ok(lengths.to_vec())),
        "Expand" => by_lengths(call, 1, |lengths| {
            broadcast([call.input(0)?, &Size::new(lengths.to_vec())])
        }),
        "Tile" => by_lengths(call, 1, |repeats| scaled(&call.input(0)?.dims, repeats)),
        "Pad" => padded(call),
        "Resize" | "Upsample" => stretched(call),
        "DepthToSpace" => blocks(call, false),
        "SpaceToDepth" => blocks(call, true),
        "TopK" => largest(call),
        _ => return None,
    })
}

/// An output whose shape follows from the numbers of an input.
fn by_lengths(
    call: &Call<'_>,
    index: usize,
    shape: impl Fn(&[u64]) -> Result<Vec<u64>, String>,
) -> Found {
    match call.input(index)?.lengths() {
        Some(lengths) => gives(Size::new(shape(&lengths)?)),
        None => Ok(None),
    }
}

fn scaled(dims: &[u64], factors: &[u64]) -> Result<Vec<u64>, String> {
    if dims.len() != factors.len() {
        return Err("it repeats another number of axes than there are".to_owned());
    }
    Ok(dims
        .iter()
        .zip(factors)
        .map(|(dim, factor)| dim.saturating_mul(*factor))
        .collect())
}

fn joined(call: &Call<'_>) -> Found {
    let first = call.input(0)?;
    let axis = first.axis(call.node.integer("axis", 1))?;
    let mut dims = first.dims.clone();
    dims[axis] = 0;
    let mut numbers = (dims.len() == 1).then(Vec::new);
    for index in 0..call.inputs.len() {
        let input = call.input(index)?;
        if input.dims.len() != dims.len() {
            return Err("it joins values of several numbers of axes".to_owned());
        }
        dims[axis] = dims[axis].saturating_add(input.dims[axis]);
        numbers = match (numbers, &input.numbers) {
            (Some(all), Some(more)) => Some([all, more.clone()].concat()),
            _ => None,
        };
    }
    gives(Size::new(dims).with_numbers(numbers))
}

fn split(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let axis = input.axis(call.node.integer("axis", 0))?;
    let count = call.node.outputs.len().max(1) as u64;
    let lengths = match call.integers(1, "split") {
        Some(None) => return Ok(None),
        Some(Some(lengths)) => lengths
            .into_iter()
            .map(|one| u64::try_from(one).unwrap_or(0))
            .collect(),
        None => vec![input.dims[axis].div_ceil(count); count as usize],
    };
    let part = |length: u64| {
        let mut dims = input.dims.clone();
        dims[axis] = length.min(input.dims[axis]);
        Size::new(dims)
    };
    several(lengths.into_iter().map(part).collect())
}

fn sliced(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let needed = |index: usize, setting: &str| call.integers(index, setting).unwrap_or(None);
    let (Some(starts), Some(ends)) = (needed(1, "starts"), needed(2, "ends")) else {
        return Ok(None);
    };
    let axes = match call.integers(3, "axes") {
        None => (0..starts.len() as i64).collect(),
        Some(None) => return Ok(None),
        Some(Some(axes)) => axes,
    };
    let steps = match call.integers(4, "steps") {
        None => vec![1; starts.len()],
        Some(None) => return Ok(None),
        Some(Some(steps)) => steps,
    };
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err("its starts, ends, axes and steps differ in number".to_owned());
    }
    let (mut dims, mut numbers) = (input.dims.clone(), input.numbers.clone());
    for (((start, end), axis), step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let axis = input.axis(*axis)?;
        let length = i64::try_from(input.dims[axis]).unwrap_or(i64::MAX);
        let place = |named: i64| {
            if named < 0 {
                named.saturating_add(length)
            } else {
                named
            }
            .clamp(0, length)
        };
        if *step == 1 {
            let range = place(*start)..place(*end).max(place(*start));
            numbers = numbers
                .filter(|_| dims.len() == 1)
                .map(|all| all[range.start as usize..range.end as usize].to_vec());
            dims[axis] = (range.end - range.start) as u64;
        } else {
            numbers = None;
            // at most: which of them depends on rules for steps backwards
            dims[axis] = (length.unsigned_abs()).div_ceil(step.unsigned_abs().max(1));
            if *step > 1 {
                let span = (place(*end) - place(*start)).max(0).unsigned_abs();
                dims[axis] = span.div_ceil(step.unsigned_abs());
            } else if !(*step < 0
                && (*start < 0 || place(*start) >= length - 1)
                && (*end < -length))
            {
                return Ok(None);
            }
        }
    }
    gives(Size::new(dims).with_numbers(numbers))
}

fn gathered(call: &Call<'_>) -> Found {
    let (input, indices) = (call.input(0)?, call.input(1)?);
    let axis = input.axis(call.node.integer("axis", 0))?;
    let dims = [&input.dims[..axis], &indices.dims, &input.dims[axis + 1..]].concat();
    let numbers = match (&input.numbers, indices.integers()) {
        (Some(numbers), Some(places)) if input.dims.len() == 1 => {
            let pick = |place: i64| Some(numbers[axis_of(numbers.len(), place).ok()?]);
            places.into_iter().map(pick).collect()
        }
        _ => None,
    };
    gives(Size::new(dims).with_numbers(numbers))
}

fn padded(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let Some(Some(pads)) = call.integers(1, "pads") else {
        return Ok(None);
    };
    let axes = match call.given(3).map(Size::integers) {
        None => (0..input.dims.len() as i64).collect(),
        Some(None) => return Ok(None),
        Some(Some(axes)) => axes,
    };
    if pads.len() != 2 * axes.len() {
        return Err("it pads another number of axes than there are".to_owned());
    }
    let mut dims = input.dims.clone();
    let (before, after) = pads.split_at(axes.len());
    for ((axis, before), after) in axes.iter().zip(before).zip(after) {
        let dim = &mut dims[axis_of(input.dims.len(), *axis)?];
        *dim = dim
            .saturating_add_signed(*before)
            .saturating_add_signed(*after);
    }
    gives(Size::new(dims))
}

fn stretched(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    if call.node.integers("axes").is_some()
        || !matches!(
            call.node.word("keep_aspect_ratio_policy"),
            None | Some("stretch")
        )
    {
        return Ok(None);
    }
    // before version 11 the factors were the second input, or a setting
    let is_old = call.node.operator == "Upsample" || call.inputs.len() == 2;
    let factors = call
        .given(if is_old { 1 } else { 2 })
        .filter(|factors| factors.count() > 0);
    let dims = match (factors, call.given(3), call.node.floats("scales")) {
        (Some(factors), None, _) => factors
            .numbers
            .clone()
            .map(|factors| times(&input.dims, &factors)),
        (None, Some(lengths), _) => lengths.lengths(),
        (None, None, Some(factors)) => {
            let factors: Vec<f64> = factors.iter().map(|one| f64::from(*one)).collect();
            Some(times(&input.dims, &factors))
        }
        _ => None,
    };
    match dims {
        Some(dims) if dims.len() == input.dims.len() => gives(Size::new(dims)),
        Some(_) => Err("it stretches another number of axes than there are".to_owned()),
        None => Ok(None),
    }
}

fn times(dims: &[u64], factors: &[f64]) -> Vec<u64> {
    let scaled = dims
        .iter()
        .zip(factors)
        .map(|(dim, factor)| (*dim as f64 * factor).floor());
    scaled.map(|length| length as u64).collect() // a cast of too much is the largest there is
}

/// Blocks of a picture to channels, or back.
fn blocks(call: &Call<'_>, is_to_depth: bool) -> Found {
    let input = call.input(0)?;
    let side = u64::try_from(call.node.integer("blocksize", 1)).unwrap_or(0);
    let &[batch, channels, height, width] = input.dims.as_slice() else {
        return Err("it takes pictures".to_owned());
    };
    let area = side.saturating_mul(side);
    if area == 0 {
        return Err("its blocks are empty".to_owned());
    }
    gives(Size::new(if is_to_depth {
        vec![
            batch,
            channels.saturating_mul(area),
            height / side,
            width / side,
        ]
    } else {
        vec![
            batch,
            channels / area,
            height.saturating_mul(side),
            width.saturating_mul(side),
        ]
    }))
}

fn largest(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let axis = input.axis(call.node.integer("axis", -1))?;
    let count = match call.given(1).map(Size::lengths) {
        Some(None) => return Ok(None),
        Some(Some(count)) => count.first().copied().unwrap_or(0),
        None => u64::try_from(call.node.integer("k", 0)).unwrap_or(0),
    };
    let mut dims = input.dims.clone();
    dims[axis] = count.min(dims[axis]);
    several(vec![Size::new(dims); 2])
}
