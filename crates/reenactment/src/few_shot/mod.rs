//! Talking heads painted by a network that learned a person from a few pictures.
//!
//! Zakharov et al. 2019. A model (embedder, projection, generator) makes an avatar of a person; an
//! avatar (generator and style) paints the person in the pose of any landmarks.

mod album;
mod avatar;
mod avatar_archive;
mod avatar_check;
mod avatar_consent;
mod judge;
mod likeness;
mod model;
mod painter;
mod shot;

pub use album::{Album, AlbumConfig, JudgedPhoto};
pub use avatar::{
    AVATAR_VERSION, Avatar, AvatarError, AvatarKind, AvatarManifest, AvatarPart, AvatarParts,
    PortraitParts,
};
pub use avatar_consent::AvatarConsent;
pub use judge::Verdict;
pub use likeness::Likeness;
pub(crate) use model::digest;
pub use model::{FEW_SHOT_PRESET, FewShotModel};
pub use painter::AvatarPainter;
pub use shot::Shot;

use landmarks::{DrawingConfig, Landmarks, draw};
use media::Image;

/// A picture as the networks take it, `[1, 3, side, side]`, -1 to 1.
pub(crate) fn to_input(picture: &Image) -> inference::Tensor {
    let [width, height] = [picture.width(), picture.height()].map(|side| side as usize);
    let places = width * height;
    let mut values = vec![0.0; 3 * places];
    for (place, pixel) in picture.rgb().chunks_exact(3).enumerate() {
        for (channel, value) in pixel.iter().enumerate() {
            values[channel * places + place] = f32::from(*value) / 127.5 - 1.0;
        }
    }
    inference::Tensor::new(&[1, 3, height, width], values)
}

/// Landmarks as the networks take them.
fn drawn_input(landmarks: &Landmarks, side_px: u32) -> inference::Tensor {
    let drawing = DrawingConfig::for_network(side_px);
    to_input(&draw(landmarks, side_px, side_px, &drawing))
}

/// A network's picture, `[1, 3, side, side]`, -1 to 1, as pixels.
pub(crate) fn from_output(output: &inference::Tensor, side_px: u32) -> Image {
    let places = (side_px * side_px) as usize;
    let mut picture = Image::new(side_px, side_px);
    for (place, pixel) in picture.rgb_mut().chunks_exact_mut(3).enumerate() {
        for (channel, value) in pixel.iter_mut().enumerate() {
            let level = (output.values()[channel * places + place] + 1.0) * 127.5;
            *value = level.round().clamp(0.0, 255.0) as u8;
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_survive_the_way_into_a_network_and_out() {
        let mut picture = Image::new(16, 16);
        for (index, value) in picture.rgb_mut().iter_mut().enumerate() {
            *value = index as u8;
        }
        assert_eq!(from_output(&to_input(&picture), 16), picture);
    }
}
