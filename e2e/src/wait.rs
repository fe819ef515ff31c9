//! Waiting for a condition, with a time-out.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// The time-out of every wait. Far longer than anything takes, so that a busy machine does not make
/// a test fail.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// The time between two checks.
pub(crate) const INTERVAL: Duration = Duration::from_millis(20);

/// Calls `check` until it finds something, and returns that.
///
/// # Errors
/// Returns an error if `check` fails, or finds nothing within 30 seconds: the error contains
/// `what`.
pub async fn until<T>(what: &str, check: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    until_within(TIMEOUT, what, check).await
}

/// Does the same as [`until`] with another time-out.
///
/// # Errors
/// Returns an error if `check` fails, or finds nothing within `limit`.
pub async fn until_within<T>(
    limit: Duration,
    what: &str,
    mut check: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = check().await? {
            return Ok(found);
        }
        if Instant::now() > end {
            bail!("this did not happen within {limit:?}: {what}");
        }
        sleep(INTERVAL).await;
    }
}
