//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// How long a test waits for anything: far longer than it takes, since a busy machine is no failure.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How long to pause between two looks.
const INTERVAL: Duration = Duration::from_millis(10);

/// Calls `look` until it finds something, and returns it.
///
/// # Panics
/// With `what`, if nothing is found within [`DEADLINE`].
pub async fn wait_for<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < end, "waited {DEADLINE:?} in vain until {what}");
        tokio::time::sleep(INTERVAL).await;
    }
}
