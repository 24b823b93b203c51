//! The training commands killed at random moments: checkpoints are whole, and a run goes on to the weights of one that
//! nobody disturbed.

use std::path::Path;
use std::time::Instant;

use dataset::{FrameFacts, ShardWriter, StoredClip, StoredFrame};
use media::Image;
use serde_json::Value;
use test_support::{DrawnHead, drawn_clip};

use crate::inputs::speaking_frames;
use crate::killed::{Chance, Victim, moments};
use crate::program::{Workplace, names_in};

/// Side of the pictures in shards, pixels.
const SIDE: u32 = 64;

/// Names and places of the tensors of a whole safetensors file, and their bytes; what else it says is left out.
fn tensors(path: &Path) -> (Value, Vec<u8>) {
    let bytes = std::fs::read(path).expect("it is there");
    let (length, rest) = bytes
        .split_first_chunk()
        .expect("a file begins with a length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Value = serde_json::from_slice(header).expect("the header is whole");
    let fields = header.as_object_mut().expect("the header names tensors");
    fields.remove("__metadata__");
    let ends = fields
        .values()
        .filter_map(|tensor| tensor["data_offsets"][1].as_u64());
    assert_eq!(
        ends.max(),
        Some(data.len() as u64),
        "{} is cut off",
        path.display()
    );
    (header, data.to_vec())
}

/// Kill a run into the folder `killed` again and again, and compare its end with that of one nobody disturbed.
/// `last` is the file that its last step writes.
fn goes_on_after_every_kill(place: &Workplace, arguments: &[&str], last: &str) {
    let run = |output: &'static str| place.vivant(arguments.iter().copied().chain(["-o", output]));
    let begun = Instant::now();
    run("whole").run().succeeded();
    let length = begun.elapsed();
    let mut chance = Chance::new();
    let killed = place.path("killed");
    let mut resumed = 0;
    for _ in 0..moments() {
        let mut child = run("killed").start();
        std::thread::sleep(length.mul_f64(chance.next()));
        child.kill().expect("it can be killed");
        child.wait().expect("it has ended");
        if !killed.is_dir() {
            continue;
        }
        for name in names_in(&killed) {
            if name.ends_with(".safetensors") {
                tensors(&killed.join(&name));
                resumed += 1;
            }
            if name == "config.toml" {
                let text = std::fs::read_to_string(killed.join(&name)).expect("it is there");
                assert!(text.parse::<toml::Table>().is_ok(), "half the settings");
            }
        }
        if killed.join(last).exists() {
            std::fs::remove_dir_all(&killed).expect("it is ours");
        }
    }
    run("killed").run().succeeded();
    let [whole, after] = ["whole", "killed"].map(|folder| tensors(&place.path(folder).join(last)));
    assert!(whole == after, "{arguments:?}: the weights differ");
    assert!(moments() < 10 || resumed > 0, "no kill left a checkpoint");
    for folder in ["whole", "killed"] {
        std::fs::remove_dir_all(place.path(folder)).expect("it is ours");
    }
}

/// Shards of three people who are the same drawing in three tints.
pub(crate) fn write_shards(folder: &Path) {
    let mut writer = ShardWriter::create(folder, "", SIDE, 1 << 20).expect("the folder is ours");
    for person in 0..3_u8 {
        let frame = |(index, head): (usize, DrawnHead)| {
            let mut rgb = head.draw();
            for pixel in rgb.chunks_exact_mut(3) {
                pixel[usize::from(person)] /= 2;
            }
            StoredFrame {
                jpeg: media::encode_jpeg(&Image::from_rgb(SIDE, SIDE, rgb), 90),
                facts: FrameFacts {
                    frame: index as u64,
                    time_s: index as f64 / 25.0,
                    points: head.points().to_vec(),
                    pose_degrees: [0.0; 3],
                    confidence: 1.0,
                },
            }
        };
        let frames = drawn_clip(SIDE, 6).into_iter().enumerate().map(frame);
        let clip = StoredClip {
            identity: format!("person {person}"),
            video: format!("{person}.mp4"),
            part: 0,
            frames: frames.collect(),
        };
        writer.add(&clip).expect("the folder is ours");
    }
    writer.finish().expect("the folder is ours");
}

/// Options of a meta-training that takes seconds.
const BRIEF: [&str; 20] = [
    "--preset",
    "tiny",
    "--steps",
    "6",
    "--batch",
    "2",
    "--micro-batch",
    "1",
    "--shots",
    "2",
    "--threads",
    "1",
    "--set",
    "checkpoint_every=2",
    "--set",
    "measure_every=6",
    "--set",
    "measured_episodes=4",
    "--set",
    "held_out_people=1",
];

#[test]
fn meta_train_and_fine_tune_lose_nothing_to_kills() {
    let place = Workplace::new();
    write_shards(&place.path("shards"));
    let arguments = [&["meta-train", "--data", "shards"], &BRIEF[..]].concat();
    goes_on_after_every_kill(&place, &arguments, "step-6.safetensors");
    place
        .vivant(arguments.iter().copied().chain(["-o", "run"]))
        .run()
        .succeeded();
    speaking_frames(&place, 3, &[]);
    let start = [
        "fine-tune",
        "--consent",
        "character",
        "-m",
        "run",
        "-s",
        "frames",
    ];
    let rest = ["--steps", "4", "-y", "-o", "me.avatar"];
    Victim {
        arguments: &[&start[..], &rest].concat(),
        output: "me.avatar",
        is_whole: &|path| reenactment::few_shot::Avatar::open(path).is_ok(),
    }
    .kill(&place);
}

/// A still with a face for the landmark networks and the watermark's; its labels.
fn write_labelled_still(place: &Workplace) {
    for folder in ["data/portraits", "data/labels/portraits"] {
        std::fs::create_dir_all(place.path(folder)).expect("the folder is ours");
    }
    let head = DrawnHead::frontal(256);
    let picture = Image::from_rgb(256, 256, head.draw());
    media::write_png(&place.path("data/portraits/head.png"), &picture).expect("the folder is ours");
    let points = head.points().into_iter().flat_map(|[x, y]| [x, y, 0.0]);
    let points: Vec<u8> = points.flat_map(f32::to_le_bytes).collect();
    let header = format!(
        r#"{{"__metadata__":{{"width":"256","height":"256"}},"confidence":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}},"frame":{{"dtype":"I32","shape":[1],"data_offsets":[4,8]}},"points":{{"dtype":"F32","shape":[1,70,3],"data_offsets":[8,{}]}}}}"#,
        8 + points.len()
    );
    let header = format!("{header:<width$}", width = header.len().next_multiple_of(8));
    let length = (header.len() as u64).to_le_bytes();
    let (confidence, frame) = (0.9_f32.to_le_bytes(), 0_i32.to_le_bytes());
    let parts: [&[u8]; 5] = [&length, header.as_bytes(), &confidence, &frame, &points];
    place.write("data/labels/portraits/head.safetensors", parts.concat());
}

#[test]
fn train_landmarks_and_train_watermark_lose_nothing_to_kills() {
    let place = Workplace::new();
    write_labelled_still(&place);
    let brief = [
        "--data", "data", "--preset", "tiny", "--batch", "2", "--steps", "60",
    ];
    let saves = [
        "--checkpoint-every",
        "7",
        "--report-every",
        "5",
        "--threads",
        "1",
    ];
    for network in ["landmarks", "detector"] {
        let start = ["train-landmarks", "--network", network];
        let arguments = [&start[..], &brief, &saves].concat();
        goes_on_after_every_kill(&place, &arguments, "step-60.safetensors");
    }
    let brief = [&brief[..6], &["--steps", "12", "--video-share", "0"]].concat();
    let saves = [
        "--checkpoint-every",
        "2",
        "--report-every",
        "5",
        "--threads",
        "1",
    ];
    let arguments = [&["train-watermark"], &brief[..], &saves].concat();
    goes_on_after_every_kill(&place, &arguments, "step-12.safetensors");
}
