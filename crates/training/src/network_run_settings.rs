//! Settings that every run of the loop in `network_run.rs` has, and the words that checkpoints keep of them.

use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};

/// What the loop needs to know; borrowed from the settings of a task.
#[derive(Debug, Clone)]
pub(crate) struct RunSettings<'a> {
    /// Folder of the data.
    pub(crate) data: &'a Path,
    /// Run folder.
    pub(crate) output: &'a Path,
    /// Checkpoint of another run whose weights this one starts from.
    pub(crate) start_from: Option<&'a Path>,
    /// Steps in all.
    pub(crate) steps: u64,
    /// Samples a step.
    pub(crate) batch: u64,
    /// Peak learning rate.
    pub(crate) learning_rate: f64,
    /// Threads that compute.
    pub(crate) threads: u64,
    /// Seed of the weights.
    pub(crate) seed: u64,
    /// Steps between reports.
    pub(crate) report_every: u64,
    /// Steps between checkpoints.
    pub(crate) checkpoint_every: u64,
    /// All settings of the task, as TOML.
    pub(crate) text: String,
}

impl RunSettings<'_> {
    /// Seed libtorch and give it its threads.
    pub(crate) fn prepare(&self) {
        tch::set_num_threads(self.threads as i32);
        tch::manual_seed(self.seed as i64);
    }

    /// Problems with them, and with further counts that must not be 0.
    pub(crate) fn problems(&self, further: &[(&str, u64)]) -> Vec<String> {
        let counts = [
            ("steps", self.steps),
            ("batch", self.batch),
            ("threads", self.threads),
            ("report_every", self.report_every),
            ("checkpoint_every", self.checkpoint_every),
        ];
        let counts = counts.iter().chain(further);
        let none = counts.filter(|(_, count)| *count == 0);
        let mut problems: Vec<String> = none
            .map(|(name, _)| format!("{name} must be at least 1"))
            .collect();
        if !(self.learning_rate > 0.0 && self.learning_rate < 1.0) {
            let rate = self.learning_rate;
            problems.push(format!(
                "learning_rate must lie between 0 and 1, not {rate}"
            ));
        }
        if !self.data.is_dir() {
            problems.push(format!("there is no data folder {}", self.data.display()));
        }
        problems
    }
}

/// Settings as TOML.
pub(crate) fn to_text(config: &impl Serialize) -> String {
    toml::to_string(config).expect("settings are plain values")
}

/// First setting that makes a resumed run another one, by name; where it writes and how often does not. `facts` are those
/// that count.
pub(crate) fn difference<T: DeserializeOwned, const COUNT: usize>(
    written: &str,
    asked: &T,
    facts: impl Fn(&T) -> [(&'static str, String); COUNT],
) -> Option<String> {
    let Ok(written) = toml::from_str::<T>(written) else {
        return Some("it holds settings of another kind".to_owned());
    };
    let pairs = facts(&written).into_iter().zip(facts(asked));
    let mut differing = pairs.filter(|(was, is)| was.1 != is.1);
    differing
        .next()
        .map(|(was, is)| format!("{} was {}, now {}", was.0, was.1, is.1))
}
