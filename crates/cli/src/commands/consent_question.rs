//! Consent for an avatar, by options or asked on the terminal; nobody is learned without it.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::Args;
use provenance::{Consent, ConsentRecord};

use crate::commands::mark_options::{consent_parser, declared};
use crate::terminal::failure::Failure;

/// Consent of the person whom an avatar shows.
#[derive(Debug, Args)]
#[command(next_help_heading = "Consent")]
pub(crate) struct ConsentOptions {
    /// What you declare about the consent of the person shown: self (I am that person), agreed (they agreed),
    /// character (nobody real is shown) or historical (a person of history). It is kept in the avatar and stands
    /// in the manifest of what is made with it. Without it you are asked.
    #[arg(long, value_name = "GROUND", value_parser = consent_parser())]
    consent: Option<Consent>,
    /// A clip in which the person agrees; its hash is kept, not the clip.
    #[arg(long, value_name = "FILE")]
    consent_clip: Option<PathBuf>,
    /// Whose likeness it is, in your words; it stays in the avatar.
    #[arg(long, value_name = "NAME")]
    likeness_of: Option<String>,
    /// Who declares the consent, in your words; it stays in the avatar.
    #[arg(long, value_name = "NAME")]
    declared_by: Option<String>,
}

impl ConsentOptions {
    /// What is declared, asked for where it was not typed.
    ///
    /// # Errors
    /// If nothing is declared, or the clip cannot be read.
    pub(crate) fn record(&self) -> Result<ConsentRecord, Failure> {
        let ground = match self.consent {
            Some(ground) => ground,
            None => ask()?,
        };
        let mut record = declared(ground, self.consent_clip.as_deref())?;
        record.likeness_of.clone_from(&self.likeness_of);
        record.declared_by.clone_from(&self.declared_by);
        Ok(record)
    }
}

/// Ask on the terminal.
fn ask() -> Result<Consent, Failure> {
    let refused = || {
        let problem = "whose likeness is it? Say --consent self (you are that person), agreed (they agreed), character \
             (nobody real is shown) or historical (a person of history): without it nobody is learned";
        Failure::Usage(vec![problem.to_owned()])
    };
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(refused());
    }
    eprintln!(
        "Whose likeness is it? An avatar keeps what you declare, and all that is made with it says so."
    );
    for (index, ground) in Consent::ALL.into_iter().enumerate() {
        eprintln!(
            "  {}  {:10} {}",
            index + 1,
            ground.word(),
            ground.sentence()
        );
    }
    eprint!("Number or word, nothing to stop: ");
    io::stderr().flush().map_err(Failure::work)?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(Failure::work)?;
    answered(answer.trim()).ok_or_else(refused)
}

/// The ground that an answer means.
fn answered(answer: &str) -> Option<Consent> {
    if let Ok(number) = answer.parse::<usize>() {
        return Consent::ALL.get(number.checked_sub(1)?).copied();
    }
    answer.to_lowercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_answer_and_all_else_refuses() {
        assert_eq!(answered("1"), Some(Consent::Own));
        assert_eq!(answered("Historical"), Some(Consent::Historical));
        for nothing in ["", "0", "5", "y", "yes"] {
            assert_eq!(answered(nothing), None, "{nothing}");
        }
    }
}
