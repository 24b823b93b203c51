//! From clips to pictures: which frames, and the crop that is the same for all of a clip.
//!
//! All clips of a person, by name, follow each other. The pictures to learn from are spread evenly
//! over the first half of the frames, the held-out ones over the second; where a frame shows no
//! face the next one with a face is taken. Each clip is cut by one upright square around all
//! landmarks of its chosen frames, times the margin, as training data is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use inference::sha256_hex;
use landmarks::{FaceFinder, Landmarks, cut_crop, head_square};
use media::{Image, InputKind, Metadata, VideoReader, sniff, write_png_with};

use crate::people::config::{CutConfig, PeopleError, PeopleEvent};
use crate::people::files::{
    FolderInTheMaking, at, create_folder, files_in, folders_in, write_whole,
};
use crate::people::people_folder::{HELD_OUT, LEARN, Listener, spread_places, tell};

/// Record of what a person's pictures were cut from.
const RECORD: &str = "cut-from.txt";
/// What parts the person from the clip in a file's name.
const SEPARATOR: &str = "__";

/// Clips of each person: those in `PERSON/`, and those beside each other, whose person is the
/// file's name up to a double underscore.
pub(crate) fn clips_by_person(
    folder: &Path,
) -> Result<BTreeMap<String, Vec<PathBuf>>, PeopleError> {
    let mut clips: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let is_clip = |path: &PathBuf| matches!(sniff(path), Ok(InputKind::Video));
    for path in files_in(folder)?.into_iter().filter(is_clip) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let person = stem.split(SEPARATOR).next().unwrap_or(&stem).to_owned();
        clips.entry(person).or_default().push(path);
    }
    for person in folders_in(folder)? {
        let found: Vec<PathBuf> = files_in(&person)?.into_iter().filter(is_clip).collect();
        if !found.is_empty() {
            let name = person
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            clips.entry(name).or_default().extend(found);
        }
    }
    Ok(clips)
}

/// Cut everybody's pictures into `output`, but for those that were cut from the same clips in the
/// same way before.
pub(crate) fn cut_people(
    clips: &BTreeMap<String, Vec<PathBuf>>,
    config: &CutConfig,
    output: &Path,
    finder: &FaceFinder,
    listener: &mut Listener<'_>,
) -> Result<(), PeopleError> {
    create_folder(output)?;
    remove_strangers(clips, output)?;
    for (done, (person, paths)) in clips.iter().enumerate() {
        let record = record(paths, config)?;
        let place = output.join(person);
        let is_there = std::fs::read_to_string(place.join(RECORD)).is_ok_and(|old| old == record);
        if !is_there {
            let folder = FolderInTheMaking::begin(&place)?;
            let mut alive = || tell(listener, progress(done, clips.len()));
            cut_person(paths, config, folder.path(), finder, &mut alive)?;
            write_whole(&folder.path().join(RECORD), record.as_bytes())?;
            folder.finish()?;
        }
        tell(listener, progress(done + 1, clips.len()))?;
    }
    Ok(())
}

fn record(paths: &[PathBuf], config: &CutConfig) -> Result<String, PeopleError> {
    let CutConfig {
        learn,
        held_out,
        side_px,
        margin,
    } = config;
    let mut text = format!(
        "{learn} pictures to learn from, {held_out} held out, {side_px} px, margin {margin}\n"
    );
    for path in paths {
        let digest = sha256_hex(&std::fs::read(path).map_err(at(path))?);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        text.push_str(&format!("{digest} {name}\n"));
    }
    Ok(text)
}

/// A chosen frame.
struct Chosen {
    clip: usize,
    frame: u64,
    part: &'static str,
    picture: Image,
    landmarks: Landmarks,
}

fn cut_person(
    paths: &[PathBuf],
    config: &CutConfig,
    folder: &Path,
    finder: &FaceFinder,
    alive: &mut dyn FnMut() -> Result<(), PeopleError>,
) -> Result<(), PeopleError> {
    let mut total = 0;
    for path in paths {
        total += each_frame(path, &mut |_, _| Ok(true))?;
        alive()?;
    }
    let half = total / 2;
    let wanted = |available: usize, count: usize| spread_places(available, count.min(available));
    let mut targets: Vec<(usize, &'static str)> = wanted(half, config.learn)
        .map(|place| (place, LEARN))
        .collect();
    targets.extend(wanted(total - half, config.held_out).map(|place| (half + place, HELD_OUT)));
    let chosen = choose(paths, &targets, half, finder)?;
    let mut count = 0;
    for (clip, path) in paths.iter().enumerate() {
        let own: Vec<&Chosen> = chosen.iter().filter(|chosen| chosen.clip == clip).collect();
        let Some(square) = head_square(own.iter().map(|chosen| &chosen.landmarks), config.margin)
        else {
            continue;
        };
        let map = square.square_to_picture(1.0, config.side_px);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        for chosen in own {
            create_folder(&folder.join(chosen.part))?;
            let name = format!("{count:04}_{stem}_{:06}.png", chosen.frame);
            let crop = cut_crop(&chosen.picture, &map, config.side_px);
            write_png_with(
                &folder.join(chosen.part).join(name),
                &crop,
                &Metadata::of_copies(),
            )?;
            count += 1;
        }
    }
    for part in [LEARN, HELD_OUT] {
        create_folder(&folder.join(part))?;
    }
    Ok(())
}

/// Take away the pictures of people who have no clips any more: this folder is ours, and everybody
/// in it is measured.
fn remove_strangers(
    clips: &BTreeMap<String, Vec<PathBuf>>,
    output: &Path,
) -> Result<(), PeopleError> {
    for folder in folders_in(output)? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        if folder.join(RECORD).is_file() && !clips.contains_key(name.as_ref()) {
            std::fs::remove_dir_all(&folder).map_err(at(&folder))?;
        }
    }
    Ok(())
}

fn progress(done: usize, total: usize) -> PeopleEvent {
    PeopleEvent::Progress {
        stage: "cutting",
        unit: "people",
        done,
        total,
    }
}

/// The frames at the targets, or the next ones of the same half with a face.
fn choose(
    paths: &[PathBuf],
    targets: &[(usize, &'static str)],
    half: usize,
    finder: &FaceFinder,
) -> Result<Vec<Chosen>, PeopleError> {
    let mut chosen = Vec::with_capacity(targets.len());
    let mut waiting = targets.iter().peekable();
    let mut place = 0;
    for (clip, path) in paths.iter().enumerate() {
        each_frame(path, &mut |frame, picture| {
            let here = place;
            place += 1;
            // a target of the first half that found no face in it has no picture
            while waiting
                .next_if(|(_, part)| *part == LEARN && here >= half)
                .is_some()
            {}
            let Some((target, part)) = waiting.peek() else {
                return Ok(false);
            };
            if here < *target {
                return Ok(true);
            }
            if let Some(face) = finder.find_all(&picture)?.first() {
                let landmarks = face.landmarks;
                chosen.push(Chosen {
                    clip,
                    frame,
                    part,
                    picture,
                    landmarks,
                });
                waiting.next();
            }
            Ok(true)
        })?;
    }
    Ok(chosen)
}

/// Read a clip until its end or until `see` answers false; the number of frames read.
fn each_frame(
    path: &Path,
    see: &mut dyn FnMut(u64, Image) -> Result<bool, PeopleError>,
) -> Result<usize, PeopleError> {
    let mut reader = VideoReader::open(path)?;
    let mut count = 0;
    while let Some(frame) = reader.next_frame()? {
        count += 1;
        if !see(frame.index, frame.image)? {
            break;
        }
    }
    Ok(count)
}
