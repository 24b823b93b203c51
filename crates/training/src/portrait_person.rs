//! A portrait model fine-tuned on one person's pictures.
//!
//! Every picture is a target in turn, made from another picture of the person; all networks move.
//! The scheme is that of Zakharov et al. 2019, Section 3.3, with bending in the place of the
//! generator; the discriminator takes part where the weights bring one.

use std::time::Instant;

use dataset::{Episode, EpisodeFrame};
use inference::sha256_hex;
use landmarks::FaceFinder;
use networks::blocks::Mode;
use networks::checkpoint::Checkpoint;
use networks::onnx::Precision as Storage;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use reenactment::few_shot::{Avatar, AvatarKind, PortraitParts, Shot};
use tch::{Kind, Tensor, no_grad};

use crate::adam::{Adam, AdamConfig};
use crate::adversarial_step::MakersObjective;
use crate::collapse::{CollapseWatch, spread};
use crate::content::Content;
use crate::episode_batch::{EpisodeBatch, EpisodeSample};
use crate::fine_tuning::{Listen, stop_if};
use crate::fine_tuning_config::{FineTuningConfig, FineTuningError, FineTuningEvent};
use crate::head_system::{HeadSystem, head_system, trainable};
use crate::meta_training_config::MetaTrainingConfig;
use crate::person::Trained;
use crate::person_pictures::PersonPictures;
use crate::stop_rule::StopRule;

/// Share of the steps' targets that are made from the picture nearest to them, as in use; the
/// others are made from any.
const NEAREST: f32 = 0.5;

/// Networks and pictures of one person.
pub(crate) struct PortraitLearner {
    system: Box<dyn HeadSystem>,
    settings: MetaTrainingConfig,
    /// SHA-256 of the motion network before training, which names the model.
    model: String,
    shots: Vec<Shot>,
    /// Indices of the shots that are trained on, and of those that are held out.
    parts: [Vec<usize>; 2],
}

impl PortraitLearner {
    /// Load the meta-trained networks.
    pub(crate) fn load(
        config: &FineTuningConfig,
        checkpoint: &Checkpoint,
        settings: MetaTrainingConfig,
        shots: &[Shot],
        is_held_out: impl Fn(usize) -> bool,
    ) -> Result<Self, FineTuningError> {
        tch::set_num_threads(config.threads as i32);
        tch::manual_seed(config.seed as i64);
        let device = config.device.open()?;
        let system = head_system(settings.size, 1, device, config.precision.kind());
        system.take_averages(checkpoint, &config.weights)?;
        let (held_out, train) = (0..shots.len()).partition(|index| is_held_out(*index));
        let graphs = system.export(Storage::Half);
        let hashes: Vec<String> = graphs.iter().map(|(_, bytes)| sha256_hex(bytes)).collect();
        Ok(Self {
            model: sha256_hex(hashes.join(" ").as_bytes()),
            system,
            settings,
            shots: shots.to_vec(),
            parts: [train, held_out],
        })
    }

    /// Train until the steps are done or held-out pictures get worse.
    ///
    /// A single picture has no other to be made from: nothing is trained then.
    pub(crate) fn train(
        &mut self,
        config: &FineTuningConfig,
        pictures: &PersonPictures,
        finder: &FaceFinder,
        listener: &mut Listen<'_>,
    ) -> Result<Trained, FineTuningError> {
        if self.parts[0].len() < 2 {
            return Ok(Trained::default());
        }
        let device = self.system.makers().device();
        let content = Content::open(&config.losses, device, self.system.kind(), true)?;
        let adam = AdamConfig {
            beta1: config.optimisation.betas[0],
            beta2: config.optimisation.betas[1],
            epsilon: config.optimisation.epsilon,
            weight_decay: 0.0,
        };
        let mut makers = Adam::new(adam, trainable(self.system.maker_tensors()));
        let mut watch = CollapseWatch::new(0);
        let mut stop = StopRule::new(config.patience);
        let started = Instant::now();
        let mut step = 0;
        if pictures.held_out_count() > 0 {
            self.look(&mut stop, step, &content, pictures, finder, listener)?;
        }
        while step < config.steps && !stop.is_over() {
            let batch = self.batch(step, config);
            let losses = self.step(config, &content, &mut makers, &batch);
            step += 1;
            watch.look(step, &losses.0, losses.1)?;
            let named = losses.0.iter();
            let named = named.map(|(name, value)| ((*name).to_owned(), *value));
            stop_if(listener(FineTuningEvent::Progress {
                step,
                steps: config.steps,
                steps_per_second: step as f64 / started.elapsed().as_secs_f64(),
                losses: named.collect(),
            }))?;
            let is_due = step == config.steps || step.is_multiple_of(config.measure_every);
            if pictures.held_out_count() > 0 && is_due {
                self.look(&mut stop, step, &content, pictures, finder, listener)?;
            }
        }
        let steps = stop.restore(&self.system.maker_tensors()).unwrap_or(step);
        Ok(Trained {
            steps,
            steps_taken: step,
        })
    }

    /// Episodes of a step: targets in turn, each with one other picture.
    fn batch(&self, step: u64, config: &FineTuningConfig) -> EpisodeBatch {
        let train = &self.parts[0];
        let samples: Vec<EpisodeSample> = (0..config.batch as u64)
            .map(|place| {
                let number = step * config.batch as u64 + place;
                let mut rng = SmallRng::seed_from_u64(config.seed ^ (number << 8));
                let target = train[number as usize % train.len()];
                let source = if rng.random::<f32>() < NEAREST {
                    self.nearest(target)
                } else {
                    let others: Vec<usize> = train
                        .iter()
                        .copied()
                        .filter(|other| *other != target)
                        .collect();
                    others[rng.random_range(0..others.len())]
                };
                self.sample(target, source)
            })
            .collect();
        EpisodeBatch::stack(&samples)
    }

    /// The trained-on shot whose landmarks are nearest to another shot's.
    fn nearest(&self, target: usize) -> usize {
        let to = &self.shots[target].landmarks.points;
        let apart = |index: usize| -> f32 {
            let pairs = self.shots[index].landmarks.points.iter().zip(to);
            pairs.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum()
        };
        let others = self.parts[0]
            .iter()
            .copied()
            .filter(|other| *other != target);
        others
            .min_by(|a, b| apart(*a).total_cmp(&apart(*b)))
            .expect("there are two shots or more")
    }

    fn sample(&self, target: usize, source: usize) -> EpisodeSample {
        let frame = |index: usize| {
            let shot = &self.shots[index];
            EpisodeFrame {
                picture: shot.picture.clone(),
                landmarks: shot.landmarks,
            }
        };
        let episode = Episode {
            video: 0,
            frames: vec![frame(target), frame(source)],
        };
        EpisodeSample::new(&episode, self.settings.size.guides())
    }

    /// One step of all networks; losses and the pictures' spread.
    fn step(
        &self,
        config: &FineTuningConfig,
        content: &Content,
        makers: &mut Adam,
        batch: &EpisodeBatch,
    ) -> (Vec<(&'static str, f64)>, f64) {
        let system = self.system.as_ref();
        let truth = batch.target().to_device(system.makers().device());
        let targets = content.targets(&truth);
        let objective = MakersObjective {
            weights: &config.losses,
            content,
            targets: &targets,
            is_adversarial: false,
        };
        makers.zero_gradients();
        let made = system.make(batch, Mode::Training);
        let discriminator = system.discriminator();
        let person = discriminator.columns(&batch.videos);
        let scene = system.scene(batch, &made);
        let losses = objective.losses(&made.pictures, &scene, discriminator, &person);
        let attention = system.attention(batch);
        let losses = objective.with_drafts(losses, &made.drafts, &truth, attention.as_ref());
        let losses = objective.with_faces(losses, |kind| {
            let faces = |pictures: &Tensor| system.faces(batch, pictures, kind);
            Some([faces(&made.pictures)?, faces(&truth)?])
        });
        losses.total().backward();
        let largest = config.optimisation.gradient_limit();
        makers.step(config.optimisation.generator_rate, largest);
        (losses.values(), spread(&made.pictures.detach()))
    }

    /// Make the held-out pictures from those nearest to them, and remember the weights if they are the
    /// best so far.
    fn look(
        &self,
        stop: &mut StopRule,
        step: u64,
        content: &Content,
        pictures: &PersonPictures,
        finder: &FaceFinder,
        listener: &mut Listen<'_>,
    ) -> Result<(), FineTuningError> {
        let held_out = self.parts[1].iter();
        let samples: Vec<EpisodeSample> = held_out
            .map(|target| self.sample(*target, self.nearest(*target)))
            .collect();
        let batch = EpisodeBatch::stack(&samples);
        let made = no_grad(|| self.system.make(&batch, Mode::Evaluation).pictures);
        let truth = batch.target().to_device(made.device());
        let loss = no_grad(|| content.loss(&made, &content.targets(&truth)));
        let error = pictures
            .held_out_error(&made, finder)
            .map_err(reenactment::AnimateError::from)?;
        let content = loss.to_kind(Kind::Double).double_value(&[]);
        stop.add(step, content, error, &self.system.maker_tensors());
        stop_if(listener(FineTuningEvent::Measured {
            step,
            content,
            landmark_error: error,
        }))
    }

    /// What was learned, as a file's contents.
    pub(crate) fn avatar(
        &self,
        photos: Vec<String>,
        trained: &Trained,
        config: &FineTuningConfig,
    ) -> Avatar {
        Avatar::of_portrait(PortraitParts {
            graphs: self.system.export(Storage::Half),
            shots: self.shots.clone(),
            model: self.model.clone(),
            kind: if config.is_feed_forward {
                AvatarKind::FeedForward
            } else {
                AvatarKind::FineTuned
            },
            steps: trained.steps,
            photos,
        })
    }
}

/// Settings of fine-tuning that suit a portrait model better than those of a few-shot model: it is
/// nearly right from the start, so few steps at a low rate, which fall behind in following landmarks
/// least.
pub(crate) fn suit_portrait(config: &mut FineTuningConfig) {
    config.steps = PORTRAIT_STEPS;
    config.measure_every = 10;
    config.patience = 3;
    config.optimisation.generator_rate = PORTRAIT_RATE;
    config.losses.adversarial = 0.0;
}

/// Most steps.
const PORTRAIT_STEPS: u64 = 40;
/// Learning rate.
const PORTRAIT_RATE: f64 = 2e-4;
