//! Entry point that makes an avatar of a person from a few pictures.
//!
//! Zakharov et al. 2019, Section 3.3: the embedding of the pictures predicts the style and the
//! discriminator's vector of the person; both become free weights, and generator, style,
//! discriminator and vector train adversarially. The optimisers are built after those weights
//! exist, so that they are among what is trained.

use std::ops::ControlFlow;
use std::time::Instant;

use evaluation::IdentityNet;
use landmarks::FaceFinder;
use networks::checkpoint::Checkpoint;
use reenactment::few_shot::{Album, AlbumConfig, Avatar, JudgedPhoto, Likeness, Shot};

use crate::fine_tuning_config::{
    FineTuningConfig, FineTuningError, FineTuningEvent, FineTuningSummary,
};
use crate::meta_training_config::Networks;
use crate::person::{Person, Trained};
use crate::person_pictures::PersonPictures;
use crate::portrait_person::PortraitLearner;
use crate::trained_weights::{settings_of, side_of};

/// Asked for leave to go on.
pub(crate) type Listen<'a> = dyn FnMut(FineTuningEvent) -> ControlFlow<()> + 'a;

/// Learn a person and write the avatar.
///
/// # Errors
/// See [`FineTuningError`]; nothing is written then.
pub fn fine_tune(
    config: &FineTuningConfig,
    listener: &mut Listen<'_>,
) -> Result<FineTuningSummary, FineTuningError> {
    let start = Instant::now();
    let problems = config.problems();
    if !problems.is_empty() {
        return Err(FineTuningError::Settings { problems });
    }
    let finder = FaceFinder::built_in(None)?;
    let side_px = side_of(&config.weights)?;
    let likeness = match &config.identity {
        Some(files) => Some(Likeness {
            embed: IdentityNet::open(&files.net, files.input)?.into_embed(),
            least_cosine: config.least_likeness,
        }),
        None => None,
    };
    let asked = AlbumConfig {
        side_px,
        shots: config.shots,
        likeness,
    };
    let album = Album::open(&config.sources, &finder, &asked)?;
    if let Some(path) = &config.sheet {
        media::write_png_with(path, &album.sheet(), &media::Metadata::of_copies())
            .map_err(FineTuningError::Sheet)?;
    }
    let shots = album.shots();
    if shots.is_empty() {
        let verdict = |photo: &JudgedPhoto| format!("{}: {}", photo.name, photo.verdict.text());
        let verdicts = album.photos.iter().map(verdict).collect();
        return Err(FineTuningError::NoPicture { verdicts });
    }
    let held_out = (0..shots.len()).filter(|index| is_held_out(*index, config, shots.len()));
    let judged = FineTuningEvent::Judged {
        taken: [shots.len(), held_out.count()],
        photos: album.photos.clone(),
    };
    stop_if(listener(judged))?;
    let learned = fine_tune_shots(config, &shots, album.digests(), listener)?;
    let avatar = match &config.consent {
        Some(record) => learned.avatar.with_consent(record.clone()),
        None => learned.avatar,
    };
    avatar.write(&config.output)?;
    Ok(FineTuningSummary {
        output: config.output.clone(),
        shots: shots.len(),
        steps: learned.steps,
        steps_taken: learned.steps_taken,
        wall_s: start.elapsed().as_secs_f64(),
    })
}

/// A person that was learned.
#[derive(Debug)]
pub struct LearnedPerson {
    /// The avatar.
    pub avatar: Avatar,
    /// Steps that its weights have had.
    pub steps: u64,
    /// Steps that were taken.
    pub steps_taken: u64,
}

/// Learn a person from shots that are cut already, as large as the networks' pictures. `photos`
/// are the SHA-256 of the files they came from; sources and output of the settings are not used.
///
/// # Errors
/// As [`fine_tune`], but for what concerns the files.
///
/// # Panics
/// If there are no shots: a wiring bug.
pub fn fine_tune_shots(
    config: &FineTuningConfig,
    shots: &[Shot],
    photos: Vec<String>,
    listener: &mut Listen<'_>,
) -> Result<LearnedPerson, FineTuningError> {
    let finder = FaceFinder::built_in(None)?;
    let is_held_out = |index| is_held_out(index, config, shots.len());
    let pictures = PersonPictures::new(shots, is_held_out);
    let checkpoint = Checkpoint::load(&config.weights)?;
    let settings = settings_of(&checkpoint, &config.weights)?;
    let Networks::FewShot(sizes) = settings.size.networks() else {
        let mut learner = PortraitLearner::load(config, &checkpoint, settings, shots, is_held_out)?;
        let trained = if config.is_feed_forward {
            Trained::default()
        } else {
            learner.train(config, &pictures, &finder, listener)?
        };
        return Ok(LearnedPerson {
            avatar: learner.avatar(photos, &trained, config),
            steps: trained.steps,
            steps_taken: trained.steps_taken,
        });
    };
    let mut person = Person::load(config, &checkpoint, &sizes)?;
    person.predict(shots);
    let trained = if config.is_feed_forward {
        Trained::default()
    } else {
        person.train(config, &pictures, &finder, listener)?
    };
    Ok(LearnedPerson {
        avatar: person.avatar(&shots[0], photos, &trained, config),
        steps: trained.steps,
        steps_taken: trained.steps_taken,
    })
}

/// An error where the listener asked for a stop.
pub(crate) fn stop_if(flow: ControlFlow<()>) -> Result<(), FineTuningError> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(FineTuningError::Stopped),
    }
}

/// Whether a shot is held out: every so-many-th, unless there are so few that each is needed.
fn is_held_out(index: usize, config: &FineTuningConfig, shots: usize) -> bool {
    let every = config.held_out_every;
    every > 0 && shots >= 2 * every && index % every == every - 1
}
