//! `vivant fine-tune`: a few pictures of a person to an avatar that `animate` moves.
//!
//! Training needs libtorch and therefore the feature `train`. With `--feed-forward` and a model
//! bundle the embedder alone learns the person, in any binary.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use evaluation::{IdentityFiles, IdentityNet, LEAST_LIKENESS};
use inference::Bundle;
use landmarks::FaceFinder;
use media::{Metadata, write_png_with};
use reenactment::few_shot::{Album, AlbumConfig, FewShotModel, JudgedPhoto, Likeness, Verdict};
use reenactment::portrait::{PORTRAIT_PRESET, PortraitModel};
use serde_json::json;

use crate::commands::bundle_folder::bundle_of;
use crate::commands::consent_question::ConsentOptions;
use crate::commands::identity_input::IdentityInputName;
use crate::commands::output_file::check_output;
#[cfg(not(feature = "train"))]
use crate::commands::without_training::without_training;
use crate::terminal::events;
use crate::terminal::failure::Failure;
#[cfg(feature = "train")]
use crate::terminal::interrupt::Interrupt;
#[cfg(feature = "train")]
use crate::terminal::progress::{Progress, State};
#[cfg(feature = "train")]
use training::{FineTuningConfig, FineTuningEvent};

/// Options of `fine-tune`.
#[derive(Debug, Args)]
pub(crate) struct FineTuneArgs {
    /// Pictures, folders of pictures, or videos of one person (may be given several times).
    #[arg(short, long = "source", value_name = "PATH", required = true, num_args = 1..)]
    sources: Vec<PathBuf>,
    /// The avatar to write, NAME.avatar.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// What `meta-train` left: its run folder, its `weights.safetensors`, or for `--feed-forward`
    /// its folder `model`.
    #[arg(short, long, value_name = "PATH")]
    model: PathBuf,
    /// Most pictures that are learned from; of more, those that differ most are taken.
    #[arg(long, value_name = "T", default_value = "32")]
    shots: NonZeroUsize,
    /// Network that tells faces apart: pictures of somebody else are left out. ONNX.
    #[arg(long, value_name = "FILE", requires = "identity_input")]
    identity_net: Option<PathBuf>,
    /// What that network takes.
    #[arg(long, value_enum, requires = "identity_net")]
    identity_input: Option<IdentityInputName>,
    /// Least cosine of two faces of one person by that network, -1 to 1.
    #[arg(long, value_name = "COSINE", default_value_t = LEAST_LIKENESS)]
    least_likeness: f32,
    /// Learn by the embedder alone: seconds, but less like the person.
    #[arg(long)]
    feed_forward: bool,
    /// Write the pictures with a verdict on each as one PNG.
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Replace outputs that are there already.
    #[arg(short = 'y', long)]
    overwrite: bool,
    /// Most steps of training; else by the number of pictures.
    #[arg(long)]
    steps: Option<u64>,
    /// `cpu`, `cuda`, `cuda:N` or `mps`.
    #[arg(long)]
    device: Option<String>,
    /// Seed of the order of the pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Any other setting by its name, such as `optimisation.generator_rate=1e-5`.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    #[command(flatten)]
    consent: ConsentOptions,
}

/// Learn a person and print what came out.
///
/// # Errors
/// If no picture can be used, the model or the output cannot be used, or the work is stopped.
pub(crate) fn fine_tune(args: &FineTuneArgs, is_quiet: bool) -> Result<(), Failure> {
    for output in std::iter::once(&args.output).chain(&args.sheet) {
        check_output(output, args.overwrite)?;
    }
    if args
        .output
        .extension()
        .is_none_or(|ending| ending != "avatar")
    {
        let problem = format!(
            "the output must end in .avatar, not {}",
            args.output.display()
        );
        return Err(Failure::Usage(vec![problem]));
    }
    let bundle = bundle_of(&args.model);
    match bundle {
        Some(bundle) if args.feed_forward => feed_forward(args, &bundle, is_quiet),
        _ => train(args, is_quiet),
    }
}

fn feed_forward(args: &FineTuneArgs, bundle: &Path, is_quiet: bool) -> Result<(), Failure> {
    let consent = args.consent.record()?;
    let bundle = Bundle::open(bundle).map_err(Failure::work)?;
    let model = match bundle.manifest().preset.as_str() {
        PORTRAIT_PRESET => None,
        _ => Some(FewShotModel::from_bundle(&bundle).map_err(Failure::work)?),
    };
    let finder = FaceFinder::built_in(None).map_err(Failure::work)?;
    let likeness = match args.identity() {
        Some(files) => {
            let net = IdentityNet::open(&files.net, files.input).map_err(Failure::work)?;
            Some(Likeness {
                embed: net.into_embed(),
                least_cosine: args.least_likeness,
            })
        }
        None => None,
    };
    let asked = AlbumConfig {
        side_px: bundle.manifest().resolution_px,
        shots: args.shots.get(),
        likeness,
    };
    let album = Album::open(&args.sources, &finder, &asked).map_err(Failure::work)?;
    if let Some(path) = &args.sheet {
        write_png_with(path, &album.sheet(), &Metadata::of_copies()).map_err(Failure::work)?;
    }
    print_verdicts(&album.photos, is_quiet);
    let shots = album.shots();
    if shots.is_empty() {
        return Err(Failure::work(NoPicture));
    }
    let count = shots.len();
    let avatar = match &model {
        Some(model) => model.feed_forward(&shots, &album.digests()),
        None => PortraitModel::feed_forward(&bundle, shots, album.digests()),
    };
    let avatar = avatar.map_err(Failure::work)?.with_consent(consent);
    avatar.write(&args.output).map_err(Failure::work)?;
    if events::are_wanted() {
        events::tell_finished(&json!({"shots": count, "is_trained": false}));
        return Ok(());
    }
    println!(
        "{}: learned from {} pictures by the embedder alone",
        args.output.display(),
        count
    );
    Ok(())
}

/// None of the pictures can be used.
#[derive(Debug, thiserror::Error)]
#[error("none of the pictures can be used; the reasons stand above")]
struct NoPicture;

/// One line a picture; those that are merely not needed are counted.
fn print_verdicts(photos: &[JudgedPhoto], is_quiet: bool) {
    if is_quiet {
        return;
    }
    let is_spare = |photo: &&JudgedPhoto| photo.verdict == Verdict::Spare;
    for photo in photos.iter().filter(|photo| !is_spare(photo)) {
        println!("{}: {}", photo.name, photo.verdict.text());
    }
    let spare = photos.iter().filter(is_spare).count();
    if spare > 0 {
        println!("{spare} more could be used, but others differ more");
    }
}

#[cfg(not(feature = "train"))]
fn train(args: &FineTuneArgs, _: bool) -> Result<(), Failure> {
    if args.feed_forward {
        let problem = format!("{} holds no model bundle", args.model.display());
        return Err(Failure::Usage(vec![problem]));
    }
    Err(without_training("fine-tune"))
}

#[cfg(feature = "train")]
fn train(args: &FineTuneArgs, is_quiet: bool) -> Result<(), Failure> {
    let mut config = args.resolve()?;
    config.consent = Some(args.consent.record()?);
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let summary = training::fine_tune(&config, &mut |event| {
        tell(&mut progress, is_quiet, event);
        interrupt.flow()
    });
    drop(progress);
    let summary = summary.map_err(|error| match error {
        training::FineTuningError::Stopped => Failure::Stopped,
        error => Failure::work(error),
    })?;
    if events::are_wanted() {
        events::tell_finished(&json!({
            "shots": summary.shots,
            "is_trained": !args.feed_forward,
            "wall_s": summary.wall_s,
        }));
        return Ok(());
    }
    println!(
        "{}: learned from {} pictures in {:.0} s; of {} steps the best was {}",
        summary.output.display(),
        summary.shots,
        summary.wall_s,
        summary.steps_taken,
        summary.steps
    );
    Ok(())
}

#[cfg(feature = "train")]
fn tell(progress: &mut Progress, is_quiet: bool, event: FineTuningEvent) {
    match event {
        FineTuningEvent::Judged { photos, taken } => {
            print_verdicts(&photos, is_quiet);
            if !events::are_wanted() {
                progress.inform(&format!(
                    "{} pictures, {} of them held out",
                    taken[0], taken[1]
                ));
            }
        }
        FineTuningEvent::Progress {
            step,
            steps,
            steps_per_second,
            ..
        } => progress.show(&State {
            label: "fine-tuning",
            unit: "steps",
            done: step,
            total: Some(steps),
            rate: steps_per_second,
            left_s: Some((steps - step) as f64 / steps_per_second.max(1e-9)),
        }),
        // for who watches the training; whoever started it by program gets the summary
        FineTuningEvent::Measured { .. } if events::are_wanted() => {}
        FineTuningEvent::Measured {
            step,
            content,
            landmark_error,
        } => progress.inform(&format!(
            "held out at step {step}: content {content:.4}, landmarks {landmark_error:.2} %"
        )),
    }
}

impl FineTuneArgs {
    fn identity(&self) -> Option<IdentityFiles> {
        let (net, input) = self.identity_net.as_ref().zip(self.identity_input)?;
        Some(IdentityFiles {
            net: net.clone(),
            input: input.input(),
        })
    }
}

#[cfg(feature = "train")]
impl FineTuneArgs {
    fn resolve(&self) -> Result<FineTuningConfig, Failure> {
        use crate::commands::setting::with_settings;
        let weights = if self.model.is_dir() {
            self.model.join("weights.safetensors")
        } else {
            self.model.clone()
        };
        let trained_with = training::trained_with(&weights).map_err(Failure::work)?;
        let mut config = FineTuningConfig::new(
            self.sources.clone(),
            weights,
            self.output.clone(),
            self.shots.get(),
            trained_with,
        );
        config.sheet.clone_from(&self.sheet);
        config.identity = self.identity();
        config.least_likeness = self.least_likeness;
        config.is_feed_forward = self.feed_forward;
        config.seed = self.seed;
        if let Some(steps) = self.steps {
            config.steps = steps;
        }
        let mut problems = Vec::new();
        if let Some(device) = &self.device {
            match device.parse() {
                Ok(device) => config.device = device,
                Err(error) => problems.push(error.to_string()),
            }
        }
        match with_settings(&config, &self.settings) {
            Ok(changed) => config = changed,
            Err(more) => problems.extend(more),
        }
        problems.extend(config.problems());
        if problems.is_empty() {
            return Ok(config);
        }
        Err(Failure::Usage(problems))
    }
}
