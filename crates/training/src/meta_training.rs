//! Entry point that meta-trains embedder, generator and discriminator on shards of many people.
//!
//! The run is a function of its settings: episode `n` is the same whenever and by however many
//! threads it is drawn, and a checkpoint holds everything, so that a resumed run goes on as if it
//! had never stopped. Zakharov et al. 2019, Section 3.2.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use dataset::{EpisodeConfig, EpisodeSampler, Shards};
use networks::blocks::Mode;
use tch::Tensor;

use crate::adversarial_step::{Losses, MakersObjective, Scene, judge_losses};
use crate::collapse::spread;
use crate::content::Content;
use crate::episode_batch::{EpisodeBatch, EpisodeSample};
use crate::head_system::{HeadSystem, head_system};
use crate::held_out::{HeldOut, Perceptual};
use crate::loss_means::LossMeans;
use crate::meta_run::MetaRun;
use crate::meta_training_config::{MetaTrainingConfig, Variant};
use crate::meta_training_event::{
    MetaTrainingError, MetaTrainingEvent, MetaTrainingSummary, RunPlan,
};
use crate::sample_loader::SampleLoader;

/// f32 copies of a weight: itself, its gradient, two moments, its average.
const COPIES: u64 = 5;

type Listen<'a> = dyn FnMut(MetaTrainingEvent) -> ControlFlow<()> + 'a;

/// Meta-train; the run folder's newest checkpoint is resumed.
///
/// # Errors
/// See [`MetaTrainingError`]. What was learned up to the last checkpoint is kept.
pub fn meta_train(
    config: &MetaTrainingConfig,
    listener: &mut Listen<'_>,
) -> Result<MetaTrainingSummary, MetaTrainingError> {
    let mut session = Session::open(config)?;
    if listener(MetaTrainingEvent::Ready(session.plan.clone())).is_break() {
        return Ok(MetaTrainingSummary {
            step: 0,
            was_stopped: true,
            bundle: None,
        });
    }
    let mut run = MetaRun::open(config, session.system.as_ref(), listener)?;
    let was_stopped = session.train(&mut run, listener)?;
    let was_stopped = run.save(session.system.as_ref(), listener)?.is_break() || was_stopped;
    let bundle = if was_stopped {
        None
    } else {
        Some(run.export(session.system.as_ref())?)
    };
    Ok(MetaTrainingSummary {
        step: run.step,
        was_stopped,
        bundle,
    })
}

/// What a run with these settings would use, without starting it.
///
/// # Errors
/// As [`meta_train`], where settings, data, device or networks cannot be used.
pub fn plan_meta_training(config: &MetaTrainingConfig) -> Result<RunPlan, MetaTrainingError> {
    Ok(Session::open(config)?.plan)
}

/// Everything of a run that does not change from step to step but the weights.
struct Session<'a> {
    config: &'a MetaTrainingConfig,
    system: Box<dyn HeadSystem>,
    content: Content,
    held_out: HeldOut,
    sampler: Arc<EpisodeSampler>,
    plan: RunPlan,
}

/// Losses of a step and the spread of its pictures.
struct StepOutcome {
    losses: Vec<(&'static str, f64)>,
    spread: f64,
}

impl<'a> Session<'a> {
    fn open(config: &'a MetaTrainingConfig) -> Result<Self, MetaTrainingError> {
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(MetaTrainingError::Settings { problems });
        }
        tch::set_num_threads(config.threads as i32);
        tch::manual_seed(config.seed as i64);
        let device = config.device.open()?;
        let (sampler, held_out_sampler) = samplers(config, config.size.side_px())?;
        let kind = config.precision.kind();
        let videos = sampler.shards().videos().len();
        let system = head_system(config.size, videos, device, kind);
        keep_trained(&system.maker_tensors(), &config.optimisation.trained)?;
        let content = Content::open(&config.losses, device, kind, system.cuts_faces())?;
        let guides = config.size.guides();
        let samples = (0..config.measured_episodes)
            .map(|number| {
                Ok(EpisodeSample::new(
                    &held_out_sampler.episode(number)?,
                    guides,
                ))
            })
            .collect::<Result<Vec<_>, MetaTrainingError>>()?;
        let lpips = match &config.lpips {
            Some(files) => Some(Perceptual::open(files, device)?),
            None => None,
        };
        let parameters = system.parameter_counts();
        let total: u64 = parameters.iter().map(|(_, count)| count).sum();
        let plan = RunPlan {
            parameters,
            people: sampler.people(),
            videos: sampler.clips(),
            frames: sampler.frames(),
            held_out_people: held_out_sampler.people(),
            state_bytes: total * 4 * COPIES,
            content: content.description(),
        };
        Ok(Self {
            config,
            system,
            content,
            held_out: HeldOut::new(&samples, lpips),
            sampler: Arc::new(sampler),
            plan,
        })
    }

    /// Steps until the end; true where the listener asked to stop.
    fn train(
        &mut self,
        run: &mut MetaRun<'_>,
        listener: &mut Listen<'_>,
    ) -> Result<bool, MetaTrainingError> {
        let config = self.config;
        let mut loader = self.loader(run.step);
        let mut means = LossMeans::default();
        let mut is_stopped = false;
        if run.step == 0 {
            is_stopped |= run
                .measure(self.system.as_ref(), &self.held_out, listener)?
                .is_break();
        }
        let sheet_s = 60 * config.sheet_minutes;
        let mut last_sheet = Instant::now();
        while run.step < config.steps && !is_stopped {
            let start = Instant::now();
            let samples = loader.next_batch().ok_or(MetaTrainingError::Loader)?;
            let samples = samples.into_iter().collect::<Result<Vec<_>, _>>()?;
            let waited_s = start.elapsed().as_secs_f64();
            let outcome = self.step(run, &EpisodeBatch::stack(&samples));
            run.finish_step(self.system.as_ref());
            run.watch.look(run.step, &outcome.losses, outcome.spread)?;
            means.add(&outcome.losses, waited_s);
            is_stopped |= listener(MetaTrainingEvent::Progress {
                step: run.step,
                steps: config.steps,
                steps_per_second: means.steps_per_second(),
            })
            .is_break();
            if run.step.is_multiple_of(config.report_every) {
                let report = means.take();
                is_stopped |= run.report(report, listener)?.is_break();
            }
            let start = Instant::now();
            let is_due = sheet_s > 0 && last_sheet.elapsed().as_secs() >= sheet_s;
            if run.step.is_multiple_of(config.measure_every) {
                is_stopped |= run
                    .measure(self.system.as_ref(), &self.held_out, listener)?
                    .is_break();
                last_sheet = Instant::now();
            } else if is_due {
                is_stopped |= run
                    .show(self.system.as_ref(), &self.held_out, listener)?
                    .is_break();
                last_sheet = Instant::now();
            }
            if run.step.is_multiple_of(config.checkpoint_every) {
                is_stopped |= run.save(self.system.as_ref(), listener)?.is_break();
            }
            means.forgive(start.elapsed().as_secs_f64());
        }
        Ok(run.step < config.steps)
    }

    fn loader(&self, step: u64) -> SampleLoader<Result<EpisodeSample, dataset::ShardError>> {
        let sampler = Arc::clone(&self.sampler);
        let guides = self.config.size.guides();
        let make: Arc<dyn Fn(u64) -> Result<EpisodeSample, dataset::ShardError> + Send + Sync> =
            Arc::new(move |number| Ok(EpisodeSample::new(&sampler.episode(number)?, guides)));
        let plan = [step, self.config.batch, self.config.loader_threads];
        SampleLoader::start(&make, plan)
    }

    /// One step of the makers, then the discriminator's steps, on the same episodes.
    fn step(&self, run: &mut MetaRun<'_>, batch: &EpisodeBatch) -> StepOutcome {
        let config = self.config;
        let is_adversarial = run.step >= config.optimisation.adversarial_from;
        let parts = batch.parts(config.micro_batch as usize);
        let share = 1.0 / parts.len() as f64;
        let mut sums: Vec<(&'static str, f64)> = Vec::new();
        let mut add = |values: Vec<(&'static str, f64)>, share: f64| {
            for (name, value) in values {
                match sums.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, sum)) => *sum += value * share,
                    None => sums.push((name, value * share)),
                }
            }
        };
        // The discriminator is asked here, not taught.
        run.judges.set_frozen(true);
        run.makers.zero_gradients();
        let mut scenes = Vec::with_capacity(parts.len());
        let mut widths = 0.0;
        for part in &parts {
            let (losses, scene, width) = self.makers_losses(part, is_adversarial);
            (losses.total() * share).backward();
            add(losses.values(), share);
            widths += width * share;
            scenes.push(scene);
        }
        run.judges.set_frozen(false);
        let rates = run.rates();
        add(vec![("makers gradient", run.makers_step(rates[0]))], 1.0);
        if is_adversarial {
            let count = config.optimisation.discriminator_steps;
            for _ in 0..count {
                run.judges.zero_gradients();
                for (part, scene) in parts.iter().zip(&scenes) {
                    let losses = self.judge_losses(part, scene);
                    (losses.total() * share).backward();
                    add(losses.values(), share / count as f64);
                }
                let norm = run.judges_step(rates[1]);
                add(vec![("judges gradient", norm / count as f64)], 1.0);
            }
        }
        StepOutcome {
            losses: sums,
            spread: widths,
        }
    }

    /// Losses, what the discriminator is asked, and the spread of the pictures.
    fn makers_losses(&self, part: &EpisodeBatch, is_adversarial: bool) -> (Losses, Scene, f64) {
        let system = self.system.as_ref();
        let made = system.make(part, Mode::Training);
        let truth = part.target().to_device(system.makers().device());
        let scene = system.scene(part, &made);
        let discriminator = system.discriminator();
        let columns = discriminator.columns(&part.videos);
        let person = &columns + discriminator.base_vector(Mode::Evaluation);
        let targets = self.content.targets(&truth);
        let objective = MakersObjective {
            weights: &self.config.losses,
            content: &self.content,
            targets: &targets,
            is_adversarial,
        };
        let attention = system.attention(part);
        let losses = objective.losses(&made.pictures, &scene, discriminator, &person);
        let losses = objective.with_drafts(losses, &made.drafts, &truth, attention.as_ref());
        let losses = objective.with_faces(losses, |kind| {
            let faces = |pictures: &Tensor| system.faces(part, pictures, kind);
            Some([faces(&made.pictures)?, faces(&truth)?])
        });
        let losses = match self.config.variant {
            Variant::FineTuned if is_adversarial => {
                objective.with_match(losses, &made.identity, &columns)
            }
            Variant::FineTuned | Variant::FeedForward => losses,
        };
        (losses, scene.detached(), spread(&made.pictures.detach()))
    }

    fn judge_losses(&self, part: &EpisodeBatch, scene: &Scene) -> Losses {
        let discriminator = self.system.discriminator();
        let person =
            discriminator.columns(&part.videos) + discriminator.base_vector(Mode::Training);
        judge_losses(scene, discriminator, &person)
    }
}

/// Keep gradients away from all weights whose names begin otherwise; no beginnings, all are moved.
fn keep_trained(
    makers: &BTreeMap<String, Tensor>,
    beginnings: &[String],
) -> Result<(), MetaTrainingError> {
    let begins = |name: &str, start: &String| name.starts_with(start.as_str());
    for start in beginnings {
        if !makers.keys().any(|name| begins(name, start)) {
            let networks: BTreeSet<&str> = makers
                .keys()
                .filter_map(|name| name.split('.').next())
                .collect();
            let known: Vec<&str> = networks.into_iter().collect();
            let problem = format!(
                "no weight begins with {start:?} (trained); the networks are {}",
                known.join(", ")
            );
            return Err(MetaTrainingError::Settings {
                problems: vec![problem],
            });
        }
    }
    for (name, tensor) in makers {
        if !beginnings.is_empty() && !beginnings.iter().any(|start| begins(name, start)) {
            drop(tensor.set_requires_grad(false));
        }
    }
    Ok(())
}

/// Episodes to train on, and episodes of other people to measure on.
fn samplers(
    config: &MetaTrainingConfig,
    side_px: u32,
) -> Result<(EpisodeSampler, EpisodeSampler), MetaTrainingError> {
    let people = Arc::new(Shards::open(&config.data)?);
    let shards = match &config.stills {
        Some(stills) => Arc::new(Shards::open_all(&[&config.data, stills])?),
        None => Arc::clone(&people),
    };
    let episodes = EpisodeConfig {
        shots: config.shots,
        side_px,
        seed: config.seed,
        is_augmented: config.is_augmented,
        cache_bytes: config.frame_cache_mib << 20,
    };
    let measured = EpisodeConfig {
        is_augmented: false,
        cache_bytes: 0,
        ..episodes
    };
    if let Some(folder) = &config.validation {
        let other = Arc::new(Shards::open(folder)?);
        return Ok((
            EpisodeSampler::new(shards, episodes)?,
            EpisodeSampler::new(other, measured)?,
        ));
    }
    let (train, kept) = people.split_people(config.held_out_people, config.seed)?;
    Ok((
        EpisodeSampler::of_people(shards, &train, episodes)?,
        EpisodeSampler::of_people(people, &kept, measured)?,
    ))
}
