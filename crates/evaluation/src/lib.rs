//! Measuring: how far results are from what they should be.
//!
//! Holds the numbers and how they are computed; where labels come from is the caller's business.

mod evaluate_landmarks;
mod landmark_scores;

pub use crate::evaluate_landmarks::{
    EvaluationError, Event, LabelledMedia, LandmarkEvaluationConfig, LandmarkReport,
    evaluate_landmarks,
};
pub use crate::landmark_scores::{LandmarkScores, ScoreSummary, jitter};
