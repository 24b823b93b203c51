//! `vivant evaluate --people`: the paper's protocol over methods, as a table and pictures.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use evaluation::{
    CutConfig, IdentityFiles, LpipsFiles, Method, NearestShot, Nets, PeopleConfig, PeopleError,
    PeopleEvent, PeopleWarning, evaluate_people, text_table,
};
use inference::Bundle;
use reenactment::portrait::PORTRAIT_PRESET;

use crate::commands::bundle_folder::bundle_of;
use crate::commands::evaluate_few_shot::FewShotMethod;
use crate::commands::evaluate_portrait::PortraitMethod;
use crate::commands::evaluate_warp::WarpMethod;
use crate::commands::identity_input::IdentityInputName;
use crate::commands::seals::{measured_seal, sheet_seal};
use crate::terminal::failure::Failure;
use crate::terminal::interrupt::Interrupt;
use crate::terminal::progress::{Progress, State};

/// Options of `evaluate --people`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Talking heads of people")]
pub(crate) struct PeopleArgs {
    /// Folder with PERSON/learn and PERSON/held-out full of pictures, or with clips: PERSON/CLIP,
    /// or PERSON__CLIP beside each other. Clips are cut: pictures to learn from out of the first
    /// half, held-out ones out of the second, evenly spread.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) people: Option<PathBuf>,
    /// Folder of the results; a run with the same settings goes on where another ended.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// How many pictures to learn from, each a row of the table [default: 1,8,32].
    #[arg(long, value_name = "T,T", value_delimiter = ',')]
    shots: Vec<NonZeroUsize>,
    /// Model bundle to measure beside the baselines.
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Also fine-tune the model on the pictures of each person.
    #[arg(long)]
    fine_tune: bool,
    /// Held-out pictures that are cut from each person's clips [default: 32].
    #[arg(long, value_name = "N")]
    held_out_count: Option<NonZeroUsize>,
    /// Side of the pictures cut from clips, pixels [default: 256].
    #[arg(long, value_name = "PX", value_parser = clap::value_parser!(u32).range(32..=1024))]
    side: Option<u32>,
    /// Network of the perceptual distance: ONNX, one output a tap.
    #[arg(long, value_name = "FILE")]
    lpips_net: Option<PathBuf>,
    /// Its linear heads: .npz with lin0, lin1, ...
    #[arg(long, value_name = "FILE")]
    lpips_heads: Option<PathBuf>,
    /// Face recognition network for the likeness of the person: ONNX.
    #[arg(long, value_name = "FILE")]
    identity_net: Option<PathBuf>,
    /// What that network takes.
    #[arg(long, value_enum)]
    identity_input: Option<IdentityInputName>,
    /// Network for the Frechet distance, whose last output is used: ONNX [default: that of
    /// --lpips-net].
    #[arg(long, value_name = "FILE")]
    frechet_net: Option<PathBuf>,
    /// Answers that the page of the USER test gave, to count into the table; can be repeated.
    #[arg(long, value_name = "FILE")]
    answers: Vec<PathBuf>,
    /// Seed of the USER test's order [default: 1].
    #[arg(long)]
    seed: Option<u64>,
}

/// Run the protocol, and print the table. `problems` were found before.
///
/// # Errors
/// If the options contradict each other, the work fails, or Ctrl-C was pressed.
pub(crate) fn evaluate_methods(
    args: &PeopleArgs,
    people: &Path,
    problems: Vec<String>,
    is_quiet: bool,
) -> Result<(), Failure> {
    let config = args.resolve(people, problems)?;
    let mut methods: Vec<Box<dyn Method>> = vec![
        Box::new(NearestShot::default()),
        Box::new(WarpMethod::default()),
    ];
    if let Some(model) = &args.model {
        let folder = bundle_of(model).unwrap_or_else(|| model.clone());
        let bundle = Bundle::open(&folder).map_err(Failure::work)?;
        if bundle.manifest().preset == PORTRAIT_PRESET {
            let method = PortraitMethod::open(&bundle).map_err(Failure::work)?;
            methods.push(Box::new(method));
        } else {
            let method = FewShotMethod::feed_forward(&bundle).map_err(Failure::work)?;
            methods.push(Box::new(method));
        }
        if args.fine_tune {
            let seed = args.seed.unwrap_or(1);
            methods.push(Box::new(FewShotMethod::fine_tuned(model, seed)?));
        }
    }
    let interrupt = Interrupt::install().map_err(Failure::work)?;
    let mut progress = Progress::new(is_quiet);
    let mut watch = Watch {
        stage: "",
        started: Instant::now(),
    };
    let outcome = evaluate_people(&config, methods, &mut |event| {
        watch.tell(&mut progress, event);
        interrupt.flow()
    });
    drop(progress);
    let report = outcome.map_err(|error| match error {
        PeopleError::Stopped => Failure::Paused,
        // ffmpeg hears Ctrl-C too and may end first; its complaint is then no news
        _ if interrupt.is_asked() => Failure::Paused,
        error => Failure::work(error),
    })?;
    print!("{}", text_table(&report));
    let output = config.output.display();
    println!("{output}: frames, report.json, report.csv, sheet.png, user-test/index.html");
    Ok(())
}

impl PeopleArgs {
    /// Options that were given though they belong to this mode alone.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let options = [
            ("--output", self.output.is_some()),
            ("--shots", !self.shots.is_empty()),
            ("--model", self.model.is_some()),
            ("--fine-tune", self.fine_tune),
            ("--held-out-count", self.held_out_count.is_some()),
            ("--side", self.side.is_some()),
            ("--lpips-net", self.lpips_net.is_some()),
            ("--lpips-heads", self.lpips_heads.is_some()),
            ("--identity-net", self.identity_net.is_some()),
            ("--identity-input", self.identity_input.is_some()),
            ("--frechet-net", self.frechet_net.is_some()),
            ("--answers", !self.answers.is_empty()),
            ("--seed", self.seed.is_some()),
        ];
        options
            .into_iter()
            .filter(|(_, is_given)| *is_given)
            .map(|(name, _)| name)
            .collect()
    }

    /// Everything decided; all problems at once.
    fn resolve(&self, people: &Path, mut problems: Vec<String>) -> Result<PeopleConfig, Failure> {
        if self.output.is_none() {
            problems.push("--output FOLDER is needed with --people".to_owned());
        }
        if !people.is_dir() {
            problems.push(format!("--people: {} is no folder", people.display()));
        }
        if self.fine_tune && self.model.is_none() {
            problems.push("--fine-tune needs --model, the run folder of meta-train".to_owned());
        }
        let nets = self.nets(&mut problems);
        if !problems.is_empty() {
            return Err(Failure::Usage(problems));
        }
        let mut shots: Vec<usize> = self.shots.iter().map(|count| count.get()).collect();
        if shots.is_empty() {
            shots = vec![1, 8, 32];
        }
        shots.sort_unstable();
        shots.dedup();
        let paper = CutConfig::paper();
        let cut = CutConfig {
            learn: paper.learn.max(shots.iter().copied().max().unwrap_or(1)),
            held_out: self
                .held_out_count
                .map_or(paper.held_out, NonZeroUsize::get),
            side_px: self.side.unwrap_or(paper.side_px),
            ..paper
        };
        Ok(PeopleConfig {
            people: people.to_owned(),
            shots,
            cut,
            nets,
            output: self.output.clone().unwrap_or_default(),
            answers: self.answers.clone(),
            seed: self.seed.unwrap_or(1),
            frame_seal: Some(measured_seal()?),
            sheet_seal: Some(sheet_seal()?),
        })
    }

    fn nets(&self, problems: &mut Vec<String>) -> Nets {
        let lpips = match (&self.lpips_net, &self.lpips_heads) {
            (Some(net), Some(heads)) => Some(LpipsFiles {
                net: net.clone(),
                heads: heads.clone(),
            }),
            (None, None) => None,
            _ => {
                problems.push("--lpips-net and --lpips-heads go together".to_owned());
                None
            }
        };
        let identity = match (&self.identity_net, self.identity_input) {
            (Some(net), Some(input)) => Some(IdentityFiles {
                net: net.clone(),
                input: input.input(),
            }),
            (None, None) => None,
            _ => {
                problems.push("--identity-net and --identity-input go together".to_owned());
                None
            }
        };
        Nets {
            lpips,
            identity,
            frechet: self.frechet_net.clone().or(self.lpips_net.clone()),
        }
    }
}

/// The stage at hand and since when.
struct Watch {
    stage: &'static str,
    started: Instant,
}

impl Watch {
    fn tell(&mut self, progress: &mut Progress, event: PeopleEvent) {
        match event {
            PeopleEvent::Progress {
                stage,
                unit,
                done,
                total,
            } => {
                if stage != self.stage {
                    *self = Self {
                        stage,
                        started: Instant::now(),
                    };
                }
                let rate = done as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
                progress.show(&State {
                    label: stage,
                    unit,
                    done: done as u64,
                    total: Some(total as u64),
                    rate,
                    left_s: (rate > 0.0).then(|| total.saturating_sub(done) as f64 / rate),
                });
            }
            PeopleEvent::Warning(warning) => {
                progress.say(&format!("warning: {}", sentence(&warning)));
            }
        }
    }
}

fn sentence(warning: &PeopleWarning) -> String {
    match warning {
        PeopleWarning::NoFace { path } => {
            format!("no face found in {}, which is left out", path.display())
        }
        PeopleWarning::TooFewPictures {
            person,
            learn,
            held_out,
            needed,
        } => format!(
            "{person} is left out: {learn} pictures with a face to learn from ({needed} are needed), {held_out} held out"
        ),
        PeopleWarning::OtherTest { path } => {
            format!(
                "{} answers another test, so it is not counted",
                path.display()
            )
        }
    }
}
