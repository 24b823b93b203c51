//! What a run of `animate` shows: progress, warnings, and the result in one line.

use reenactment::{Event, PaintedBy, Stage, Summary, Warning};

use serde_json::{Value, json};

use crate::commands::gap_list::{gap_sentence, turn_sentence};
use crate::terminal::progress::{Progress, State};

/// Show one report of the library.
pub(crate) fn tell(progress: &mut Progress, event: Event) {
    match event {
        Event::Progress(part) => progress.show(&State {
            label: match part.stage {
                Stage::Tracking => "tracking",
                Stage::Painting => "painting",
                Stage::Streaming => "streaming",
            },
            unit: "frames",
            done: part.done,
            total: part.total,
            rate: part.frames_per_second,
            left_s: part.left_s,
        }),
        Event::Warning(warning) => progress.say(&format!("warning: {}", sentence(&warning))),
        Event::Finished(_) => {}
    }
}

fn sentence(warning: &Warning) -> String {
    match warning {
        Warning::NoFaceInFrames { gaps, total } => format!(
            "{} of the driving; the last motion is held there",
            gap_sentence(gaps, *total)
        ),
        Warning::NoFaceInSourceFrames { gaps, total } => format!(
            "{} of the source, which stay as they are",
            gap_sentence(gaps, *total)
        ),
        Warning::SeveralSourceFaces { found } => format!(
            "the source shows {found} faces; the largest is used, --face 2 takes the next largest, and so on"
        ),
        Warning::SeveralDrivingFaces { found } => format!(
            "the driving video shows up to {found} faces; the largest is used, --driving-face 2 takes the next largest, and so on"
        ),
        Warning::TurnHeldBack { parts, total } => turn_sentence(parts, *total),
        Warning::UnusedSource { name, reason } => format!("{name} is not used: {reason}"),
        Warning::OneDrivingFrame => "the driving has a single frame, so nothing moves".to_owned(),
        Warning::NoSound => "there is no sound to take, so the result is silent".to_owned(),
    }
}

/// What painted, in words.
fn painter_words(painter: &PaintedBy) -> String {
    match painter {
        PaintedBy::Warp => "the warp".to_owned(),
        PaintedBy::Avatar => "the avatar".to_owned(),
        PaintedBy::Portrait { origin, side_px } => format!("{origin} at {side_px} px"),
    }
}

/// The result for a program.
pub(crate) fn summary_json(summary: &Summary) -> Value {
    let (rate, duration_s) = (
        summary.frame_rate.to_f64(),
        summary.frames as f64 / summary.frame_rate.to_f64(),
    );
    json!({
        "frames": summary.frames,
        "frames_per_second": rate,
        "duration_s": duration_s,
        "width": summary.width,
        "height": summary.height,
        "has_sound": summary.has_sound,
        "painter": painter_words(&summary.painter),
        "calm_frame": summary.calm_frame,
        "wall_s": summary.wall_s,
    })
}

/// The result in one line.
pub(crate) fn told(summary: &Summary) -> String {
    let Summary {
        frames,
        width,
        height,
        frame_rate,
        wall_s,
        ..
    } = summary;
    let plural = if *frames == 1 { "" } else { "s" };
    let sound = if summary.has_sound {
        "with sound"
    } else {
        "silent"
    };
    format!(
        "{}: {frames} frame{plural} of {width} x {height} at {:.3} a second, {sound}, painted by {}, made in {wall_s:.1} s",
        summary.output.display(),
        frame_rate.to_f64(),
        painter_words(&summary.painter)
    )
}
