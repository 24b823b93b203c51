//! The settings of meta-training as options of the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[cfg(feature = "train")]
use crate::commands::setting::with_settings;
#[cfg(feature = "train")]
use crate::commands::training_options::read_config;
#[cfg(feature = "train")]
use crate::terminal::failure::Failure;
#[cfg(feature = "train")]
use training::{ContentPart, MetaTrainingConfig, Precision, Variant};

/// The settings: a preset or a file, then what is typed beside it.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "train"),
    allow(dead_code, reason = "read by the training code alone")
)]
pub(crate) struct MetaTrainOptions {
    /// All settings from a TOML file, such as the `config.toml` of a run folder.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["preset", "data", "output"])]
    config: Option<PathBuf>,
    /// `paper` (256 px, as published), `small` (128 px) or `tiny` (64 px, minutes on two cores).
    #[arg(long, value_enum, default_value = "small")]
    preset: PresetName,
    /// Folder of shards that `preprocess` wrote.
    #[arg(long, value_name = "FOLDER", required_unless_present = "config")]
    data: Option<PathBuf>,
    /// Run folder: settings, log, charts, samples, checkpoints. A run that is there already is
    /// continued.
    #[arg(short, long, value_name = "FOLDER", required_unless_present = "config")]
    output: Option<PathBuf>,
    /// A start for fine-tuning, or used as it is.
    #[arg(long, value_enum)]
    variant: Option<VariantName>,
    /// Network of the content loss: `vgg19`, `vggface`, `squeezenet`, `lpips`, `identity` or `landmarks`, and its file
    /// (safetensors or ONNX). Without any, pictures are compared pixel by pixel.
    #[arg(long = "content-net", value_name = "KIND=FILE")]
    content_nets: Vec<String>,
    /// Network of LPIPS on held-out people, ONNX.
    #[arg(long, value_name = "FILE", requires = "lpips_heads")]
    lpips_net: Option<PathBuf>,
    /// Linear heads of LPIPS, npz.
    #[arg(long, value_name = "FILE", requires = "lpips_net")]
    lpips_heads: Option<PathBuf>,
    /// Shards of single pictures (`preprocess --stills`): a quarter of the episodes is made of them
    /// by smooth random bends.
    #[arg(long, value_name = "FOLDER")]
    stills: Option<PathBuf>,
    /// Shards of people to measure on; else some people of the data are kept apart.
    #[arg(long, value_name = "FOLDER")]
    validation: Option<PathBuf>,
    /// Weights of another run that this one starts from.
    #[arg(long, value_name = "FILE")]
    start_from: Option<PathBuf>,
    /// Steps in all, counted from the first start of the run.
    #[arg(long)]
    steps: Option<u64>,
    /// Episodes a step.
    #[arg(long)]
    batch: Option<u64>,
    /// Episodes computed at once; less memory, the same result.
    #[arg(long)]
    micro_batch: Option<u64>,
    /// Frames that the embedder sees in an episode, K.
    #[arg(long)]
    shots: Option<usize>,
    /// Number format of the layers.
    #[arg(long, value_enum)]
    precision: Option<PrecisionName>,
    /// `cpu`, `cuda`, `cuda:N` or `mps`.
    #[arg(long)]
    device: Option<String>,
    /// Threads that compute; else all cores.
    #[arg(long)]
    threads: Option<u64>,
    /// Threads that make episodes.
    #[arg(long)]
    loader_threads: Option<u64>,
    /// Seed of weights and episodes.
    #[arg(long)]
    seed: Option<u64>,
    /// Any other setting by its name in `config.toml`, such as `optimisation.warm_up=500`.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
}

/// The presets by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PresetName {
    /// 256 px, Zakharov et al. 2019 to the letter.
    Paper,
    /// 128 px with fewer channels.
    Small,
    /// 64 px.
    Tiny,
    /// 256 px, bends pictures of the person and paints over them.
    Portrait,
    /// The same at 128 px.
    #[value(name = "portrait-128")]
    Portrait128,
}

/// The variants by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum VariantName {
    /// With the match loss.
    FineTuned,
    /// Without it.
    FeedForward,
}

/// The number formats by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PrecisionName {
    /// 32-bit floats.
    F32,
    /// bfloat16.
    Bf16,
}

#[cfg(feature = "train")]
impl MetaTrainOptions {
    /// The settings as the library takes them; every problem found in them at once.
    pub(crate) fn resolve(&self) -> Result<MetaTrainingConfig, Failure> {
        let mut problems = Vec::new();
        let mut config = self.preset()?;
        if let Some(device) = &self.device {
            match device.parse() {
                Ok(device) => config.device = device,
                Err(error) => problems.push(error.to_string()),
            }
        }
        for typed in &self.content_nets {
            match typed.split_once('=') {
                Some((net, file)) => config.losses.content.push(ContentPart {
                    net: net.to_owned(),
                    file: PathBuf::from(file),
                    weight: None,
                }),
                None => problems.push(format!("--content-net takes KIND=FILE, not {typed:?}")),
            }
        }
        self.overwrite(&mut config);
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

    fn preset(&self) -> Result<MetaTrainingConfig, Failure> {
        if let Some(path) = &self.config {
            return read_config(path);
        }
        let preset = match self.preset {
            PresetName::Paper => MetaTrainingConfig::paper,
            PresetName::Small => MetaTrainingConfig::small,
            PresetName::Tiny => MetaTrainingConfig::tiny,
            PresetName::Portrait => MetaTrainingConfig::portrait,
            PresetName::Portrait128 => MetaTrainingConfig::portrait_128,
        };
        let [data, output] =
            [&self.data, &self.output].map(|path| path.clone().unwrap_or_default());
        Ok(preset(data, output))
    }

    fn overwrite(&self, config: &mut MetaTrainingConfig) {
        fn put<T: Clone>(place: &mut T, typed: Option<&T>) {
            if let Some(value) = typed {
                place.clone_from(value);
            }
        }
        put(&mut config.steps, self.steps.as_ref());
        put(&mut config.batch, self.batch.as_ref());
        if self.batch.is_some() && self.micro_batch.is_none() {
            config.micro_batch = config.micro_batch.min(config.batch);
        }
        put(&mut config.micro_batch, self.micro_batch.as_ref());
        put(&mut config.shots, self.shots.as_ref());
        put(&mut config.threads, self.threads.as_ref());
        put(&mut config.loader_threads, self.loader_threads.as_ref());
        put(&mut config.seed, self.seed.as_ref());
        if self.stills.is_some() {
            config.stills.clone_from(&self.stills);
        }
        if self.validation.is_some() {
            config.validation.clone_from(&self.validation);
        }
        if self.start_from.is_some() {
            config.start_from.clone_from(&self.start_from);
        }
        if let (Some(net), Some(heads)) = (&self.lpips_net, &self.lpips_heads) {
            config.lpips = Some([net.clone(), heads.clone()]);
        }
        if let Some(variant) = self.variant {
            config.variant = match variant {
                VariantName::FineTuned => Variant::FineTuned,
                VariantName::FeedForward => Variant::FeedForward,
            };
        }
        if let Some(precision) = self.precision {
            config.precision = match precision {
                PrecisionName::F32 => Precision::F32,
                PrecisionName::Bf16 => Precision::Bf16,
            };
        }
    }
}
