//! `vivant train-landmarks`: train the face detector or the landmark network.
//!
//! The work needs libtorch and therefore the feature `train`; without it the command is there
//! and says how to get it.

#[cfg(feature = "train")]
use std::path::Path;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::terminal::failure::Failure;
#[cfg(feature = "train")]
use crate::terminal::interrupt::Interrupt;
#[cfg(feature = "train")]
use crate::terminal::progress::{Progress, State};

/// Options of `train-landmarks`.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "train"),
    allow(dead_code, reason = "read by the training code alone")
)]
pub(crate) struct TrainLandmarksArgs {
    /// All settings from a TOML file, such as the `config.toml` of a run folder, and no others.
    #[arg(long, value_name = "FILE", exclusive = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: Option<TrainingOptions>,
}

/// The settings one by one.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "train"),
    allow(dead_code, reason = "read by the training code alone")
)]
struct TrainingOptions {
    /// Which of the two networks to train.
    #[arg(long, value_enum)]
    network: NetworkName,
    /// Folder with `clips`, `portraits` and `labels`.
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Run folder: settings, log and checkpoints. A run that is there already is continued.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Write the trained network here as ONNX, in half precision.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Text file of sources kept for measuring, one path below the data folder a line.
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// Text file of sources that are not used at all, in the same form.
    #[arg(long, value_name = "FILE")]
    skip: Option<PathBuf>,
    /// Folder of pictures without faces, to learn what is not a face.
    #[arg(long, value_name = "FOLDER")]
    faceless: Option<PathBuf>,
    /// Checkpoint of another run whose weights this one starts from.
    #[arg(long, value_name = "FILE")]
    start_from: Option<PathBuf>,
    /// Size of the network: `shipped`, or `tiny` for a trial in seconds.
    #[arg(long, value_enum, default_value = "shipped")]
    preset: PresetName,
    /// Steps in all, counted from the first start of the run.
    #[arg(long, default_value_t = 40_000)]
    steps: u64,
    /// Samples a step.
    #[arg(long, default_value_t = 32)]
    batch: u64,
    /// Peak learning rate.
    #[arg(long, default_value_t = 2e-3)]
    learning_rate: f64,
    /// Use every how-many-th labelled frame of each clip.
    #[arg(long, default_value_t = 2)]
    every: u64,
    /// Number format that the layers compute in.
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionName,
    /// Threads that compute.
    #[arg(long, default_value_t = 1)]
    threads: u64,
    /// Threads that make samples.
    #[arg(long, default_value_t = 1)]
    loader_threads: u64,
    /// Seed of the weights and of the samples.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps between reports.
    #[arg(long, default_value_t = 50)]
    report_every: u64,
    /// Steps between checkpoints.
    #[arg(long, default_value_t = 1000)]
    checkpoint_every: u64,
}

/// The networks by the name they have on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum NetworkName {
    /// Finds faces in whole pictures.
    Detector,
    /// Finds 70 points in a crop.
    Landmarks,
}

/// The sizes by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PresetName {
    /// The one in the repository.
    Shipped,
    /// A few thousand weights.
    Tiny,
}

/// The number formats by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PrecisionName {
    /// 32-bit floats.
    F32,
    /// bfloat16, where the processor has it.
    Bf16,
}

/// Say how to get the command.
///
/// # Errors
/// Always.
#[cfg(not(feature = "train"))]
pub(crate) fn train_landmarks(_: &TrainLandmarksArgs, _: bool) -> Result<(), Failure> {
    /// This binary cannot train.
    #[derive(Debug, thiserror::Error)]
    #[error("this vivant was built without the feature `train`")]
    struct NoTraining;
    let advice = "in the source folder run `cargo xtask setup`, which installs libtorch and prints where, \
         then `LIBTORCH=that/folder cargo run --release --features train -- train-landmarks ...`";
    Err(Failure::with_advice(NoTraining, Some(advice.to_owned())))
}

/// Train, showing losses and speed.
///
/// # Errors
/// If the settings, the data or the run folder cannot be used, or a loss is no number any more.
#[cfg(feature = "train")]
pub(crate) fn train_landmarks(args: &TrainLandmarksArgs, is_quiet: bool) -> Result<(), Failure> {
    let config = args.resolve()?;
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let summary = training::train_landmarks(&config, &mut |event| {
        tell(&mut progress, config.batch, event);
        interrupt.flow()
    });
    drop(progress);
    let summary = summary.map_err(Failure::work)?;
    println!(
        "run folder: {}, step {}",
        config.output.display(),
        summary.step
    );
    if let Some(path) = summary.export {
        println!("network: {}", path.display());
    }
    if summary.was_stopped {
        println!("stopped with a checkpoint; the same command goes on from there");
    }
    Ok(())
}

#[cfg(feature = "train")]
fn tell(progress: &mut Progress, batch: u64, event: training::Event) {
    use training::Event;
    match event {
        Event::Loaded { faces, people } => {
            progress.inform(&format!(
                "{faces} labelled faces of {people} people and stills"
            ));
        }
        Event::Warning { text } => progress.say(&format!("warning: {text}")),
        Event::Resumed { step } => progress.inform(&format!("going on from step {step}")),
        Event::Step {
            step,
            steps,
            losses,
            samples_per_second,
            waiting,
        } => {
            let losses: Vec<String> = losses
                .iter()
                .map(|(name, value)| format!("{name} {value:.4}"))
                .collect();
            progress.inform(&format!(
                "step {step} of {steps}: {}; {samples_per_second:.1} samples a second, {:.0} % waiting for samples",
                losses.join(", "),
                waiting * 100.0
            ));
            let rate = samples_per_second / batch as f64;
            progress.show(&State {
                label: "training",
                unit: "steps",
                done: step,
                total: Some(steps),
                rate,
                left_s: Some((steps - step) as f64 / rate),
            });
        }
        Event::Saved { path } => progress.inform(&format!("saved {}", path.display())),
    }
}

#[cfg(feature = "train")]
impl TrainLandmarksArgs {
    /// Settings of the run; every problem found in them at once.
    fn resolve(&self) -> Result<training::LandmarkTrainingConfig, Failure> {
        let config = match (&self.config, &self.options) {
            (Some(path), _) => read_config(path)?,
            (None, Some(options)) => options.to_config()?,
            (None, None) => {
                let problem = "either --config, or --network, --data and --output are needed";
                return Err(Failure::Usage(vec![problem.to_owned()]));
            }
        };
        let problems = config.problems();
        if problems.is_empty() {
            return Ok(config);
        }
        Err(Failure::Usage(problems))
    }
}

#[cfg(feature = "train")]
impl TrainingOptions {
    /// The settings as the library takes them.
    fn to_config(&self) -> Result<training::LandmarkTrainingConfig, Failure> {
        Ok(training::LandmarkTrainingConfig {
            network: match self.network {
                NetworkName::Detector => training::FaceNetwork::Detector,
                NetworkName::Landmarks => training::FaceNetwork::Landmarks,
            },
            preset: match self.preset {
                PresetName::Shipped => training::Preset::Shipped,
                PresetName::Tiny => training::Preset::Tiny,
            },
            precision: match self.precision {
                PrecisionName::F32 => training::Precision::F32,
                PrecisionName::Bf16 => training::Precision::Bf16,
            },
            data: self.data.clone(),
            held_out: lines_of(self.held_out.as_ref())?,
            skipped: lines_of(self.skip.as_ref())?,
            faceless: self.faceless.clone(),
            output: self.output.clone(),
            export: self.export.clone(),
            start_from: self.start_from.clone(),
            steps: self.steps,
            batch: self.batch,
            learning_rate: self.learning_rate,
            every: self.every,
            threads: self.threads,
            loader_threads: self.loader_threads,
            seed: self.seed,
            report_every: self.report_every,
            checkpoint_every: self.checkpoint_every,
        })
    }
}

/// A file that the command line names could not be used.
#[cfg(feature = "train")]
#[derive(Debug, thiserror::Error)]
enum SettingsFileError {
    /// The system refused to read it.
    #[error("could not read {}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// It holds no settings.
    #[error("{} holds no usable settings", path.display())]
    NoSettings {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
}

#[cfg(feature = "train")]
fn read_config(path: &Path) -> Result<training::LandmarkTrainingConfig, Failure> {
    toml::from_str(&text_of(path)?).map_err(|error| {
        Failure::work(SettingsFileError::NoSettings {
            path: path.to_owned(),
            source: Box::new(error),
        })
    })
}

#[cfg(feature = "train")]
fn text_of(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|source| {
        Failure::work(SettingsFileError::Read {
            path: path.to_owned(),
            source,
        })
    })
}

/// Lines of a list file without the empty ones.
#[cfg(feature = "train")]
fn lines_of(path: Option<&PathBuf>) -> Result<Vec<String>, Failure> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let text = text_of(path)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}
