//! Bending tensors along a flow in training, as the closed-form half does it in use.

use tch::{Kind, Tensor};

/// Width of the border over which a patch fades into the picture, halves of the patch.
const FEATHER: f64 = 0.25;

/// How values between pixels are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarpKind {
    /// From the 2 x 2 pixels around.
    Bilinear,
    /// From the 4 x 4 pixels around (Keys 1981, a = -0.75); sharper, and may overshoot.
    Bicubic,
}

/// Look up `source` where `flow` says, for each of `side` x `side` places.
///
/// What the flow moves by (itself less the place) is enlarged bilinearly with half-pixel centres;
/// the border is repeated. Gradient flows into both. The flow's arithmetic is f32; the result is of
/// the source's kind.
///
/// # Shapes
/// - `source`: `[batch, channels, height, width]`
/// - `flow`: `[batch, 2, grid, grid]`, x then y, -1 and 1 at the outer edges of the first and the
///   last pixel
/// - returns: `[batch, channels, side, side]`
pub fn warp(source: &Tensor, flow: &Tensor, side: i64, kind: WarpKind) -> Tensor {
    let flow = flow.to_kind(Kind::Float);
    let grid = flow.size()[2];
    let places = places(side, &flow);
    let flow = if grid == side {
        flow
    } else {
        let moved = flow - self::places(grid, &places);
        moved.upsample_bilinear2d([side, side], false, None, None) + places
    };
    let looked = flow.permute([0, 2, 3, 1]); // [batch, side, side, 2]
    let mode = match kind {
        WarpKind::Bilinear => 0,
        WarpKind::Bicubic => 2,
    };
    let border = 1;
    let wide = source.to_kind(Kind::Float);
    wide.grid_sampler(&looked, mode, border, false)
        .to_kind(source.kind())
}

/// Cut upright squares out of planes, bilinearly.
///
/// # Shapes
/// - `planes`: `[batch, channels, height, width]`
/// - `to_planes`: `[batch, 2, 3]`, from the square to the planes, both from -1 to 1 between the outer
///   edges of the first and the last pixel: rows of `x, y, 1`
/// - returns: `[batch, channels, side, side]`
pub fn cut_patch(planes: &Tensor, to_planes: &Tensor, side: i64) -> Tensor {
    let (batch, channels) = (planes.size()[0], planes.size()[1]);
    let to_planes = to_planes.to_kind(Kind::Float);
    let looked = Tensor::affine_grid_generator(&to_planes, [batch, channels, side, side], false);
    let wide = planes.to_kind(Kind::Float);
    wide.grid_sampler(&looked, 0, 1, false)
        .to_kind(planes.kind())
}

/// Lay squares over planes, fading over the outer part of each: the reverse of [`cut_patch`].
///
/// # Shapes
/// - `planes`: `[batch, channels, height, width]`
/// - `patches`: `[batch, channels, side, side]`
/// - `to_planes`: `[batch, 2, 3]`, as for [`cut_patch`]
/// - returns: as `planes`
pub fn paste_patch(planes: &Tensor, patches: &Tensor, to_planes: &Tensor) -> Tensor {
    let back = inverse(&to_planes.to_kind(Kind::Float));
    let looked = Tensor::affine_grid_generator(&back, planes.size(), false); // [batch, h, w, 2]
    let laid = patches
        .to_kind(planes.kind())
        .grid_sampler(&looked, 0, 1, false);
    let within: Tensor = (1.0 - looked.abs()) / FEATHER;
    let within = within.clamp(0.0, 1.0);
    let smooth: Tensor = &within * &within * (3.0 - &within * 2.0);
    let share = smooth.select(3, 0) * smooth.select(3, 1);
    let share = share.unsqueeze(1).to_kind(planes.kind());
    planes + (laid - planes) * share
}

/// Inverse of similarity transforms, `[batch, 2, 3]`.
fn inverse(transforms: &Tensor) -> Tensor {
    let entry = |row: i64, column: i64| transforms.select(1, row).select(1, column); // [batch]
    let (a, b, x) = (entry(0, 0), entry(0, 1), entry(0, 2));
    let (c, d, y) = (entry(1, 0), entry(1, 1), entry(1, 2));
    let determinant = &a * &d - &b * &c;
    let first = [&d / &determinant, -&b / &determinant];
    let second = [-&c / &determinant, &a / &determinant];
    let shift = |row: &[Tensor; 2]| -(&row[0] * &x + &row[1] * &y);
    let rows = [
        &first[0],
        &first[1],
        &shift(&first),
        &second[0],
        &second[1],
        &shift(&second),
    ];
    Tensor::stack(&rows, 1).view([-1, 2, 3])
}

/// Centres of the cells of a square grid, `[1, 2, side, side]`, f32 on the device of `like`.
fn places(side: i64, like: &Tensor) -> Tensor {
    let along =
        (Tensor::arange(side, (Kind::Float, like.device())) * 2.0 + 1.0) / side as f64 - 1.0;
    let x = along
        .view([1, 1, 1, side])
        .expand([1, 1, side, side], false);
    let y = along
        .view([1, 1, side, 1])
        .expand([1, 1, side, side], false);
    Tensor::cat(&[x, y], 1)
}
