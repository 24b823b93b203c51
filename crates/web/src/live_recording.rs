//! What the live view shows, as a film in the gallery: marked as every other output is.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use media::{Image, Metadata, OutputConfig, Rational, SharedSeal, VideoWriter};
use provenance::{
    Consent, ConsentRecord, Input, InputRole, Making, Marker, ModelMark, SignerChoice, Statement,
};
use serde_json::json;

use crate::arguments::source_file;
use crate::error::Refusal;
use crate::identifier::Identifier;
use crate::job::{Job, JobResult, JobState, now_ms};
use crate::request::{JobRequest, LiveRecordingRequest};
use crate::studio::Studio;
use crate::upload::remove_folder;

/// Name of the film in the job's folder.
const FILE: &str = "film.mp4";
/// What it says of itself.
const SENTENCE: &str = "This video is synthetic: a still picture moved live by a camera with Vivant. \
                        It does not show real events.";

/// A film in the making.
#[derive(Debug)]
pub(crate) struct LiveRecording {
    job: Job,
    folder: PathBuf,
    writer: VideoWriter,
    start: Instant,
    last_pts: i64,
    frames: u64,
    side_px: u32,
}

impl LiveRecording {
    /// Begin a film of square pictures of what moves.
    pub(crate) fn start(
        studio: &Studio,
        source: &Identifier,
        consent: Option<Consent>,
        side_px: u32,
    ) -> Result<Self, Refusal> {
        let request = LiveRecordingRequest {
            source: source.clone(),
            title: String::new(),
        };
        let job = Job::new(JobRequest::Live(request));
        let folder = studio.results_of(&job.id);
        std::fs::create_dir_all(&folder).map_err(|error| Refusal::disk(&error))?;
        let rate = Rational::new(25, 1).expect("the rate is positive");
        let config = OutputConfig::new(&folder.join(FILE), side_px, side_px, rate);
        let mut config = config.map_err(refused)?;
        config.time_base = Rational::new(1, 1000).expect("the unit is positive");
        config.metadata = Metadata {
            title: Some("Synthetic video made with Vivant".to_owned()),
            comment: Some(SENTENCE.to_owned()),
        };
        config.seal = Some(seal(studio, source, consent)?);
        let writer = VideoWriter::create(&config).map_err(refused)?;
        Ok(Self {
            job,
            folder,
            writer,
            start: Instant::now(),
            last_pts: -1,
            frames: 0,
            side_px,
        })
    }

    /// Add what is shown now.
    pub(crate) fn write(&mut self, picture: &Image) -> Result<(), Refusal> {
        let pts = i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX);
        if pts <= self.last_pts {
            return Ok(());
        }
        self.writer.write(picture, pts).map_err(refused)?;
        self.last_pts = pts;
        self.frames += 1;
        Ok(())
    }

    /// End the film and hang it in the gallery; `None` where nothing was shown.
    pub(crate) fn finish(self, studio: &Studio) -> Result<Option<Identifier>, Refusal> {
        let Self {
            mut job,
            folder,
            writer,
            start,
            frames,
            side_px,
            ..
        } = self;
        if frames == 0 {
            drop(writer);
            remove_folder(&folder).map_err(|error| Refusal::disk(&error))?;
            return Ok(None);
        }
        writer.finish().map_err(refused)?;
        let bytes = std::fs::metadata(folder.join(FILE));
        let length_s = start.elapsed().as_secs_f64();
        job.state = JobState::Completed;
        job.started_ms = Some(job.created_ms);
        job.ended_ms = Some(now_ms());
        job.result = Some(JobResult {
            file: FILE.to_owned(),
            bytes: bytes.map_err(|error| Refusal::disk(&error))?.len(),
            summary: json!({
                "frames": frames,
                "frames_per_second": frames as f64 / length_s.max(0.001),
                "duration_s": length_s,
                "width": side_px,
                "height": side_px,
                "has_sound": false,
                "wall_s": length_s,
            }),
        });
        let added = studio.jobs().add(job.clone());
        added.map_err(|error| Refusal::disk(&error))?;
        studio.events.job_changed(&job);
        Ok(Some(job.id))
    }
}

/// The same signature that `animate` gives its outputs.
fn seal(
    studio: &Studio,
    source: &Identifier,
    consent: Option<Consent>,
) -> Result<SharedSeal, Refusal> {
    let path = source_file(studio, source)?;
    let is_avatar = path.extension().is_some_and(|ending| ending == "avatar");
    let statement = Statement {
        description: SENTENCE.to_owned(),
        making: Making::Painted,
        is_invented: consent == Some(Consent::Character),
        model: Some(ModelMark {
            name: "live view".to_owned(),
            sha256: None,
        }),
        inputs: vec![Input {
            role: if is_avatar {
                InputRole::Avatar
            } else {
                InputRole::Source
            },
            path,
        }],
        consent: consent.map(ConsentRecord::declare),
    };
    let marker = Marker::open(&statement, &SignerChoice::default(), None);
    Ok(SharedSeal::new(Arc::new(marker.map_err(refused)?)))
}

fn refused(error: impl std::error::Error) -> Refusal {
    Refusal::internal(error.to_string())
}
