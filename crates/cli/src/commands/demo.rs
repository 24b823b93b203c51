//! `vivant demo`: the main job on what comes with the program, with nothing else installed.

use std::path::PathBuf;

use clap::Args;
use reenactment::{
    AnimateConfig, Audio, BuiltInMotion, Composition, Driving, Engine, FaceChoice, MotionChoice,
    Source,
};

use crate::commands::animate::run;
use crate::commands::animate_report::told;
use crate::commands::mark_options::{installation_marks, stamp};
use crate::commands::output_file::check_output;
use crate::terminal::failure::Failure;

/// Name of the result where none was given.
const DEFAULT_OUTPUT: &str = "vivant-demo.mp4";

/// Options of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Result; without it `vivant-demo.mp4` in the current folder, replaced if it is there.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the output if it is there already.
    #[arg(short = 'y', long)]
    overwrite: bool,
}

/// Animate the built-in portrait with the built-in motion `talk`.
///
/// # Errors
/// If the result cannot be written, or the work is stopped.
pub(crate) fn demo(args: &DemoArgs, is_quiet: bool) -> Result<(), Failure> {
    let mut config = args.resolve()?;
    stamp(&mut config);
    let summary = run(&config, is_quiet)?;
    println!("{}", told(&summary));
    let place = summary.output.canonicalize().unwrap_or(summary.output);
    println!("open it in a browser or player: {}", place.display());
    Ok(())
}

impl DemoArgs {
    fn resolve(&self) -> Result<AnimateConfig, Failure> {
        let default = PathBuf::from(DEFAULT_OUTPUT);
        let output = self.output.clone().unwrap_or(default);
        check_output(&output, self.overwrite || self.output.is_none())?;
        Ok(AnimateConfig {
            source: Source::BuiltInPortrait,
            further_sources: Vec::new(),
            source_face: FaceChoice::Largest,
            driving: Driving::BuiltIn {
                motion: BuiltInMotion::Talk,
                duration_s: None,
            },
            driving_face: FaceChoice::Largest,
            output,
            audio: Audio::None,
            engine: Engine::Automatic,
            motion: MotionChoice::default(),
            smoothing: 0.0,
            composition: Composition::default(),
            marks: installation_marks(),
            preview: None,
            segment_frames: None,
        })
    }
}
