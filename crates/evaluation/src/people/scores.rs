//! The numbers of one method, or of one person under it.

use serde::Serialize;

/// Means over frames; `None` is "not measured".
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Frames compared.
    pub frames: usize,
    /// Structural similarity in grey; higher is better.
    pub ssim: Option<f64>,
    /// The same, mean of red, green and blue.
    pub ssim_rgb: Option<f64>,
    /// Peak signal-to-noise ratio, decibels; higher is better.
    pub psnr: Option<f64>,
    /// Mean absolute difference, 0 to 1; lower is better.
    pub l1: Option<f64>,
    /// Learned perceptual distance; lower is better.
    pub lpips: Option<f64>,
    /// Cosine of the identity embeddings of made and true face, over frames in which both have a
    /// face; higher is better.
    pub csim: Option<f64>,
    /// Frechet distance of the features of all made and all true frames; lower is better. Only
    /// over all people: it needs many frames.
    pub frechet: Option<f64>,
    /// Landmark error in percent of the distance of the eyes; lower is better.
    pub landmark_error_percent: Option<f64>,
    /// Mean error of pitch, yaw and roll, degrees; lower is better.
    pub pose_error_degrees: Option<f64>,
    /// Share of made frames in which no face was found, 0 to 1.
    pub without_face: Option<f64>,
    /// Frames rendered a second, as the method ran when these frames were made.
    pub frames_per_second: Option<f64>,
    /// Seconds that learning a person took.
    pub learn_s: Option<f64>,
    /// Share of people who spotted the made picture among three, 0 to 1; a third is ideal.
    pub user: Option<f64>,
}

/// One made frame against the true one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FrameScores {
    pub(crate) ssim: Option<f64>,
    pub(crate) ssim_rgb: Option<f64>,
    pub(crate) psnr: f64,
    pub(crate) l1: f64,
    pub(crate) lpips: Option<f64>,
    pub(crate) csim: Option<f64>,
    pub(crate) landmark_error: Option<f64>,
    pub(crate) pose_error: Option<f64>,
    pub(crate) has_face: bool,
}

impl Scores {
    /// Means over frames, each measure over the frames that have it.
    pub(crate) fn of(frames: &[FrameScores]) -> Self {
        let mean = |value: &dyn Fn(&FrameScores) -> Option<f64>| {
            let values: Vec<f64> = frames.iter().filter_map(value).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        Self {
            frames: frames.len(),
            ssim: mean(&|frame| frame.ssim),
            ssim_rgb: mean(&|frame| frame.ssim_rgb),
            psnr: mean(&|frame| Some(frame.psnr)),
            l1: mean(&|frame| Some(frame.l1)),
            lpips: mean(&|frame| frame.lpips),
            csim: mean(&|frame| frame.csim),
            landmark_error_percent: mean(&|frame| frame.landmark_error),
            pose_error_degrees: mean(&|frame| frame.pose_error),
            without_face: mean(&|frame| Some(f64::from(u8::from(!frame.has_face)))),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_without_a_face_counts_as_such_and_not_as_likeness_0() {
        let seen = FrameScores {
            csim: Some(0.8),
            has_face: true,
            ..FrameScores::default()
        };
        let scores = Scores::of(&[seen, FrameScores::default()]);
        assert_eq!(
            (scores.csim, scores.without_face, scores.frames),
            (Some(0.8), Some(0.5), 2)
        );
        assert_eq!(scores.lpips, None, "not measured");
    }
}
