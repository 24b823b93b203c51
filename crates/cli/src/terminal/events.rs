//! `--events`: what a run tells, as JSON lines on standard output, for programs that started it.
//!
//! Such a program keeps standard input open; its end asks for a stop, so that a program that was killed leaves
//! no orphan at work.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::terminal::progress::State;

static ARE_WANTED: AtomicBool = AtomicBool::new(false);

/// Tell events from now on.
pub(crate) fn want() {
    ARE_WANTED.store(true, Ordering::Relaxed);
}

/// Whether events are told instead of lines for people.
pub(crate) fn are_wanted() -> bool {
    ARE_WANTED.load(Ordering::Relaxed)
}

/// How far the work is.
pub(crate) fn tell_progress(state: &State) {
    tell(&json!({
        "event": "progress",
        "stage": state.label,
        "unit": state.unit,
        "done": state.done,
        "total": state.total,
        "per_second": state.rate,
        "left_s": state.left_s,
    }));
}

/// A warning or note.
pub(crate) fn tell_message(text: &str) {
    tell(&json!({"event": "message", "text": text}));
}

/// The work is done.
pub(crate) fn tell_finished(summary: &Value) {
    tell(&json!({"event": "finished", "summary": summary}));
}

fn tell(event: &Value) {
    let mut stdout = std::io::stdout().lock();
    // A listener that went away is noticed at the end of standard input.
    if writeln!(stdout, "{event}").is_ok() {
        stdout.flush().unwrap_or_default();
    }
}

/// Call `stop` once standard input has ended.
pub(crate) fn at_end_of_input(stop: impl FnOnce() + Send + 'static) {
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut piece = [0; 256];
        while let Ok(1..) = input.read(&mut piece) {}
        stop();
    });
}
