//! The limits on strangers' files, from the environment and the command line.

use inference::GraphLimits;
use media::Limits;

use crate::terminal::failure::Failure;

/// Environment variable with limits, separated by commas.
const VARIABLE: &str = "VIVANT_LIMITS";

/// Put the limits of the environment in force, and over them those that were typed.
///
/// # Errors
/// [`Failure::Usage`] with every text that is no limit.
pub(crate) fn set_limits(typed: &[String]) -> Result<(), Failure> {
    let of_environment = std::env::var(VARIABLE).unwrap_or_default();
    let of_environment = of_environment.split(',').map(str::trim);
    let named = of_environment.filter(|text| !text.is_empty());
    let from = named.map(|text| (VARIABLE, text));
    let all = from.chain(typed.iter().map(|text| ("--limit", text.as_str())));
    let mut limits = Limits::current();
    let mut problems = Vec::new();
    for (origin, text) in all {
        match limits.with(text) {
            Ok(changed) => limits = changed,
            Err(error) => problems.push(format!("{origin}: {error}")),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Usage(problems));
    }
    limits.apply();
    // as of a decoder's memory: one tensor may take a quarter, of four bytes a value
    let graphs = GraphLimits {
        values: limits.memory / 16,
        all_values: limits.memory / 4,
        ..GraphLimits::default()
    };
    graphs.apply();
    Ok(())
}
