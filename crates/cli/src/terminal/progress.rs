//! How far long work is, with its rate and the time left, on one line of standard error.
//!
//! On a terminal the line is redrawn in place; elsewhere a line appears every few seconds.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::terminal::events;

/// Between two redraws on a terminal.
const REDRAW: Duration = Duration::from_millis(100);
/// Between two events.
const NEXT_EVENT: Duration = Duration::from_millis(200);
/// Between two lines where there is no terminal.
const NEXT_LINE: Duration = Duration::from_secs(5);

/// State of a piece of work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct State {
    /// What is being done, such as "painting".
    pub(crate) label: &'static str,
    /// What is counted, such as "frames".
    pub(crate) unit: &'static str,
    /// How many are finished.
    pub(crate) done: u64,
    /// Of how many, where that is known.
    pub(crate) total: Option<u64>,
    /// How many a second.
    pub(crate) rate: f64,
    /// Seconds left, where the total is known.
    pub(crate) left_s: Option<f64>,
}

/// The progress line of one command.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: Instant,
    is_terminal: bool,
    is_quiet: bool,
    drawn_width: usize,
}

impl Progress {
    /// A line that is still empty; it stays so where `is_quiet`.
    pub(crate) fn new(is_quiet: bool) -> Self {
        Self {
            shown: Instant::now(),
            is_terminal: std::io::stderr().is_terminal(),
            is_quiet,
            drawn_width: 0,
        }
    }

    /// Show how far the work is, unless something was shown a moment ago.
    pub(crate) fn show(&mut self, state: &State) {
        self.show_noted(state, "");
    }

    /// As [`Progress::show`], with words that follow on the line.
    pub(crate) fn show_noted(&mut self, state: &State, note: &str) {
        let pause = match (events::are_wanted(), self.is_terminal) {
            (true, _) => NEXT_EVENT,
            (false, true) => REDRAW,
            (false, false) => NEXT_LINE,
        };
        if self.is_quiet || self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        if events::are_wanted() {
            events::tell_progress(state);
            return;
        }
        let mut text = line(state);
        if !note.is_empty() {
            text.push_str("; ");
            text.push_str(note);
        }
        if self.is_terminal {
            self.draw(&text);
        } else {
            write_to_terminal(&format!("{text}\n"));
        }
    }

    /// Print a line that is of interest only while the work is watched; nothing when quiet.
    #[cfg_attr(not(feature = "train"), allow(dead_code, reason = "for training"))]
    pub(crate) fn inform(&mut self, text: &str) {
        if !self.is_quiet {
            self.say(text);
        }
    }

    /// Print a line of its own, such as a warning, above the progress line.
    pub(crate) fn say(&mut self, text: &str) {
        if events::are_wanted() {
            events::tell_message(text);
            return;
        }
        self.clear();
        write_to_terminal(&format!("{text}\n"));
    }

    fn draw(&mut self, text: &str) {
        let width = text.chars().count();
        let rest = " ".repeat(self.drawn_width.saturating_sub(width));
        write_to_terminal(&format!("\r{text}{rest}"));
        self.drawn_width = width;
    }

    fn clear(&mut self) {
        if self.drawn_width > 0 {
            let blank = " ".repeat(self.drawn_width);
            write_to_terminal(&format!("\r{blank}\r"));
            self.drawn_width = 0;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A terminal that went away is no reason to stop the work, so a failed write is left at that.
fn write_to_terminal(text: &str) {
    let mut stderr = std::io::stderr().lock();
    if stderr.write_all(text.as_bytes()).is_ok() {
        stderr.flush().unwrap_or_default();
    }
}

fn line(state: &State) -> String {
    let State {
        label,
        unit,
        done,
        rate,
        ..
    } = state;
    let Some(total) = state.total.filter(|total| *total > 0) else {
        return format!("{label}: {done} {unit}, {rate:.1} a second");
    };
    let percent = (done * 100 / total).min(100);
    let mut text = format!("{label}: {done} of {total} {unit} ({percent} %), {rate:.1} a second");
    if let Some(left) = state.left_s {
        text.push_str(&format!(", {} left", clock(left)));
    }
    text
}

/// Seconds as minutes and seconds, or hours where it takes that long.
fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0).ceil() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        return format!("{hours}:{minutes:02}:{seconds:02}");
    }
    format!("{minutes}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painting(done: u64, total: Option<u64>, left_s: Option<f64>) -> State {
        State {
            label: "painting",
            unit: "frames",
            done,
            total,
            rate: 25.0,
            left_s,
        }
    }

    #[test]
    fn the_line_tells_share_rate_and_time_left() {
        assert_eq!(
            line(&painting(50, Some(200), Some(6.0))),
            "painting: 50 of 200 frames (25 %), 25.0 a second, 0:06 left"
        );
    }

    #[test]
    fn work_of_unknown_length_shows_count_and_rate_alone() {
        let text = line(&painting(30, None, None));
        assert_eq!(text, "painting: 30 frames, 25.0 a second");
    }

    #[test]
    fn more_frames_than_announced_stay_at_100_percent() {
        assert!(
            line(&painting(11, Some(10), Some(-0.1)))
                .ends_with("(100 %), 25.0 a second, 0:00 left")
        );
    }

    #[test]
    fn hours_appear_where_the_work_takes_them() {
        assert_eq!(clock(59.2), "1:00");
        assert_eq!(clock(3725.0), "1:02:05");
    }
}
