//! `vivant evaluate --data`: measure the built-in landmark networks on labelled data; one report
//! as JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use dataset::{LabelledSource, Labels, SourceKind, Split, find_sources};
use evaluation::{
    EvaluationError, Event, LabelledMedia, LandmarkEvaluationConfig, evaluate_landmarks,
};
use landmarks::DEFAULT_SMOOTHING;

use crate::commands::list_file::lines_of;
use crate::commands::number_options::share;
use crate::terminal::failure::Failure;
use crate::terminal::interrupt::Interrupt;
use crate::terminal::progress::{Progress, State};

/// Options of `evaluate --data`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Landmark networks on labelled data")]
pub(crate) struct LandmarkArgs {
    /// Folder with `clips` or `portraits`, and `labels` beside them. What lies in a folder `eval`
    /// is measured, and what `--held-out` names.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Text file with sources by name, one a line, that are measured too.
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// Folder of pictures without faces, to count false finds in.
    #[arg(long, value_name = "FOLDER")]
    faceless: Option<PathBuf>,
    /// Clip of a still picture, to measure jitter on.
    #[arg(long, value_name = "FILE")]
    still_clip: Option<PathBuf>,
    /// Steadiness of the points, 0 as found to 1 steadiest [default: 0.5].
    #[arg(long, value_parser = share)]
    smoothing: Option<f32>,
}

/// Measure, and print the report.
///
/// # Errors
/// If the data cannot be read or Ctrl-C was pressed.
pub(crate) fn evaluate_landmark_networks(
    args: &LandmarkArgs,
    data: &Path,
    is_quiet: bool,
) -> Result<(), Failure> {
    let config = args.resolve(data)?;
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let started = Instant::now();
    let report = evaluate_landmarks(&config, &mut |event| {
        let Event::Measured { done, total, .. } = event;
        let rate = done as f64 / started.elapsed().as_secs_f64().max(1e-3);
        progress.show(&State {
            label: "measuring",
            unit: "files",
            done: done as u64,
            total: Some(total as u64),
            rate,
            left_s: Some((total - done) as f64 / rate),
        });
        interrupt.flow()
    });
    drop(progress);
    let report = report.map_err(|error| match error {
        EvaluationError::Stopped => Failure::Stopped,
        _ if interrupt.is_asked() => Failure::Stopped,
        error => Failure::work(error),
    })?;
    let text = serde_json::to_string_pretty(&report).map_err(Failure::work)?;
    println!("{text}");
    Ok(())
}

impl LandmarkArgs {
    /// Options that were given though they belong to this mode alone.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let options = [
            ("--held-out", self.held_out.is_some()),
            ("--faceless", self.faceless.is_some()),
            ("--still-clip", self.still_clip.is_some()),
            ("--smoothing", self.smoothing.is_some()),
        ];
        options
            .into_iter()
            .filter(|(_, is_given)| *is_given)
            .map(|(name, _)| name)
            .collect()
    }

    fn resolve(&self, data: &Path) -> Result<LandmarkEvaluationConfig, Failure> {
        let held_out = lines_of(self.held_out.as_deref())?;
        let sources = find_sources(data, &held_out).map_err(Failure::work)?;
        let measured = sources
            .into_iter()
            .filter(|source| source.split == Split::Evaluation);
        let faceless = match &self.faceless {
            Some(folder) => media::pictures_in(folder).map_err(Failure::work)?,
            None => Vec::new(),
        };
        Ok(LandmarkEvaluationConfig {
            labelled: measured.map(labelled_media).collect::<Result<_, _>>()?,
            faceless,
            still_clip: self.still_clip.clone(),
            smoothing: self.smoothing.unwrap_or(DEFAULT_SMOOTHING),
        })
    }
}

fn labelled_media(source: LabelledSource) -> Result<LabelledMedia, Failure> {
    let labels = Labels::read(&source.labels).map_err(Failure::work)?;
    let size = labels.size;
    let labels: BTreeMap<_, _> = labels
        .faces
        .into_iter()
        .map(|face| (face.frame, face.landmarks))
        .collect();
    let is_clip = source.kind == SourceKind::Clip;
    Ok(LabelledMedia {
        name: source.name,
        path: source.path,
        is_clip,
        size,
        labels,
    })
}
