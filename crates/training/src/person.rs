//! Networks of one person, from the first prediction to the avatar.

use std::collections::BTreeMap;
use std::time::Instant;

use inference::sha256_hex;
use landmarks::FaceFinder;
use networks::TalkingHeadConfig;
use networks::blocks::Mode;
use networks::checkpoint::Checkpoint;
use networks::onnx::Precision as Storage;
use reenactment::few_shot::{Avatar, AvatarKind, AvatarParts, Shot};
use tch::{Kind, Tensor, nn, no_grad};

use crate::adam::{Adam, AdamConfig};
use crate::adversarial_step::{MakersObjective, Scene, judge_losses};
use crate::collapse::{CollapseWatch, spread};
use crate::content::Content;
use crate::few_shot_system::FewShotSystem;
use crate::fine_tuning::{Listen, stop_if};
use crate::fine_tuning_config::{FineTuningConfig, FineTuningError, FineTuningEvent};
use crate::head_system::{HeadSystem, trainable};
use crate::person_pictures::PersonPictures;
use crate::stop_rule::StopRule;

/// How far training went.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trained {
    /// Steps that the kept weights have had.
    pub(crate) steps: u64,
    pub(crate) steps_taken: u64,
}

/// Networks of one person.
pub(crate) struct Person {
    system: FewShotSystem,
    /// SHA-256 of the generator's weights before training.
    model: String,
    /// Style and vector of the person, once they are free weights.
    own: nn::VarStore,
    style: Tensor,
    vector: Tensor,
}

impl Person {
    /// Load the meta-trained networks.
    pub(crate) fn load(
        config: &FineTuningConfig,
        checkpoint: &Checkpoint,
        sizes: &TalkingHeadConfig,
    ) -> Result<Self, FineTuningError> {
        tch::set_num_threads(config.threads as i32);
        tch::manual_seed(config.seed as i64);
        let device = config.device.open()?;
        let columns = checkpoint.tensors.get("discriminator.columns");
        let videos = columns.map_or(1, |columns| columns.size()[0] as usize);
        let system = FewShotSystem::new(sizes, videos, device, config.precision.kind());
        system.take_averages(checkpoint, &config.weights)?;
        checkpoint.copy_into("discriminator.", &system.judge_tensors(), &config.weights)?;
        let model = sha256_hex(&system.generator.export(Storage::Half));
        Ok(Self {
            system,
            model,
            own: nn::VarStore::new(device),
            style: Tensor::new(),
            vector: Tensor::new(),
        })
    }

    /// Predict style and vector from the shots, and make them free weights.
    pub(crate) fn predict(&mut self, shots: &[Shot]) {
        let pictures = PersonPictures::new(shots, |_| false);
        let system = &self.system;
        let (style, vector) = no_grad(|| {
            let [pictures, drawings] = pictures.all().map(|images| images.unsqueeze(0));
            let identity = system.embed(&pictures, &drawings, Mode::Evaluation); // [1, embedding]
            let style = system.projection.forward(&identity, Mode::Evaluation);
            let vector = identity + system.discriminator.base_vector(Mode::Evaluation);
            (style, vector)
        });
        let root = self.own.root();
        let free = |name: &str, start: &Tensor| {
            let variable = root.zeros(name, &start.size());
            no_grad(|| variable.shallow_clone().copy_(start));
            variable
        };
        self.style = free("style", &style);
        self.vector = free("vector", &vector);
    }

    /// Everything that training moves, and the buffers beside it, by name.
    fn tensors(&self) -> BTreeMap<String, Tensor> {
        let generator = self.system.maker_tensors().into_iter();
        let generator = generator.filter(|(name, _)| name.starts_with("generator"));
        generator.chain(self.own.variables()).collect()
    }

    /// Pictures of the person in the poses of `drawings`, f32.
    fn draw(&self, drawings: &Tensor, mode: Mode) -> Tensor {
        let count = drawings.size()[0];
        let style = self.style.expand([count, -1], false);
        let generator = &self.system.generator;
        generator
            .forward(&self.system.input(drawings), &style, mode)
            .to_kind(Kind::Float)
    }

    /// Train until the steps are done or held-out pictures get worse.
    pub(crate) fn train(
        &mut self,
        config: &FineTuningConfig,
        pictures: &PersonPictures,
        finder: &FaceFinder,
        listener: &mut Listen<'_>,
    ) -> Result<Trained, FineTuningError> {
        let device = self.system.makers.device();
        let content = Content::open(&config.losses, device, self.system.kind(), false)?;
        let adam = AdamConfig {
            beta1: config.optimisation.betas[0],
            beta2: config.optimisation.betas[1],
            epsilon: config.optimisation.epsilon,
            weight_decay: 0.0,
        };
        let mut makers_weights = trainable(self.tensors());
        makers_weights.remove("vector");
        let mut judges_weights = trainable(self.system.judge_tensors());
        judges_weights.remove("columns");
        judges_weights.insert("vector".to_owned(), self.vector.shallow_clone());
        let mut optimisers = [
            Adam::new(adam, makers_weights),
            Adam::new(adam, judges_weights),
        ];
        let mut watch = CollapseWatch::new(0);
        let mut stop = StopRule::new(config.patience);
        let started = Instant::now();
        let mut step = 0;
        if pictures.held_out_count() > 0 {
            self.look(&mut stop, step, &content, pictures, finder, listener)?;
        }
        while step < config.steps && !stop.is_over() {
            let losses = self.step(
                config,
                &content,
                &mut optimisers,
                &pictures.batch(step, config),
            );
            step += 1;
            watch.look(step, &losses.0, losses.1)?;
            let named = losses
                .0
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value));
            let event = FineTuningEvent::Progress {
                step,
                steps: config.steps,
                steps_per_second: step as f64 / started.elapsed().as_secs_f64(),
                losses: named.collect(),
            };
            stop_if(listener(event))?;
            let is_last = step == config.steps;
            if pictures.held_out_count() > 0
                && (is_last || step.is_multiple_of(config.measure_every))
            {
                self.look(&mut stop, step, &content, pictures, finder, listener)?;
            }
        }
        let steps = stop.restore(&self.tensors()).unwrap_or(step);
        Ok(Trained {
            steps,
            steps_taken: step,
        })
    }

    /// Measure the held-out pictures and remember the weights if they are the best so far.
    fn look(
        &self,
        stop: &mut StopRule,
        step: u64,
        content: &Content,
        pictures: &PersonPictures,
        finder: &FaceFinder,
        listener: &mut Listen<'_>,
    ) -> Result<(), FineTuningError> {
        let device = self.system.makers.device();
        let [truth, drawings] = pictures.held_out();
        let made = no_grad(|| self.draw(&drawings, Mode::Evaluation));
        let truth = truth.to_device(device);
        let loss = no_grad(|| content.loss(&made, &content.targets(&truth)));
        let error = pictures
            .held_out_error(&made, finder)
            .map_err(reenactment::AnimateError::from)?;
        let content = loss.to_kind(Kind::Double).double_value(&[]);
        stop.add(step, content, error, &self.tensors());
        stop_if(listener(FineTuningEvent::Measured {
            step,
            content,
            landmark_error: error,
        }))
    }

    /// One step of generator and style, then the discriminator's; losses and the pictures' spread.
    fn step(
        &self,
        config: &FineTuningConfig,
        content: &Content,
        [makers, judges]: &mut [Adam; 2],
        [truth, drawings]: &[Tensor; 2],
    ) -> (Vec<(&'static str, f64)>, f64) {
        let truth = truth.to_device(self.system.makers.device());
        let targets = content.targets(&truth);
        let objective = MakersObjective {
            weights: &config.losses,
            content,
            targets: &targets,
            is_adversarial: config.losses.adversarial > 0.0,
        };
        let discriminator = &self.system.discriminator;
        judges.set_frozen(true);
        makers.zero_gradients();
        let made = self.draw(drawings, Mode::Training);
        let scene = Scene {
            drawings: self.system.input(drawings),
            owners: Tensor::zeros([truth.size()[0]], (Kind::Int64, truth.device())),
            made: made.shallow_clone(),
            truth: truth.shallow_clone(),
        };
        let losses = objective.losses(&made, &scene, discriminator, &self.vector.detach());
        losses.total().backward();
        judges.set_frozen(false);
        let largest = config.optimisation.gradient_limit();
        makers.step(config.optimisation.generator_rate, largest);
        let mut values = losses.values();
        for _ in 0..config.optimisation.discriminator_steps {
            judges.zero_gradients();
            let losses = judge_losses(&scene, discriminator, &self.vector);
            losses.total().backward();
            judges.step(config.optimisation.discriminator_rate, largest);
            values.retain(|(name, _)| *name != "discriminator");
            values.extend(losses.values());
        }
        (values, spread(&made))
    }

    /// What was learned, as a file's contents.
    pub(crate) fn avatar(
        &self,
        first: &Shot,
        photos: Vec<String>,
        trained: &Trained,
        config: &FineTuningConfig,
    ) -> Avatar {
        let flat = self.style.detach().to_device(tch::Device::Cpu).view([-1]);
        Avatar::new(AvatarParts {
            generator: self.system.generator.export(Storage::Half),
            style: Vec::try_from(&flat).expect("a flat f32 tensor converts"),
            rest: first.landmarks,
            side_px: self.system.config().side_px as u32,
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
