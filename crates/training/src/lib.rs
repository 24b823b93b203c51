//! Training: losses, optimisation, run folders, and the entry points that use them.
//!
//! Empty without the feature `train`.
#![cfg(feature = "train")]

pub mod adam;
pub mod ema;
pub mod losses;

mod detector_samples;
mod detector_targets;
mod face_task;
mod landmark_samples;
mod landmark_training;
mod landmark_training_config;
mod landmark_training_event;
mod run_folder;
mod sample_loader;
mod sample_sheet;
mod step_report;

pub use crate::landmark_training::train_landmarks;
pub use crate::landmark_training_config::{FaceNetwork, LandmarkTrainingConfig, Precision, Preset};
pub use crate::landmark_training_event::{Event, LandmarkTrainingError, Summary};
