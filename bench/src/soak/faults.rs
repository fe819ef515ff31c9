//! Records when a server or the database was down.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The parts that a fault can stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Server(usize),
    Database,
}

/// The time after the end of a fault in which clients still notice connections that it broke.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Default)]
pub(super) struct Faults(Mutex<Vec<(What, Instant, Option<Instant>)>>);

impl Faults {
    pub(super) fn begin(&self, what: What) -> usize {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.push((what, Instant::now(), None));
        faults.len() - 1
    }

    pub(super) fn end(&self, fault: usize) {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, end)) = faults.get_mut(fault) {
            *end = Some(Instant::now());
        }
    }

    /// Whether this was down at any moment from `since` until now.
    pub(super) fn was_down_since(&self, what: What, since: Instant) -> bool {
        let faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.iter().any(|(which, _, end)| *which == what && end.is_none_or(|end| end + GRACE > since))
    }

    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
