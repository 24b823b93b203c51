//! `vivant doctor`: what was found on this machine, and how fast it is.

use media::{Confinement, Ffmpeg, Limits, Tools};

use crate::commands::frame_rates::measure;
use crate::terminal::failure::Failure;

/// Encoders that outputs use, with what each is for.
const ENCODERS: [(&str, &str); 5] = [
    ("libx264", "MP4"),
    ("libvpx-vp9", "WebM"),
    ("gif", "GIF"),
    ("aac", "sound in MP4"),
    ("libopus", "sound in WebM"),
];

/// Print one line a finding.
///
/// # Errors
/// If the measurement of frame rates fails.
pub(crate) fn doctor() -> Result<(), Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("vivant:    {}", env!("CARGO_PKG_VERSION"));
    match Tools::find().ffmpeg() {
        Some(ffmpeg) => tell_of(ffmpeg),
        None => println!(
            "ffmpeg:    not found; driving videos and WebM need it, pictures, GIFs and MP4 output do not"
        ),
    }
    println!(
        "networks:  {}, on the CPU, {cores} cores",
        inference::Engine::chosen().name()
    );
    println!("animation: portrait model, warp (built in), on the CPU, {cores} cores");
    tell_of_limits();
    println!("training:  {}", training());
    let rates = measure()?;
    println!(
        "speed:     {:.0} frames a second of landmark tracking, {:.0} of the portrait model, {:.0} of the engine warp, at {} x {}",
        rates.tracking, rates.portrait, rates.warp, rates.width, rates.height
    );
    Ok(())
}

fn tell_of(ffmpeg: &Ffmpeg) {
    let program = ffmpeg.program().display();
    println!("ffmpeg:    {} ({program})", ffmpeg.version());
    for (encoder, purpose) in ENCODERS {
        let finding = if ffmpeg.has_encoder(encoder) {
            "yes"
        } else {
            "missing"
        };
        println!("           {encoder} for {purpose}: {finding}");
    }
    tell_of_confinement(ffmpeg.confinement());
}

/// What a video from a stranger cannot do through ffmpeg on this machine.
fn tell_of_confinement(way: Confinement) {
    let kept = [
        (way.files, "other files"),
        (way.network, "network"),
        (way.resources, "unlimited memory"),
    ];
    let list = |is_kept: bool| {
        let names = kept.iter().filter(|(kept, _)| *kept == is_kept);
        let names: Vec<&str> = names.map(|(_, name)| *name).collect();
        names.join(", ")
    };
    match (list(true).as_str(), list(false).as_str()) {
        (shut, "") => println!("           it is kept from: {shut}"),
        ("", _) => println!(
            "           it is not shut in: this system or this build of ffmpeg does not allow it"
        ),
        (shut, open) => println!(
            "           it is kept from: {shut}; not from: {open}, which this system or this build of \
             ffmpeg does not allow"
        ),
    }
}

/// What is read of a stranger's file at most.
fn tell_of_limits() {
    let limits = Limits::current();
    println!(
        "limits:    {} pixels ({} a side), {} frames, {} s, {} GiB a file, {} GiB of memory a decoder, \
         {} s without a frame",
        limits.pixels,
        limits.side_px,
        limits.frames,
        limits.duration_s,
        limits.bytes >> 30,
        limits.memory >> 30,
        limits.stall_s
    );
}

fn training() -> &'static str {
    if cfg!(feature = "train") {
        "libtorch 2.11 (feature `train`), on the CPU"
    } else {
        "not built in (feature `train`)"
    }
}
