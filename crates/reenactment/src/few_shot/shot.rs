//! One picture of a person as the networks see it.

use landmarks::{HEAD_MARGIN, Landmarks, cut_crop, head_square};
use media::Image;

/// A square picture of a head, and its landmarks.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// Square picture.
    pub picture: Image,
    /// Points in its pixels.
    pub landmarks: Landmarks,
}

impl Shot {
    /// Cut the head with these landmarks out of a picture; `None` where they span no square.
    pub fn cut(picture: &Image, landmarks: &Landmarks, side_px: u32) -> Option<Self> {
        let square = head_square([landmarks], HEAD_MARGIN)?;
        let map = square.square_to_picture(1.0, side_px);
        Some(Self {
            picture: cut_crop(picture, &map, side_px),
            landmarks: landmarks.map(|point| map.to_crop(point)),
        })
    }

    /// Mean absolute second difference of grey levels around eyes and nose: what blur takes away.
    pub fn detail(&self) -> f32 {
        landmarks::face_detail(&self.picture, &self.landmarks)
    }
}
