//! The people as pictures: `PERSON/learn` and `PERSON/held-out`, with the landmarks found in them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use inference::sha256_hex;
use landmarks::{FaceFinder, Landmarks};
use media::{Image, pictures_in, read_picture};

use crate::method::Shot;
use crate::people::config::{PeopleError, PeopleEvent, PeopleWarning};
use crate::people::files::{at, folders_in};

/// Folder of the pictures to learn from.
pub(crate) const LEARN: &str = "learn";
/// Folder of the pictures to be made.
pub(crate) const HELD_OUT: &str = "held-out";

/// A listener to the run.
pub(crate) type Listener<'a> = dyn FnMut(PeopleEvent) -> ControlFlow<()> + 'a;

/// Pass an event on; the answer may be to stop.
pub(crate) fn tell(listener: &mut Listener<'_>, event: PeopleEvent) -> Result<(), PeopleError> {
    match listener(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(PeopleError::Stopped),
    }
}

/// One person's pictures.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Name of the folder.
    pub(crate) name: String,
    /// To learn from, in the order of the names.
    pub(crate) learn: Vec<PersonPicture>,
    /// To be made.
    pub(crate) held_out: Vec<PersonPicture>,
}

/// A picture of a person with a face in it.
#[derive(Debug, Clone)]
pub(crate) struct PersonPicture {
    /// The file.
    pub(crate) path: PathBuf,
    /// Name of the file a made picture gets.
    pub(crate) name: String,
    /// SHA-256 of the file.
    pub(crate) digest: String,
    /// Where its face is.
    pub(crate) landmarks: Landmarks,
}

impl PersonPicture {
    /// Read the picture.
    pub(crate) fn read(&self) -> Result<Image, PeopleError> {
        Ok(read_picture(&self.path)?)
    }
}

impl Person {
    /// `count` of the pictures to learn from, spread evenly over them.
    pub(crate) fn spread(&self, count: usize) -> Vec<&PersonPicture> {
        spread_places(self.learn.len(), count)
            .map(|place| &self.learn[place])
            .collect()
    }

    /// Read the pictures that [`Person::spread`] picks.
    pub(crate) fn shots(&self, count: usize) -> Result<Vec<Shot>, PeopleError> {
        let shot = |picture: &PersonPicture| {
            Ok(Shot {
                picture: picture.read()?,
                landmarks: picture.landmarks,
            })
        };
        self.spread(count).into_iter().map(shot).collect()
    }
}

/// `count` of `available` places, each in the middle of an equal share of them.
pub(crate) fn spread_places(available: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |place| (2 * place + 1) * available / (2 * count))
}

/// Whether a folder has people with pictures.
pub(crate) fn has_people(folder: &Path) -> Result<bool, PeopleError> {
    Ok(!person_folders(folder)?.is_empty())
}

fn person_folders(folder: &Path) -> Result<Vec<PathBuf>, PeopleError> {
    let mut folders = folders_in(folder)?;
    folders.retain(|person| person.join(LEARN).is_dir() && person.join(HELD_OUT).is_dir());
    Ok(folders)
}

/// Read everybody and find their faces. People with fewer than `needed` pictures to learn from
/// are left out, so that every row of the table is about the same people.
pub(crate) fn read_people(
    folder: &Path,
    needed: usize,
    finder: &FaceFinder,
    listener: &mut Listener<'_>,
) -> Result<Vec<Person>, PeopleError> {
    let folders = person_folders(folder)?;
    let mut people = Vec::new();
    for (done, path) in folders.iter().enumerate() {
        let person = read_person(path, finder, listener)?;
        let has_enough = person.learn.len() >= needed && !person.held_out.is_empty();
        if has_enough {
            people.push(person);
        } else {
            let warning = PeopleWarning::TooFewPictures {
                person: person.name,
                learn: person.learn.len(),
                held_out: person.held_out.len(),
                needed,
            };
            tell(listener, PeopleEvent::Warning(warning))?;
        }
        let total = folders.len();
        let progress = PeopleEvent::Progress {
            stage: "finding faces",
            unit: "people",
            done: done + 1,
            total,
        };
        tell(listener, progress)?;
    }
    if people.is_empty() {
        return Err(PeopleError::NobodyLeft { needed });
    }
    Ok(people)
}

fn read_person(
    folder: &Path,
    finder: &FaceFinder,
    listener: &mut Listener<'_>,
) -> Result<Person, PeopleError> {
    let mut size = None;
    let mut read = |part: &str| -> Result<Vec<PersonPicture>, PeopleError> {
        let mut pictures = Vec::new();
        for path in pictures_in(&folder.join(part))? {
            let image = read_picture(&path)?;
            let found = [image.width(), image.height()];
            let first = *size.get_or_insert(found);
            if found != first {
                return Err(PeopleError::PictureSize { path, found, first });
            }
            match finder.find_all(&image)?.first() {
                Some(face) => pictures.push(PersonPicture {
                    name: png_name(&path),
                    digest: sha256_hex(&std::fs::read(&path).map_err(at(&path))?),
                    landmarks: face.landmarks,
                    path,
                }),
                None => tell(
                    listener,
                    PeopleEvent::Warning(PeopleWarning::NoFace { path }),
                )?,
            }
        }
        Ok(pictures)
    };
    let [learn, held_out] = [read(LEARN)?, read(HELD_OUT)?];
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(Person {
        name,
        learn,
        held_out,
    })
}

fn png_name(path: &Path) -> String {
    format!(
        "{}.png",
        path.file_stem().unwrap_or_default().to_string_lossy()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_spread_evenly_and_none_is_taken_twice() {
        let places = |available, count| spread_places(available, count).collect::<Vec<_>>();
        assert_eq!(places(32, 1), [16]);
        assert_eq!(places(32, 8), [2, 6, 10, 14, 18, 22, 26, 30]);
        assert_eq!(places(5, 5), [0, 1, 2, 3, 4]);
        for available in 1..40 {
            for count in 1..=available {
                let found = places(available, count);
                assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
                assert!(found.last().is_some_and(|last| *last < available));
            }
        }
    }
}
