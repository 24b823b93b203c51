//! The main job on real pictures and clips, where a folder of them lies beside the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Workplace;

/// A painting and a clip with sound, below the folder of real data.
const PAINTING: &str = "portraits/paintings/Linly-Talker__008.jpg";
const CLIP: &str = "clips/eval/GRID_a__bbaf2n.mpg";

#[test]
fn a_painting_driven_by_a_clip_keeps_its_size_and_takes_the_frames_and_the_sound_of_the_clip() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let [painting, clip] = [PAINTING, CLIP].map(|name| data.join(name));
    if !painting.is_file() || !clip.is_file() || !has_ffprobe() {
        println!("skipped: no real data beside the repository, or no ffprobe");
        return;
    }
    let place = Workplace::new();
    let words = ["animate", "-o", "out.mp4", "-s"].map(PathBuf::from);
    let paths = [painting.clone(), "-d".into(), clip];
    let ended = place
        .vivant(words.into_iter().chain(paths))
        .run()
        .succeeded();
    assert!(ended.stdout.contains("75 frames"), "{ended:#?}");
    assert!(ended.stdout.contains("with sound"), "{ended:#?}");

    let made = probed(&place.path("out.mp4"));
    assert_eq!(stream(&made, "video"), ["h264", "video", "25/1", "75"]);
    assert_eq!(stream(&made, "audio")[..2], ["aac", "audio"]);
    let picture = media::read_picture(&painting).expect("the painting can be read");
    let first = frame(&place, "out.mp4");
    assert_eq!(
        [first.width(), first.height()],
        [picture.width(), picture.height()].map(|side| side + side % 2)
    );
}

fn has_ffprobe() -> bool {
    Command::new("ffprobe").arg("-version").output().is_ok()
}

/// Codec, kind, frame rate and packet count of each stream.
fn probed(path: &Path) -> Vec<Vec<String>> {
    let entries = "stream=codec_name,codec_type,r_frame_rate,nb_read_packets";
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-count_packets", "-of", "csv=p=0"]);
    let output = ffprobe.args(["-show_entries", entries]).arg(path).output();
    let output = output.expect("ffprobe runs").stdout;
    let text = String::from_utf8(output).expect("ffprobe prints UTF-8");
    let fields = |line: &str| line.trim().split(',').map(str::to_owned).collect();
    text.lines().map(fields).collect()
}

#[track_caller]
fn stream<'a>(streams: &'a [Vec<String>], kind: &str) -> &'a [String] {
    let found = streams.iter().find(|fields| fields[1] == kind);
    found.expect("the result has this stream")
}

fn frame(place: &Workplace, name: &str) -> media::Image {
    let mut reader = media::VideoReader::open(&place.path(name)).expect("the result can be read");
    let frame = reader.next_frame().expect("its first frame can be read");
    frame.expect("it has a first frame").image
}
