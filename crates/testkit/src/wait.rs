//! Waiting for a condition, with a time limit.

use std::time::{Duration, Instant};

/// The time limit of every wait in a test. It is far longer than any wait takes, so that a test
/// does not fail on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// The pause between two checks.
pub(crate) const INTERVAL: Duration = Duration::from_millis(10);

/// Calls `check` until it returns `Some`, and returns the value.
///
/// # Panics
/// Panics with `what` if `check` returns `None` until [`DEADLINE`] has passed.
pub async fn wait_for<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(INTERVAL).await;
    }
}
