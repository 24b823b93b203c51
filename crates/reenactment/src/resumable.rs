//! Work in segments beside the output: whose segments they are, and the landmarks that were found before.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use landmarks::Track;
use media::{Image, MediaError, OutputConfig, OutputInfo, SegmentWriter, VideoWriter, write_whole};
use provenance::watermark::OutputId;

use crate::config::{AnimateConfig, Audio, Driving, Engine, Source};
use crate::error::AnimateError;

/// What the segments are made from, as text.
const JOB: &str = "job.txt";
/// What stands before the number of the output in it.
const OUTPUT_ID: &str = "output ";

/// The folder of segments of one run.
#[derive(Debug)]
pub(crate) struct Resumable {
    folder: PathBuf,
    frames_each: u64,
    /// The number of the output that an earlier run began.
    output_id: Option<OutputId>,
}

impl Resumable {
    /// Open the folder beside the output, or make it; `None` where the run is not to be resumed.
    ///
    /// # Errors
    /// If the folder holds segments of another job, or cannot be made.
    pub(crate) fn open(config: &AnimateConfig) -> Result<Option<Self>, AnimateError> {
        let Some(frames_each) = config.segment_frames else {
            return Ok(None);
        };
        if config.preview.is_some() {
            return Err(AnimateError::PreviewInSegments);
        }
        let mut name = config.output.file_name().unwrap_or_default().to_owned();
        name.push(".segments");
        let folder = config.output.with_file_name(name);
        let wanted = job(config)?;
        let file = folder.join(JOB);
        let mut output_id = None;
        if file.exists() {
            let found =
                fs::read_to_string(&file).map_err(|source| MediaError::from_read(&file, source))?;
            let Some(rest) = found.strip_prefix(&wanted) else {
                return Err(AnimateError::OtherSegments { folder });
            };
            let number = rest.trim_end().strip_prefix(OUTPUT_ID);
            output_id = number.and_then(|text| text.parse().ok());
        } else {
            fs::create_dir_all(&folder)
                .map_err(|source| MediaError::from_write(&folder, source))?;
            write_whole(&file, wanted.as_bytes())?;
        }
        Ok(Some(Self {
            folder,
            frames_each,
            output_id,
        }))
    }

    /// The number of the output that an earlier run began.
    pub(crate) fn output_id(&self) -> Option<OutputId> {
        self.output_id
    }

    /// Keep the output's number, so that a later run goes on with it.
    pub(crate) fn keep_output_id(&self, output_id: OutputId) -> Result<(), AnimateError> {
        if self.output_id == Some(output_id) {
            return Ok(());
        }
        let file = self.folder.join(JOB);
        let mut text =
            fs::read_to_string(&file).map_err(|source| MediaError::from_read(&file, source))?;
        writeln!(text, "{OUTPUT_ID}{output_id}").expect("strings take all");
        Ok(write_whole(&file, text.as_bytes())?)
    }

    /// The landmarks that an earlier run found of the driver of a face, counted from 0.
    pub(crate) fn track(&self, face: usize) -> Result<Option<Track>, AnimateError> {
        let path = self.track_file(face);
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(Track::read(&path)?))
    }

    /// Keep the landmarks for a later run.
    pub(crate) fn keep(&self, face: usize, track: &Track) -> Result<(), AnimateError> {
        Ok(track.write(&self.track_file(face))?)
    }

    /// Landmarks of the driver of a face.
    fn track_file(&self, face: usize) -> PathBuf {
        self.folder
            .join(format!("driving-{face}.motion.safetensors"))
    }
}

impl Drop for Resumable {
    /// Leave no folder that holds nothing to go on from.
    fn drop(&mut self) {
        let count = fs::read_dir(&self.folder).map_or(0, Iterator::count);
        if count == 1 && self.folder.join(JOB).exists() {
            // Nobody is left to hear of a failure, and the next run takes the folder as it is.
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Where the painted frames go.
pub(crate) enum ResultWriter {
    /// One file, written in one go.
    Whole(Box<VideoWriter>),
    /// Segments, joined at the end.
    Segments(Box<SegmentWriter>),
}

impl ResultWriter {
    /// Start to write, or go on after the segments that are there.
    pub(crate) fn create(
        output: &OutputConfig,
        resumable: Option<&Resumable>,
    ) -> Result<Self, MediaError> {
        Ok(match resumable {
            None => Self::Whole(Box::new(VideoWriter::create(output)?)),
            Some(Resumable {
                folder,
                frames_each,
                ..
            }) => Self::Segments(Box::new(SegmentWriter::open(output, folder, *frames_each)?)),
        })
    }

    /// Frames that need not be painted again.
    pub(crate) fn frames_done(&self) -> usize {
        match self {
            Self::Whole(_) => 0,
            Self::Segments(writer) => usize::try_from(writer.frames_done()).unwrap_or(usize::MAX),
        }
    }

    /// Write the next frame.
    pub(crate) fn write(&mut self, picture: &Image, pts: i64) -> Result<(), MediaError> {
        match self {
            Self::Whole(writer) => writer.write(picture, pts),
            Self::Segments(writer) => writer.write(picture, pts),
        }
    }

    /// Complete the result.
    pub(crate) fn finish(self) -> Result<OutputInfo, MediaError> {
        match self {
            Self::Whole(writer) => writer.finish(),
            Self::Segments(writer) => writer.finish(),
        }
    }
}

/// Everything that the frames depend on: program, settings, and size and time of change of every file.
fn job(config: &AnimateConfig) -> Result<String, AnimateError> {
    let mut asked = config.clone();
    if let Some(record) = &mut asked.marks.consent {
        record.declared_at.clear(); // declared anew by every run
    }
    let mut text = format!("Vivant {}\n{asked:#?}\n", env!("CARGO_PKG_VERSION"));
    let mut files: Vec<&Path> = config
        .further_sources
        .iter()
        .map(PathBuf::as_path)
        .collect();
    if let Source::File(path) = &config.source {
        files.push(path);
    }
    let faces = config.faces();
    for face in &faces {
        if let Driving::File(path) | Driving::Sound(path) = &face.driving {
            files.push(path);
        }
    }
    if let Audio::File(path) = &config.audio {
        files.push(path);
    }
    if let Engine::Portrait(folder) = &config.engine {
        files.push(folder);
    }
    for file in files {
        describe(file, &mut text).map_err(|source| MediaError::from_read(file, source))?;
    }
    Ok(text)
}

/// A file's name, size and time of change; of a folder, those of what lies in it.
fn describe(path: &Path, text: &mut String) -> std::io::Result<()> {
    let mut all = vec![path.to_owned()];
    if path.is_dir() {
        let entries = fs::read_dir(path)?;
        let entries = entries.map(|entry| entry.map(|entry| entry.path()));
        all.extend(entries.collect::<Result<Vec<_>, _>>()?);
        all.sort();
    }
    for file in all {
        let about = fs::metadata(&file)?;
        let changed = about.modified()?.duration_since(UNIX_EPOCH);
        let changed = changed.unwrap_or_default().as_nanos();
        let length = if about.is_dir() { 0 } else { about.len() };
        writeln!(text, "{} {length} {changed}", file.display()).expect("strings take all");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composition::Composition;
    use crate::motion_choice::MotionChoice;
    use landmarks::FaceChoice;

    fn config(folder: &Path) -> AnimateConfig {
        let source = folder.join("face.png");
        if !source.exists() {
            fs::write(&source, b"one").unwrap();
        }
        AnimateConfig {
            source: Source::File(source),
            further_sources: Vec::new(),
            source_face: FaceChoice::Largest,
            driving: Driving::BuiltIn {
                motion: crate::BuiltInMotion::Nod,
                duration_s: None,
            },
            driving_face: FaceChoice::Largest,
            output: folder.join("out.mp4"),
            audio: Audio::None,
            engine: Engine::Warp,
            smoothing: 0.5,
            motion: MotionChoice::default(),
            composition: Composition::default(),
            marks: crate::Marks::default(),
            preview: None,
            segment_frames: Some(10),
        }
    }

    #[test]
    fn a_folder_without_segments_goes_with_its_run() {
        let folder = tempfile::tempdir().unwrap();
        drop(Resumable::open(&config(folder.path())).unwrap());
        assert!(!folder.path().join("out.mp4.segments").exists());
    }

    #[test]
    fn the_same_job_goes_on_and_another_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        assert!(Resumable::open(&config).unwrap().is_some());
        let kept = Resumable::open(&config).unwrap();
        fs::write(folder.path().join("out.mp4.segments/00000_1_0_0.mp4"), b"").unwrap();
        drop(kept);
        assert!(Resumable::open(&config).unwrap().is_some());
        config.smoothing = 0.6;
        let error = Resumable::open(&config).unwrap_err().to_string();
        assert!(error.contains("out.mp4.segments"), "{error}");
        config.smoothing = 0.5;
        fs::write(folder.path().join("face.png"), b"another").unwrap();
        assert!(matches!(
            Resumable::open(&config),
            Err(AnimateError::OtherSegments { .. })
        ));
    }
}
