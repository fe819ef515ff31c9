//! The work of a running server between requests, each in its own loop: one that takes long, or
//! waits for its deadline, does not hold up the other.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::http::State;

/// How often expired rows are deleted.
const PURGE_INTERVAL: Duration = Duration::from_secs(60);

/// Whether the sessions that end at other servers are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Current,
    /// The last try failed.
    Lost,
    /// They have not been seen for longer than the setting allows.
    Outdated,
}

/// Loads the sessions that other servers end.
pub(crate) async fn watch_ended(state: &State) {
    let mut poll = interval(Duration::from_millis(state.settings.sessions.revocation_poll_ms));
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut view = View::Current;
    loop {
        poll.tick().await;
        let result = state.service.refresh_ended().await;
        let now = match &result {
            Ok(()) => View::Current,
            Err(_) if state.service.is_outdated() => View::Outdated,
            Err(_) => View::Lost,
        };
        // Logged once, not twice a second.
        if now != view {
            let seconds = state.service.ended_age().as_secs();
            let refuses = state.settings.sessions.refuse_without_revocations;
            match (now, result) {
                (View::Outdated, Err(error)) => tracing::error!(
                    %error,
                    seconds,
                    refuses,
                    "the sessions that end elsewhere have been out of view for too long: not ready"
                ),
                (_, Err(error)) => {
                    tracing::warn!(%error, "the sessions that end elsewhere are out of view");
                }
                (_, Ok(())) => tracing::warn!("the sessions that end elsewhere are in view again"),
            }
        }
        view = now;
    }
}

/// Deletes expired rows.
pub(crate) async fn purge(state: &State) {
    let mut purge = interval(PURGE_INTERVAL);
    purge.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        purge.tick().await;
        match state.service.purge_expired().await {
            Ok(0) => {}
            Ok(deleted) => tracing::debug!(deleted, "expired rows deleted"),
            Err(error) => tracing::warn!(%error, "expired rows could not be deleted"),
        }
    }
}
