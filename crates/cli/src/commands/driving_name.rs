//! A driving as typed: the name of a built-in motion, `audio`, else a path.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use reenactment::{BuiltInMotion, Driving};

/// A driving as typed: the name of a built-in motion, `audio`, else a path (`./talk` is a file).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DrivingName {
    /// A motion that comes with the program.
    BuiltIn(BuiltInMotion),
    /// Lips by the loudness of a sound file.
    Audio,
    /// A file or folder.
    File(PathBuf),
}

impl FromStr for DrivingName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "audio" {
            return Ok(Self::Audio);
        }
        let motion = BuiltInMotion::from_name(text);
        Ok(motion.map_or_else(|| Self::File(PathBuf::from(text)), Self::BuiltIn))
    }
}

impl DrivingName {
    /// The driving, with the sound file and the length that were given beside it; what does not fit
    /// together is added to `problems`.
    pub(crate) fn driving(
        &self,
        sound: Option<&Path>,
        duration_s: Option<f64>,
        problems: &mut Vec<String>,
    ) -> Driving {
        if duration_s.is_some() && !matches!(self, Self::BuiltIn(_)) {
            problems.push("--duration is for built-in motions such as talk".to_owned());
        }
        match self {
            Self::BuiltIn(motion) => Driving::BuiltIn {
                motion: *motion,
                duration_s,
            },
            Self::Audio => {
                if sound.is_none() {
                    problems.push(
                        "--driving audio moves the lips by a sound: give it with --audio FILE"
                            .to_owned(),
                    );
                }
                Driving::Sound(sound.unwrap_or(Path::new("")).to_owned())
            }
            Self::File(path) => Driving::File(path.clone()),
        }
    }

    /// The file or folder, where it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::BuiltIn(_) | Self::Audio => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_motions_win_over_files_unless_written_as_paths() {
        let driving = |text: &str| text.parse::<DrivingName>().unwrap();
        assert_eq!(driving("talk"), DrivingName::BuiltIn(BuiltInMotion::Talk));
        assert_eq!(driving("./talk"), DrivingName::File("./talk".into()));
        assert_eq!(driving("audio"), DrivingName::Audio);
        assert_eq!(driving("./audio"), DrivingName::File("./audio".into()));
    }

    #[test]
    fn lips_by_sound_need_a_sound_and_a_file_has_its_own_length() {
        let mut problems = Vec::new();
        DrivingName::Audio.driving(None, None, &mut problems);
        DrivingName::File("a.mp4".into()).driving(None, Some(3.0), &mut problems);
        assert_eq!(problems.len(), 2, "{problems:?}");
        let sound = Path::new("a.wav");
        let driving = DrivingName::Audio.driving(Some(sound), None, &mut Vec::new());
        assert_eq!(driving, Driving::Sound(sound.to_owned()));
    }
}
