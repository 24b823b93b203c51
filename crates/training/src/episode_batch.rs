//! Episodes as the networks take them: pictures and landmark pictures of K shots and a target.

use dataset::Episode;
use landmarks::{DrawingConfig, draw};
use networks::pixels::to_image_tensor;
use tch::Tensor;

use crate::guide_batch::{GuideBatch, GuideSample, GuideSizes};

/// One episode as bytes, made on a loader thread.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EpisodeSample {
    /// Index of the video among those trained on.
    pub(crate) video: usize,
    frames: usize,
    side: usize,
    /// RGB bytes of target and shots, frame by frame.
    pictures: Vec<u8>,
    /// RGB bytes of their landmarks, drawn.
    drawings: Vec<u8>,
    /// For networks that bend pictures.
    guides: Option<GuideSample>,
}

impl EpisodeSample {
    /// Draw the landmarks of an episode's frames beside their pictures; with sizes of guides, compare
    /// them too.
    pub(crate) fn new(episode: &Episode, guides: Option<GuideSizes>) -> Self {
        let side = episode.frames[0].picture.width();
        let drawing = DrawingConfig::for_network(side);
        let mut pictures = Vec::new();
        let mut drawings = Vec::new();
        for frame in &episode.frames {
            pictures.extend_from_slice(frame.picture.rgb());
            let drawn = draw(&frame.landmarks, side, side, &drawing);
            drawings.extend_from_slice(drawn.rgb());
        }
        Self {
            video: episode.video,
            frames: episode.frames.len(),
            side: side as usize,
            pictures,
            drawings,
            guides: guides.map(|sizes| GuideSample::new(episode, sizes)),
        }
    }
}

/// Episodes as tensors on the CPU.
#[derive(Debug)]
pub(crate) struct EpisodeBatch {
    /// Video of each episode.
    pub(crate) videos: Vec<i64>,
    /// `[batch, 1 + shots, 3, side, side]`, the target first.
    pub(crate) pictures: Tensor,
    /// The same for the drawings.
    pub(crate) drawings: Tensor,
    /// For networks that bend pictures.
    pub(crate) guides: Option<GuideBatch>,
}

impl EpisodeBatch {
    /// Stack samples of one size.
    ///
    /// # Panics
    /// If there are none.
    pub(crate) fn stack(samples: &[EpisodeSample]) -> Self {
        let (frames, side) = (samples[0].frames, samples[0].side as i64);
        let stack = |part: fn(&EpisodeSample) -> &[u8]| {
            let bytes: Vec<u8> = samples.iter().flat_map(part).copied().collect();
            let count = (samples.len() * frames) as i64;
            let bytes = Tensor::from_slice(&bytes).view([count, side, side, 3]);
            to_image_tensor(&bytes).view([samples.len() as i64, frames as i64, 3, side, side])
        };
        Self {
            videos: samples.iter().map(|sample| sample.video as i64).collect(),
            pictures: stack(|sample| &sample.pictures),
            drawings: stack(|sample| &sample.drawings),
            guides: samples
                .iter()
                .map(|sample| sample.guides.as_ref())
                .collect::<Option<Vec<_>>>()
                .map(|guides| GuideBatch::stack(&guides)),
        }
    }

    /// Parts of `size` episodes each.
    pub(crate) fn parts(&self, size: usize) -> Vec<Self> {
        let cut = |(index, videos): (usize, &[i64])| {
            let [start, length] = [index * size, videos.len()].map(|n| n as i64);
            Self {
                videos: videos.to_vec(),
                pictures: self.pictures.narrow(0, start, length),
                drawings: self.drawings.narrow(0, start, length),
                guides: self.guides.as_ref().map(|all| all.part(start, length)),
            }
        };
        self.videos.chunks(size).enumerate().map(cut).collect()
    }

    /// Target pictures, `[batch, 3, side, side]`.
    pub(crate) fn target(&self) -> Tensor {
        self.pictures.select(1, 0)
    }

    /// Landmarks of the targets, drawn, `[batch, 3, side, side]`.
    pub(crate) fn target_drawing(&self) -> Tensor {
        self.drawings.select(1, 0)
    }

    /// Pictures and drawings of the shots, `[batch, shots, 3, side, side]` each.
    pub(crate) fn shots(&self) -> [Tensor; 2] {
        let count = self.pictures.size()[1] - 1;
        [&self.pictures, &self.drawings].map(|images| images.narrow(1, 1, count))
    }
}
