//! Runs in which ffmpeg is absent or broken.

use crate::inputs::nodding_clip;
use crate::program::Workplace;

#[test]
fn the_demo_needs_no_ffmpeg() {
    let place = Workplace::new();
    let ended = place.vivant(["demo"]).env("PATH", "").run().succeeded();
    assert!(ended.stdout.contains("vivant-demo.mp4"), "{ended:#?}");
    let bytes = std::fs::read(place.path("vivant-demo.mp4")).expect("the demo wrote it");
    assert_eq!(&bytes[4..8], b"ftyp");
}

#[test]
fn a_driving_video_says_that_ffmpeg_is_needed_and_how_to_get_it() {
    let place = Workplace::new();
    nodding_clip(&place, "clip.mp4");
    place
        .vivant([
            "animate",
            "-s",
            "portrait.png",
            "-d",
            "clip.mp4",
            "-o",
            "out.mp4",
        ])
        .env("PATH", "")
        .run()
        .failed_naming(&["needs ffmpeg", "clip.mp4", "install ffmpeg"]);
    assert_eq!(place.names(), ["clip.mp4", "portrait.png"]);
}

#[test]
fn a_webm_says_that_ffmpeg_is_needed() {
    let place = Workplace::new();
    place
        .vivant(["demo", "-o", "out.webm"])
        .env("PATH", "")
        .run()
        .failed_naming(&["needs ffmpeg", "out.webm"]);
    assert!(place.names().is_empty());
}

#[cfg(unix)]
#[test]
fn a_failing_ffmpeg_is_quoted_and_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt as Mode;
    let place = Workplace::new();
    nodding_clip(&place, "clip.mp4");
    let tools = place.path("tools");
    std::fs::create_dir(&tools).expect("the folder is ours");
    for name in ["ffmpeg", "ffprobe"] {
        let script = tools.join(name);
        std::fs::write(&script, BROKEN_TOOL).expect("the folder is ours");
        std::fs::set_permissions(&script, Mode::from_mode(0o755)).expect("it is ours");
    }
    let path = format!("{}:/usr/bin:/bin", tools.display());
    place
        .vivant([
            "animate",
            "-s",
            "portrait.png",
            "-d",
            "clip.mp4",
            "-o",
            "out.mp4",
        ])
        .env("PATH", &path)
        .run()
        .failed_naming(&["clip.mp4", "the codec is on strike"]);
    place
        .vivant(["demo", "-o", "out.webm"])
        .env("PATH", &path)
        .run()
        .failed_naming(&["out.webm", "the codec is on strike"]);
    assert_eq!(place.names(), ["clip.mp4", "portrait.png", "tools"]);
}

/// Answers questions about itself as ffmpeg does, and fails at all real work.
#[cfg(unix)]
const BROKEN_TOOL: &str = "#!/bin/sh
for word in \"$@\"; do
  case \"$word\" in
    -version)
      echo \"$(basename \"$0\") version 6.1\"
      echo 'libavcodec     60. 31.102 / 60. 31.102'
      exit 0;;
    -encoders)
      echo ' ------'
      echo ' V....D libx264     H.264'
      echo ' V....D libvpx-vp9  VP9'
      echo ' A....D aac         AAC'
      echo ' A....D libopus     Opus'
      exit 0;;
  esac
done
echo 'the codec is on strike' >&2
exit 1
";
