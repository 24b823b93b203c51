//! What a run of `animate` shows: progress, warnings, and the result in one line.

use reenactment::{Event, Stage, Summary, Warning};

use crate::terminal::progress::{Progress, State};

/// Show one report of the library.
pub(crate) fn tell(progress: &mut Progress, event: Event) {
    match event {
        Event::Progress(part) => progress.show(&State {
            label: match part.stage {
                Stage::Tracking => "tracking",
                Stage::Painting => "painting",
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
            "no face in {} of {total} driving frames ({}); the last motion is held there",
            gaps.iter()
                .map(|(first, last)| last - first + 1)
                .sum::<u64>(),
            listed(gaps)
        ),
        Warning::SeveralSourceFaces { found } => format!(
            "the source shows {found} faces; the largest is used, --face 1 to {found} chooses from left to right"
        ),
        Warning::SeveralDrivingFaces { found } => format!(
            "the driving video shows up to {found} faces; the largest is used, --driving-face 1 to {found} chooses from left to right"
        ),
        Warning::OneDrivingFrame => "the driving has a single frame, so nothing moves".to_owned(),
        Warning::NoSound => "there is no sound to take, so the result is silent".to_owned(),
    }
}

/// The first few gaps as frame numbers, and how many more there are.
fn listed(gaps: &[(u64, u64)]) -> String {
    const SHOWN: usize = 8;
    let mut texts: Vec<String> = gaps
        .iter()
        .take(SHOWN)
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first} to {last}"),
        })
        .collect();
    if gaps.len() > SHOWN {
        texts.push(format!("{} more gaps", gaps.len() - SHOWN));
    }
    texts.join(", ")
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
        "{}: {frames} frame{plural} of {width} x {height} at {:.3} a second, {sound}, made in {wall_s:.1} s",
        summary.output.display(),
        frame_rate.to_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_and_a_long_list_is_cut() {
        let warning = Warning::NoFaceInFrames {
            gaps: (0..10)
                .map(|index| (index * 10, index * 10 + index))
                .collect(),
            total: 200,
        };
        let text = sentence(&warning);
        assert!(text.starts_with("no face in 55 of 200 driving frames (0, 10 to 11, 20 to 22"));
        assert!(text.contains("70 to 77, 2 more gaps)"));
    }
}
