//! The pictures that a person is learned from: read, judged one by one, and the most different kept.

use std::path::{Path, PathBuf};

use inference::sha256_hex;
use landmarks::{FaceFinder, Landmarks};
use media::{
    Image, InputKind, MediaError, VideoReader, pictures_in, read_picture, sniff, write_text,
};

use super::judge::{Judge, Verdict};
use super::likeness::{Likeness, cosines_to_most_alike};
use super::shot::Shot;
use crate::error::AnimateError;

/// Mean distance of landmarks, in face sizes, and of grey levels, under which two pictures are
/// nearly the same.
const NEAR: (f32, f32) = (0.005, 2.5);
/// Frames of a video that are looked at.
const VIDEO_FRAMES: u64 = 240;
/// Side of a thumbnail on the sheet, pixels.
pub(super) const TILE: u32 = 128;
/// Height of the line under a thumbnail, pixels.
const LINE: u32 = 14;

/// A picture and what is said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedPhoto {
    /// File name, with the frame for a video.
    pub name: String,
    /// What is said of it.
    pub verdict: Verdict,
    /// Small picture for the sheet; `None` where it could not be read.
    pub(super) thumbnail: Option<Image>,
    /// The shot, where it can be used.
    pub(super) shot: Option<Shot>,
    /// Of the face, where an identity network was given.
    pub(super) embedding: Option<Vec<f32>>,
    /// SHA-256 of the file.
    pub(super) digest: String,
}

/// What is made of the pictures.
#[derive(Debug)]
pub struct AlbumConfig<'a> {
    /// Side of the shots, pixels.
    pub side_px: u32,
    /// Most pictures that are learned from.
    pub shots: usize,
    /// Tells whose faces they are; without it, strangers are not noticed.
    pub likeness: Option<Likeness<'a>>,
}

/// Pictures of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Album {
    /// All pictures with their verdicts, in the order they were given.
    pub photos: Vec<JudgedPhoto>,
}

impl Album {
    /// Read pictures, folders of pictures, and videos (of which frames are taken evenly), and judge
    /// them. At most `shots` stay, those that differ most; the first usable one is always kept.
    ///
    /// # Errors
    /// Where a source does not exist, or a network fails. An unusable picture is no error but a
    /// verdict.
    pub fn open(
        sources: &[PathBuf],
        finder: &FaceFinder,
        config: &AlbumConfig<'_>,
    ) -> Result<Self, AnimateError> {
        let mut album = Self { photos: Vec::new() };
        let judge = Judge { finder, config };
        for source in sources {
            match sniff(source) {
                Ok(InputKind::Video) => album.add_video(source, &judge)?,
                Ok(InputKind::PictureFolder) => {
                    for path in pictures_in(source)? {
                        album.add_file(&path, &judge)?;
                    }
                }
                Ok(InputKind::Picture | InputKind::Sound) => {
                    album.add_file(source, &judge)?;
                }
                Err(error @ MediaError::NotFound { .. }) => return Err(error.into()),
                Err(error) => album.photos.push(JudgedPhoto {
                    name: name_of(source),
                    verdict: Verdict::Unreadable(error.to_string()),
                    thumbnail: None,
                    shot: None,
                    embedding: None,
                    digest: String::new(),
                }),
            }
        }
        if let Some(likeness) = &config.likeness {
            album.mark_strangers(likeness.least_cosine);
        }
        album.mark_duplicates();
        album.keep_most_different(config.shots);
        Ok(album)
    }

    /// The shots that are learned from.
    pub fn shots(&self) -> Vec<Shot> {
        self.taken()
            .filter_map(|photo| photo.shot.clone())
            .collect()
    }

    /// SHA-256 of the files that are learned from, each once.
    pub fn digests(&self) -> Vec<String> {
        let mut digests: Vec<String> = self.taken().map(|photo| photo.digest.clone()).collect();
        digests.dedup();
        digests
    }

    fn taken(&self) -> impl Iterator<Item = &JudgedPhoto> {
        self.photos
            .iter()
            .filter(|photo| photo.verdict == Verdict::Taken)
    }

    fn add_file(&mut self, path: &Path, judge: &Judge<'_>) -> Result<(), AnimateError> {
        let bytes = std::fs::read(path).map_err(|source| MediaError::Read {
            path: path.to_owned(),
            source,
        })?;
        let digest = sha256_hex(&bytes);
        let photo = match read_picture(path) {
            Ok(picture) => judge.photo(&picture)?.named(name_of(path), digest),
            Err(error) => JudgedPhoto {
                name: name_of(path),
                verdict: Verdict::Unreadable(error.to_string()),
                thumbnail: None,
                shot: None,
                embedding: None,
                digest,
            },
        };
        self.photos.push(photo);
        Ok(())
    }

    fn add_video(&mut self, path: &Path, judge: &Judge<'_>) -> Result<(), AnimateError> {
        let bytes = std::fs::read(path).map_err(|source| MediaError::Read {
            path: path.to_owned(),
            source,
        })?;
        let digest = sha256_hex(&bytes);
        let mut reader = VideoReader::open(path)?;
        let count = reader.info().frame_count.unwrap_or(VIDEO_FRAMES);
        let step = count.div_ceil(VIDEO_FRAMES).max(1);
        let mut index = 0;
        while let Some(frame) = reader.next_frame()? {
            if index % step == 0 {
                let name = format!("{} frame {index}", name_of(path));
                let photo = judge.photo(&frame.image)?;
                self.photos.push(photo.named(name, digest.clone()));
            }
            index += 1;
        }
        Ok(())
    }

    fn mark_strangers(&mut self, least_cosine: f32) {
        let known = self.photos.iter().enumerate().filter_map(|(index, photo)| {
            let embedding = photo.embedding.as_deref()?;
            (photo.verdict == Verdict::Taken).then_some((index, embedding))
        });
        let (indices, embeddings): (Vec<usize>, Vec<&[f32]>) = known.unzip();
        if embeddings.is_empty() {
            return;
        }
        let cosines = cosines_to_most_alike(&embeddings);
        for (index, cosine) in indices.into_iter().zip(cosines) {
            if cosine < least_cosine {
                self.photos[index].verdict = Verdict::AnotherPerson(cosine);
            }
        }
    }

    fn mark_duplicates(&mut self) {
        for index in 1..self.photos.len() {
            let (before, rest) = self.photos.split_at_mut(index);
            let Some(shot) = rest[0]
                .shot
                .as_ref()
                .filter(|_| rest[0].verdict == Verdict::Taken)
            else {
                continue;
            };
            let same = before.iter().find(|other| {
                let usable = other.verdict == Verdict::Taken;
                usable
                    && other
                        .shot
                        .as_ref()
                        .is_some_and(|other| is_near(shot, other))
            });
            if let Some(other) = same {
                rest[0].verdict = Verdict::NearDuplicate(other.name.clone());
            }
        }
    }

    /// Keep the first, then again and again the one farthest from all that are kept.
    fn keep_most_different(&mut self, shots: usize) {
        let usable: Vec<usize> = (0..self.photos.len())
            .filter(|index| self.photos[*index].verdict == Verdict::Taken)
            .collect();
        if usable.len() <= shots {
            return;
        }
        let apart = |a: usize, b: usize| {
            let shots = [a, b].map(|index| self.photos[index].shot.as_ref());
            match shots {
                [Some(a), Some(b)] => point_distance(&a.landmarks, &b.landmarks),
                _ => 0.0,
            }
        };
        let mut kept = vec![usable[0]];
        let mut nearest: Vec<f32> = usable.iter().map(|index| apart(*index, kept[0])).collect();
        while kept.len() < shots.max(1) {
            let farthest = (0..usable.len())
                .max_by(|a, b| nearest[*a].total_cmp(&nearest[*b]))
                .expect("there are usable pictures");
            kept.push(usable[farthest]);
            for (distance, index) in nearest.iter_mut().zip(&usable) {
                *distance = distance.min(apart(*index, usable[farthest]));
            }
        }
        for index in usable {
            if !kept.contains(&index) {
                self.photos[index].verdict = Verdict::Spare;
            }
        }
    }

    /// A sheet of thumbnails, each with its verdict; pictures that are merely not needed are left
    /// out where there are many.
    pub fn sheet(&self) -> Image {
        let shown: Vec<&JudgedPhoto> = self
            .photos
            .iter()
            .filter(|photo| self.photos.len() <= 64 || photo.verdict != Verdict::Spare)
            .take(256)
            .collect();
        let columns = (shown.len() as u32).clamp(1, 8);
        let rows = (shown.len() as u32).div_ceil(columns).max(1);
        let mut sheet = Image::new(columns * TILE, rows * (TILE + LINE));
        for (index, photo) in shown.into_iter().enumerate() {
            let [column, row] = [index as u32 % columns, index as u32 / columns];
            let [left, top] = [column * TILE, row * (TILE + LINE)];
            if let Some(thumbnail) = &photo.thumbnail {
                for y in 0..thumbnail.height() {
                    for x in 0..thumbnail.width() {
                        sheet.set_pixel(left + x, top + y, thumbnail.pixel(x, y));
                    }
                }
            }
            let is_taken = photo.verdict == Verdict::Taken;
            let colour = if is_taken {
                [120, 230, 120]
            } else {
                [250, 150, 90]
            };
            let text: String = photo.verdict.text().chars().take(15).collect();
            let place = [i64::from(left) + 3, i64::from(top + TILE) + 3];
            write_text(&mut sheet, place, 1, colour, &text);
        }
        sheet
    }
}

impl JudgedPhoto {
    fn named(self, name: String, digest: String) -> Self {
        Self {
            name,
            digest,
            ..self
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Mean distance of the points of two shots, in sides of the crop.
fn point_distance(a: &Landmarks, b: &Landmarks) -> f32 {
    let pairs = a.points.iter().zip(&b.points);
    let sum: f32 = pairs.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum();
    sum / a.points.len() as f32
}

fn is_near(a: &Shot, b: &Shot) -> bool {
    let side = a.picture.width() as f32;
    if point_distance(&a.landmarks, &b.landmarks) / side > NEAR.0 {
        return false;
    }
    let pairs = a.picture.rgb().iter().zip(b.picture.rgb());
    let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f32 / (a.picture.rgb().len() as f32) < NEAR.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::POINTS;

    fn photo(name: &str, shift: f32, level: u8) -> JudgedPhoto {
        let mut picture = Image::new(64, 64);
        picture.rgb_mut().fill(level);
        let mut points = [[10.0 + shift, 20.0]; POINTS];
        points[8] = [40.0, 60.0];
        JudgedPhoto {
            name: name.into(),
            verdict: Verdict::Taken,
            thumbnail: None,
            shot: Some(Shot {
                picture,
                landmarks: Landmarks { points },
            }),
            embedding: None,
            digest: name.into(),
        }
    }

    #[test]
    fn a_stranger_is_left_out_and_takes_no_part_in_the_choice() {
        let mut album = Album {
            photos: vec![
                photo("a", 0.0, 100),
                photo("b", 5.0, 100),
                photo("stranger", 20.0, 100),
            ],
        };
        for (photo, embedding) in album
            .photos
            .iter_mut()
            .zip([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
        {
            photo.embedding = Some(embedding.to_vec());
        }
        album.mark_strangers(0.25);
        assert!(matches!(album.photos[2].verdict, Verdict::AnotherPerson(_)));
        album.keep_most_different(2);
        assert_eq!(album.digests(), ["a", "b"]);
    }

    #[test]
    fn near_duplicates_are_named_and_the_most_different_are_kept() {
        let mut album = Album {
            photos: vec![
                photo("a", 0.0, 100),
                photo("b", 0.3, 101),
                photo("c", 5.0, 100),
                photo("d", 9.0, 100),
                photo("e", 0.1, 180),
            ],
        };
        album.mark_duplicates();
        assert_eq!(album.photos[1].verdict, Verdict::NearDuplicate("a".into()));
        assert_eq!(album.photos[4].verdict, Verdict::Taken, "another light");
        album.keep_most_different(2);
        assert_eq!(album.digests(), ["a", "d"]);
        assert_eq!(album.photos[2].verdict, Verdict::Spare);
        assert!(album.sheet().rgb().iter().any(|value| *value > 0));
    }
}
