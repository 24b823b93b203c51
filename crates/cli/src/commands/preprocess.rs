//! `vivant preprocess`: videos of people to shards that the trainers read.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use dataset::{PreprocessConfig, PreprocessEvent, PreprocessSummary, Selection};
use media::Rational;

use crate::terminal::failure::Failure;
use crate::terminal::interrupt::Interrupt;
use crate::terminal::progress::{Progress, State};

/// Options of `preprocess`.
#[derive(Debug, Args)]
pub(crate) struct PreprocessArgs {
    /// Videos, folders (the first folder below names the person, as in VoxCeleb), or lists of
    /// videos (.txt, .csv).
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// Split or metadata file of VoxCeleb (vox1_meta.csv, vox2_meta.csv, iden_split.txt): keep
    /// those of one set.
    #[arg(long, value_name = "FILE", requires = "set")]
    split: Option<PathBuf>,
    /// The set to keep, such as dev, test or train.
    #[arg(long, value_name = "NAME", requires = "split")]
    set: Option<String>,
    /// Take pictures too, each as a clip of one frame with more around the head, from which
    /// `meta-train --stills` makes pairs.
    #[arg(long)]
    stills: bool,
    /// Folder of the shards, or its address in an object storage (s3://, gs://, az://; keys come
    /// from the environment). A run that is there already is continued.
    #[arg(short, long, value_name = "FOLDER")]
    output: String,
    /// Where shards lie until they are sent to an object storage; else in the system's temporary
    /// folder.
    #[arg(long, value_name = "FOLDER")]
    work_folder: Option<PathBuf>,
    /// Side of the crops, pixels.
    #[arg(long, default_value_t = 256)]
    side: u32,
    /// Side of the crop, in sides of the square around all landmarks of a clip.
    #[arg(long, default_value_t = 1.45)]
    margin: f32,
    /// Frames a second that are kept, such as 25 or 1; 0 keeps all.
    #[arg(long, value_name = "N", default_value_t = 25)]
    rate: u16,
    /// Quality of the JPEGs, 1 to 100.
    #[arg(long, default_value_t = 95)]
    quality: u8,
    /// Clips with fewer kept frames are left out.
    #[arg(long, value_name = "N")]
    least_frames: Option<usize>,
    /// Faces smaller than this are left out, pixels.
    #[arg(long, value_name = "PX")]
    least_face: Option<f32>,
    /// Clips less sharp than this are left out (see the report for the clips' values).
    #[arg(long, value_name = "LEVELS")]
    least_sharpness: Option<f32>,
    /// Size from which a new tar file is begun, MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    shard_size: u64,
    /// Number of this job among several that share the work, from 0.
    #[arg(long, value_name = "I", default_value_t = 0, requires = "shard_count")]
    shard_index: u64,
    /// How many jobs share the work.
    #[arg(long, value_name = "N", default_value_t = 1)]
    shard_count: u64,
    /// Videos worked on at once; else one a core.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

/// Make shards, and print what is in them.
///
/// # Errors
/// If the inputs or the output folder cannot be used, or the work is stopped.
pub(crate) fn preprocess(args: &PreprocessArgs, is_quiet: bool) -> Result<(), Failure> {
    let config = args.resolve();
    let problems = config.problems();
    if !problems.is_empty() {
        return Err(Failure::Usage(problems));
    }
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let outcome = dataset::preprocess(&config, &mut |event| {
        tell(&mut progress, &event);
        interrupt.flow()
    });
    drop(progress);
    let summary = outcome.map_err(Failure::work)?;
    if summary.was_stopped {
        return Err(Failure::Paused);
    }
    print(&config, &summary);
    Ok(())
}

impl PreprocessArgs {
    fn resolve(&self) -> PreprocessConfig {
        let is_remote = self.output.contains("://");
        let usual = PreprocessConfig::new(self.inputs.clone(), self.folder(is_remote));
        let selection = self.split.clone().zip(self.set.clone());
        PreprocessConfig {
            has_stills: self.stills,
            remote: is_remote.then(|| self.output.clone()),
            selection: selection.map(|(file, set)| Selection { file, set }),
            side_px: self.side,
            margin: self.margin,
            frame_rate: Rational::new(i64::from(self.rate), 1),
            jpeg_quality: self.quality,
            least_frames: self.least_frames.unwrap_or(usual.least_frames),
            least_face_px: self.least_face.unwrap_or(usual.least_face_px),
            least_sharpness: self.least_sharpness.unwrap_or(usual.least_sharpness),
            shard_bytes: self.shard_size << 20,
            job: [self.shard_index, self.shard_count],
            threads: self.threads.map_or(usual.threads, NonZeroUsize::get),
            ..usual
        }
    }

    /// The folder here that shards are written to.
    fn folder(&self, is_remote: bool) -> PathBuf {
        match &self.work_folder {
            _ if !is_remote => PathBuf::from(&self.output),
            Some(folder) => folder.clone(),
            None => {
                let plain = |letter: char| {
                    if letter.is_alphanumeric() {
                        letter
                    } else {
                        '-'
                    }
                };
                let address: String = self.output.chars().map(plain).collect();
                let job = format!(
                    "vivant-{address}-{}-of-{}",
                    self.shard_index, self.shard_count
                );
                std::env::temp_dir().join(job)
            }
        }
    }
}

fn tell(progress: &mut Progress, event: &PreprocessEvent) {
    match event {
        PreprocessEvent::Found {
            videos,
            done_before,
        } => progress.inform(&format!("{videos} videos, {done_before} done before")),
        PreprocessEvent::Progress {
            done,
            total,
            realtime,
            left_s,
        } => progress.show(&State {
            label: "preprocessing",
            unit: "video seconds",
            done: *done as u64,
            total: Some(*total as u64),
            rate: *realtime,
            left_s: Some(*left_s),
        }),
        PreprocessEvent::Warning(reject) => progress.inform(&format!(
            "left out: {} from frame {}: {} ({})",
            reject.video,
            reject.first_frame,
            reject.reason.text(),
            reject.detail
        )),
    }
}

fn print(config: &PreprocessConfig, summary: &PreprocessSummary) {
    println!(
        "{}: {} people, {} clips, {} frames, {:.1} times as fast as the videos play",
        config.place(),
        summary.people,
        summary.clips,
        summary.frames,
        summary.realtime
    );
    for (reason, count) in &summary.rejects {
        println!("left out, {}: {count}", reason.text());
    }
    if let Some(report) = &summary.report {
        println!("report: {report}");
    }
}
