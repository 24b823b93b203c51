//! One frame of a moving picture.

use crate::image::Image;

/// One frame of a moving picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The picture, as shown.
    pub image: Image,
    /// When it is shown: units of [`crate::VideoInfo::time_base`] after the first frame.
    pub pts: i64,
    /// Its place in the video, counted from 0.
    pub index: u64,
}
