//! One module a command: its options, their resolution into a config, and what it prints.

pub(crate) mod animate;
pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod export;
pub(crate) mod fine_tune;
pub(crate) mod landmarks;
pub(crate) mod meta_train;
pub(crate) mod motion;
pub(crate) mod preprocess;
pub(crate) mod serve;
pub(crate) mod train_landmarks;
pub(crate) mod train_watermark;
pub(crate) mod verify;

mod animate_report;
mod bundle_folder;
mod composition_options;
mod consent_question;
mod driving_name;
mod evaluate_few_shot;
mod evaluate_landmarks;
mod evaluate_people;
mod evaluate_portrait;
mod evaluate_warp;
mod face_options;
mod frame_rates;
mod gap_list;
mod identity_input;
mod job_config;
mod job_file;
mod list_file;
mod mark_options;
mod meta_train_options;
mod motion_options;
#[cfg(feature = "train")]
mod network_run_progress;
mod number_options;
mod output_file;
mod seals;
#[cfg(feature = "train")]
mod setting;
mod training_options;
mod watermark_training_options;
#[cfg(not(feature = "train"))]
mod without_training;
