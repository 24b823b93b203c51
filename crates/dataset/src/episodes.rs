//! Episodes of few-shot learning: a target frame and K other frames of one clip.
//!
//! Zakharov et al. 2019, Section 3.2. People are drawn in balance, then a clip of theirs. Episode
//! `n` is a function of the seed and of `n` alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use landmarks::{FaceFrame, Landmarks, cut_crop};
use media::Image;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::augmentation::{Canvas, GeometryRange, Wear, random_deformation, uniform};
use crate::face_difference::{FEATURES, apart};
use crate::flip::flip_landmarks;
use crate::shard_format::ShardError;
use crate::shards::Shards;
use crate::still_work::STILL_ROOM;

/// Targets that are drawn, of which the one farthest from the first shot is sometimes taken.
const CANDIDATES: usize = 4;
/// Share of episodes whose target is the farthest candidate.
const FARTHEST: f32 = 0.5;
/// Targets that an augmented episode draws where lids, gaze or mouth should differ: blinks are rare.
const MORE_CANDIDATES: usize = 16;
/// Share of augmented episodes whose target is the one with the lids most differently open, and as
/// many with the most different gaze, and mouth.
const DIFFERENT: f32 = 0.2;
/// Share of augmented episodes that are made of a single picture, where there are any.
const STILLS: f32 = 0.25;
/// Share of augmented episodes of several shots that show the first alone, again and again: what one
/// picture has to do without others must not be unlearned.
const ALONE: f32 = 0.35;
/// How far the frames that are made of a single picture go apart.
const STILL_RANGE: GeometryRange = GeometryRange {
    roll: 0.3,
    scale: 0.08,
    shift: 0.03,
    stretch: 0.03,
    bend: 0.025,
};
/// Largest turn of an augmented episode, radians.
const TURN: f32 = 0.12;
/// Largest change of size of an augmented episode, as a logarithm.
const SCALE: f32 = 0.10;
/// Largest shift of an augmented episode, in sides of the crop.
const SHIFT: f32 = 0.04;

/// How episodes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpisodeConfig {
    /// Frames beside the target, K.
    pub shots: usize,
    /// Side of the pictures, pixels.
    pub side_px: u32,
    /// Seed of all draws.
    pub seed: u64,
    /// Whether an episode is mirrored, turned, scaled, shifted, coloured, and now and then greyed, blurred or
    /// coarsely coded at random, all its frames alike.
    pub is_augmented: bool,
    /// Decoded frames are kept in memory up to this many bytes.
    pub cache_bytes: u64,
}

/// One frame of an episode.
#[derive(Debug, Clone, PartialEq)]
pub struct EpisodeFrame {
    /// Square picture.
    pub picture: Image,
    /// Points in its pixels.
    pub landmarks: Landmarks,
}

/// A target and its shots.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Index of the clip in [`Shards::videos`].
    pub video: usize,
    /// The target, then the shots.
    pub frames: Vec<EpisodeFrame>,
}

/// Draws episodes from shards.
#[derive(Debug)]
pub struct EpisodeSampler {
    shards: Arc<Shards>,
    config: EpisodeConfig,
    /// Clips of each person that are long enough.
    people: Vec<Vec<usize>>,
    /// Clips of one frame, of which augmented episodes are made too.
    stills: Vec<usize>,
    cache: Mutex<FrameCache>,
}

/// Frames that were decoded before, until memory is full.
#[derive(Debug, Default)]
struct FrameCache {
    frames: HashMap<(usize, usize), Arc<EpisodeFrame>>,
    bytes: u64,
}

impl EpisodeSampler {
    /// Draw from all people.
    ///
    /// # Errors
    /// [`ShardError::TooFew`] where no clip has enough frames.
    pub fn new(shards: Arc<Shards>, config: EpisodeConfig) -> Result<Self, ShardError> {
        let names: Vec<String> = shards.people().into_keys().map(str::to_owned).collect();
        Self::of_people(shards, &names, config)
    }

    /// Draw from the named people alone.
    ///
    /// # Errors
    /// [`ShardError::TooFew`] where none of their clips has enough frames.
    pub fn of_people(
        shards: Arc<Shards>,
        names: &[String],
        config: EpisodeConfig,
    ) -> Result<Self, ShardError> {
        let needed = config.shots + 1;
        let people = shards.people();
        let long_enough = |name: &String| -> Vec<usize> {
            let clips = people.get(name.as_str()).into_iter().flatten().copied();
            clips
                .filter(|clip| shards.videos()[*clip].frames.len() >= needed)
                .collect()
        };
        let people: Vec<Vec<usize>> = names
            .iter()
            .map(long_enough)
            .filter(|clips| !clips.is_empty())
            .collect();
        if people.is_empty() {
            let what = format!("no clip of {} people has {needed} frames", names.len());
            return Err(ShardError::TooFew { what });
        }
        let is_still = |clip: &usize| shards.videos()[*clip].frames.len() == 1;
        let stills =
            (0..shards.videos().len()).filter(|clip| config.is_augmented && is_still(clip));
        Ok(Self {
            stills: stills.collect(),
            shards,
            config,
            people,
            cache: Mutex::default(),
        })
    }

    /// People that are drawn from.
    pub fn people(&self) -> usize {
        self.people.len()
    }

    /// Clips that are drawn from.
    pub fn clips(&self) -> usize {
        self.people.iter().map(Vec::len).sum()
    }

    /// Frames that are drawn from.
    pub fn frames(&self) -> u64 {
        let clips = self.people.iter().flatten();
        clips
            .map(|clip| self.shards.videos()[*clip].frames.len() as u64)
            .sum()
    }

    /// The shards behind.
    pub fn shards(&self) -> &Arc<Shards> {
        &self.shards
    }

    /// Episode number `number`: the same for the same seed.
    ///
    /// # Errors
    /// Where a frame cannot be read.
    pub fn episode(&self, number: u64) -> Result<Episode, ShardError> {
        let stir = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let rng = &mut SmallRng::seed_from_u64(self.config.seed ^ stir);
        if !self.stills.is_empty() && rng.random::<f32>() < STILLS {
            let video = self.stills[rng.random_range(0..self.stills.len())];
            return self.still_episode(video, rng);
        }
        let clips = &self.people[rng.random_range(0..self.people.len())];
        let video = clips[rng.random_range(0..clips.len())];
        let count = self.shards.videos()[video].frames.len();
        let feature = self.config.is_augmented.then(|| rng.random::<f32>());
        let feature = feature.and_then(|drawn| FEATURES.get((drawn / DIFFERENT) as usize));
        let candidates = match feature {
            Some(_) => MORE_CANDIDATES,
            None => CANDIDATES,
        };
        let spare = (count - self.config.shots).min(candidates);
        let picked = rand::seq::index::sample(rng, count, self.config.shots + spare).into_vec();
        let (shots, candidates) = picked.split_at(self.config.shots);
        let target = if let Some(distance) = feature {
            self.farthest(video, shots[0], candidates, distance)?
        } else if rng.random::<f32>() < FARTHEST {
            self.farthest(video, shots[0], candidates, apart)?
        } else {
            candidates[0]
        };
        let change = self.config.is_augmented.then(|| Change::draw(rng));
        let is_alone = change.is_some() && shots.len() > 1 && rng.random::<f32>() < ALONE;
        let shots: Vec<usize> = match is_alone {
            true => vec![shots[0]; shots.len()],
            false => shots.to_vec(),
        };
        let indices = std::iter::once(&target).chain(&shots);
        let frames = indices
            .map(|index| {
                let frame = self.frame(video, *index)?;
                Ok(match &change {
                    Some(change) => change.apply(&frame),
                    None => (*frame).clone(),
                })
            })
            .collect::<Result<_, ShardError>>()?;
        Ok(Episode { video, frames })
    }

    /// Frames made of one picture by smooth random bends, turns and moves.
    fn still_episode(&self, video: usize, rng: &mut SmallRng) -> Result<Episode, ShardError> {
        let picture = self.shards.picture(video, 0)?;
        let landmarks = self.shards.landmarks(video, 0)?;
        let change = Change {
            turn: 0.0,
            scale: 1.0,
            shift: [0.0; 2],
            ..Change::draw(rng)
        };
        let picture_px = picture.width() as f32;
        let sizes = [
            picture_px,
            picture_px / STILL_ROOM,
            self.config.side_px as f32,
        ];
        let frames = (0..=self.config.shots).map(|_| {
            let bend = random_deformation(rng, &STILL_RANGE, sizes).upright();
            let frame = EpisodeFrame {
                picture: bend.apply(&picture).to_image(),
                landmarks: bend.apply_to(&landmarks),
            };
            change.apply(&frame)
        });
        Ok(Episode {
            video,
            frames: frames.collect(),
        })
    }

    /// The candidate whose points are farthest from those of a shot.
    fn farthest(
        &self,
        video: usize,
        shot: usize,
        candidates: &[usize],
        distance: impl Fn(&Landmarks, &Landmarks) -> f32,
    ) -> Result<usize, ShardError> {
        let from = self.shards.landmarks(video, shot)?;
        let mut best = (f32::NEG_INFINITY, candidates[0]);
        for candidate in candidates {
            let apart = distance(&from, &self.shards.landmarks(video, *candidate)?);
            if apart > best.0 {
                best = (apart, *candidate);
            }
        }
        Ok(best.1)
    }

    /// A frame at the wanted size.
    fn frame(&self, video: usize, frame: usize) -> Result<Arc<EpisodeFrame>, ShardError> {
        let key = (video, frame);
        let lock = || {
            self.cache
                .lock()
                .expect("no thread dies while it holds the cache")
        };
        if let Some(frame) = lock().frames.get(&key) {
            return Ok(Arc::clone(frame));
        }
        let picture = self.shards.picture(video, frame)?;
        let landmarks = self.shards.landmarks(video, frame)?;
        let made = Arc::new(resized(&picture, &landmarks, self.config.side_px));
        let bytes = u64::from(self.config.side_px).pow(2) * 3;
        let mut cache = lock();
        if cache.bytes + bytes <= self.config.cache_bytes {
            cache.bytes += bytes;
            cache.frames.insert(key, Arc::clone(&made));
        }
        Ok(made)
    }
}

/// A whole square picture and its points at another size.
fn resized(picture: &Image, landmarks: &Landmarks, side_px: u32) -> EpisodeFrame {
    if picture.width() == side_px && picture.height() == side_px {
        return EpisodeFrame {
            picture: picture.clone(),
            landmarks: *landmarks,
        };
    }
    let side = picture.width();
    let whole = FaceFrame {
        centre: [(side as f32 - 1.0) / 2.0; 2],
        size_px: side as f32,
        roll: 0.0,
    };
    let map = whole.square_to_picture(1.0, side_px);
    EpisodeFrame {
        picture: cut_crop(picture, &map, side_px),
        landmarks: landmarks.map(|point| map.to_crop(point)),
    }
}

/// What an augmented episode does to all its frames alike.
#[derive(Debug, Clone, Copy)]
struct Change {
    is_mirrored: bool,
    turn: f32,
    scale: f32,
    shift: [f32; 2],
    /// Factor and offset of each channel.
    tone: [[f32; 2]; 3],
    wear: Wear,
}

impl Change {
    fn draw(rng: &mut SmallRng) -> Self {
        let brightness = uniform(rng, -0.12, 0.12);
        let contrast = uniform(rng, -0.12, 0.12).exp();
        let tone = [0, 1, 2].map(|_| {
            let gain = contrast * uniform(rng, -0.05, 0.05).exp();
            [gain, 128.0 * (1.0 - gain) + 128.0 * brightness]
        });
        Self {
            is_mirrored: rng.random::<bool>(),
            turn: uniform(rng, -TURN, TURN),
            scale: uniform(rng, -SCALE, SCALE).exp(),
            shift: [0, 1].map(|_| uniform(rng, -SHIFT, SHIFT)),
            tone,
            wear: Wear::draw(rng),
        }
    }

    fn apply(&self, frame: &EpisodeFrame) -> EpisodeFrame {
        let side_px = frame.picture.width();
        let side = side_px as f32;
        let square = FaceFrame {
            centre: self.shift.map(|shift| (side - 1.0) / 2.0 + shift * side),
            size_px: side * self.scale,
            roll: self.turn,
        };
        let map = square.square_to_picture(1.0, side_px);
        let mut picture = cut_crop(&frame.picture, &map, side_px);
        let mut landmarks = frame.landmarks.map(|point| map.to_crop(point));
        for pixel in picture.rgb_mut().chunks_exact_mut(3) {
            for (value, [gain, offset]) in pixel.iter_mut().zip(self.tone) {
                *value = (f32::from(*value) * gain + offset)
                    .round()
                    .clamp(0.0, 255.0) as u8;
            }
        }
        if !self.wear.is_none() {
            let mut canvas = Canvas::of(&picture);
            self.wear.apply(&mut canvas);
            picture = canvas.to_image();
        }
        if self.is_mirrored {
            mirror(&mut picture);
            landmarks = flip_landmarks(&landmarks, side_px);
        }
        EpisodeFrame { picture, landmarks }
    }
}

/// Turn a picture's rows around.
fn mirror(picture: &mut Image) {
    let width = picture.width() as usize;
    for row in picture.rgb_mut().chunks_exact_mut(3 * width) {
        let (pixels, _) = row.as_chunks_mut::<3>();
        pixels.reverse();
    }
}
