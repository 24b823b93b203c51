//! A driver's motion on its own: recorded, as blendshape coefficients, or streamed to a rig.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use landmarks::{
    FaceChoice, FaceFinder, Landmarks, Track, TrackExtras, TrackFormat, TrackerConfig,
};
use media::Rational;

use crate::blendshapes::{
    BLENDSHAPES, BlendshapeFormat, BlendshapeReader, BlendshapeTrack, POSE_VALUES,
};
use crate::calm_frame::choose_calm;
use crate::config::Driving;
use crate::driving_track::OpenDriving;
use crate::error::AnimateError;
use crate::event::{Event, Stage};
use crate::gaps::without_gaps;
use crate::motion_stream::{MotionStream, StreamReport};
use crate::progress::{Listener, Meter};
use crate::vmc::VmcNames;

/// Everything one run of [`crate::motion()`] needs.
#[derive(Debug, Clone, PartialEq)]
pub struct MotionConfig {
    /// What supplies the motion.
    pub driving: Driving,
    /// Which face of the driving video supplies the motion.
    pub driving_face: FaceChoice,
    /// Steadiness of the landmarks: 0 as found, 1 steadiest.
    pub smoothing: f32,
    /// Driving frame, counted from 0, that counts as calm; `None` finds the calmest.
    pub reference_frame: Option<u64>,
    /// Where the motion is recorded: `.motion.safetensors` or `.json`.
    pub output: Option<PathBuf>,
    /// Where coefficients go: `.csv` or `.json`.
    pub blendshapes: Vec<PathBuf>,
    /// Receiver of a VMC stream, as host and port.
    pub vmc: Option<String>,
    /// By which names the stream calls what the face does.
    pub vmc_names: VmcNames,
}

/// What came out of [`crate::motion()`].
#[derive(Debug, Clone, PartialEq)]
pub struct MotionSummary {
    /// Files written.
    pub outputs: Vec<PathBuf>,
    /// Frames of the driver.
    pub frames: u64,
    /// Frames that show the face.
    pub frames_with_face: u64,
    /// Frames a second.
    pub frame_rate: Rational,
    /// Frame that the coefficients are measured from, counted from 0.
    pub calm_frame: u64,
    /// What was streamed.
    pub stream: Option<StreamReport>,
    /// What else the user should know, in sentences.
    pub notes: Vec<String>,
    /// Seconds the whole run took.
    pub wall_s: f64,
}

/// Record a driver's motion, write it as blendshape coefficients, and stream it.
///
/// A video is streamed while it is tracked, everything else from its recorded landmarks; both at the
/// times of the frames. The listener hears progress and warnings; answering [`ControlFlow::Break`]
/// stops the run and leaves no file.
///
/// # Errors
/// See [`AnimateError`].
pub fn motion(
    config: &MotionConfig,
    listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<MotionSummary, AnimateError> {
    let start = Instant::now();
    let formats = formats(config)?;
    let finder = FaceFinder::built_in(None)?;
    let driving = OpenDriving::open(&config.driving)?;
    let (_, time_base) = driving.timing();
    let mut stream = match &config.vmc {
        Some(address) => {
            let content = (address.as_str(), config.vmc_names, comment(&config.driving));
            Some(MotionStream::open(
                content,
                time_base,
                config.reference_frame,
            )?)
        }
        None => None,
    };
    let is_live = driving.has_to_be_watched();
    let tracker = TrackerConfig {
        face: config.driving_face,
        smoothing: config.smoothing,
    };
    let tracked =
        driving.track_watched(finder, &config.driving, tracker, listener, &mut |frame| {
            match &mut stream {
                Some(stream) if is_live => stream.see(frame),
                _ => Ok(()),
            }
        })?;
    let track = &tracked.track;
    let faces = without_gaps(track).expect("a track without faces was refused before");
    let calm = choose_calm(&config.driving, config.reference_frame, &faces)?;
    let outputs = write(
        config,
        &formats,
        track,
        &faces,
        (&calm.landmarks, calm.frame),
    )?;
    if let Some(stream) = &mut stream {
        if is_live {
            stream.flush()?;
        } else {
            stream.start_from(&calm.landmarks);
            replay(stream, track, &faces, listener)?;
        }
    }
    Ok(MotionSummary {
        outputs,
        frames: track.frames.len() as u64,
        frames_with_face: track.frames_with_face() as u64,
        frame_rate: track.frame_rate,
        calm_frame: calm.frame as u64,
        stream: stream.map(|stream| stream.report()),
        notes: tracked.notes,
        wall_s: start.elapsed().as_secs_f64(),
    })
}

/// Formats of the files of coefficients; unknown endings are told before the work.
fn formats(config: &MotionConfig) -> Result<Vec<BlendshapeFormat>, AnimateError> {
    if let Some(output) = &config.output {
        TrackFormat::from_path(output)?;
    }
    let format = |path: &PathBuf| {
        let unknown = || AnimateError::UnknownBlendshapeFile { path: path.clone() };
        BlendshapeFormat::from_path(path).ok_or_else(unknown)
    };
    config.blendshapes.iter().map(format).collect()
}

fn write(
    config: &MotionConfig,
    formats: &[BlendshapeFormat],
    track: &Track,
    faces: &[Landmarks],
    (calm, calm_frame): (&Landmarks, usize),
) -> Result<Vec<PathBuf>, AnimateError> {
    let comment = comment(&config.driving);
    let reader = BlendshapeReader::new(calm);
    let read = BlendshapeTrack::read(track, faces, &reader, calm_frame as u64, comment.clone());
    let mut outputs = Vec::new();
    if let Some(output) = &config.output {
        let tensors = vec![
            ("blendshapes", BLENDSHAPES, read.coefficients()),
            ("head_pose", POSE_VALUES, read.poses()),
        ];
        track.write_with(output, &TrackExtras { comment, tensors })?;
        outputs.push(output.clone());
    }
    for (path, format) in config.blendshapes.iter().zip(formats) {
        read.write(path, *format)?;
        outputs.push(path.clone());
    }
    Ok(outputs)
}

/// What files and streams say of themselves.
fn comment(driving: &Driving) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let origin = match driving {
        Driving::File(path) if TrackFormat::from_path(path).is_ok() && !path.is_dir() => {
            "Motion of a face, taken over from a recording"
        }
        Driving::File(_) => "Motion of a face, measured by program from pictures",
        Driving::BuiltIn { .. } => "Synthetic motion of a face, made by formula",
        Driving::Sound(_) => {
            "Synthetic motion of a face, made by rule from the loudness and the bands of a sound: no \
             speech was recognised and nobody moved so"
        }
    };
    format!("{origin} with Vivant {version}. What is shown by it does not show real events.")
}

fn replay(
    stream: &mut MotionStream,
    track: &Track,
    faces: &[Landmarks],
    listener: &mut Listener,
) -> Result<(), AnimateError> {
    let mut meter = Meter::start(Stage::Streaming, Some(faces.len() as u64));
    for (frame, face) in track.frames.iter().zip(faces) {
        stream.send(face, frame.pts)?;
        meter.advance(listener)?;
    }
    Ok(())
}
