//! Recording, exporting and streaming a motion, from the outside: files read back, packets received.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::net::UdpSocket;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use landmarks::Track;
use media::{Image, write_png};
use reenactment::blendshapes::{NAMES, NOT_CARRIED, PRESETS, is_carried};
use reenactment::{
    BuiltInMotion, Driving, FaceChoice, MARK_ADDRESS, MotionConfig, MotionSummary, VmcNames, motion,
};
use rosc::{OscMessage, OscPacket, OscType};
use tempfile::TempDir;
use test_support::drawn_clip;

fn config(driving: Driving) -> MotionConfig {
    MotionConfig {
        driving,
        driving_face: FaceChoice::Largest,
        smoothing: 0.0,
        reference_frame: None,
        output: None,
        blendshapes: Vec::new(),
        vmc: None,
        vmc_names: VmcNames::Both,
    }
}

fn blinking() -> Driving {
    Driving::BuiltIn {
        motion: BuiltInMotion::Blink,
        duration_s: Some(1.2),
    }
}

fn run(config: &MotionConfig) -> MotionSummary {
    motion(config, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// What is said where the work is refused.
fn refusal(config: &MotionConfig) -> String {
    let answer = motion(config, &mut |_| ControlFlow::Continue(()));
    answer.unwrap_err().to_string()
}

/// What a receiver hears until the sender has ended: moment of arrival and message.
fn hear(socket: &UdpSocket, has_ended: &AtomicBool) -> Vec<(Instant, OscMessage)> {
    socket
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let mut heard = Vec::new();
    let mut room = [0; 65_536];
    loop {
        // Asked before listening: what was sent until then lies ready.
        let is_last = has_ended.load(Ordering::SeqCst);
        let Ok(count) = socket.recv(&mut room) else {
            if is_last {
                return heard;
            }
            continue;
        };
        let now = Instant::now();
        let (_, packet) = rosc::decoder::decode_udp(&room[..count]).unwrap();
        let OscPacket::Bundle(bundle) = packet else {
            panic!("frames come in bundles");
        };
        for part in bundle.content {
            let OscPacket::Message(message) = part else {
                panic!("bundles hold messages");
            };
            heard.push((now, message));
        }
    }
}

/// Stream to a receiver: the summary, when the run began, and what was heard.
fn streamed(mut config: MotionConfig) -> (MotionSummary, Instant, Vec<(Instant, OscMessage)>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    config.vmc = Some(socket.local_addr().unwrap().to_string());
    let has_ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let listening = scope.spawn(|| hear(&socket, &has_ended));
        let began = Instant::now();
        let summary = run(&config);
        has_ended.store(true, Ordering::SeqCst);
        (summary, began, listening.join().unwrap())
    })
}

fn float(argument: &OscType) -> f32 {
    argument.clone().float().unwrap()
}

#[test]
fn a_stream_sends_every_frame_at_its_time_with_all_that_points_carry() {
    let (summary, began, heard) = streamed(config(blinking()));
    let times: Vec<(Instant, f32)> = heard
        .iter()
        .filter(|(_, message)| message.addr == "/VMC/Ext/T")
        .map(|(at, message)| (*at, float(&message.args[0])))
        .collect();
    assert_eq!(times.len(), 36);
    assert_eq!(summary.stream.unwrap().frames, 36);
    for (index, (at, time_s)) in times.iter().enumerate() {
        assert!((time_s - index as f32 / 30.0).abs() < 1e-4);
        // A busy machine may be late, but nothing comes before its time.
        let heard_s = at.duration_since(began).as_secs_f32();
        assert!(heard_s > time_s - 1e-3, "{heard_s} s for {time_s} s");
    }
    let frames = heard
        .split(|(_, message)| message.addr == "/VMC/Ext/Blend/Apply")
        .filter(|frame| !frame.is_empty());
    for frame in frames {
        assert_eq!(frame[0].1.addr, "/VMC/Ext/OK");
        let heads: Vec<&OscMessage> = frame
            .iter()
            .map(|(_, message)| message)
            .filter(|message| message.addr == "/VMC/Ext/Bone/Pos")
            .collect();
        assert_eq!(heads.len(), 1);
        assert_eq!(heads[0].args[0], OscType::String("Head".into()));
        let length: f32 = heads[0].args[4..].iter().map(|q| float(q).powi(2)).sum();
        assert!((length - 1.0).abs() < 1e-3, "a quaternion has length 1");
        let values = frame.iter().filter(|(_, m)| m.addr == "/VMC/Ext/Blend/Val");
        assert_eq!(values.count(), NAMES.len() - NOT_CARRIED.len() + PRESETS);
    }
}

#[test]
fn a_stream_says_that_it_is_synthetic() {
    let (_, _, heard) = streamed(config(blinking()));
    let marks = heard
        .iter()
        .filter(|(_, message)| message.addr == MARK_ADDRESS);
    let texts: Vec<String> = marks
        .map(|(_, message)| message.args[0].clone().string().unwrap())
        .collect();
    assert_eq!(texts.len(), 2, "at once, and after a second");
    assert!(
        texts[0].contains("Synthetic") && texts[0].contains("Vivant"),
        "{texts:?}"
    );
}

#[test]
fn a_blink_arrives_as_a_blink() {
    let (_, _, heard) = streamed(config(blinking()));
    let lids: Vec<f32> = heard
        .iter()
        .filter(|(_, message)| message.addr == "/VMC/Ext/Blend/Val")
        .filter(|(_, message)| message.args[0] == OscType::String("EyeBlinkLeft".into()))
        .map(|(_, message)| float(&message.args[1]))
        .collect();
    assert_eq!(lids.len(), 36);
    assert!(lids[..20].iter().all(|value| *value < 0.1), "{lids:?}");
    assert!(lids[20..].iter().any(|value| *value > 0.4), "{lids:?}");
}

#[test]
fn frames_that_are_tracked_are_streamed_and_recorded_in_one_run() {
    let folder = TempDir::new().unwrap();
    let frames = folder.path().join("frames");
    std::fs::create_dir(&frames).unwrap();
    for (index, head) in drawn_clip(256, 6).iter().enumerate() {
        let picture = Image::from_rgb(head.width, head.height, head.draw());
        write_png(&frames.join(format!("{index:03}.png")), &picture).unwrap();
    }
    let mut config = config(Driving::File(frames));
    config.output = Some(folder.path().join("a.motion.safetensors"));
    let (summary, _, heard) = streamed(config.clone());
    assert_eq!(summary.frames, 6);
    let ends = heard
        .iter()
        .filter(|(_, m)| m.addr == "/VMC/Ext/Blend/Apply");
    assert_eq!(ends.count(), 6);
    let track = Track::read(&config.output.unwrap()).unwrap();
    assert_eq!(track.frames_with_face(), 6);
}

#[test]
fn both_files_of_coefficients_say_the_same_and_name_what_is_not_carried() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    let mut config = config(blinking());
    config.blendshapes = vec![path("a.csv"), path("a.json")];
    run(&config);
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path("a.json")).unwrap()).unwrap();
    assert_eq!(json["not_carried"].as_array().unwrap().len(), 7);
    assert!(json["comment"].as_str().unwrap().contains("Synthetic"));
    let names = json["names"].as_array().unwrap();
    let csv = std::fs::read_to_string(path("a.csv")).unwrap();
    let rows: Vec<&str> = csv.lines().skip(1).collect();
    let frames = json["frames"].as_array().unwrap();
    assert_eq!([rows.len(), frames.len()], [36, 36]);
    for (row, frame) in rows.iter().zip(frames) {
        let values: Vec<f64> = row.split(',').skip(2).map(|v| v.parse().unwrap()).collect();
        for (column, name) in names.iter().enumerate() {
            let value = frame["coefficients"][column].as_f64().unwrap();
            assert!((value - values[column]).abs() < 2e-6, "{name}");
            assert!(is_carried(name.as_str().unwrap()) || value == 0.0, "{name}");
        }
        let yaw = frame["head"]["yaw"].as_f64().unwrap();
        assert!((yaw - values[61]).abs() < 2e-5);
    }
}

#[test]
fn a_recording_says_where_it_comes_from_and_reads_the_same_again() {
    let folder = TempDir::new().unwrap();
    let [first, second] =
        ["a", "b"].map(|name| folder.path().join(format!("{name}.motion.safetensors")));
    let mut config = config(blinking());
    config.output = Some(first.clone());
    run(&config);
    let bytes = std::fs::read(&first).unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("Synthetic motion of a face"));
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("blendshapes").unwrap().shape(), [36, 52]);
    assert_eq!(file.tensor("head_pose").unwrap().shape(), [36, 6]);
    config.driving = Driving::File(first.clone());
    config.output = Some(second.clone());
    run(&config);
    assert_eq!(
        Track::read(&first).unwrap().frames,
        Track::read(&second).unwrap().frames
    );
}

#[test]
fn names_and_addresses_that_nobody_knows_are_told_before_the_work() {
    let mut config = config(blinking());
    config.blendshapes = vec!["a.xlsx".into()];
    let error = refusal(&config);
    assert!(
        error.contains("a.xlsx") && error.contains(".csv"),
        "{error}"
    );
    config.blendshapes.clear();
    config.vmc = Some("nowhere".into());
    let error = refusal(&config);
    assert!(
        error.contains("nowhere") && error.contains("host:port"),
        "{error}"
    );
}
