//! Measuring: how far results are from what they should be.
//!
//! Holds the numbers and how they are computed; where labels come from is the caller's business.

mod evaluate_landmarks;
mod landmark_scores;
mod method;
pub mod metrics;
mod nearest_shot;
mod people;

pub use crate::evaluate_landmarks::{
    EvaluationError, Event, LabelledMedia, LandmarkEvaluationConfig, LandmarkReport,
    evaluate_landmarks,
};
pub use crate::landmark_scores::{LandmarkScores, ScoreSummary, jitter};
pub use crate::method::{Method, MethodError, Shot};
pub use crate::metrics::{
    Embed, FRECHET_SIDE_PX, FeatureNet, IdentityInput, IdentityNet, LEAST_LIKENESS, LpipsHeads,
    MetricError, cosine, frechet_distance, landmark_error_percent, mean_absolute_error, pooled,
    pose_error_degrees, psnr, ssim_grey, ssim_rgb,
};
pub use crate::nearest_shot::{NearestShot, nearest_shot};
pub use crate::people::{
    CutConfig, IdentityFiles, LpipsFiles, Measure, MethodResult, Nets, PeopleConfig, PeopleError,
    PeopleEvent, PeopleReport, PeopleWarning, Scores, csv, evaluate_people, text_table,
};
