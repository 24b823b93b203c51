//! The run itself: source and driving in, moving picture out.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use landmarks::FaceFinder;
use media::{
    AudioPlan, InputKind, MediaError, Metadata, OutputConfig, OutputInfo, SharedSeal, SoundOutcome,
    VideoWriter, sniff,
};

use crate::calm_frame::choose_calm;
use crate::clock::{Clock, at_times, length_s};
use crate::composition::{Background, FaceConfig};
use crate::config::{AnimateConfig, Audio, Driving, Source};
use crate::driving_track::{DrivingPictures, OpenDriving, Tracked};
use crate::error::AnimateError;
use crate::event::{Event, PaintedBy, Stage, Summary, Warning};
use crate::gaps::without_gaps;
use crate::marks::{RunSeal, card_of, labelled};
use crate::performance::{drive, warn_of_turns};
use crate::preview::Preview;
use crate::progress::{Listener, Meter, tell};
use crate::resumable::{ResultWriter, Resumable};
use crate::scene::{Finish, Scene};
use crate::source_face::is_avatar;
use crate::stage::FrameStage;

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
    let faces = config.faces();
    let scene = Scene::open(config, &faces, listener)?;
    let from_s = config.composition.from_s;
    let until_s = config.composition.first_s.map(|first_s| from_s + first_s);
    let drivings = faces
        .iter()
        .map(|face| Ok(OpenDriving::open(&face.driving)?.until(until_s)));
    let drivings: Vec<OpenDriving> = drivings.collect::<Result<_, AnimateError>>()?;
    let leader = longest(&drivings);
    let resumable = Resumable::open(config)?;
    // Opened before the long work, so that an unusable output is told at once.
    let said = synthetic(&scene, &faces);
    let description = said.comment.clone().unwrap_or_default();
    let output_id = resumable.as_ref().and_then(Resumable::output_id);
    let (sealing, output_id) = RunSeal::open(config, description, output_id)?;
    if let Some(resumable) = &resumable {
        resumable.keep_output_id(output_id)?;
    }
    let outputs = Outputs::create(
        config,
        &scene,
        (&drivings, leader),
        resumable.as_ref(),
        (said, sealing.seal.as_ref()),
        listener,
    )?;
    let mut tracked = Vec::with_capacity(faces.len());
    for (index, (driving, face)) in drivings.into_iter().zip(&faces).enumerate() {
        let finder = FaceFinder::built_in(None)?;
        tracked.push(match &resumable {
            Some(resumable) => driving.track_once(finder, face, (resumable, index), listener)?,
            None => driving.track(finder, face, listener)?,
        });
    }
    let mut clock = clock(&scene, &tracked, leader);
    clock.begin_at(from_s)?;
    clock.check()?;
    let painted = paint(config, &scene, &tracked, &clock, outputs, listener)?;
    let mut notes: Vec<String> = tracked.into_iter().flat_map(|one| one.notes).collect();
    notes.extend(painted.info.notes);
    notes.extend(sealing.notes);
    let summary = Summary {
        output: painted.info.path,
        frames: painted.info.frames,
        frame_rate: clock.frame_rate,
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

/// The driver that is longest, as far as the files tell.
fn longest(drivings: &[OpenDriving]) -> usize {
    let lengths = drivings.iter().map(OpenDriving::expected_s).enumerate();
    // of equal ones the last counts for `max_by`, so the first face comes last
    let longest = lengths.rev().max_by(|a, b| a.1.total_cmp(&b.1));
    longest.map_or(0, |(index, _)| index)
}

/// When each frame is shown: a source video keeps its own rate, else that of the longest driver rules.
fn clock(scene: &Scene, tracked: &[Tracked], leader: usize) -> Clock {
    let lengths = tracked.iter().map(|one| length_s(&one.track));
    let longest_s = lengths.fold(0.0, f64::max);
    match scene {
        Scene::Moving { tracks, frames, .. } => {
            Clock::of_source(&tracks[0].track, longest_s, *frames)
        }
        Scene::Still { .. } => Clock::of_driving(&tracked[leader].track, longest_s),
    }
}

/// The files in the making.
struct Outputs {
    finish: Finish,
    result: ResultWriter,
    preview: Option<(Preview, VideoWriter)>,
}

impl Outputs {
    fn create(
        config: &AnimateConfig,
        scene: &Scene,
        (drivings, leader): (&[OpenDriving], usize),
        resumable: Option<&Resumable>,
        (said, seal): (Metadata, Option<&SharedSeal>),
        listener: &mut Listener,
    ) -> Result<Self, AnimateError> {
        let audio = audio_plan(config, drivings, listener)?;
        let (frame_rate, time_base) = match scene.timing()? {
            Some(timing) => timing,
            None => drivings[leader].timing(),
        };
        let output = |path: &Path, [width, height]: [u32; 2], has_alpha: bool| {
            let mut output = OutputConfig::new(path, width, height, frame_rate)?;
            output.time_base = time_base;
            output.audio = audio.clone();
            output.audio_from_s = config.composition.from_s;
            output.metadata = said.clone();
            output.has_alpha = has_alpha;
            output.seal = seal.cloned();
            Ok::<_, MediaError>(output)
        };
        let picture = scene.picture();
        let finish = scene.finish(config);
        let size = finish.size([picture.width(), picture.height()]);
        let is_transparent = config.composition.background == Some(Background::Alpha);
        let output_config = output(&config.output, size, is_transparent)?;
        let result = ResultWriter::create(&output_config, resumable)?;
        let preview = match &config.preview {
            Some(path) => {
                let preview = Preview::new(picture, drivings[0].size());
                let writer = VideoWriter::create(&output(path, preview.size(), false)?)?;
                Some((preview, writer))
            }
            None => None,
        };
        Ok(Self {
            finish,
            result,
            preview,
        })
    }
}

/// What every result says of itself.
fn synthetic(scene: &Scene, faces: &[FaceConfig]) -> Metadata {
    let version = env!("CARGO_PKG_VERSION");
    let what = match scene {
        Scene::Still { .. } => "a still picture animated",
        Scene::Moving { .. } => "a video whose faces were driven by another",
    };
    let is_spoken = |face: &FaceConfig| matches!(face.driving, Driving::Sound(_));
    let lips = match faces.iter().any(is_spoken) {
        true => " Its lips follow the loudness of a sound by rule, nobody was seen to say it.",
        false => "",
    };
    Metadata {
        title: Some("Synthetic video made with Vivant".to_owned()),
        comment: Some(format!(
            "This video is synthetic: {what} with Vivant {version}. \
             It does not show real events.{lips}"
        )),
    }
}

fn audio_plan(
    config: &AnimateConfig,
    drivings: &[OpenDriving],
    listener: &mut Listener,
) -> Result<AudioPlan, AnimateError> {
    Ok(match &config.audio {
        Audio::None => AudioPlan::None,
        Audio::File(path) => AudioPlan::File(path.clone()),
        Audio::Driving => {
            let mut sounds: Vec<PathBuf> = Vec::new();
            for path in drivings.iter().filter_map(OpenDriving::sound) {
                // one video may drive two faces
                if !sounds.iter().any(|known| known == path) {
                    sounds.push(path.to_owned());
                }
            }
            match sounds.len() {
                0 => AudioPlan::None,
                _ => AudioPlan::Mix(sounds),
            }
        }
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

/// What painting gave.
struct Painted {
    info: OutputInfo,
    painter: PaintedBy,
    calm_frame: u64,
}

fn paint(
    config: &AnimateConfig,
    scene: &Scene,
    tracked: &[Tracked],
    clock: &Clock,
    mut outputs: Outputs,
    listener: &mut Listener,
) -> Result<Painted, AnimateError> {
    let faces = config.faces();
    let times_s = clock.times_s();
    let mut driven = Vec::with_capacity(faces.len());
    let mut calm_frame = 0;
    for (index, (face, tracked)) in faces.iter().zip(tracked).enumerate() {
        let motions =
            without_gaps(&tracked.track).expect("a track without faces was refused before");
        let asked = face.motion.reference_frame;
        let calm = choose_calm(&face.driving, asked, &motions)?;
        if index == 0 {
            calm_frame = calm.frame as u64;
        }
        let motions = if clock.is_of(&tracked.track) {
            motions
        } else {
            let after = config.composition.after_driving;
            at_times(&tracked.track, &motions, &times_s, after, &calm.landmarks)
        };
        let frames = drive(scene, index, face, &calm.landmarks, &motions, clock);
        warn_of_turns(&frames, listener)?;
        driven.push(frames);
    }
    let further = &config.further_sources;
    let frames = &clock.source_frames;
    let mut stage = FrameStage::set(scene, further, &config.engine, driven, frames, listener)?;
    let mut pictures = match outputs.preview {
        Some(_) => Some(DrivingPictures::open(&config.driving, &tracked[0].track)?),
        None => None,
    };
    let mut meter = Meter::start(Stage::Painting, Some(clock.pts.len() as u64));
    let done = outputs.result.frames_done().min(clock.pts.len());
    meter.skip(done as u64);
    // Some parts of a frame keep one core busy: several frames at once keep all.
    let together = rayon::current_num_threads().max(1);
    for start in (done..clock.pts.len()).step_by(together) {
        let end = (start + together).min(clock.pts.len());
        for (frame, picture) in (start..end).zip(stage.paint(start..end)?) {
            let picture = labelled(config, outputs.finish.apply(picture));
            outputs.result.write(&picture, clock.pts[frame])?;
            if let (Some((preview, writer)), Some(pictures)) = (&mut outputs.preview, &mut pictures)
            {
                let (driving, seen) = pictures.at(times_s[frame])?;
                let panels = preview.compose(driving, seen.as_ref(), &picture);
                writer.write(&panels, clock.pts[frame])?;
            }
            meter.advance(listener)?;
        }
    }
    if let Some((_, writer)) = outputs.preview {
        writer.finish()?;
    }
    let size = outputs
        .finish
        .size([scene.picture().width(), scene.picture().height()]);
    if let Some((card, stamps)) = card_of(config, size, clock) {
        let shown = outputs.result.frames_done().saturating_sub(clock.pts.len());
        for pts in stamps.into_iter().skip(shown) {
            outputs.result.write(&card, pts)?;
        }
    }
    Ok(Painted {
        info: outputs.result.finish()?,
        painter: stage.name(),
        calm_frame,
    })
}
