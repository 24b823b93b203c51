//! `vivant motion`: a driver's motion on its own, for replaying, for rigs and for scripts.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use landmarks::DEFAULT_SMOOTHING;
use reenactment::{AnimateError, MotionConfig, MotionSummary, VmcNames};

use crate::commands::animate_report::tell;
use crate::commands::driving_name::DrivingName;
use crate::commands::face_options::DrivingFace;
use crate::commands::number_options::{seconds, share};
use crate::commands::output_file::check_output;
use crate::terminal::failure::Failure;
use crate::terminal::interrupt::Interrupt;
use crate::terminal::progress::Progress;

/// Where a stream goes unless the user says otherwise: the port that receivers of VMC listen at.
const VMC_ADDRESS: &str = "127.0.0.1:39539";

/// What the help says below the options.
const AFTER_HELP: &str = "Coefficients have ARKit's names and run from 0, as in the driver's calm frame, to 1. \
    The 70 points do not carry jawForward, cheekPuff, cheekSquintLeft, cheekSquintRight, noseSneerLeft, \
    noseSneerRight and tongueOut: these are always 0, and a JSON file lists them under not_carried.\n\n\
    A VMC stream is OSC over UDP with the messages /VMC/Ext/OK, T, Bone/Pos (the turn of Head; its place is 0), \
    Blend/Val and Blend/Apply, and /Vivant/Mark, a text that says where the motion comes from. Blend/Val has Perfect \
    Sync's names for what is carried, and VRM's presets (Blink_L and Blink_R, A, I, U, E, O, LookUp to LookRight, \
    Joy, Fun, Angry, Sorrow, Surprised), which every rig has. A rig that has both moves twice: give it \
    --vmc-names arkit. A video is streamed while it is tracked, a second late; its calm frame is then looked for in \
    that second.";

/// Options of `motion`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct MotionArgs {
    /// What supplies the motion: a video, an animated GIF, a picture or a folder of pictures, a recorded
    /// .motion.safetensors, one of talk, nod, look-around, smile, blink, or audio (with --audio FILE).
    #[arg(short, long, value_name = "FILE|MOTION")]
    driving: DrivingName,
    /// Record the motion: .motion.safetensors (or .json), which `animate --driving` and this command take.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write 52 coefficients and the head's pose a frame: .csv as Live Link Face records it (angles there in
    /// radians, and again in degrees and centimetres in columns behind), or .json. Can be repeated.
    #[arg(long, value_name = "FILE")]
    blendshapes: Vec<PathBuf>,
    /// Stream to a rig in Unity, Unreal, Blender or Godot by the VMC protocol, at the times of the frames;
    /// without an address to 127.0.0.1:39539.
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, require_equals = true, default_missing_value = VMC_ADDRESS)]
    vmc: Option<String>,
    /// By which names the stream calls what the face does.
    #[arg(long, value_enum, default_value = "both", value_name = "NAMES")]
    vmc_names: NamesOfStream,
    /// Replace outputs that are there already.
    #[arg(short = 'y', long)]
    overwrite: bool,
    #[command(flatten)]
    driving_face: DrivingFace,
    /// Steadiness of the motion: 0 as found, 1 steadiest.
    #[arg(long, default_value_t = DEFAULT_SMOOTHING, value_parser = share)]
    smoothing: f32,
    /// Driving frame, counted from 0, in which the driver is calm; without it the calmest is found.
    #[arg(long, value_name = "N")]
    reference_frame: Option<u64>,
    /// Sound or video file whose loudness moves the lips, for --driving audio.
    #[arg(long, value_name = "FILE")]
    audio: Option<PathBuf>,
    /// Length in seconds for talk, nod and the other built-in motions, which repeat until then.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    duration: Option<f64>,
}

/// The names of a stream by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum NamesOfStream {
    /// Perfect Sync's, for rigs that have ARKit's 52 shapes.
    Arkit,
    /// VRM's presets, for all other rigs.
    Vrm,
    /// Both: each rig takes what it knows.
    Both,
}

/// Record, export and stream, and print what was done.
///
/// # Errors
/// If the options contradict each other, or the work fails or is stopped.
pub(crate) fn motion(args: &MotionArgs, is_quiet: bool) -> Result<(), Failure> {
    let config = args.resolve()?;
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let outcome = reenactment::motion(&config, &mut |event| {
        tell(&mut progress, event);
        interrupt.flow()
    });
    let notes = outcome.as_ref().map_or(&[][..], |summary| &summary.notes);
    for note in notes {
        progress.say(&format!("note: {note}"));
    }
    drop(progress);
    let summary = outcome.map_err(|error| match error {
        AnimateError::Stopped => Failure::Stopped,
        _ if interrupt.is_asked() => Failure::Stopped,
        error => Failure::work(error),
    })?;
    for line in told(&summary) {
        println!("{line}");
    }
    Ok(())
}

impl MotionArgs {
    fn resolve(&self) -> Result<MotionConfig, Failure> {
        let mut problems = Vec::new();
        let sound = self.audio.as_deref();
        if sound.is_some() && self.driving != DrivingName::Audio {
            problems.push("--audio is for --driving audio".to_owned());
        }
        let driving = self.driving.driving(sound, self.duration, &mut problems);
        if self.output.is_none() && self.blendshapes.is_empty() && self.vmc.is_none() {
            problems.push(
                "nothing to do: record with --output, export with --blendshapes, or stream with --vmc"
                    .to_owned(),
            );
        }
        if !problems.is_empty() {
            return Err(Failure::Usage(problems));
        }
        for output in self.output.iter().chain(&self.blendshapes) {
            check_output(output, self.overwrite)?;
        }
        Ok(MotionConfig {
            driving,
            driving_face: self.driving_face.choice(),
            smoothing: self.smoothing,
            reference_frame: self.reference_frame,
            output: self.output.clone(),
            blendshapes: self.blendshapes.clone(),
            vmc: self.vmc.clone(),
            vmc_names: match self.vmc_names {
                NamesOfStream::Arkit => VmcNames::Arkit,
                NamesOfStream::Vrm => VmcNames::Vrm,
                NamesOfStream::Both => VmcNames::Both,
            },
        })
    }
}

/// The results, a line each.
fn told(summary: &MotionSummary) -> Vec<String> {
    let MotionSummary {
        frames,
        frames_with_face,
        frame_rate,
        calm_frame,
        wall_s,
        ..
    } = summary;
    let mut lines: Vec<String> = summary
        .outputs
        .iter()
        .map(|output| {
            format!(
                "{}: {frames} frames at {:.3} a second, a face in {frames_with_face}, calm in frame {calm_frame}, made in {wall_s:.1} s",
                output.display(),
                frame_rate.to_f64()
            )
        })
        .collect();
    lines.extend(summary.stream.as_ref().map(|stream| {
        format!(
            "{}: {} frames sent, at most {:.0} ms late",
            stream.receiver,
            stream.frames,
            1000.0 * stream.latest_s
        )
    }));
    lines
}
