//! What the user may type: one enum entry a command, its options in the command's own module.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::animate::AnimateArgs;
use crate::commands::bench::BenchArgs;
use crate::commands::demo::DemoArgs;
use crate::commands::evaluate::EvaluateArgs;
use crate::commands::export::ExportArgs;
use crate::commands::fine_tune::FineTuneArgs;
use crate::commands::landmarks::LandmarksArgs;
use crate::commands::meta_train::MetaTrainArgs;
use crate::commands::motion::MotionArgs;
use crate::commands::preprocess::PreprocessArgs;
use crate::commands::serve::ServeArgs;
use crate::commands::train_landmarks::TrainLandmarksArgs;
use crate::commands::train_watermark::TrainWatermarkArgs;
use crate::commands::verify::VerifyArgs;

/// Make the person in a picture move as someone in a video does.
#[derive(Debug, Parser)]
#[command(
    name = "vivant",
    version,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C."
)]
pub(crate) struct Arguments {
    /// Show no progress; warnings and errors still appear.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Tell progress, warnings and the result as JSON lines on standard output, and stop when standard input ends: for
    /// programs that start this one.
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub(crate) events: bool,
    /// Run the networks with ONNX Runtime instead of the built-in engine (needs the feature `ort`): its shared
    /// library, or nothing for the one that ORT_DYLIB_PATH names or the system has.
    #[arg(long, global = true, value_name = "LIBRARY", num_args = 0..=1, require_equals = true)]
    pub(crate) onnx_runtime: Option<Option<PathBuf>>,
    /// Most that is read of a file: side, pixels, frames, duration, bytes, memory or stall, such as pixels=200M or
    /// duration=48h (repeatable; VIVANT_LIMITS holds several, separated by commas).
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    pub(crate) limit: Vec<String>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One command each.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the person in a picture move as someone in a video does.
    Animate(AnimateArgs),
    /// Write the 70 points of a face in a picture, or through a video.
    Landmarks(LandmarksArgs),
    /// Record a driver's motion, export it as 52 blendshape coefficients a frame, or stream it to a rig.
    Motion(MotionArgs),
    /// Animate the built-in portrait; needs nothing else installed.
    Demo(DemoArgs),
    /// Measure ways of making talking heads on people, or the landmark networks on labelled data.
    Evaluate(EvaluateArgs),
    /// Learn a person from a few pictures (training needs the feature `train`).
    FineTune(FineTuneArgs),
    /// Turn videos of people into shards to train on.
    Preprocess(PreprocessArgs),
    /// Train a talking-head model on shards of many people (needs the feature `train`).
    MetaTrain(MetaTrainArgs),
    /// Write the ONNX graphs of the built-in model, or of a meta-trained one, for other programs.
    Export(ExportArgs),
    /// Train the face detector or the landmark network (needs the feature `train`).
    TrainLandmarks(TrainLandmarksArgs),
    /// Train the networks of the invisible watermark (needs the feature `train`).
    TrainWatermark(TrainWatermarkArgs),
    /// Say whether files are marked as synthetic, by whom and how; also those of other programs.
    Verify(VerifyArgs),
    /// Measure how fast the portrait model paints on this machine.
    Bench(BenchArgs),
    /// Open the studio: a page on this machine on which all this is done without a terminal.
    Serve(ServeArgs),
    /// Say what was found on this machine: ffmpeg, engines, devices.
    Doctor,
}
