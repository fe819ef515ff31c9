//! Waiting for something to be so, with a bound.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// How long anything may take: far above what it does take, since a busy machine is no failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How often is looked.
pub(crate) const INTERVAL: Duration = Duration::from_millis(20);

/// Looks until `look` finds something, and returns it.
///
/// # Errors
/// If `look` fails, or nothing is found within half a minute: then the error says that `what` did not come about.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    until_within(PATIENCE, what, look).await
}

/// The same for what takes its time.
///
/// # Errors
/// If `look` fails, or nothing is found within `patience`.
pub async fn until_within<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + patience;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() > end {
            bail!("waited {patience:?} in vain until {what}");
        }
        sleep(INTERVAL).await;
    }
}
