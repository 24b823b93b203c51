//! Sizes of what slides a window over a picture: convolutions and pools.

use crate::demand::rules::{Call, Found, Outcome, gives, gives_with_work};
use crate::demand::size::Size;

/// Follow one of these operators; `None` for any other.
pub(crate) fn follow(name: &str, call: &Call<'_>) -> Option<Found> {
    Some(match name {
        "Conv" | "ConvInteger" => convolved(call, 1),
        "QLinearConv" => convolved(call, 3),
        "ConvTranspose" => spread(call),
        "MaxPool" | "AveragePool" | "LpPool" => pooled(call),
        "GlobalAveragePool" | "GlobalMaxPool" => whole(call),
        "GridSample" => sampled(call),
        _ => return None,
    })
}

/// The window along one axis.
struct Window {
    length: u64,
    stride: u64,
    dilation: u64,
    /// Values added before and after.
    padding: u64,
}

/// Windows along the axes of the picture.
fn windows(call: &Call<'_>, kernel: &[u64], picture: &[u64]) -> Result<Vec<Window>, String> {
    let axes = picture.len();
    if kernel.len() != axes {
        return Err("its window has another number of axes than its picture".to_owned());
    }
    let list = |name: &str, length: usize, otherwise: i64| -> Result<Vec<u64>, String> {
        let list = call.node.integers(name).filter(|list| !list.is_empty());
        let list = list.map_or_else(|| vec![otherwise; length], <[i64]>::to_vec);
        let wrong = || format!("its {name} are none that a window can have");
        if list.len() != length {
            return Err(wrong());
        }
        let least = otherwise.min(1);
        let number = |one: &i64| {
            u64::try_from(*one)
                .ok()
                .filter(|_| *one >= least)
                .ok_or_else(wrong)
        };
        list.iter().map(number).collect()
    };
    let (strides, dilations) = (list("strides", axes, 1)?, list("dilations", axes, 1)?);
    let pads = match call.node.word("auto_pad") {
        None | Some("NOTSET") => list("pads", 2 * axes, 0)?,
        Some("VALID") => vec![0; 2 * axes],
        // as much as is needed for a result at every stride
        Some("SAME_UPPER" | "SAME_LOWER") => {
            let needed = |axis: usize| {
                let count = picture[axis].div_ceil(strides[axis]);
                let end = count.saturating_sub(1).saturating_mul(strides[axis]);
                let reach = kernel[axis]
                    .saturating_sub(1)
                    .saturating_mul(dilations[axis])
                    .saturating_add(1);
                end.saturating_add(reach).saturating_sub(picture[axis])
            };
            (0..axes).map(needed).chain(vec![0; axes]).collect()
        }
        Some(other) => return Err(format!("{other:?} is no kind of padding")),
    };
    let window = |axis: usize| Window {
        length: kernel[axis],
        stride: strides[axis],
        dilation: dilations[axis],
        padding: pads[axis].saturating_add(pads[axes + axis]),
    };
    Ok((0..axes).map(window).collect())
}

/// Positions of a window; `is_up` counts one that is only begun.
fn positions(window: &Window, length: u64, is_up: bool) -> Result<u64, String> {
    let reach = window
        .length
        .saturating_sub(1)
        .saturating_mul(window.dilation)
        .saturating_add(1);
    let room = length.saturating_add(window.padding).checked_sub(reach);
    let room = room.ok_or("its window is larger than its picture")?;
    let steps = if is_up {
        room.div_ceil(window.stride)
    } else {
        room / window.stride
    };
    Ok(steps.saturating_add(1))
}

/// Batch and channels, and the axes behind them.
fn picture(size: &Size) -> Result<([u64; 2], &[u64]), String> {
    match size.dims.split_first_chunk() {
        Some((first, axes)) if !axes.is_empty() => Ok((*first, axes)),
        _ => Err("it takes pictures".to_owned()),
    }
}

fn product(numbers: &[u64]) -> u64 {
    numbers
        .iter()
        .fold(1_u64, |product, one| product.saturating_mul(*one))
}

fn convolved(call: &Call<'_>, weights: usize) -> Found {
    let ([batch, _], axes) = picture(call.input(0)?)?;
    let ([channels, depth], kernel) = picture(call.input(weights)?)?;
    let mut dims = vec![batch, channels];
    for (window, length) in windows(call, kernel, axes)?.iter().zip(axes) {
        dims.push(positions(window, *length, false)?);
    }
    let size = Size::new(dims);
    let work = size
        .count()
        .saturating_mul(depth)
        .saturating_mul(product(kernel));
    gives_with_work(size, work)
}

fn spread(call: &Call<'_>) -> Found {
    let ([batch, _], axes) = picture(call.input(0)?)?;
    let ([depth, width], kernel) = picture(call.input(1)?)?;
    let groups = u64::try_from(call.node.integer("group", 1)).unwrap_or(0);
    if call.node.integers("output_shape").is_some() {
        return Ok(None);
    }
    let channels = width.saturating_mul(groups);
    let is_same = call
        .node
        .word("auto_pad")
        .is_some_and(|word| word.starts_with("SAME"));
    let added = call.node.integers("output_padding").unwrap_or_default();
    let mut dims = vec![batch, channels];
    for (axis, (window, length)) in windows(call, kernel, axes)?.iter().zip(axes).enumerate() {
        let strides = length
            .saturating_sub(u64::from(!is_same))
            .saturating_mul(window.stride);
        if is_same {
            dims.push(strides);
            continue;
        }
        let reach = window
            .length
            .saturating_sub(1)
            .saturating_mul(window.dilation)
            .saturating_add(1);
        let added = added.get(axis).copied().unwrap_or(0);
        let added = u64::try_from(added).map_err(|_negative| "its output_padding is negative")?;
        dims.push(
            strides
                .saturating_add(reach)
                .saturating_add(added)
                .saturating_sub(window.padding),
        );
    }
    let spread = product(axes)
        .saturating_mul(batch)
        .saturating_mul(channels)
        .saturating_mul(product(kernel));
    let size = Size::new(dims);
    let work = spread
        .saturating_mul((depth / groups.max(1)).max(1))
        .saturating_add(size.count());
    // what each place spreads is laid side by side before it is added up
    Ok(Some(Outcome {
        outputs: vec![size],
        work,
        scratch: spread,
    }))
}

fn pooled(call: &Call<'_>) -> Found {
    let ([batch, channels], axes) = picture(call.input(0)?)?;
    let kernel = call.node.integers("kernel_shape").unwrap_or_default();
    let kernel: Option<Vec<u64>> = kernel.iter().map(|one| u64::try_from(*one).ok()).collect();
    let kernel = kernel.ok_or("its window is negative")?;
    let is_up = call.node.integer("ceil_mode", 0) != 0;
    let mut dims = vec![batch, channels];
    for (window, length) in windows(call, &kernel, axes)?.iter().zip(axes) {
        dims.push(positions(window, *length, is_up)?);
    }
    let size = Size::new(dims);
    let work = size.count().saturating_mul(product(&kernel));
    let outputs = vec![size; call.node.outputs.len().max(1)];
    Ok(Some(Outcome {
        outputs,
        work,
        scratch: 0,
    }))
}

fn whole(call: &Call<'_>) -> Found {
    let input = call.input(0)?;
    let (first, axes) = picture(input)?;
    let dims = [&first[..], &vec![1; axes.len()]].concat();
    gives_with_work(Size::new(dims), input.count())
}

fn sampled(call: &Call<'_>) -> Found {
    let (first, axes) = picture(call.input(0)?)?;
    let grid = &call.input(1)?.dims;
    if grid.len() != axes.len() + 2 {
        return Err("its grid has another number of axes than its picture".to_owned());
    }
    gives(Size::new([&first[..], &grid[1..=axes.len()]].concat()))
}
