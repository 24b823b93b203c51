//! Training: losses, optimisation, run folders, and the entry points that use them.
//!
//! Empty without the feature `train`.
#![cfg(feature = "train")]

pub mod adam;
pub mod ema;
pub mod losses;

mod detector_samples;
mod face_task;
mod landmark_samples;
mod landmark_training;
mod run_folder;
mod sample_loader;
mod sample_sheet;

pub use crate::landmark_training::{
    Event, FaceNetwork, LandmarkTrainingConfig, LandmarkTrainingError, Precision, Preset, Summary,
    train_landmarks,
};
