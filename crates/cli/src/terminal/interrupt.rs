//! Ctrl-C and its relatives as a flag that long work looks at between two frames.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::terminal::events;

/// Whether the user has asked for a stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt {
    is_asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// Catch Ctrl-C, SIGTERM and SIGHUP from now on, and with `--events` the end of standard input.
    ///
    /// # Errors
    /// If the system lets us catch no signals.
    pub(crate) fn install() -> Result<Self, ctrlc::Error> {
        let interrupt = Self::default();
        let is_asked = Arc::clone(&interrupt.is_asked);
        ctrlc::set_handler(move || is_asked.store(true, Ordering::Relaxed))?;
        if events::are_wanted() {
            let is_asked = Arc::clone(&interrupt.is_asked);
            events::at_end_of_input(move || is_asked.store(true, Ordering::Relaxed));
        }
        Ok(interrupt)
    }

    /// True once a stop was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// The answer that a library's event listener gives.
    pub(crate) fn flow(&self) -> ControlFlow<()> {
        if self.is_asked() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
