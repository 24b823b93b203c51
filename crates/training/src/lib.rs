//! Training: losses, optimisation, run folders, and the entry points that use them.
//!
//! Empty without the feature `train`.
#![cfg(feature = "train")]

pub mod adam;
pub mod device;
pub mod ema;
pub mod losses;

mod adversarial_step;
mod chart;
mod collapse;
mod content;
mod detector_samples;
mod detector_targets;
mod episode_batch;
mod export;
mod face_task;
mod few_shot_system;
mod fine_tuning;
mod fine_tuning_config;
mod guide_batch;
mod head_system;
mod held_out;
mod landmark_samples;
mod landmark_training;
mod landmark_training_config;
mod landmark_training_error;
mod loss_means;
mod meta_run;
mod meta_training;
mod meta_training_config;
mod meta_training_event;
mod meta_training_presets;
mod model_bundle;
mod network_run;
mod network_run_event;
mod network_run_settings;
mod optimisation;
mod person;
mod person_pictures;
mod portrait_person;
mod portrait_system;
mod run_folder;
mod sample_loader;
mod sample_sheet;
mod stop_rule;
mod trained_weights;
mod watermark_attack;
mod watermark_coding;
mod watermark_pictures;
mod watermark_system;
mod watermark_training;
mod watermark_training_config;
mod watermark_training_error;

pub use crate::collapse::Collapse;
pub use crate::export::{ExportError, Storage, export};
pub use crate::few_shot_system::FewShotSystem;
pub use crate::fine_tuning::{LearnedPerson, fine_tune, fine_tune_shots};
pub use crate::fine_tuning_config::{
    FineTuningConfig, FineTuningError, FineTuningEvent, FineTuningSummary, TrainedWith, usual_steps,
};
pub use crate::landmark_training::train_landmarks;
pub use crate::landmark_training_config::{FaceNetwork, LandmarkTrainingConfig, Precision, Preset};
pub use crate::landmark_training_error::LandmarkTrainingError;
pub use crate::meta_training::{meta_train, plan_meta_training};
pub use crate::meta_training_config::{
    ContentPart, LossWeights, MetaTrainingConfig, NetworkSize, Networks, Variant,
};
pub use crate::meta_training_event::{
    MetaTrainingError, MetaTrainingEvent, MetaTrainingSummary, RunPlan,
};
pub use crate::network_run_event::{Event, RunError, Summary};
pub use crate::optimisation::Optimisation;
pub use crate::trained_weights::{side_of, trained_with};
pub use crate::watermark_training::{WatermarkPlan, plan_watermark_training, train_watermark};
pub use crate::watermark_training_config::WatermarkTrainingConfig;
pub use crate::watermark_training_error::WatermarkTrainingError;
