//! Pictures and clips for the tests, drawn on the spot.

use std::path::{Path, PathBuf};

use media::Image;
use test_support::DrawnHead;

use crate::program::Workplace;

/// Side of the drawn pictures, pixels.
pub(crate) const SIDE: u32 = 256;

/// The drawn person, looking straight ahead.
pub(crate) fn portrait(place: &Workplace) -> PathBuf {
    let path = place.path("portrait.png");
    save(&path, &person(&DrawnHead::frontal(SIDE)));
    path
}

/// Two of the drawn person, side by side, the one on the right smaller.
pub(crate) fn two_people(place: &Workplace) -> PathBuf {
    let path = place.path("two.png");
    let large = DrawnHead::frontal(SIDE);
    let mut small = large;
    small.eye_distance_px *= 0.7;
    let [left, right] = [person(&large), person(&small)];
    let mut both = Image::new(2 * SIDE, SIDE);
    for y in 0..SIDE {
        for x in 0..SIDE {
            both.set_pixel(x, y, left.pixel(x, y));
            both.set_pixel(x + SIDE, y, right.pixel(x, y));
        }
    }
    save(&path, &both);
    path
}

/// A picture that shows nobody.
pub(crate) fn wall(place: &Workplace) -> PathBuf {
    let path = place.path("wall.png");
    save(&path, &empty_wall());
    path
}

/// A folder of numbered pictures in which the drawn person opens and closes the mouth; frames in
/// `without_face` show the empty wall instead.
pub(crate) fn speaking_frames(place: &Workplace, frames: usize, without_face: &[usize]) -> PathBuf {
    let folder = place.path("frames");
    std::fs::create_dir(&folder).expect("the folder is ours to write to");
    for index in 0..frames {
        let picture = if without_face.contains(&index) {
            empty_wall()
        } else {
            let mut head = DrawnHead::frontal(SIDE);
            head.mouth_open = if index % 2 == 0 { 0.0 } else { 0.8 };
            person(&head)
        };
        save(&folder.join(format!("{index:04}.png")), &picture);
    }
    folder
}

/// A video of the drawn person nodding, made by the program itself.
pub(crate) fn nodding_clip(place: &Workplace, name: &str) -> PathBuf {
    portrait(place);
    place
        .vivant(["animate", "-s", "portrait.png", "-d", "nod"])
        .also(["--duration", "0.4", "-o", name])
        .run()
        .succeeded();
    place.path(name)
}

fn person(head: &DrawnHead) -> Image {
    Image::from_rgb(head.width, head.height, head.draw())
}

fn empty_wall() -> Image {
    let mut wall = Image::new(SIDE, SIDE);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let light = 120 + (y / 4) as u8;
            wall.set_pixel(x, y, [light, light, light - 10]);
        }
    }
    wall
}

fn save(path: &Path, picture: &Image) {
    media::write_png(path, picture).expect("the folder is ours to write to");
}
