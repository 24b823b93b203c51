//! Sound of the output: where it comes from, where it lies in time, where it ends.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions

mod clips;

use std::path::{Path, PathBuf};

use clips::*;
use media::*;

/// One frame at 25 frames a second.
const FRAME_S: f64 = 0.04;

/// Write `frames` frames of 25 a second with this sound.
fn with_sound(path: &Path, frames: i64, audio: AudioPlan) -> Result<OutputInfo, MediaError> {
    let mut config = OutputConfig::new(path, 64, 48, fraction(25, 1))?;
    config.audio = audio;
    let mut writer = VideoWriter::create(&config)?;
    for pts in 0..frames {
        writer.write(&waves(64, 48, pts as u32), pts)?;
    }
    writer.finish()
}

/// Last moments of video and sound, seconds, from the packets.
fn ends(path: &Path) -> (f64, f64) {
    let output = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-of", "csv=p=0"])
        .args(["-show_entries", "packet=codec_type,pts_time,duration_time"])
        .arg(path)
        .output()
        .unwrap();
    let mut ends = (0.0_f64, 0.0_f64);
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut fields = line.split(',');
        let end = match fields.next() {
            Some("video") => &mut ends.0,
            Some("audio") => &mut ends.1,
            _ => continue, // side data
        };
        let mut number = || fields.next().and_then(|field| field.parse::<f64>().ok());
        let (start, length) = (number().unwrap(), number().unwrap_or(FRAME_S));
        *end = end.max(start + length);
    }
    ends
}

/// Silence, then a tone from `tone_s` on, `length_s` in all.
fn tone(folder: &Path, name: &str, tone_s: f64, length_s: f64, codec: &str) -> PathBuf {
    let source = format!("aevalsrc=0.5*sin(2*PI*880*t)*gte(t\\,{tone_s}):d={length_s}:s=48000");
    make(
        folder,
        name,
        &format!("-f lavfi -i {source} {codec} {{out}}"),
    )
}

/// A driving clip of `video_s` with a tone from 1 s on in a sound of `audio_s`.
fn driver(folder: &Path, name: &str, video_s: f64, audio_s: f64, options: &str) -> PathBuf {
    let video = format!("-f lavfi -i testsrc2=s=64x48:r=25:d={video_s}");
    let source = format!("aevalsrc=0.5*sin(2*PI*880*t)*gte(t\\,1):d={audio_s}:s=48000");
    let codec = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";
    make(
        folder,
        name,
        &format!("{video} -f lavfi -i {source} {codec} {options} {{out}}"),
    )
}

#[track_caller]
fn assert_ends_together(path: &Path, video_s: f64) {
    let (video, audio) = ends(path);
    assert!((video - video_s).abs() < 0.002, "video ends at {video}");
    assert!(
        (video - audio).abs() <= FRAME_S,
        "video {video}, sound {audio}"
    );
}

#[track_caller]
fn assert_tone_at(path: &Path, expected_s: f64) {
    let found = first_loud(&samples(path));
    assert!(
        (found - expected_s).abs() < 0.012,
        "tone at {found}, not {expected_s}"
    );
}

#[test]
fn the_drivers_sound_is_copied_where_it_fits() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (driving, output, codec) in [
        ("d.mp4", "o.mp4", "-c:a aac"),
        ("d.mp4", "o.mp4", "-c:a libmp3lame"),
        ("d.mkv", "o.webm", "-c:a libopus"),
        ("d.mkv", "o.mp4", "-c:a libopus"),
        ("d.ts", "o.mp4", "-c:a aac"),
    ] {
        let driver = driver(folder.path(), driving, 3.0, 3.0, codec);
        let path = folder.path().join(output);
        let info = with_sound(&path, 75, AudioPlan::CopyFrom(driver)).unwrap();
        assert_eq!(info.sound, SoundOutcome::Copied, "{driving} {codec}");
        assert_ends_together(&path, 3.0);
        assert_tone_at(&path, 1.0);
        assert_eq!(names(folder.path()).len(), 2, "{:?}", names(folder.path()));
        std::fs::remove_file(path).unwrap();
        std::fs::remove_file(folder.path().join(driving)).unwrap();
    }
}

#[test]
fn sound_that_no_browser_plays_in_the_container_is_encoded() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (driving, output, codec, expected) in [
        ("d.mov", "o.mp4", "-c:a pcm_s16le", "aac"),
        ("d.mpg", "o.mp4", "-c:v mpeg2video -c:a mp2", "aac"),
        ("d.mp4", "o.webm", "-c:a aac", "opus"),
        ("d.mp4", "o.mp4", "-c:a ac3", "aac"),
    ] {
        let driver = driver(folder.path(), driving, 3.0, 3.0, codec);
        let path = folder.path().join(output);
        let info = with_sound(&path, 75, AudioPlan::CopyFrom(driver)).unwrap();
        assert_eq!(info.sound, SoundOutcome::Encoded, "{driving} {codec}");
        let codecs = values(&path, "stream=codec_name", "codec_name");
        assert_eq!(codecs[1], expected);
        assert_ends_together(&path, 3.0);
        assert_tone_at(&path, 1.0);
    }
}

#[test]
fn longer_sound_is_cut_and_shorter_sound_is_followed_by_silence() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, codec, output) in [
        ("t.wav", "", "o.mp4"),
        ("t.mp3", "", "o.mp4"),
        ("t.m4a", "-c:a aac", "o.mp4"),
        ("t.flac", "", "o.webm"),
        ("t.opus", "-c:a libopus", "o.webm"),
    ] {
        for length_s in [1.5, 5.0] {
            let sound = tone(folder.path(), name, 1.0, length_s, codec);
            let path = folder.path().join(output);
            let info = with_sound(&path, 75, AudioPlan::File(sound)).unwrap();
            assert_ends_together(&path, 3.0);
            assert_tone_at(&path, 1.0);
            let samples = samples(&path);
            let tail = &samples[(1.7 * 48000.0) as usize..];
            let is_silent = tail.iter().all(|value| value.unsigned_abs() < 500);
            assert_eq!(is_silent, length_s < 3.0, "{name} {length_s}");
            if length_s < 3.0 {
                assert_eq!(info.sound, SoundOutcome::Encoded);
            }
        }
    }
}

#[test]
fn sound_a_frame_short_of_the_end_is_still_copied() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let driver = driver(folder.path(), "d.mp4", 3.0, 2.98, "-c:a aac");
    let path = folder.path().join("o.mp4");
    let info = with_sound(&path, 75, AudioPlan::CopyFrom(driver)).unwrap();
    assert_eq!(info.sound, SoundOutcome::Copied);
    assert_ends_together(&path, 3.0);
}

#[test]
fn the_place_of_the_sound_against_the_first_frame_is_kept() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // the same clip with its sound or its picture shifted; the tone moves with the sound
    let plain = driver(folder.path(), "plain.mkv", 4.0, 4.0, "-c:a aac");
    let plain = plain.to_str().unwrap();
    for (name, shift, map, tone_s) in [
        ("late.mkv", "0.3", "-map 0:v -map 1:a", 1.3),
        ("late.mp4", "0.3", "-map 0:v -map 1:a", 1.3),
        ("early.mkv", "0.3", "-map 1:v -map 0:a", 0.7),
        ("early.ts", "0.3", "-map 1:v -map 0:a", 0.7),
    ] {
        let arguments = format!("-i {plain} -itsoffset {shift} -i {plain} {map} -c copy {{out}}");
        let driver = make(folder.path(), name, &arguments);
        for output in ["o.mp4", "o.webm"] {
            let path = folder.path().join(output);
            let info = with_sound(&path, 75, AudioPlan::CopyFrom(driver.clone())).unwrap();
            assert_tone_at(&path, tone_s);
            assert_ends_together(&path, 3.0);
            let starts_early = name.starts_with("early");
            let is_encoded = info.sound == SoundOutcome::Encoded;
            assert_eq!(
                is_encoded,
                starts_early || output == "o.webm",
                "{name} {output}"
            );
        }
    }
}

#[test]
fn surround_sound_is_kept() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pan = "-af pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0";
    for (name, codec, output) in [
        ("d.mp4", "-c:a aac", "o.mp4"),
        ("d.mkv", "-c:a pcm_s16le", "o.mp4"),
        ("d.mkv", "-c:a ac3", "o.webm"),
    ] {
        let driver = driver(folder.path(), name, 2.0, 2.0, &format!("{pan} {codec}"));
        let path = folder.path().join(output);
        with_sound(&path, 50, AudioPlan::CopyFrom(driver)).unwrap();
        assert_eq!(
            values(&path, "stream=channels", "channels"),
            ["6"],
            "{name} {output}"
        );
        assert_ends_together(&path, 2.0);
    }
}

#[test]
fn a_driver_without_sound_gives_a_silent_file_and_a_note() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let silent = "-f lavfi -i testsrc2=s=64x48:r=25:d=1 -c:v mpeg4 {out}";
    let driver = make(folder.path(), "d.mp4", silent);
    let path = folder.path().join("o.mp4");
    let info = with_sound(&path, 25, AudioPlan::CopyFrom(driver.clone())).unwrap();
    assert_eq!(info.sound, SoundOutcome::Silent);
    assert!(info.notes[0].contains("has no sound"), "{:?}", info.notes);
    assert_eq!(values(&path, "stream=codec_type", "codec_type"), ["video"]);

    let error = with_sound(&path, 25, AudioPlan::File(driver)).unwrap_err();
    assert!(matches!(error, MediaError::NoSound { .. }), "{error}");
}

#[test]
fn a_sound_file_that_is_missing_or_none_is_an_error_before_any_frame() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.mp4");
    let error = with_sound(&path, 1, AudioPlan::File(folder.path().join("no.wav"))).unwrap_err();
    assert!(matches!(error, MediaError::NotFound { .. }), "{error}");
    let text = folder.path().join("text.wav");
    std::fs::write(&text, "la la la").unwrap();
    let error = with_sound(&path, 1, AudioPlan::File(text)).unwrap_err();
    assert!(matches!(error, MediaError::UnknownFormat { .. }), "{error}");
    assert_eq!(names(folder.path()), ["text.wav"]);
}

#[test]
fn words_and_places_stored_in_the_driver_do_not_travel_on() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let options = "-c:a aac -metadata title=private -metadata location=+52.5+013.4/";
    let driver = driver(folder.path(), "d.mp4", 1.0, 1.0, options);
    let path = folder.path().join("o.mp4");
    with_sound(&path, 25, AudioPlan::CopyFrom(driver)).unwrap();
    let text = ask(&path, "format_tags");
    assert!(
        !text.contains("private") && !text.contains("52.5"),
        "{text}"
    );
}

#[test]
fn without_libx264_the_built_in_encoder_works_with_ffmpegs_sound() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let driver = driver(folder.path(), "d.mp4", 2.0, 2.0, "-c:a aac");
    let Some(tools) = ffmpeg_without_libx264(folder.path()) else {
        println!("skipped: needs a shell");
        return;
    };
    let path = folder.path().join("o.mp4");
    let mut config = OutputConfig::new(&path, 64, 48, fraction(25, 1)).unwrap();
    config.audio = AudioPlan::CopyFrom(driver);
    config.metadata.comment = Some("kept".to_owned());
    let mut writer = VideoWriter::create_with(&tools, &config).unwrap();
    for pts in 0..50 {
        writer.write(&waves(64, 48, pts as u32), pts).unwrap();
    }
    let info = writer.finish().unwrap();
    assert_eq!(info.sound, SoundOutcome::Copied);
    assert!(info.notes[0].contains("built-in"), "{:?}", info.notes);
    assert_ends_together(&path, 2.0);
    assert!(ask(&path, "format_tags").contains("kept"));
}

/// The installed ffmpeg, but one that does not mention libx264.
#[cfg(unix)]
fn ffmpeg_without_libx264(folder: &Path) -> Option<Tools> {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("ffmpeg");
    let script = "#!/bin/sh\ncase \"$*\" in *-encoders) ffmpeg \"$@\" | grep -v libx264;; \
                  *) exec ffmpeg \"$@\";; esac\n";
    std::fs::write(&path, script).ok()?;
    std::fs::write(folder.join("ffprobe"), "#!/bin/sh\nexec ffprobe \"$@\"\n").ok()?;
    for name in ["ffmpeg", "ffprobe"] {
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.join(name), executable).ok()?;
    }
    let tools = Tools::at(&path);
    tools.ffmpeg().is_some().then_some(tools)
}

#[cfg(not(unix))]
fn ffmpeg_without_libx264(_folder: &Path) -> Option<Tools> {
    None
}

#[test]
fn the_sounds_of_several_drivers_are_added_up_and_each_keeps_its_place() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // a tone at 1 s for both, and the second driver is half as long
    let long = driver(folder.path(), "a.mp4", 3.0, 3.0, "-c:a aac");
    let short = driver(folder.path(), "b.mp4", 1.5, 1.5, "-c:a aac");
    let silent = folder.path().join("c.mp4");
    make(
        folder.path(),
        "c.mp4",
        "-f lavfi -i testsrc2=s=64x48:r=25:d=1 -c:v libx264 -pix_fmt yuv420p {out}",
    );
    let loudness = |sounds: Vec<PathBuf>, name: &str| {
        let path = folder.path().join(name);
        let info = with_sound(&path, 75, AudioPlan::Mix(sounds)).unwrap();
        assert_ends_together(&path, 3.0);
        assert_tone_at(&path, 1.0);
        let samples = samples(&path);
        let rate = samples.len() as f64 / 3.0;
        let root_mean_square = |from_s: f64, to_s: f64| {
            let part = &samples[(from_s * rate) as usize..(to_s * rate) as usize];
            (part.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / part.len() as f64).sqrt()
        };
        (
            info.sound,
            root_mean_square(1.1, 1.4),
            root_mean_square(1.8, 2.8),
        )
    };
    let (alone, together, after) = loudness(vec![long.clone(), silent], "alone.mp4");
    assert_eq!(alone, SoundOutcome::Copied, "nothing to mix");
    let (both, louder, end) = loudness(vec![long, short], "both.mp4");
    assert_eq!(both, SoundOutcome::Encoded);
    assert!(
        (louder / together - 2.0).abs() < 0.2,
        "{louder} against {together}"
    );
    assert!((end / after - 1.0).abs() < 0.1, "{end} against {after}");
}

#[test]
fn a_film_that_begins_later_hears_the_sound_from_there() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let driver = driver(folder.path(), "d.mp4", 4.0, 4.0, "-c:a aac");
    let other = tone(folder.path(), "t.wav", 1.0, 4.0, "-c:a pcm_s16le");
    for audio in [
        AudioPlan::CopyFrom(driver.clone()),
        AudioPlan::File(other.clone()),
        AudioPlan::Mix(vec![driver.clone(), driver]),
    ] {
        let path = folder.path().join("o.mp4");
        let mut config = OutputConfig::new(&path, 64, 48, fraction(25, 1)).unwrap();
        config.audio = audio;
        config.audio_from_s = 0.6;
        let mut writer = VideoWriter::create(&config).unwrap();
        for pts in 15..65 {
            writer.write(&waves(64, 48, pts as u32), pts).unwrap();
        }
        assert_ne!(writer.finish().unwrap().sound, SoundOutcome::Silent);
        assert_ends_together(&path, 2.0);
        assert_tone_at(&path, 0.4);
    }
}
