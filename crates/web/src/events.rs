//! What happens to jobs, told to every page that listens: server-sent events that survive a lost connection.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::json;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::identifier::{Identifier, random_hex};
use crate::job::Job;
use crate::studio::Studio;

/// Events that are kept for listeners who come back.
const KEPT: usize = 256;
/// Between two signs of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// One event: its number, whose it is, and what is told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    number: u64,
    job: Identifier,
    kind: &'static str,
    data: Arc<str>,
}

/// The last events, and who listens.
#[derive(Debug)]
pub(crate) struct EventLog {
    /// Told apart from the numbers of an earlier run of the server.
    epoch: String,
    kept: Mutex<Kept>,
    sender: broadcast::Sender<Told>,
}

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    events: VecDeque<Told>,
}

impl EventLog {
    /// A log without events.
    pub(crate) fn new() -> Self {
        Self {
            epoch: random_hex::<4>(),
            kept: Mutex::default(),
            sender: broadcast::channel(KEPT).0,
        }
    }

    /// Tell that a job has changed.
    pub(crate) fn job_changed(&self, job: &Job) {
        let data = serde_json::to_string(job).expect("a job is plain data");
        self.tell(job.id.clone(), "job", data.into());
    }

    /// Tell that a job is gone.
    pub(crate) fn job_removed(&self, id: &Identifier) {
        self.tell(id.clone(), "removed", json!({"id": id}).to_string().into());
    }

    fn tell(&self, job: Identifier, kind: &'static str, data: Arc<str>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let told = Told {
            number: kept.next,
            job,
            kind,
            data,
        };
        kept.next += 1;
        if kept.events.len() == KEPT {
            kept.events.pop_front();
        }
        kept.events.push_back(told.clone());
        // nobody listening is no failure
        drop(self.sender.send(told));
    }

    /// Listen from now on. What came after the event `last` comes too; `None` where that is no longer known, and
    /// the listener has to be told everything.
    fn listen(&self, last: Option<&str>) -> (Option<Vec<Told>>, u64, broadcast::Receiver<Told>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.sender.subscribe();
        let number = last.and_then(|last| {
            let (epoch, number) = last.split_once('-')?;
            (epoch == self.epoch).then(|| number.parse::<u64>().ok())?
        });
        let missed = number.and_then(|number| {
            let oldest = kept.events.front().map_or(kept.next, |event| event.number);
            let is_known = number < kept.next && number + 1 >= oldest;
            is_known.then(|| {
                let events = kept.events.iter().filter(|event| event.number > number);
                events.cloned().collect()
            })
        });
        (missed, kept.next, receiver)
    }

    fn to_event(&self, told: &Told) -> Event {
        let id = format!("{}-{}", self.epoch, told.number);
        Event::default().id(id).event(told.kind).data(&told.data)
    }
}

/// Stream the events of all jobs, or of one.
pub(crate) fn stream(
    studio: Arc<Studio>,
    headers: &HeaderMap,
    only: Option<Identifier>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let (missed, next, receiver) = studio.events.listen(last);
    let is_wanted = move |told: &Told| only.as_ref().is_none_or(|only| told.job == *only);
    let first: Vec<Event> = match missed {
        Some(missed) => {
            let wanted = missed.iter().filter(|told| is_wanted(told));
            wanted.map(|told| studio.events.to_event(told)).collect()
        }
        None => vec![snapshot(&studio, next)],
    };
    let later = stream::unfold((studio, receiver), move |(studio, mut receiver)| {
        let is_wanted = is_wanted.clone();
        async move {
            loop {
                match receiver.recv().await {
                    Ok(told) if is_wanted(&told) => {
                        let event = studio.events.to_event(&told);
                        return Some((event, (studio, receiver)));
                    }
                    Ok(_) => {}
                    // One too slow to keep up is sent away, and comes back with the number that it last saw.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
                }
            }
        }
    });
    let events = stream::iter(first).chain(later).map(Ok);
    Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE))
}

/// All jobs as they are before the event `next`.
fn snapshot(studio: &Studio, next: u64) -> Event {
    let jobs = studio.jobs().all();
    let id = format!("{}-{}", studio.events.epoch, next.saturating_sub(1));
    let data = json!({"jobs": jobs}).to_string();
    Event::default().id(id).event("snapshot").data(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(missed: &[Told]) -> Vec<u64> {
        missed.iter().map(|told| told.number).collect()
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_and_who_was_away_too_long_everything() {
        let log = EventLog::new();
        let id = Identifier::new();
        for _ in 0..3 {
            log.job_removed(&id);
        }
        let last = |number: u64| format!("{}-{number}", log.epoch);
        assert_eq!(numbers(&log.listen(Some(&last(0))).0.unwrap()), [1, 2]);
        assert_eq!(numbers(&log.listen(Some(&last(2))).0.unwrap()), [0_u64; 0]);
        assert!(log.listen(None).0.is_none());
        assert!(log.listen(Some("0-0")).0.is_none(), "of an earlier run");
        assert!(log.listen(Some(&last(99))).0.is_none(), "never told");
        for _ in 0..KEPT {
            log.job_removed(&id);
        }
        assert!(log.listen(Some(&last(0))).0.is_none(), "no longer kept");
        assert!(log.listen(Some(&last(2))).0.is_some());
    }
}
