//! Running graphs on the calling thread's own core, where several work at once.

use std::cell::Cell;

thread_local! {
    static IS_ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Do `work`; graphs that are run in it on this thread take one core each instead of all.
///
/// For callers that work on several things at once, such as the frames of a film: cores that need not wait for each
/// other do more.
pub fn on_one_core<T>(work: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            IS_ALONE.set(self.0);
        }
    }
    let _restore = Restore(IS_ALONE.replace(true));
    work()
}

/// Whether the calling thread is in [`on_one_core`].
pub(crate) fn is_alone() -> bool {
    IS_ALONE.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_alone_within_and_not_after() {
        assert!(!is_alone());
        on_one_core(|| {
            on_one_core(|| assert!(is_alone()));
            assert!(is_alone());
            std::thread::scope(|scope| drop(scope.spawn(|| assert!(!is_alone()))));
        });
        assert!(!is_alone());
    }
}
