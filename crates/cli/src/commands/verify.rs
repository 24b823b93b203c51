//! `vivant verify`: which marks files bear, and whether they hold.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use provenance::{MarkState, Report, Verifier};

use crate::terminal::failure::Failure;

/// Options of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all are marked, 3 one is not marked, 4 the mark of one is damaged; \
    of several the highest."
)]
pub(crate) struct VerifyArgs {
    /// Pictures, videos, sounds, or folders of pictures, of any C2PA program.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print JSON: an object for one file, a list for several.
    #[arg(long)]
    json: bool,
    /// Certificates (PEM) that you trust: signers whom they vouch for are called so.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

/// Print what is found; the exit code says it in short.
///
/// # Errors
/// If a file cannot be read, or one is not marked.
pub(crate) fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let verifier = Verifier::new(args.trust.as_deref()).map_err(Failure::work)?;
    let reports = args.files.iter().map(|file| verifier.verify(file));
    let reports = reports
        .collect::<Result<Vec<_>, _>>()
        .map_err(Failure::work)?;
    let text = if args.json {
        let text = match reports.as_slice() {
            [only] => serde_json::to_string_pretty(only),
            all => serde_json::to_string_pretty(all),
        };
        text.map_err(Failure::work)?
    } else {
        let words: Vec<String> = reports.iter().map(Report::words).collect();
        words.join("\n")
    };
    match writeln!(io::stdout(), "{text}") {
        // who reads the first lines alone has seen enough
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.map_err(Failure::work)?,
    }
    match reports.iter().map(|report| report.state).max() {
        None | Some(MarkState::Marked) => Ok(()),
        Some(MarkState::NotMarked) => Err(Failure::Verdict(3)),
        Some(MarkState::Damaged) => Err(Failure::Verdict(4)),
    }
}
