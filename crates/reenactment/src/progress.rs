//! Telling how far a stage is, how fast it goes and how long it will take.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::error::AnimateError;
use crate::event::{Event, Progress, Stage};

/// Who hears the events of a run.
pub(crate) type Listener<'a> = dyn FnMut(Event) -> ControlFlow<()> + 'a;

/// Tell the listener; an answer of `Break` becomes [`AnimateError::Stopped`].
pub(crate) fn tell(listener: &mut Listener, event: Event) -> Result<(), AnimateError> {
    match listener(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(AnimateError::Stopped),
    }
}

/// Counts the frames of one stage.
pub(crate) struct Meter {
    stage: Stage,
    total: Option<u64>,
    done: u64,
    skipped: u64,
    start: Instant,
}

impl Meter {
    /// Start to count; `total` where it is known.
    pub(crate) fn start(stage: Stage, total: Option<u64>) -> Self {
        Self {
            stage,
            total,
            done: 0,
            skipped: 0,
            start: Instant::now(),
        }
    }

    /// Count frames that an earlier run has done; they do not make this one faster.
    pub(crate) fn skip(&mut self, frames: u64) {
        self.done += frames;
        self.skipped += frames;
    }

    /// One more frame is done.
    pub(crate) fn advance(&mut self, listener: &mut Listener) -> Result<(), AnimateError> {
        self.done += 1;
        // A file may hold more frames than it says.
        self.total = self.total.map(|total| total.max(self.done));
        let elapsed_s = self.start.elapsed().as_secs_f64().max(1e-6);
        let frames_per_second = (self.done - self.skipped) as f64 / elapsed_s;
        let left = |total: u64| (total - self.done) as f64 / frames_per_second;
        let progress = Progress {
            stage: self.stage,
            done: self.done,
            total: self.total,
            frames_per_second,
            left_s: self.total.map(left),
        };
        tell(listener, Event::Progress(progress))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_counts_up_and_grows_a_total_that_was_too_small() {
        let mut seen = Vec::new();
        let mut meter = Meter::start(Stage::Painting, Some(2));
        for _ in 0..3 {
            let mut listener = |event: Event| {
                if let Event::Progress(progress) = event {
                    seen.push((progress.done, progress.total));
                }
                ControlFlow::Continue(())
            };
            meter.advance(&mut listener).unwrap();
        }
        assert_eq!(seen, [(1, Some(2)), (2, Some(2)), (3, Some(3))]);
    }

    #[test]
    fn a_listener_that_breaks_stops_the_run() {
        let mut meter = Meter::start(Stage::Tracking, None);
        let answer = meter.advance(&mut |_| ControlFlow::Break(()));
        assert!(matches!(answer, Err(AnimateError::Stopped)));
    }
}
