//! Writing moving pictures: what other programs find in the files, and what is left where writing
//! fails.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions

mod clips;

use std::path::Path;

use clips::*;
use media::*;

/// Write frames of one size at constant rate, with the given programs.
fn write(tools: &Tools, config: &OutputConfig, frames: &[Image]) -> OutputInfo {
    let mut writer = VideoWriter::create_with(tools, config).expect("the writer starts");
    for (pts, frame) in (0..).zip(frames) {
        writer.write(frame, pts).expect("the frame is written");
    }
    writer.finish().expect("the file is completed")
}

fn config(path: &Path, image: &Image, rate: Rational) -> OutputConfig {
    OutputConfig::new(path, image.width(), image.height(), rate).expect("a known format")
}

/// Every way in which MP4 is written here.
fn both_encoders() -> Vec<Tools> {
    let mut tools = vec![Tools::none()];
    if has_ffmpeg() {
        tools.push(Tools::find().clone());
    }
    tools
}

#[test]
fn mp4_holds_h264_with_bt709_tags_exact_rate_and_its_index_in_front() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let frames: Vec<Image> = (0..30).map(|frame| waves(96, 64, frame)).collect();
    for tools in both_encoders() {
        let rate = fraction(30000, 1001);
        let info = write(&tools, &config(&path, &frames[0], rate), &frames);
        assert_eq!((info.frames, info.width, info.height), (30, 96, 64));
        let stream = ask(
            &path,
            "stream=codec_name,pix_fmt,color_range,color_space,color_transfer,color_primaries,\
             r_frame_rate,avg_frame_rate,nb_frames,start_time,sample_aspect_ratio",
        );
        for fact in [
            "codec_name=h264",
            "pix_fmt=yuv420p",
            "color_range=tv",
            "color_space=bt709",
            "color_transfer=bt709",
            "color_primaries=bt709",
            "r_frame_rate=30000/1001",
            "avg_frame_rate=30000/1001",
            "nb_frames=30",
            "start_time=0.000000",
        ] {
            assert!(stream.contains(fact), "{fact} is not in {stream}");
        }
        let bytes = std::fs::read(&path).unwrap();
        let place = |name: &[u8]| bytes.windows(4).position(|window| window == name).unwrap();
        assert!(place(b"moov") < place(b"mdat"));
        let message = psnr(&frames[15], &clips::frames(&path)[15].image);
        assert!(message > 30.0, "{message} dB");
        assert_eq!(names(folder.path()), ["a.mp4"]);
    }
}

#[test]
fn colours_come_back_as_they_were_written() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.mp4", "a.webm", "a.gif", "frames"] {
        for tools in both_encoders() {
            if tools.ffmpeg().is_none() && !name.ends_with("mp4") {
                continue;
            }
            for colour in [[200, 120, 90], [30, 60, 220], [255, 255, 255], [0, 0, 0]] {
                let path = folder.path().join(name);
                let image = flat(64, 64, colour);
                let images = [image.clone(), image.clone(), image];
                let rate = fraction(25, 1);
                write(&tools, &config(&path, &images[0], rate), &images);
                let distance = distance_to(&frames(&path)[1].image, colour);
                assert!(distance <= 4.0, "{name} {colour:?}: off by {distance}");
            }
        }
    }
}

#[test]
fn variable_stamps_are_stored_exactly() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.mp4");
    let stamps = [0, 512, 1024, 2560, 2600, 9000, 15360];
    for tools in both_encoders() {
        let mut config = OutputConfig::new(&path, 64, 48, fraction(30, 1)).unwrap();
        config.time_base = fraction(1, 15360);
        let mut writer = VideoWriter::create_with(&tools, &config).unwrap();
        for (frame, pts) in (0..).zip(stamps) {
            // stamps may begin anywhere; the file begins at zero
            writer.write(&waves(64, 48, frame), pts + 77).unwrap();
        }
        writer.finish().unwrap();
        let reader = VideoReader::open(&path).unwrap();
        assert_eq!(reader.info().time_base, fraction(1, 15360));
        let found: Vec<i64> = frames(&path).iter().map(|frame| frame.pts).collect();
        assert_eq!(found, stamps);
        let level: u32 = values(&path, "stream=level", "level")[0].parse().unwrap();
        assert!(level <= 20, "level {level} for a tiny video");
    }
}

#[test]
fn odd_sizes_gain_a_repeated_column_and_row_in_mp4_alone() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let images = [waves(65, 47, 0), waves(65, 47, 1)];
    for (name, size) in [
        ("a.mp4", (66, 48)),
        ("a.webm", (65, 47)),
        ("a.gif", (65, 47)),
    ] {
        let path = folder.path().join(name);
        let info = write(
            Tools::find(),
            &config(&path, &images[0], fraction(25, 1)),
            &images,
        );
        assert_eq!((info.width, info.height), size, "{name}");
        let frame = frames(&path).remove(0).image;
        assert_eq!((frame.width(), frame.height()), size, "{name}");
    }
}

#[test]
fn better_quality_is_closer_to_the_frames_and_larger() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q.mp4");
    let images: Vec<Image> = (0..10).map(|frame| waves(160, 120, frame)).collect();
    for tools in both_encoders() {
        let mut last = (0.0, 0);
        for quality in [Quality::Small, Quality::Good, Quality::Best] {
            let mut config = config(&path, &images[0], fraction(25, 1));
            config.quality = quality;
            write(&tools, &config, &images);
            let closeness = psnr(&images[5], &frames(&path)[5].image);
            let bytes = std::fs::metadata(&path).unwrap().len();
            assert!(
                closeness > last.0 && bytes > last.1,
                "{quality:?} {closeness} {bytes}"
            );
            last = (closeness, bytes);
        }
        assert!(last.0 > 38.0, "{} dB at best", last.0);
    }
}

#[test]
fn gif_chooses_colours_for_the_clip_and_keeps_the_rate() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("g.gif");
    let images: Vec<Image> = (0..20).map(|frame| waves(80, 60, frame)).collect();
    write(
        Tools::find(),
        &config(&path, &images[0], fraction(20, 1)),
        &images,
    );
    let found = frames(&path);
    assert_eq!(found.len(), 20);
    assert_eq!(
        VideoReader::open(&path).unwrap().info().frame_rate,
        fraction(20, 1)
    );
    let closeness = psnr(&images[10], &found[10].image);
    assert!(closeness > 25.0, "{closeness} dB");

    let info = write(
        Tools::find(),
        &config(&path, &images[0], fraction(60, 1)),
        &images,
    );
    assert!(
        info.notes[0].contains("50 frames a second"),
        "{:?}",
        info.notes
    );
    assert!((15..=18).contains(&frames(&path).len()));
}

#[test]
fn a_png_sequence_is_exact_with_alpha_and_replaces_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frames");
    let alpha = |shade: u8| flat(5, 4, [shade, 2, 3]).with_alpha((0..20).collect());
    for count in [3, 2] {
        let images: Vec<Image> = (0..count).map(alpha).collect();
        let mut config = config(&path, &images[0], fraction(25, 1));
        config.audio = AudioPlan::File("any.wav".into());
        let info = write(&Tools::none(), &config, &images);
        assert_eq!(info.notes, ["this format holds no sound"]);
        assert_eq!(names(&path).len(), usize::from(count));
        assert_eq!(names(&path)[1], "frame_000001.png");
        assert_eq!(
            read_picture(&path.join("frame_000001.png")).unwrap(),
            images[1]
        );
        assert_eq!(names(folder.path()), ["frames"]);
    }
    std::fs::write(path.join("diary.txt"), "mine").unwrap();
    let config = config(&path, &alpha(0), fraction(25, 1));
    let error = VideoWriter::create(&config).unwrap_err();
    assert!(
        matches!(error, MediaError::OutputFolderInUse { .. }),
        "{error}"
    );
    assert_eq!(names(&path).len(), 3);
}

#[test]
fn title_and_comment_are_found_in_every_format() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let image = flat(32, 32, [1, 2, 3]);
    let comment = "Synthetic: made by a program; \"quoted\" = ümlaut";
    for tools in both_encoders() {
        for name in ["m.mp4", "m.webm", "m.gif", "m"] {
            if tools.ffmpeg().is_none() && !["m.mp4", "m"].contains(&name) {
                continue;
            }
            let path = folder.path().join(name);
            let mut config = config(&path, &image, fraction(25, 1));
            config.metadata.title = Some("-i /etc/hosts".to_owned());
            config.metadata.comment = Some(comment.to_owned());
            write(&tools, &config, &[image.clone(), image.clone()]);
            let file = if name == "m" {
                path.join("frame_000000.png")
            } else {
                path
            };
            let text = ask(&file, "format_tags:frame_tags");
            assert!(text.contains("-i /etc/hosts"), "{name}: {text}");
            assert!(text.contains("ümlaut"), "{name}: {text}");
        }
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing_and_keeps_the_earlier_file() {
    if !has_ffmpeg() {
        return;
    }
    for tools in both_encoders() {
        for name in ["a.mp4", "a.webm", "a.gif", "frames"] {
            if tools.ffmpeg().is_none() && !["a.mp4", "frames"].contains(&name) {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            let image = flat(64, 48, [9, 9, 9]);
            if name.contains('.') {
                std::fs::write(&path, "earlier").unwrap();
            }
            let before = names(folder.path());
            let config = config(&path, &image, fraction(25, 1));
            let mut writer = VideoWriter::create_with(&tools, &config).unwrap();
            for pts in 0..5 {
                writer.write(&image, pts).unwrap();
            }
            drop(writer);
            assert_eq!(names(folder.path()), before, "{name}");
            if name.contains('.') {
                assert_eq!(std::fs::read(&path).unwrap(), b"earlier");
            }
            // and nothing comes of no frames at all
            let error = VideoWriter::create_with(&tools, &config)
                .unwrap()
                .finish()
                .unwrap_err();
            assert!(error.to_string().contains("not a single frame"), "{error}");
            assert_eq!(names(folder.path()), before, "{name}");
        }
    }
}

#[test]
fn frames_that_do_not_fit_are_refused_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let image = flat(64, 48, [0; 3]);
    let mut writer =
        VideoWriter::create_with(&Tools::none(), &config(&path, &image, fraction(25, 1))).unwrap();
    writer.write(&image, 0).unwrap();
    let error = writer.write(&image, 0).unwrap_err();
    assert!(
        error.to_string().contains("frame 1 does not fit"),
        "{error}"
    );
    let error = writer.write(&flat(64, 50, [0; 3]), 1).unwrap_err();
    assert!(error.to_string().contains("64 x 50"), "{error}");
}

#[test]
fn without_ffmpeg_webm_and_gif_say_what_they_need_and_mp4_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let image = flat(64, 48, [9; 3]);
    for name in ["a.webm", "a.gif"] {
        let config = config(&folder.path().join(name), &image, fraction(25, 1));
        let error = VideoWriter::create_with(&Tools::none(), &config).unwrap_err();
        assert!(matches!(error, MediaError::FfmpegMissing { .. }), "{error}");
    }
    let mut config = config(&folder.path().join("a.mp4"), &image, fraction(25, 1));
    std::fs::write(folder.path().join("driver.mp4"), b"\0\0\0\x20ftypisom").unwrap();
    config.audio = AudioPlan::CopyFrom(folder.path().join("driver.mp4"));
    let info = write(&Tools::none(), &config, std::slice::from_ref(&image));
    assert_eq!(info.sound, SoundOutcome::Silent);
    assert!(
        info.notes.iter().any(|note| note.contains("silent")),
        "{:?}",
        info.notes
    );
    assert_eq!(names(folder.path()), ["a.mp4", "driver.mp4"]);
}

#[test]
fn an_output_folder_that_is_missing_or_read_only_is_named_before_any_frame() {
    let folder = tempfile::tempdir().unwrap();
    let image = flat(64, 48, [9; 3]);
    for name in ["a.mp4", "frames"] {
        let path = folder.path().join("missing").join(name);
        let error =
            VideoWriter::create_with(&Tools::none(), &config(&path, &image, fraction(25, 1)))
                .unwrap_err();
        assert!(
            matches!(error, MediaError::NoOutputFolder { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("missing"), "{error}");
    }
    let error = write_png(&folder.path().join("missing/a.png"), &image).unwrap_err();
    assert!(
        matches!(error, MediaError::NoOutputFolder { .. }),
        "{error}"
    );

    let Some(closed) = read_only_folder(folder.path()) else {
        println!("skipped: this user may write everywhere");
        return;
    };
    for name in ["a.mp4", "frames-x"] {
        let path = closed.join(name);
        let error =
            VideoWriter::create_with(&Tools::none(), &config(&path, &image, fraction(25, 1)))
                .unwrap_err();
        assert!(matches!(error, MediaError::Write { .. }), "{error}");
    }
    assert!(write_png(&closed.join("a.png"), &image).is_err());
}

/// A folder in which this user cannot create files. The superuser can, except in kernel folders.
fn read_only_folder(inside: &Path) -> Option<std::path::PathBuf> {
    let folder = inside.join("closed");
    std::fs::create_dir(&folder).unwrap();
    let mut permissions = std::fs::metadata(&folder).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&folder, permissions).unwrap();
    let candidates = [folder, "/sys/kernel".into(), "/proc/self".into()];
    candidates.into_iter().find(|folder| {
        let probe = folder.join("probe");
        folder.is_dir() && std::fs::write(&probe, "x").is_err()
    })
}

#[test]
fn an_output_that_is_a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    std::fs::create_dir(&path).unwrap();
    let mut config = OutputConfig::new(Path::new("x.mp4"), 64, 48, fraction(25, 1)).unwrap();
    config.path = path;
    let error = VideoWriter::create_with(&Tools::none(), &config).unwrap_err();
    assert!(error.to_string().contains("it is a folder"), "{error}");
}

#[test]
fn transparency_is_stored_where_the_format_holds_it_and_refused_elsewhere() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let alpha: Vec<u8> = (0..64 * 48).map(|place| (place % 64 * 4) as u8).collect();
    let image = flat(64, 48, [200, 120, 90]).with_alpha(alpha.clone());
    let images = vec![image.clone(); 3];
    let transparent = |name: &str| {
        let mut config = config(&folder.path().join(name), &image, fraction(25, 1));
        config.has_alpha = true;
        config.metadata.comment = Some("synthetic".to_owned());
        config
    };
    for (name, pixels) in [
        ("a.mov", "yuva444p"),
        ("a.webm", "alpha_mode=1"),
        ("frames", ""),
    ] {
        let config = transparent(name);
        write(Tools::find(), &config, &images);
        if name != "frames" {
            let facts = ask(
                &config.path,
                "stream=pix_fmt:stream_tags=alpha_mode:format_tags=comment",
            );
            let facts = facts.replace("ALPHA_MODE", "alpha_mode");
            assert!(facts.contains(pixels), "{name}: {facts}");
            assert!(facts.contains("synthetic"), "{name}: {facts}");
        }
        if name == "a.webm" {
            continue; // the decoder of a reader that does not ask leaves the alpha out
        }
        let found = &frames(&config.path)[1].image;
        let worst = found.alpha().unwrap().iter().zip(&alpha);
        let worst = worst.map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 2, "{name}: {worst}");
    }
    for name in ["a.mp4", "a.gif"] {
        let error = VideoWriter::create_with(Tools::find(), &transparent(name)).unwrap_err();
        assert!(error.to_string().contains(".webm"), "{error}");
    }
}

#[test]
fn quicktime_without_transparency_is_prores_422_with_its_time_stamps() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mov");
    let frames: Vec<Image> = (0..5).map(|frame| waves(64, 48, frame)).collect();
    let rate = fraction(30000, 1001);
    write(Tools::find(), &config(&path, &frames[0], rate), &frames);
    let facts = ask(&path, "stream=codec_name,pix_fmt,r_frame_rate");
    for fact in [
        "codec_name=prores",
        "pix_fmt=yuv422p10le",
        "r_frame_rate=30000/1001",
    ] {
        assert!(facts.contains(fact), "{fact} is not in {facts}");
    }
    assert!(psnr(&frames[3], &clips::frames(&path)[3].image) > 35.0);
}
