//! Makes samples on threads of its own, ahead of the step that needs them, in a fixed order.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Batches ready before they are asked for, per thread.
const AHEAD: usize = 3;

/// Source of batches. Batch `n` depends on nothing but `n`, however many threads work, so a
/// resumed run goes on with the samples that the interrupted one would have seen.
#[derive(Debug)]
pub(crate) struct SampleLoader<T> {
    queues: Vec<Receiver<Vec<T>>>,
    turn: usize,
}

impl<T: Send + 'static> SampleLoader<T> {
    /// Start `threads` threads that call `make` with the number of each sample, from batch
    /// `first` on. They end when the loader is dropped.
    pub(crate) fn start(
        make: &Arc<dyn Fn(u64) -> T + Send + Sync>,
        [first, batch, threads]: [u64; 3],
    ) -> Self {
        let spawn = |thread: u64| {
            let make = Arc::clone(make);
            let (sender, receiver) = sync_channel(AHEAD);
            thread::spawn(move || {
                let mut number = first + thread;
                loop {
                    let samples = (number * batch..(number + 1) * batch).map(|n| make(n));
                    if sender.send(samples.collect()).is_err() {
                        return;
                    }
                    number += threads;
                }
            });
            receiver
        };
        Self {
            queues: (0..threads).map(spawn).collect(),
            turn: 0,
        }
    }

    /// The next batch; `None` where a thread ended by a panic.
    pub(crate) fn next_batch(&mut self) -> Option<Vec<T>> {
        let batch = self.queues[self.turn].recv().ok();
        self.turn = (self.turn + 1) % self.queues.len();
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_start_do_not_depend_on_the_number_of_threads() {
        let make: Arc<dyn Fn(u64) -> u64 + Send + Sync> = Arc::new(|n| n * n);
        let mut one = SampleLoader::start(&make, [0, 4, 1]);
        let mut three = SampleLoader::start(&make, [2, 4, 3]);
        one.next_batch();
        one.next_batch();
        for _ in 0..7 {
            assert_eq!(one.next_batch(), three.next_batch());
        }
    }
}
