//! The run itself: source and driving in, moving picture out.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use landmarks::{FaceChoice, FaceFinder, Landmarks};
use media::{
    AudioPlan, Image, InputKind, Metadata, OutputConfig, OutputInfo, SoundOutcome, VideoWriter,
    sniff,
};

use rayon::prelude::*;

use crate::calm_frame::{Calm, find_calm};
use crate::config::{AnimateConfig, Audio, Driving, Source};
use crate::driving_track::{DrivingPictures, OpenDriving, Tracked};
use crate::error::AnimateError;
use crate::event::{Event, PaintedBy, Stage, Summary, Warning};
use crate::gaps::without_gaps;
use crate::painter::Painter;
use crate::preview::Preview;
use crate::progress::{Listener, Meter, tell};
use crate::retarget::{DrivenFace, Retargeter};
use crate::source_face::{SourceFace, find_source, is_avatar};

/// Animate the source as the driving moves.
///
/// The result has the source's size, and the frames, time stamps and (unless told otherwise) the
/// sound of the driving. Memory does not grow with the length, but for 600 bytes of landmarks a
/// frame. Answering [`ControlFlow::Break`] stops the run and leaves no half file.
///
/// # Errors
/// See [`AnimateError`].
pub fn animate(
    config: &AnimateConfig,
    listener: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Summary, AnimateError> {
    let start = Instant::now();
    let finder = FaceFinder::built_in(None)?;
    let source = find_source(&finder, &config.source, config.source_face)?;
    if source.found > 1 && config.source_face == FaceChoice::Largest {
        let found = source.found;
        tell(
            listener,
            Event::Warning(Warning::SeveralSourceFaces { found }),
        )?;
    }
    let driving = OpenDriving::open(&config.driving)?;
    // Opened before the long work, so that an unusable output is told at once.
    let outputs = Outputs::create(config, &source, &driving, listener)?;
    let tracked = driving.track(finder, config, listener)?;
    let painted = paint(config, &source, &tracked, outputs, listener)?;
    let mut notes = tracked.notes;
    notes.extend(painted.info.notes);
    let summary = Summary {
        output: painted.info.path,
        frames: painted.info.frames,
        frame_rate: tracked.track.frame_rate,
        width: painted.info.width,
        height: painted.info.height,
        has_sound: painted.info.sound != SoundOutcome::Silent,
        painter: painted.painter,
        calm_frame: painted.calm_frame,
        notes,
        wall_s: start.elapsed().as_secs_f64(),
    };
    match listener(Event::Finished(summary.clone())) {
        // The result lies at its place: there is nothing left to stop.
        ControlFlow::Break(()) | ControlFlow::Continue(()) => Ok(summary),
    }
}

/// The files in the making.
struct Outputs {
    result: VideoWriter,
    preview: Option<(Preview, VideoWriter)>,
}

impl Outputs {
    fn create(
        config: &AnimateConfig,
        source: &SourceFace,
        driving: &OpenDriving,
        listener: &mut Listener,
    ) -> Result<Self, AnimateError> {
        let audio = audio_plan(config, driving, listener)?;
        let (frame_rate, time_base) = driving.timing();
        let create = |path: &Path, [width, height]: [u32; 2]| {
            let mut output = OutputConfig::new(path, width, height, frame_rate)?;
            output.time_base = time_base;
            output.audio = audio.clone();
            output.metadata = synthetic();
            VideoWriter::create(&output)
        };
        let size = [source.picture.width(), source.picture.height()];
        let preview = match &config.preview {
            Some(path) => {
                let preview = Preview::new(&source.picture, driving.size());
                let writer = create(path, preview.size())?;
                Some((preview, writer))
            }
            None => None,
        };
        Ok(Self {
            result: create(&config.output, size)?,
            preview,
        })
    }
}

/// What every result says of itself.
fn synthetic() -> Metadata {
    let version = env!("CARGO_PKG_VERSION");
    Metadata {
        title: Some("Synthetic video made with Vivant".to_owned()),
        comment: Some(format!(
            "This video is synthetic: a still picture animated with Vivant {version}. \
             It does not show real events."
        )),
    }
}

fn audio_plan(
    config: &AnimateConfig,
    driving: &OpenDriving,
    listener: &mut Listener,
) -> Result<AudioPlan, AnimateError> {
    Ok(match &config.audio {
        Audio::None => AudioPlan::None,
        Audio::File(path) => AudioPlan::File(path.clone()),
        Audio::Driving => match driving.sound() {
            Some(path) => AudioPlan::CopyFrom(path.to_owned()),
            None => AudioPlan::None,
        },
        Audio::Source => match &config.source {
            Source::File(path) if !is_avatar(path) && sniff(path)? == InputKind::Video => {
                AudioPlan::CopyFrom(path.clone())
            }
            _ => {
                tell(listener, Event::Warning(Warning::NoSound))?;
                AudioPlan::None
            }
        },
    })
}

/// What the driver's motion is measured from.
fn calm(config: &AnimateConfig, faces: &[Landmarks]) -> Result<Calm, AnimateError> {
    if let Some(asked) = config.motion.reference_frame {
        let frame = usize::try_from(asked).unwrap_or(usize::MAX);
        let landmarks = *faces.get(frame).ok_or(AnimateError::NoReferenceFrame {
            asked,
            frames: faces.len() as u64,
        })?;
        return Ok(Calm { frame, landmarks });
    }
    let calm = match config.driving {
        // Built-in motions start at rest.
        Driving::BuiltIn { .. } => find_calm(&faces[..1]),
        Driving::File(_) => find_calm(faces),
    };
    Ok(calm.expect("there is at least one face"))
}

/// Name the frames in which the driver turns farther than the source can follow.
fn warn_of_turns(driven: &[DrivenFace], listener: &mut Listener) -> Result<(), AnimateError> {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for (frame, face) in (0u64..).zip(driven) {
        match parts.last_mut() {
            _ if !face.is_held_back => {}
            Some((_, last)) if *last + 1 == frame => *last = frame,
            _ => parts.push((frame, frame)),
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    let total = driven.len() as u64;
    tell(
        listener,
        Event::Warning(Warning::TurnHeldBack { parts, total }),
    )
}

/// What painting gave.
struct Painted {
    info: OutputInfo,
    painter: PaintedBy,
    calm_frame: u64,
}

fn paint(
    config: &AnimateConfig,
    source: &SourceFace,
    tracked: &Tracked,
    mut outputs: Outputs,
    listener: &mut Listener,
) -> Result<Painted, AnimateError> {
    let track = &tracked.track;
    let faces = without_gaps(track).expect("a track without faces was refused before");
    let calm = calm(config, &faces)?;
    let size = [source.picture.width(), source.picture.height()];
    let choice = &config.motion;
    let retargeter = Retargeter::with_choice(&source.landmarks, size, &calm.landmarks, choice);
    let retargeter = retargeter.knowing(&faces);
    let driven: Vec<DrivenFace> = faces.iter().map(|face| retargeter.drive(face)).collect();
    warn_of_turns(&driven, listener)?;
    let engine = Painter::new(source, &config.further_sources, &config.engine, listener)?;
    let mut pictures = match outputs.preview {
        Some(_) => Some(DrivingPictures::open(&config.driving, track)?),
        None => None,
    };
    let mut meter = Meter::start(Stage::Painting, Some(faces.len() as u64));
    // Some parts of a frame keep one core busy: several frames at once keep all.
    let together = rayon::current_num_threads().max(1);
    for (frames, faces) in track.frames.chunks(together).zip(driven.chunks(together)) {
        let painted: Vec<Result<Image, AnimateError>> = faces
            .par_iter()
            .map(|face| inference::on_one_core(|| engine.paint(face)))
            .collect();
        for (frame, picture) in frames.iter().zip(painted) {
            let picture = picture?;
            outputs.result.write(&picture, frame.pts)?;
            if let (Some((preview, writer)), Some(pictures)) = (&mut outputs.preview, &mut pictures)
            {
                let driving = pictures.next(track)?;
                let panels = preview.compose(driving, frame.landmarks.as_ref(), &picture);
                writer.write(&panels, frame.pts)?;
            }
            meter.advance(listener)?;
        }
    }
    if let Some((_, writer)) = outputs.preview {
        writer.finish()?;
    }
    Ok(Painted {
        info: outputs.result.finish()?,
        painter: engine.name(),
        calm_frame: calm.frame as u64,
    })
}
