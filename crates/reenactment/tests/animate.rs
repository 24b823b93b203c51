//! The whole run on drawn pictures: what comes out, what is reported, and what bad input gives.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may panic"
)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use landmarks::{Landmarks, Track, TrackFrame};
use media::{Image, Rational, VideoReader, pictures_in, read_picture, write_png};
use reenactment::{
    AnimateConfig, AnimateError, Audio, BuiltInMotion, Composition, Driving, Engine, Event,
    FaceChoice, Marks, MotionChoice, PaintedBy, Region, Source, Stage, Summary, Warning, animate,
};
use tempfile::TempDir;
use test_support::{Difference, DrawnHead, compare_pictures, drawn_clip};

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

    fn picture(&self, name: &str, image: &Image) -> PathBuf {
        let path = self.path(name);
        write_png(&path, image).unwrap();
        path
    }

    /// A folder of pictures to drive by.
    fn clip(&self, name: &str, frames: &[Image]) -> PathBuf {
        let folder = self.path(name);
        std::fs::create_dir(&folder).unwrap();
        for (index, frame) in frames.iter().enumerate() {
            write_png(&folder.join(format!("{index:03}.png")), frame).unwrap();
        }
        folder
    }

    /// A recorded motion of the drawn person.
    fn motion(&self, frames: u32) -> PathBuf {
        let rate = Rational::new(30000, 1001).unwrap();
        let frame = |(index, head): (usize, DrawnHead)| TrackFrame {
            pts: index as i64,
            landmarks: Some(Landmarks {
                points: head.points(),
            }),
            confidence: 1.0,
        };
        let track = Track {
            size: [256, 256],
            frame_rate: rate,
            time_base: rate.inverse(),
            frames: drawn_clip(256, frames)
                .into_iter()
                .enumerate()
                .map(frame)
                .collect(),
        };
        let path = self.path("recorded.motion.safetensors");
        track.write(&path).unwrap();
        path
    }

    fn config(&self, source: &Path, driving: &Path, output: &str) -> AnimateConfig {
        AnimateConfig {
            source: Source::File(source.to_owned()),
            further_sources: Vec::new(),
            source_face: FaceChoice::Largest,
            driving: Driving::File(driving.to_owned()),
            driving_face: FaceChoice::Largest,
            output: self.path(output),
            audio: Audio::Driving,
            engine: Engine::Warp,
            motion: MotionChoice::default(),
            smoothing: 0.5,
            composition: Composition::default(),
            marks: Marks::default(),
            preview: None,
            segment_frames: None,
        }
    }

    /// Names of everything in the folder.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn drawn(head: &DrawnHead) -> Image {
    Image::from_rgb(head.width, head.height, head.draw())
}

fn person() -> Image {
    drawn(&DrawnHead::frontal(256))
}

fn compare(one: &Image, other: &Image) -> Difference {
    compare_pictures(one.rgb(), other.rgb(), one.width() as usize)
}

fn wall() -> Image {
    Image::from_rgb(256, 256, vec![90; 256 * 256 * 3])
}

fn run(config: &AnimateConfig) -> (Result<Summary, AnimateError>, Vec<Event>) {
    let mut events = Vec::new();
    let result = animate(config, &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    });
    (result, events)
}

fn warnings(events: &[Event]) -> Vec<&Warning> {
    let mut warnings = Vec::new();
    for event in events {
        if let Event::Warning(warning) = event {
            warnings.push(warning);
        }
    }
    warnings
}

#[test]
fn a_recorded_motion_gives_as_many_frames_of_the_sources_size_and_the_first_is_the_source() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let (result, events) = run(&place.config(&source, &place.motion(6), "frames"));
    let summary = result.unwrap();
    assert_eq!(
        (summary.frames, summary.width, summary.height),
        (6, 256, 256)
    );
    assert_eq!(summary.frame_rate.to_string(), "30000/1001");
    let pictures = pictures_in(&place.path("frames")).unwrap();
    assert_eq!(pictures.len(), 6);
    let first = read_picture(&pictures[summary.calm_frame as usize]).unwrap();
    let difference = compare(&first, &person());
    assert!(
        difference.mean < 1.0,
        "the calm frame shows the source: {difference:?}"
    );
    let done: Vec<u64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Progress(progress) if progress.stage == Stage::Painting => Some(progress.done),
            _ => None,
        })
        .collect();
    assert_eq!(done, [1, 2, 3, 4, 5, 6]);
    assert_eq!(events.last(), Some(&Event::Finished(summary)));
    assert_eq!(warnings(&events), Vec::<&Warning>::new());
}

#[test]
fn a_run_that_begins_later_shows_what_the_whole_run_shows_there() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let motion = place.motion(8);
    let (whole, _) = run(&place.config(&source, &motion, "whole"));
    let mut config = place.config(&source, &motion, "part");
    config.composition.from_s = 4.0 * 1001.0 / 30000.0;
    config.composition.first_s = Some(2.0 * 1001.0 / 30000.0);
    let (part, _) = run(&config);
    assert_eq!(part.unwrap().frames, 2);
    assert!(whole.unwrap().calm_frame < 4, "the calm frame is not shown");
    let [whole, part] = ["whole", "part"].map(|name| pictures_in(&place.path(name)).unwrap());
    for (one, other) in whole[4..6].iter().zip(&part) {
        let pair = [one, other].map(|path| read_picture(path).unwrap());
        let difference = compare(&pair[0], &pair[1]);
        assert!(difference.mean < 0.5, "{difference:?}");
    }
    config.composition.from_s = 9.0;
    let (late, _) = run(&config);
    assert!(late.unwrap_err().to_string().contains("over after 0.3 s"));
}

#[test]
fn what_is_not_among_the_regions_stays_as_it_is_in_the_source() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let motion = place.motion(6);
    let eyes = Landmarks {
        points: DrawnHead::frontal(256).points(),
    };
    let [left, top] = [36, 37].map(|index| eyes.points[index].map(|value| value as u32));
    let still = person();
    let moved_by = |name: &str, regions: &[Region], strength: f32| {
        let config = AnimateConfig {
            motion: MotionChoice {
                regions: regions.to_vec(),
                strength,
                ..MotionChoice::default()
            },
            ..place.config(&source, &motion, name)
        };
        run(&config).0.unwrap();
        let pictures = pictures_in(&place.path(name)).unwrap();
        let last = read_picture(pictures.last().unwrap()).unwrap();
        let outside = |x: u32, y: u32| x < left[0] - 40 || y < top[1] - 40 || y > top[1] + 40;
        let mut sums = [0u64; 2];
        for y in 0..256 {
            for x in 0..256 {
                let pairs = last.pixel(x, y).into_iter().zip(still.pixel(x, y));
                let apart: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(b))).sum();
                sums[usize::from(outside(x, y))] += apart;
            }
        }
        sums
    };
    let [all, eyes, none] = [
        moved_by("all", &[], 1.0),
        moved_by("eyes", &[Region::Eyes], 1.0),
        moved_by("none", &[], 0.0),
    ];
    assert!(all[1] > 20 * (eyes[1] + 1), "{all:?} {eyes:?}");
    assert!(none[0] + none[1] < all[1] / 20, "{none:?} {all:?}");
}

#[test]
fn a_reference_frame_that_does_not_exist_is_named() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let mut config = place.config(&source, &place.motion(6), "frames");
    config.motion.reference_frame = Some(6);
    let error = run(&config).0.unwrap_err();
    assert!(matches!(
        error,
        AnimateError::NoReferenceFrame {
            asked: 6,
            frames: 6
        }
    ));
    assert!(!place.path("frames").exists());
}

#[test]
fn the_portrait_model_moves_the_head_and_nothing_far_from_it() {
    let place = Workplace::new();
    let mut head = DrawnHead::frontal(256);
    head.width = 640;
    head.height = 480;
    head.centre = [300.0, 220.0];
    let source = place.picture("person.png", &drawn(&head));
    let mut config = place.config(&source, &place.motion(6), "frames");
    config.engine = Engine::Automatic;
    let summary = run(&config).0.unwrap();
    assert!(matches!(summary.painter, PaintedBy::Portrait { .. }));
    assert_eq!([summary.width, summary.height], [640, 480]);
    let mut largest = 0.0_f64;
    for path in pictures_in(&place.path("frames")).unwrap() {
        let frame = read_picture(&path).unwrap();
        for [x, y] in [[0, 0], [639, 0], [0, 479], [639, 479], [620, 240]] {
            assert_eq!(frame.pixel(x, y), drawn(&head).pixel(x, y));
        }
        largest = largest.max(compare(&frame, &drawn(&head)).mean);
    }
    assert!(largest > 0.5, "the head moved: {largest}");
    assert!(largest < 12.0, "and is still the head: {largest}");
}

/// A drawn person with an open mouth, in a room of another colour and in less light.
fn elsewhere() -> Image {
    let mut head = DrawnHead::frontal(256);
    head.mouth_open = 0.9;
    let mut image = drawn(&head);
    for pixel in image.rgb_mut().chunks_exact_mut(3) {
        pixel[2] /= 2;
    }
    image
}

#[test]
fn a_further_picture_tells_of_the_face_and_leaves_the_rest_to_the_first() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let further = place.picture("elsewhere.png", &elsewhere());
    let motion = place.motion(8);
    let make = |further_sources: Vec<PathBuf>, output: &str| {
        let mut config = place.config(&source, &motion, output);
        config.engine = Engine::Automatic;
        config.further_sources = further_sources;
        let (summary, events) = run(&config);
        summary.unwrap();
        let warned: Vec<Warning> = warnings(&events).into_iter().cloned().collect();
        let frames = pictures_in(&place.path(output)).unwrap();
        let frames: Vec<Image> = frames
            .iter()
            .map(|path| read_picture(path).unwrap())
            .collect();
        (frames, warned)
    };
    let (alone, _) = make(Vec::new(), "alone");
    let unusable = place.picture("wall.png", &wall());
    let (both, warned) = make(vec![further, unusable], "both");
    assert_eq!(
        warned,
        [Warning::UnusedSource {
            name: "wall.png".into(),
            reason: "no face found".into(),
        }]
    );
    let mut largest = 0;
    for (one, other) in alone.iter().zip(&both) {
        for y in 0..256 {
            for x in 0..256 {
                let pairs = one.pixel(x, y).into_iter().zip(other.pixel(x, y));
                let apart = pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap();
                if !(48..208).contains(&x) || !(48..250).contains(&y) {
                    // glances of one picture are laid over, of several they are the model's
                    assert!(apart <= 4, "{x}, {y} is not the face: {apart}");
                }
                largest = largest.max(apart);
            }
        }
    }
    assert!(largest > 8, "the further picture takes part: {largest}");
}

#[test]
fn further_pictures_are_refused_where_they_cannot_help() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let mut config = place.config(&source, &place.motion(2), "frames");
    config.further_sources = vec![place.picture("wall.png", &wall())];
    let error = run(&config).0.unwrap_err();
    assert!(matches!(
        error,
        AnimateError::OneSourceOnly { engine: "the warp" }
    ));
    config.engine = Engine::Automatic;
    let error = run(&config).0.unwrap_err().to_string();
    assert!(error.contains("wall.png: no face found"), "{error}");
    assert!(!place.names().contains(&"frames".to_owned()));
}

#[test]
fn the_built_in_portrait_becomes_a_video_with_a_preview_beside_it() {
    let place = Workplace::new();
    let mut config = place.config(Path::new("unused"), Path::new("unused"), "out.mp4");
    config.source = Source::BuiltInPortrait;
    config.driving = Driving::BuiltIn {
        motion: BuiltInMotion::Nod,
        duration_s: Some(0.2),
    };
    config.preview = Some(place.path("preview.mp4"));
    let summary = run(&config).0.unwrap();
    assert_eq!(
        (summary.frames, summary.width, summary.height),
        (6, 640, 640)
    );
    assert_eq!(place.names(), ["out.mp4", "preview.mp4"]);
    if media::Tools::find().ffmpeg().is_none() {
        println!("skipped reading back: no ffmpeg");
        return;
    }
    let mut reader = VideoReader::open(&config.output).unwrap();
    assert_eq!(reader.info().frame_rate.to_string(), "30/1");
    let mut frames = 0;
    while reader.next_frame().unwrap().is_some() {
        frames += 1;
    }
    assert_eq!(frames, 6);
}

#[test]
fn a_folder_of_pictures_drives_and_its_faceless_frames_hold_the_motion() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let heads = drawn_clip(256, 5);
    let frames = [
        drawn(&heads[0]),
        drawn(&heads[2]),
        wall(),
        wall(),
        drawn(&heads[4]),
    ];
    let driving = place.clip("driving", &frames);
    let (result, events) = run(&place.config(&source, &driving, "frames"));
    assert_eq!(result.unwrap().frames, 5);
    let gap = Warning::NoFaceInFrames {
        gaps: vec![(2, 3)],
        total: 5,
    };
    assert_eq!(warnings(&events), [&gap]);
    let pictures = pictures_in(&place.path("frames")).unwrap();
    let picture = |index: usize| read_picture(&pictures[index]).unwrap();
    assert_eq!(compare(&picture(2), &picture(1)).worst, 0);
    assert_eq!(compare(&picture(3), &picture(1)).worst, 0);
    assert!(compare(&picture(1), &picture(0)).worst > 30);
}

#[test]
fn breaking_off_leaves_nothing_behind() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let driving = place.motion(6);
    for output in ["out.mp4", "frames"] {
        let config = place.config(&source, &driving, output);
        let mut seen = 0;
        let result = animate(&config, &mut |event| {
            seen += u32::from(matches!(event, Event::Progress(_)));
            if seen == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert!(matches!(result, Err(AnimateError::Stopped)));
        assert_eq!(seen, 3);
        assert_eq!(place.names(), ["person.png", "recorded.motion.safetensors"]);
    }
}

#[test]
fn a_source_without_a_face_is_refused_with_advice() {
    let place = Workplace::new();
    let source = place.picture("wall.png", &wall());
    let (result, _) = run(&place.config(&source, &place.motion(3), "out.mp4"));
    let text = result.unwrap_err().to_string();
    assert!(text.contains("no face found in") && text.contains("wall.png: use a picture"));
    assert_eq!(place.names(), ["recorded.motion.safetensors", "wall.png"]);
}

#[test]
fn a_driving_without_any_face_is_refused_and_its_frames_are_named() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let driving = place.clip("driving", &[wall(), wall(), wall()]);
    let (result, _) = run(&place.config(&source, &driving, "out.mp4"));
    let text = result.unwrap_err().to_string();
    assert!(
        text.contains("(frames 0 to 2)") && text.contains("driving"),
        "{text}"
    );
    assert_eq!(place.names(), ["driving", "person.png"]);
}

#[test]
fn of_two_faces_the_larger_moves_and_the_choice_is_offered() {
    let place = Workplace::new();
    let [large, small] = [
        drawn(&DrawnHead::frontal(256)),
        drawn(&DrawnHead::frontal(160)),
    ];
    let mut both = Image::new(416, 256);
    for (image, left) in [(&large, 0), (&small, 256)] {
        for y in 0..image.height() {
            for x in 0..image.width() {
                both.set_pixel(left + x, y, image.pixel(x, y));
            }
        }
    }
    let source = place.picture("couple.png", &both);
    let mut config = place.config(&source, &place.motion(8), "frames");
    let (result, events) = run(&config);
    result.unwrap();
    assert_eq!(
        warnings(&events),
        [&Warning::SeveralSourceFaces { found: 2 }]
    );
    let last = || {
        let pictures = pictures_in(&place.path("frames")).unwrap();
        read_picture(&pictures[pictures.len() - 1]).unwrap()
    };
    let has_moved = |picture: &Image, left: u32| {
        (100..140).any(|y| (left..left + 60).any(|x| picture.pixel(x, y) != both.pixel(x, y)))
    };
    assert!(has_moved(&last(), 100) && !has_moved(&last(), 330));

    config.source_face = FaceChoice::Number(3);
    let text = run(&config).0.unwrap_err().to_string();
    assert!(
        text.contains("face 3 was chosen") && text.contains("choose 1 to 2"),
        "{text}"
    );
    config.source_face = FaceChoice::Number(2);
    let (result, events) = run(&config);
    result.unwrap();
    assert_eq!(warnings(&events), Vec::<&Warning>::new());
    assert!(!has_moved(&last(), 100));
}

#[test]
fn one_driving_frame_gives_one_still_frame_and_a_warning() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let (result, events) = run(&place.config(&source, &source, "frames"));
    assert_eq!(result.unwrap().frames, 1);
    assert_eq!(warnings(&events), [&Warning::OneDrivingFrame]);
    let pictures = pictures_in(&place.path("frames")).unwrap();
    let difference = compare(&read_picture(&pictures[0]).unwrap(), &person());
    assert!(difference.worst <= 1, "{difference:?}");
}

#[test]
fn inputs_that_cannot_be_used_are_named() {
    let place = Workplace::new();
    let source = place.picture("person.png", &person());
    let motion = place.motion(2);
    let empty = place.path("empty.png");
    std::fs::write(&empty, []).unwrap();
    let folder = place.path("folder");
    std::fs::create_dir(&folder).unwrap();
    let damaged = place.path("damaged.motion.safetensors");
    std::fs::write(&damaged, b"not a track").unwrap();
    for (source, driving, output, wanted) in [
        (&place.path("none.png"), &motion, "out.mp4", "none.png"),
        (&empty, &motion, "out.mp4", "empty.png"),
        (
            &folder,
            &motion,
            "out.mp4",
            "is a folder: the source must be a picture",
        ),
        (&source, &place.path("none.mp4"), "out.mp4", "none.mp4"),
        (&source, &folder, "out.mp4", "folder"),
        (&source, &damaged, "out.mp4", "damaged.motion.safetensors"),
        (&source, &motion, "missing/out.mp4", "missing"),
        (&source, &motion, "out.xyz", "out.xyz"),
    ] {
        let text = run(&place.config(source, driving, output))
            .0
            .unwrap_err()
            .to_string();
        assert!(text.contains(wanted), "{text:?} does not name {wanted}");
    }
}
