//! What the result shows besides one driven face: paste-back, cuts, backgrounds, several faces, source videos.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may panic"
)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landmarks::{Landmarks, Track, TrackFrame};
use media::{Image, Rational, pictures_in, read_picture, write_png};
use reenactment::portrait::{PortraitModel, PortraitPainter};
use reenactment::{
    AnimateConfig, AnimateError, Audio, Background, Composition, Driving, Engine, FaceChoice,
    FaceConfig, Marks, MotionChoice, PaintedBy, Region, Source, SourceFrames, Summary, animate,
};
use tempfile::TempDir;
use test_support::DrawnHead;

fn head(side_px: u32, width: u32, centre: [f32; 2]) -> DrawnHead {
    let mut head = DrawnHead::frontal(side_px);
    head.width = width;
    head.height = 360;
    head.centre = centre;
    head
}

fn drawn(head: &DrawnHead) -> Image {
    Image::from_rgb(head.width, head.height, head.draw())
}

fn points(head: &DrawnHead) -> Landmarks {
    Landmarks {
        points: head.points(),
    }
}

/// A picture with two people side by side.
fn couple() -> Image {
    let [left, right] = [150.0, 470.0].map(|x| drawn(&head(256, 640, [x, 170.0])));
    let mut both = left.clone();
    for y in 0..360 {
        for x in 320..640 {
            both.set_pixel(x, y, right.pixel(x, y));
        }
    }
    both
}

struct Workplace {
    folder: TempDir,
}

impl Workplace {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn picture(&self, image: &Image) -> PathBuf {
        let path = self.path("source.png");
        write_png(&path, image).unwrap();
        path
    }

    /// A recorded motion: these heads, 25 a second.
    fn motion(&self, name: &str, heads: &[DrawnHead]) -> Driving {
        let rate = Rational::new(25, 1).unwrap();
        let frame = |(index, head): (usize, &DrawnHead)| TrackFrame {
            pts: index as i64,
            landmarks: Some(points(head)),
            confidence: 1.0,
        };
        let track = Track {
            size: [256, 256],
            frame_rate: rate,
            time_base: rate.inverse(),
            frames: heads.iter().enumerate().map(frame).collect(),
        };
        let path = self.path(&format!("{name}.motion.safetensors"));
        track.write(&path).unwrap();
        Driving::File(path)
    }

    fn config(&self, source: &Path, driving: Driving) -> AnimateConfig {
        AnimateConfig {
            source: Source::File(source.to_owned()),
            further_sources: Vec::new(),
            source_face: FaceChoice::Largest,
            driving,
            driving_face: FaceChoice::Largest,
            output: self.path("frames"),
            audio: Audio::None,
            engine: Engine::Warp,
            motion: MotionChoice::default(),
            smoothing: 0.0,
            composition: Composition::default(),
            marks: Marks::default(),
            preview: None,
            segment_frames: None,
        }
    }
}

fn run(config: &AnimateConfig) -> Result<(Summary, Vec<Image>), Box<AnimateError>> {
    let summary = animate(config, &mut |_| ControlFlow::Continue(())).map_err(Box::new)?;
    let paths = pictures_in(&config.output).unwrap();
    let frames = paths.iter().map(|path| read_picture(path).unwrap());
    Ok((summary, frames.collect()))
}

/// Mean difference of a box, levels.
fn apart(one: &Image, other: &Image, [left, top, right, bottom]: [u32; 4]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for y in top..bottom {
        for x in left..right {
            for (a, b) in one.pixel(x, y).into_iter().zip(other.pixel(x, y)) {
                sum += f64::from(a.abs_diff(b));
                count += 1.0;
            }
        }
    }
    sum / count
}

/// A mouth that opens and closes.
fn talking(frames: usize) -> Vec<DrawnHead> {
    let head = |index: usize| {
        let mut head = DrawnHead::frontal(256);
        head.mouth_open = [0.0, 0.8][index % 2];
        head
    };
    (0..frames).map(head).collect()
}

#[test]
fn outside_its_mask_a_driven_head_leaves_the_picture_as_it_is() {
    let source = head(256, 480, [220.0, 160.0]);
    let picture = drawn(&source);
    let model = Arc::new(PortraitModel::built_in().unwrap());
    let painter = PortraitPainter::new(model, &picture, &points(&source), &[]);
    let painter = painter.unwrap().unwrap();
    let mut moved = source;
    moved.centre[0] += 9.0;
    moved.yaw = 12.0;
    moved.mouth_open = 0.6;
    let mask = painter.mask(&points(&moved));
    let result = painter.paint(&points(&moved)).unwrap();
    assert!(mask.psnr_outside_db(&picture, &result, 0.0).is_infinite());
    let nearly_outside = mask.psnr_outside_db(&picture, &result, 0.02);
    assert!(nearly_outside > 45.0, "{nearly_outside}");
    assert!(mask.area() < 0.75, "{}", mask.area());
    assert!(
        mask.psnr_outside_db(&picture, &result, 1.0) < 35.0,
        "the head moved"
    );
}

#[test]
fn hair_above_the_models_crop_moves_with_the_head() {
    let source = head(256, 480, [220.0, 170.0]);
    let picture = drawn(&source);
    let model = Arc::new(PortraitModel::built_in().unwrap());
    let painter = PortraitPainter::new(model, &picture, &points(&source), &[]);
    let mut moved = source;
    moved.centre[0] += 10.0;
    let result = painter.unwrap().unwrap().paint(&points(&moved)).unwrap();
    // the crown, 1.3 eye distances above the middle of the face
    let crown = [190, 80, 250, 110];
    let stays = apart(&result, &picture, crown);
    let moves = apart(&result, &drawn(&moved), crown);
    assert!(moves < 0.6 * stays, "{moves} of {stays}");
}

/// A head before slanted stripes, and where nothing but stripes is seen.
fn before_stripes(head: &DrawnHead) -> (Image, Vec<bool>) {
    let mut picture = drawn(head);
    let mut away = *head;
    away.centre = [-2000.0, -2000.0];
    let wall = drawn(&away);
    let mut is_wall = Vec::new();
    for y in 0..picture.height() {
        for x in 0..picture.width() {
            let is = picture.pixel(x, y) == wall.pixel(x, y);
            if is && (x + y) / 9 % 2 == 0 {
                picture.set_pixel(x, y, [90, 130, 90]);
            } else if is {
                picture.set_pixel(x, y, [60, 90, 150]);
            }
            is_wall.push(is);
        }
    }
    (picture, is_wall)
}

#[test]
fn stripes_close_behind_a_head_stand_still_while_it_moves() {
    let source = head(256, 480, [220.0, 170.0]);
    let mut moved = source;
    moved.centre[0] += 12.0;
    let [(picture, here), (_, there)] = [source, moved].map(|head| before_stripes(&head));
    let model = Arc::new(PortraitModel::built_in().unwrap());
    let painter = PortraitPainter::new(model.clone(), &picture, &points(&source), &[]);
    let painter = painter.unwrap().unwrap();
    let bent = painter.paint(&points(&moved)).unwrap();
    let painter = painter.before_still_background(&picture, &[]);
    let before = painter.paint(&points(&moved)).unwrap();
    // mean difference from the source over the wall that neither head hides, close above and beside the head
    let from_source = |result: &Image| {
        let (mut sum, mut count) = (0.0, 0);
        for (place, is_wall) in here.iter().zip(&there).enumerate() {
            let [x, y] = [place as u32 % 480, place as u32 / 480];
            let is_near = (90..350).contains(&x) && (20..200).contains(&y);
            if *is_wall.0 && *is_wall.1 && is_near {
                let pixels = result.pixel(x, y).into_iter().zip(picture.pixel(x, y));
                sum += pixels.map(|(a, b)| f64::from(a.abs_diff(b))).sum::<f64>();
                count += 3;
            }
        }
        sum / f64::from(count)
    };
    let [bent, still] = [&bent, &before].map(from_source);
    assert!(bent > 8.0, "nothing to mend: {bent}");
    assert!(still < 0.35 * bent, "{still} of {bent}");
    // what does not move stays as it is, to the last bit
    let rest = painter.paint(&points(&source)).unwrap();
    let corner = [0, 0, 60, 60];
    assert_eq!(apart(&rest, &picture, corner), 0.0);
}

#[test]
fn a_colour_stands_behind_the_person_and_the_crop_is_square() {
    let place = Workplace::new();
    let source = place.picture(&drawn(&head(256, 480, [220.0, 160.0])));
    let mut config = place.config(&source, place.motion("talk", &talking(2)));
    config.composition.background = Some(Background::Colour([0, 255, 0]));
    let (summary, frames) = run(&config).unwrap();
    assert_eq!([summary.width, summary.height], [480, 360]);
    for frame in &frames {
        for [x, y] in [[3, 3], [470, 5], [60, 150], [400, 120]] {
            assert_eq!(frame.pixel(x, y), [0, 255, 0], "{x} {y}");
        }
        let [red, green, _] = frame.pixel(220, 190);
        assert!(red > green, "the face is there");
    }
    config.output = place.path("square");
    config.composition.is_cropped = true;
    let (summary, frames) = run(&config).unwrap();
    assert_eq!(summary.width, summary.height);
    assert!((120..300).contains(&summary.width), "{}", summary.width);
    assert_eq!(frames[0].width(), summary.width);
}

#[test]
fn a_transparent_result_moves_its_outline_with_the_person() {
    let place = Workplace::new();
    let source = place.picture(&drawn(&head(256, 480, [220.0, 160.0])));
    let mut still = DrawnHead::frontal(256);
    let mut heads = vec![still; 2];
    still.centre[0] += 14.0;
    heads.push(still);
    let mut config = place.config(&source, place.motion("move", &heads));
    config.composition.background = Some(Background::Alpha);
    for (engine, name) in [(Engine::Warp, "warp"), (Engine::Automatic, "portrait")] {
        config.engine = engine;
        config.output = place.path(name);
        let (_, frames) = run(&config).unwrap();
        // where the outline of the head lies, beside the eyes
        let edge = |frame: &Image| {
            let alpha = frame.alpha().expect("the frames are transparent");
            let row = &alpha[150 * 480..151 * 480];
            row.iter().position(|alpha| *alpha > 127).unwrap()
        };
        let step = edge(&frames[2]) as i64 - edge(&frames[0]) as i64;
        assert!((5..18).contains(&step), "{name}: {step}");
        assert_eq!(frames[0].alpha().unwrap()[0], 0);
    }
}

#[test]
fn each_face_follows_its_own_driver_and_the_longest_rules() {
    let place = Workplace::new();
    let picture = couple();
    let source = place.picture(&picture);
    let still = vec![DrawnHead::frontal(256); 2];
    let mut config = place.config(&source, place.motion("still", &still));
    config.source_face = FaceChoice::Box {
        x: 60.0,
        y: 60.0,
        width: 180.0,
        height: 220.0,
    };
    config.composition.further_faces = vec![FaceConfig {
        source_face: FaceChoice::Box {
            x: 380.0,
            y: 60.0,
            width: 180.0,
            height: 220.0,
        },
        driving: place.motion("talk", &talking(6)),
        driving_face: FaceChoice::Largest,
        smoothing: 0.0,
        motion: MotionChoice::default(),
    }];
    let (summary, frames) = run(&config).unwrap();
    assert_eq!(summary.frames, 6);
    let [left, right] = [[60, 60, 240, 300], [380, 60, 560, 300]];
    assert!(
        apart(&frames[1], &picture, right) > 3.0,
        "the right one talks"
    );
    assert!(
        apart(&frames[1], &picture, left) < 1.0,
        "the left one does not"
    );
    assert_eq!(apart(&frames[1], &picture, [316, 0, 324, 360]), 0.0);

    config.composition.further_faces[0].source_face = config.source_face;
    config.output = place.path("again");
    let error = run(&config).unwrap_err();
    assert!(
        matches!(
            *error,
            AnimateError::SameFaceTwice {
                first: 1,
                second: 2
            }
        ),
        "{error}"
    );
}

/// A clip of the drawn person who looks about, blinks and opens the mouth.
fn source_clip(place: &Workplace, frames: usize) -> (PathBuf, Vec<Image>) {
    let folder = place.path("clip");
    std::fs::create_dir(&folder).unwrap();
    let frame = |index: usize| {
        let mut head = head(256, 480, [220.0 + 2.0 * index as f32, 160.0]);
        head.yaw = 2.0 * index as f32;
        head.mouth_open = if index == 0 { 0.0 } else { 0.7 };
        drawn(&head)
    };
    let images: Vec<Image> = (0..frames).map(frame).collect();
    for (index, image) in images.iter().enumerate() {
        write_png(&folder.join(format!("{index:03}.png")), image).unwrap();
    }
    (folder, images)
}

#[test]
fn a_source_video_moves_on_while_the_driver_moves_its_lips_alone() {
    let place = Workplace::new();
    let (source, images) = source_clip(&place, 4);
    let closed = vec![DrawnHead::frontal(256); 6];
    let mut config = place.config(&source, place.motion("closed", &closed));
    config.engine = Engine::Automatic;
    config.composition.source_frames = Some(SourceFrames::Mirror);
    config.motion.strength = 0.0;
    let (summary, frames) = run(&config).unwrap();
    // there and back again; without motion the frames are the source's own
    assert_eq!(summary.frames, 6);
    for (frame, index) in frames.iter().zip([0, 1, 2, 3, 2, 1]) {
        let whole = apart(frame, &images[index], [0, 0, 480, 360]);
        assert!(whole < 2.5, "{index}: {whole}");
    }
    config.motion.strength = 1.0;
    config.motion.regions = vec![Region::Lips];
    config.output = place.path("lips");
    let (_, frames) = run(&config).unwrap();
    let mouth = [200, 195, 250, 235];
    assert!(
        apart(&frames[2], &images[2], mouth) > 8.0,
        "the mouth closed"
    );
    let eyes = [175, 120, 275, 165];
    assert!(apart(&frames[2], &images[2], eyes) < 5.0, "the eyes stay");
    assert_eq!(apart(&frames[2], &images[2], [400, 0, 480, 360]), 0.0);
}

#[test]
fn the_warp_too_drives_the_lips_of_a_source_video_and_leaves_the_rest() {
    let place = Workplace::new();
    let (source, images) = source_clip(&place, 3);
    let mut config = place.config(&source, place.motion("talk", &talking(3)));
    config.composition.source_frames = Some(SourceFrames::Mirror);
    config.motion.regions = vec![Region::Lips];
    let (summary, frames) = run(&config).unwrap();
    assert_eq!(summary.painter, PaintedBy::Warp);
    let mouth = [200, 195, 250, 235];
    let moved = apart(&frames[2], &images[2], mouth);
    assert!(moved > 4.0, "the mouth closed: {moved}");
    let eyes = [175, 120, 275, 165];
    let stayed = apart(&frames[2], &images[2], eyes);
    assert!(stayed < 3.0, "the eyes stay: {stayed}");
}

#[test]
fn the_person_of_a_source_video_stands_before_another_background_in_every_frame() {
    let place = Workplace::new();
    let (source, images) = source_clip(&place, 3);
    for (name, engine) in [("warp", Engine::Warp), ("portrait", Engine::Automatic)] {
        let mut config = place.config(&source, place.motion(name, &talking(3)));
        config.engine = engine;
        config.composition.source_frames = Some(SourceFrames::Mirror);
        config.composition.background = Some(Background::Colour([0, 0, 255]));
        config.output = place.path(&format!("{name} blue"));
        let (_, frames) = run(&config).unwrap();
        for (frame, image) in frames.iter().zip(&images) {
            assert_eq!(frame.pixel(5, 5), [0, 0, 255]);
            assert_eq!(frame.pixel(470, 20), [0, 0, 255]);
            let forehead = apart(frame, image, [210, 100, 240, 110]);
            assert!(forehead < 12.0, "{name}: {forehead}");
        }
        config.composition.background = Some(Background::Alpha);
        config.output = place.path(&format!("{name} alpha"));
        let (_, frames) = run(&config).unwrap();
        for frame in &frames {
            let alpha = frame.alpha().unwrap();
            assert_eq!(
                [alpha[5 * 480 + 5], alpha[160 * 480 + 222]],
                [0, 255],
                "{name}"
            );
        }
    }
}
