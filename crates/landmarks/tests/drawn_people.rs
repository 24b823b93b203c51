//! Pictures and clips of drawn people through the built-in networks, as a user runs them.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use landmarks::{
    Event, FaceChoice, FaceFinder, FaceTracker, Landmarks, LandmarksConfig, LandmarksError, Track,
    TrackerConfig, Warning, landmarks,
};
use media::{Image, read_picture, write_png};
use test_support::{DrawnHead, drawn_clip};

fn painted(head: &DrawnHead) -> Image {
    Image::from_rgb(head.width, head.height, head.draw())
}

fn known(head: &DrawnHead) -> Landmarks {
    Landmarks {
        points: head.points(),
    }
}

/// Two drawn people beside each other; the second is smaller.
fn couple() -> Image {
    let [first, second] = [
        painted(&DrawnHead::frontal(256)),
        painted(&DrawnHead {
            eye_distance_px: 40.0,
            ..DrawnHead::frontal(256)
        }),
    ];
    let mut picture = Image::new(512, 256);
    for y in 0..256 {
        for x in 0..256 {
            picture.set_pixel(x, y, first.pixel(x, y));
            picture.set_pixel(256 + x, y, second.pixel(x, y));
        }
    }
    picture
}

fn faceless() -> Image {
    let mut picture = Image::new(256, 256);
    for y in 0..256 {
        for x in 0..256 {
            picture.set_pixel(x, y, [x as u8, 90, y as u8]);
        }
    }
    picture
}

/// Mean distance of the points in percent of the inter-ocular distance.
fn error_percent(found: &Landmarks, known: &Landmarks) -> f32 {
    let pairs = found.points.iter().zip(&known.points);
    let sum: f32 = pairs.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum();
    100.0 * sum / 70.0 / known.inter_ocular_px()
}

fn write_frames(folder: &Path, frames: &[Image]) -> PathBuf {
    let frames_folder = folder.join("frames");
    fs::create_dir(&frames_folder).expect("the folder is new");
    for (index, frame) in frames.iter().enumerate() {
        write_png(&frames_folder.join(format!("{index}.png")), frame).expect("the folder is there");
    }
    frames_folder
}

fn config(input: &Path, output: &Path) -> LandmarksConfig {
    LandmarksConfig {
        input: input.to_path_buf(),
        output: output.to_path_buf(),
        overlay_seal: None,
        overlay: None,
        tracker: TrackerConfig::default(),
        threads: None,
    }
}

fn run(config: &LandmarksConfig) -> Result<(Track, Vec<Event>), LandmarksError> {
    let mut events = Vec::new();
    landmarks(config, &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    })?;
    Ok((Track::read(&config.output)?, events))
}

#[test]
fn a_talking_person_is_followed_through_a_folder_of_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let heads = drawn_clip(192, 18);
    let frames: Vec<Image> = heads.iter().map(painted).collect();
    let input = write_frames(folder.path(), &frames);
    let mut config = config(&input, &folder.path().join("a.motion.safetensors"));
    config.overlay = Some(folder.path().join("overlay"));

    let (track, events) = run(&config).unwrap();

    assert_eq!(track.frames.len(), 18);
    assert_eq!(track.frames_with_face(), 18);
    for (frame, head) in track.frames.iter().zip(&heads) {
        let error = error_percent(&frame.landmarks.expect("a face"), &known(head));
        assert!(error < 10.0, "frame {}: {error}", frame.pts);
        assert!(frame.confidence > 0.5);
    }
    let gap = |index: usize| {
        let points = track.frames[index].landmarks.expect("a face").points;
        points[41][1] - points[37][1] + points[47][1] - points[43][1]
    };
    assert!(gap(13) < 0.6 * gap(8), "closed {} open {}", gap(13), gap(8));
    let Some(Event::Finished(summary)) = events.last() else {
        panic!("no summary");
    };
    assert_eq!((summary.frames, summary.frames_with_face), (18, 18));
    let mut overlays = fs::read_dir(folder.path().join("overlay")).unwrap();
    let first = overlays.next().expect("a picture").unwrap().path();
    let overlay = read_picture(&first).unwrap();
    let is_drawn = |pixel: &[u8]| pixel == [255, 0, 255];
    assert!(overlay.rgb().chunks_exact(3).any(is_drawn));
}

#[test]
fn a_picture_gives_a_track_of_one_frame_and_a_png() {
    let folder = tempfile::tempdir().unwrap();
    let head = DrawnHead::frontal(300);
    let input = folder.path().join("head.png");
    write_png(&input, &painted(&head)).unwrap();
    let mut config = config(&input, &folder.path().join("head.json"));
    config.overlay = Some(folder.path().join("overlay.mp4"));
    let error = run(&config).unwrap_err();
    assert!(error.to_string().contains(".png"), "{error}");
    config.overlay = Some(folder.path().join("overlay.png"));
    let (track, _) = run(&config).unwrap();
    assert_eq!(track.size, [300, 300]);
    assert_eq!(track.frames.len(), 1);
    let error = error_percent(&track.frames[0].landmarks.unwrap(), &known(&head));
    assert!(error < 10.0, "{error}");
    assert!(folder.path().join("overlay.png").exists());
}

#[test]
fn frames_without_a_face_are_a_gap_and_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let head = painted(&DrawnHead::frontal(256));
    let frames = [&head, &head, &faceless(), &faceless(), &head].map(Image::clone);
    let input = write_frames(folder.path(), &frames);
    let (track, events) = run(&config(&input, &folder.path().join("a.json"))).unwrap();
    assert_eq!(track.gaps(), [(2, 3)]);
    assert_eq!(track.frames[2].confidence, 0.0);
    let warning = Warning::NoFaceInFrames {
        gaps: vec![(2, 3)],
        total: 5,
    };
    assert!(events.contains(&Event::Warning(warning)));
}

#[test]
fn no_face_at_all_is_an_error_that_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let input = write_frames(folder.path(), &[faceless(), faceless()]);
    let mut config = config(&input, &folder.path().join("a.json"));
    config.overlay = Some(folder.path().join("overlay"));
    let error = run(&config).unwrap_err();
    assert!(matches!(error, LandmarksError::NoFace { frames: 2, .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn of_two_people_the_chosen_one_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("two.png");
    write_png(&input, &couple()).unwrap();
    let found_x = |face: FaceChoice| {
        let mut config = config(&input, &folder.path().join("a.json"));
        config.tracker.face = face;
        let (track, events) = run(&config)?;
        let is_told = events.contains(&Event::Warning(Warning::SeveralFaces { found: 2 }));
        assert_eq!(is_told, face == FaceChoice::Largest);
        Ok::<f32, LandmarksError>(track.frames[0].landmarks.expect("a face").points[30][0])
    };
    assert!(found_x(FaceChoice::Largest).unwrap() < 256.0);
    assert!(found_x(FaceChoice::Number(2)).unwrap() > 256.0);
    let in_box = |x| FaceChoice::Box {
        x,
        y: 50.0,
        width: 150.0,
        height: 150.0,
    };
    assert!(found_x(in_box(310.0)).unwrap() > 256.0);
    assert!(found_x(in_box(50.0)).unwrap() < 256.0);
    let error = found_x(FaceChoice::Number(3)).unwrap_err();
    assert!(matches!(
        error,
        LandmarksError::NoSuchFace {
            number: 3,
            found: 2,
            ..
        }
    ));
    let nowhere = FaceChoice::Box {
        x: 0.0,
        y: 0.0,
        width: 5.0,
        height: 5.0,
    };
    let error = found_x(nowhere).unwrap_err();
    assert!(matches!(
        error,
        LandmarksError::NoFaceInBox { found: 2, .. }
    ));
}

#[test]
fn a_stop_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let frames: Vec<Image> = drawn_clip(128, 6).iter().map(painted).collect();
    let input = write_frames(folder.path(), &frames);
    let mut config = config(&input, &folder.path().join("a.json"));
    config.overlay = Some(folder.path().join("overlay"));
    let mut seen = 0;
    let result = landmarks(&config, &mut |_| {
        seen += 1;
        if seen == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(result, Err(LandmarksError::Stopped)));
    assert_eq!(seen, 3);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn bad_names_are_refused_before_the_input_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.mp4");
    let error = run(&config(&missing, &folder.path().join("a.csv"))).unwrap_err();
    assert!(error.to_string().contains(".motion.safetensors"), "{error}");
    let error = run(&config(&missing, &folder.path().join("a.json"))).unwrap_err();
    assert!(error.to_string().contains("missing.mp4"), "{error}");
}

#[test]
fn a_fast_face_is_not_lost() {
    let finder = FaceFinder::built_in(None).unwrap();
    let mut tracker = FaceTracker::new(finder, TrackerConfig::default());
    for frame in 0..12_u32 {
        let swing = (frame as f32 * 0.9).sin();
        let head = DrawnHead {
            centre: [256.0 + 90.0 * swing, 240.0],
            eye_distance_px: 70.0,
            roll: 15.0 * swing,
            ..DrawnHead::frontal(512)
        };
        let seen = tracker.next_frame(&painted(&head), f64::from(frame) / 25.0);
        let found = seen.unwrap().landmarks.expect("the face is followed");
        let error = error_percent(&found, &known(&head));
        assert!(error < 12.0, "frame {frame}: {error}");
    }
}

#[test]
fn a_still_face_stays_still() {
    let finder = FaceFinder::built_in(None).unwrap();
    let mut tracker = FaceTracker::new(finder, TrackerConfig::default());
    let head = painted(&DrawnHead::frontal(256));
    let mut last: Option<Landmarks> = None;
    for frame in 0..8_u32 {
        let seen = tracker.next_frame(&head, f64::from(frame) / 25.0).unwrap();
        let found = seen.landmarks.expect("a face");
        if let Some(last) = last.filter(|_| frame > 2) {
            assert!(error_percent(&found, &last) < 0.05, "frame {frame}");
        }
        last = Some(found);
    }
}

#[test]
fn of_ten_thousand_faces_some_are_found_soon() {
    let one = painted(&DrawnHead::frontal(40));
    let mut crowd = Image::new(4000, 4000);
    for y in 0..4000 {
        for x in 0..4000 {
            crowd.set_pixel(x, y, one.pixel(x % 40, y % 40));
        }
    }
    let finder = FaceFinder::built_in(None).unwrap();
    let begun = std::time::Instant::now();
    let found = finder.find_all(&crowd).unwrap();
    assert!(found.len() <= 32, "{} faces", found.len());
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}
