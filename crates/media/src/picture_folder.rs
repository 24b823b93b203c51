//! A folder of pictures as a video.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use crate::error::MediaError;
use crate::image::Image;
use crate::pictures::read_picture;
use crate::rational::Rational;
use crate::sniff::{FileFormat, file_format};
use crate::video_info::VideoInfo;

/// The pictures of a folder in the order of their names, one by one.
#[derive(Debug)]
pub(crate) struct PictureFolder {
    paths: Vec<PathBuf>,
    next: usize,
    size: (u32, u32),
}

impl PictureFolder {
    /// List the folder and look at its first picture.
    pub(crate) fn open(
        folder: &Path,
        frame_rate: Rational,
    ) -> Result<(Self, VideoInfo), MediaError> {
        let paths = pictures_in(folder)?;
        let Some(first) = paths.first() else {
            return Err(MediaError::NoPictures {
                path: folder.to_owned(),
            });
        };
        let first = read_picture(first)?;
        let info = VideoInfo {
            width: first.width(),
            height: first.height(),
            frame_rate,
            time_base: frame_rate.inverse(),
            frame_count: Some(paths.len() as u64),
            duration_s: Some(paths.len() as f64 / frame_rate.to_f64()),
            is_variable_rate: false,
            is_hdr: false,
            audio: None,
        };
        let pictures = Self {
            paths,
            next: 0,
            size: (first.width(), first.height()),
        };
        Ok((pictures, info))
    }

    /// The next picture and its time stamp.
    pub(crate) fn next(&mut self) -> Result<Option<(Image, i64)>, MediaError> {
        let Some(path) = self.paths.get(self.next) else {
            return Ok(None);
        };
        let image = read_picture(path)?;
        if (image.width(), image.height()) != self.size {
            return Err(MediaError::FrameSize {
                path: path.clone(),
                width: image.width(),
                height: image.height(),
                first_width: self.size.0,
                first_height: self.size.1,
            });
        }
        let pts = self.next as i64;
        self.next += 1;
        Ok(Some((image, pts)))
    }
}

/// All pictures of a folder, `frame2` before `frame10`. Other files and hidden ones are left out.
///
/// # Errors
/// If the folder cannot be read.
pub fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, MediaError> {
    let fail = |source| MediaError::from_read(folder, source);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !is_hidden && is_picture(&entry.path()) {
            paths.push(entry.path());
        }
    }
    paths.sort_by(|a, b| natural_order(&name(a), &name(b)));
    Ok(paths)
}

fn is_picture(path: &Path) -> bool {
    path.is_file()
        && matches!(
            file_format(path),
            Ok(FileFormat::Picture(_) | FileFormat::MaybeAnimated(_))
        )
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Compare names as people do: runs of digits by their value, everything else by character.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while !left.is_empty() && !right.is_empty() {
        let (run_left, rest_left) = split_run(left);
        let (run_right, rest_right) = split_run(right);
        let order = if starts_with_digit(run_left) && starts_with_digit(run_right) {
            let value = |run: &str| run.trim_start_matches('0').to_owned();
            let (x, y) = (value(run_left), value(run_right));
            x.len().cmp(&y.len()).then_with(|| x.cmp(&y))
        } else {
            run_left.cmp(run_right)
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (rest_left, rest_right);
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The longest start that is all digits or all something else.
fn split_run(text: &str) -> (&str, &str) {
    let is_digits = starts_with_digit(text);
    let end = text.find(|char: char| char.is_ascii_digit() != is_digits);
    text.split_at(end.unwrap_or(text.len()))
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_2_comes_before_frame_10_with_and_without_leading_zeros() {
        let mut names = vec!["f10.png", "f2.png", "f001.png", "e.png", "f2b.png"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(names, ["e.png", "f001.png", "f2.png", "f2b.png", "f10.png"]);
    }
}
