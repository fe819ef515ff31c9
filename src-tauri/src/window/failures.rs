//! What to do when the window's page has failed. Pure: time is an argument.

use std::collections::VecDeque;
use std::time::Duration;

/// How many failures within [`WINDOW`] are too many.
const MAX_FAILURES: usize = 3;
const WINDOW: Duration = Duration::from_secs(60);

/// The response to a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cure {
    /// Load the page again, in a new process.
    Reload,
    /// It would fail again: ask the user.
    Ask,
}

/// The latest failures, by the steady time at which each happened.
#[derive(Debug, Default)]
pub(super) struct Failures(VecDeque<Duration>);

impl Failures {
    pub(super) fn record(&mut self, now: Duration) -> Cure {
        self.0.retain(|&then| now.saturating_sub(then) < WINDOW);
        self.0.push_back(now);
        if self.0.len() < MAX_FAILURES { Cure::Reload } else { Cure::Ask }
    }

    /// Resets the count: the user wants another try.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_failure_within_a_minute_asks() {
        let mut failures = Failures::default();
        let at = Duration::from_secs;
        assert_eq!(failures.record(at(0)), Cure::Reload);
        assert_eq!(failures.record(at(30)), Cure::Reload);
        assert_eq!(failures.record(at(59)), Cure::Ask);
        failures.forget();
        assert_eq!(failures.record(at(59)), Cure::Reload);
    }

    #[test]
    fn failures_far_apart_never_ask() {
        let mut failures = Failures::default();
        for hour in 0..100 {
            assert_eq!(failures.record(Duration::from_secs(hour * 3600)), Cure::Reload);
            assert_eq!(failures.record(Duration::from_secs(hour * 3600 + 1)), Cure::Reload);
        }
    }
}
