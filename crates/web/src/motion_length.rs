//! How long the built-in motions of a film are repeated: to the end of its sound, or of the longest other motion.

use reenactment::BuiltInMotion;

use crate::error::Refusal;
use crate::request::{AnimateRequest, DrivingRequest, SoundRequest};
use crate::studio::Studio;

/// Longest that a built-in motion is repeated, seconds.
const LONGEST_S: f64 = 600.0;

/// For each face of a film how long its built-in motion is; `None` where it runs once, or is none.
pub(crate) fn lengths_s(
    studio: &Studio,
    request: &AnimateRequest,
) -> Result<Vec<Option<f64>>, Refusal> {
    let sound_s = match (&request.driving, &request.sound) {
        (DrivingRequest::Sound(id), _) | (_, SoundRequest::Upload(id)) => {
            studio.uploads.get(id)?.duration_s
        }
        _ => None,
    };
    let mut own_s = Vec::new();
    for driving in request.drivings() {
        own_s.push(match driving {
            DrivingRequest::Motion(name) => {
                BuiltInMotion::from_name(name).map(BuiltInMotion::length_s)
            }
            DrivingRequest::Upload(id) | DrivingRequest::Sound(id) => {
                studio.uploads.get(id)?.duration_s
            }
        });
    }
    let is_built_in: Vec<bool> = request
        .drivings()
        .map(|driving| matches!(driving, DrivingRequest::Motion(_)))
        .collect();
    Ok(repeated_s(&own_s, &is_built_in, sound_s))
}

/// Motions of these lengths, repeated until the sound or the longest of them ends.
fn repeated_s(
    own_s: &[Option<f64>],
    is_built_in: &[bool],
    sound_s: Option<f64>,
) -> Vec<Option<f64>> {
    let longest_s = own_s.iter().flatten().fold(0.0, |a: f64, b| a.max(*b));
    let one = |(own_s, is_built_in): (&Option<f64>, &bool)| {
        let shorter = own_s.is_some_and(|own_s| own_s < longest_s);
        let wanted_s = sound_s.or(shorter.then_some(longest_s))?;
        is_built_in.then_some(wanted_s.clamp(0.1, LONGEST_S))
    };
    own_s.iter().zip(is_built_in).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_motions_last_as_long_as_the_sound_or_the_longest_motion() {
        let (nod, talk, film) = (Some(2.0), Some(6.0), Some(9.0));
        assert_eq!(repeated_s(&[nod], &[true], None), [None]);
        assert_eq!(repeated_s(&[nod], &[true], Some(7.5)), [Some(7.5)]);
        assert_eq!(
            repeated_s(&[talk, nod], &[true, true], None),
            [None, Some(6.0)]
        );
        assert_eq!(
            repeated_s(&[film, nod, talk], &[false, true, true], None),
            [None, Some(9.0), Some(9.0)]
        );
        assert_eq!(repeated_s(&[nod], &[true], Some(1e9)), [Some(600.0)]);
    }
}
