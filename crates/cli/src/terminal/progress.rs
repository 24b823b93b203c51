//! How far long work is, with its rate and the time left, on one line of standard error.
//!
//! On a terminal the line is redrawn in place; elsewhere a line appears every few seconds.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Between two redraws on a terminal.
const REDRAW: Duration = Duration::from_millis(100);
/// Between two lines where there is no terminal.
const NEXT_LINE: Duration = Duration::from_secs(5);

/// The progress line of one piece of work.
#[derive(Debug)]
pub(crate) struct Progress {
    label: &'static str,
    unit: &'static str,
    started: Instant,
    shown: Instant,
    is_terminal: bool,
    is_quiet: bool,
    drawn_width: usize,
}

impl Progress {
    /// Start the clock of work that counts `unit`, such as "frames".
    pub(crate) fn new(label: &'static str, unit: &'static str, is_quiet: bool) -> Self {
        let now = Instant::now();
        Self {
            label,
            unit,
            started: now,
            shown: now,
            is_terminal: std::io::stderr().is_terminal(),
            is_quiet,
            drawn_width: 0,
        }
    }

    /// Show that `done` of `total` are finished, unless something was shown a moment ago.
    pub(crate) fn show(&mut self, done: u64, total: Option<u64>) {
        let pause = if self.is_terminal { REDRAW } else { NEXT_LINE };
        if self.is_quiet || self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        let text = line(self.label, self.unit, done, total, self.started.elapsed());
        if self.is_terminal {
            self.draw(&text);
        } else {
            write_to_terminal(&format!("{text}\n"));
        }
    }

    /// Print a line that is of interest only while the work is watched; nothing when quiet.
    pub(crate) fn inform(&mut self, text: &str) {
        if !self.is_quiet {
            self.say(text);
        }
    }

    /// Print a line of its own, such as a warning, above the progress line.
    pub(crate) fn say(&mut self, text: &str) {
        self.clear();
        write_to_terminal(&format!("{text}\n"));
    }

    /// Take the progress line away.
    pub(crate) fn clear(&mut self) {
        if self.drawn_width > 0 {
            let blank = " ".repeat(self.drawn_width);
            write_to_terminal(&format!("\r{blank}\r"));
            self.drawn_width = 0;
        }
    }

    /// Seconds since the work began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn draw(&mut self, text: &str) {
        let width = text.chars().count();
        let rest = " ".repeat(self.drawn_width.saturating_sub(width));
        write_to_terminal(&format!("\r{text}{rest}"));
        self.drawn_width = width;
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

fn line(label: &str, unit: &str, done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-3);
    let Some(total) = total.filter(|total| *total > 0) else {
        return format!("{label}: {done} {unit}, {rate:.1} a second");
    };
    let percent = (done * 100 / total).min(100);
    let left = total.saturating_sub(done) as f64 / rate.max(1e-3);
    format!(
        "{label}: {done} of {total} {unit} ({percent} %), {rate:.1} a second, {} left",
        clock(left)
    )
}

/// Seconds as minutes and seconds, or hours where it takes that long.
fn clock(seconds: f64) -> String {
    let whole = seconds.ceil() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        return format!("{hours}:{minutes:02}:{seconds:02}");
    }
    format!("{minutes}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_share_rate_and_time_left() {
        let text = line("animate", "frames", 50, Some(200), Duration::from_secs(2));
        assert_eq!(
            text,
            "animate: 50 of 200 frames (25 %), 25.0 a second, 0:06 left"
        );
    }

    #[test]
    fn work_of_unknown_length_shows_count_and_rate_alone() {
        let text = line("animate", "frames", 30, None, Duration::from_secs(3));
        assert_eq!(text, "animate: 30 frames, 10.0 a second");
    }

    #[test]
    fn more_frames_than_announced_stay_at_100_percent_with_no_time_left() {
        let text = line("animate", "frames", 11, Some(10), Duration::from_secs(1));
        assert!(text.contains("(100 %)") && text.ends_with("0:00 left"));
    }

    #[test]
    fn hours_appear_where_the_work_takes_them() {
        assert_eq!(clock(59.2), "1:00");
        assert_eq!(clock(3725.0), "1:02:05");
    }
}
