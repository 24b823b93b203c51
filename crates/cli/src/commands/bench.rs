//! `vivant bench`: how fast the portrait model paints on this machine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use inference::{Engine, InferenceError};
use landmarks::{FaceFinder, HEAD_MARGIN, Landmarks, cut_crop, head_square};
use media::Image;
use reenactment::few_shot::Shot;
use reenactment::portrait::{PortraitModel, PortraitPerson};

use crate::commands::frame_rates::sample;
use crate::terminal::failure::Failure;

/// Most frames of the built-in motion that are painted again and again.
const POSES: usize = 8;

/// Options of `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Source pictures of the person.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=32))]
    shots: u8,
    /// Seconds to measure for.
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

/// Paint the built-in portrait speaking, and print how long a frame takes.
///
/// Counts everything from landmarks to picture: flows, bending, networks, patches of mouth and eyes. The driver's
/// landmarks are there already, and nothing is encoded.
///
/// # Errors
/// If a network does not run.
pub(crate) fn bench(args: &BenchArgs) -> Result<(), Failure> {
    let model = Arc::new(PortraitModel::built_in().map_err(Failure::work)?);
    let shots = shots(model.side_px(), usize::from(args.shots).max(POSES))?;
    let poses: Vec<Landmarks> = shots.iter().map(|shot| shot.landmarks).collect();
    let sources = &shots[..usize::from(args.shots)];
    let started = Instant::now();
    let person = PortraitPerson::new(Arc::clone(&model), sources).map_err(Failure::work)?;
    let encoding_ms = started.elapsed().as_secs_f64() * 1e3;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let time = Duration::from_secs(args.seconds);
    let alone_ms = times_ms(&person, &poses, time).map_err(Failure::work)?;
    // Frames of a film do not wait for each other: one a core.
    let paint = || inference::on_one_core(|| times_ms(&person, &poses, time));
    let beside_ms = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(paint)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|times| times.expect("painting does not panic"))
            .collect::<Result<Vec<_>, _>>()
    });
    let beside_ms = beside_ms.map_err(Failure::work)?.concat();
    let [alone_ms, beside_ms] = [alone_ms, beside_ms].map(median);
    println!("engine:   {}, {cores} cores", Engine::chosen().name());
    println!(
        "model:    portrait, {} px, {} source pictures, read in {encoding_ms:.0} ms",
        model.side_px(),
        sources.len()
    );
    println!(
        "live:     {alone_ms:.1} ms a frame, {:.1} frames a second, one after the other on all cores",
        1e3 / alone_ms
    );
    println!(
        "film:     {:.1} frames a second, {cores} at once",
        1e3 * cores as f64 / beside_ms
    );
    Ok(())
}

/// Milliseconds that each frame took, for as long as `time`.
fn times_ms(
    person: &PortraitPerson,
    poses: &[Landmarks],
    time: Duration,
) -> Result<Vec<f64>, InferenceError> {
    let mut times_ms = Vec::new();
    let started = Instant::now();
    while started.elapsed() < time {
        let start = Instant::now();
        person.paint(&poses[times_ms.len() % poses.len()])?;
        times_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times_ms)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Heads of the built-in portrait speaking, cut out as large as the model's pictures.
fn shots(side_px: u32, count: usize) -> Result<Vec<Shot>, Failure> {
    let finder = FaceFinder::built_in(None).map_err(Failure::work)?;
    let pictures = sample()?;
    let mut found: Vec<(Image, Landmarks)> = Vec::new();
    for picture in pictures.into_iter().take(count) {
        let faces = finder.find_all(&picture).map_err(Failure::work)?;
        found.extend(faces.first().map(|face| (picture, face.landmarks)));
    }
    let all = found.iter().map(|(_, landmarks)| landmarks);
    let Some(square) = head_square(all, HEAD_MARGIN) else {
        return Err(Failure::work(NoFace));
    };
    let map = square.square_to_picture(1.0, side_px);
    let cut = |(picture, landmarks): &(Image, Landmarks)| Shot {
        picture: cut_crop(picture, &map, side_px),
        landmarks: landmarks.map(|point| map.to_crop(point)),
    };
    Ok(found.iter().cycle().take(count).map(cut).collect())
}

/// The built-in portrait's face was not found.
#[derive(Debug, thiserror::Error)]
#[error("the built-in portrait's face was not found: the built-in networks are damaged")]
struct NoFace;
