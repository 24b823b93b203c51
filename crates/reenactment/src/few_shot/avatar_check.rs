//! Whether what an avatar says of itself is possible, before anything is painted with it.

use std::ops::RangeInclusive;

use landmarks::Landmarks;

use super::avatar::AvatarManifest;
use crate::portrait::PORTRAIT_PRESET;

/// Sides that the pictures of an avatar may have, pixels.
const SIDES_PX: RangeInclusive<u32> = 8..=2048;
/// Farthest that a point may lie from the picture's corner, pixels.
const FARTHEST_POINT: f32 = 1e6;

/// What the painters rely on: a size of pictures that they can have, and points that lie somewhere.
pub(super) fn check_plausible(manifest: &AvatarManifest, rest: &Landmarks) -> Result<(), String> {
    let side = manifest.resolution_px;
    let is_for_all_levels = manifest.preset != PORTRAIT_PRESET || side.is_multiple_of(8);
    if !SIDES_PX.contains(&side) || !is_for_all_levels {
        return Err(format!("its pictures have {side} pixels a side"));
    }
    if !lies_somewhere(rest) {
        return Err("its landmarks at rest lie nowhere".to_owned());
    }
    Ok(())
}

/// Whether all points are numbers that a picture can have.
pub(super) fn lies_somewhere(landmarks: &Landmarks) -> bool {
    let values = landmarks.points.as_flattened();
    values.iter().all(|value| value.abs() <= FARTHEST_POINT)
}
