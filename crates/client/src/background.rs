//! The client's background work while the app runs: checks the clock, renews in time, delivers
//! sign-out tokens, and retries at growing intervals while the server is unreachable.

use std::sync::Arc;
use std::time::Duration;

use crate::api::Api;
use crate::call::has_fresh_access;
use crate::context::Context;
use crate::core::Core;
use crate::delivery::deliver_sign_out_tokens;
use crate::device::Interaction;
use crate::persist::remember_time;
use crate::reasons::SignedOutReason;
use crate::reload::{reload_if_changed, retry_unlock};
use crate::renew::renew;
use crate::secret_deletion;
use crate::state::SessionState;

/// How often the clock is checked. An expired lease, also after the machine slept, shows within
/// this time.
const TICK: Duration = Duration::from_secs(15);
/// How often a locked session is tried again: the keychain may start after the app, or be unlocked;
/// the file may become readable.
const LOCKED_TICK: Duration = Duration::from_secs(3);
/// The first and the maximum pause between two tries to reach the server.
const FIRST_RETRY: Duration = Duration::from_secs(2);
const MAX_RETRY: Duration = Duration::from_secs(60);

/// Runs until the future is dropped. Begins with a contact.
pub(crate) async fn run<A: Api>(context: Context<A>) {
    // The work that the last run of the app did not finish.
    secret_deletion::enqueue(&context.core);
    let mut failures = 0;
    loop {
        let delivered = deliver_sign_out_tokens(&context).await;
        let renewed = if wants_renewal(&context.core) { renew(&context).await } else { Ok(()) };
        // A reason that a contact did not resolve is not tried again immediately.
        if delivered.is_ok() && renewed.is_ok() && !wants_renewal(&context.core) {
            failures = 0;
            wait_until_due(&context.core, None).await;
        } else {
            wait_until_due(&context.core, Some(retry_pause(failures, random_fraction()))).await;
            failures = failures.saturating_add(1);
        }
    }
}

/// Waits for `pause`, or until work is due, and checks the clock regularly.
async fn wait_until_due(core: &Arc<Core>, pause: Option<Duration>) {
    let started = tokio::time::Instant::now();
    loop {
        let left = pause.map(|pause| pause.saturating_sub(started.elapsed()));
        if left == Some(Duration::ZERO) {
            return;
        }
        let tick_length = if core.state().lock().is_some() { LOCKED_TICK } else { TICK };
        let slice = left.unwrap_or(tick_length).min(tick_length);
        let is_woken = tokio::time::timeout(slice, core.wake.notified()).await.is_ok();
        tick(core).await;
        if is_woken || (pause.is_none() && wants_renewal(core)) {
            return;
        }
    }
}

/// Evaluates the session again: an expired lease, a changed clock, a keychain that was unlocked or
/// started, a file that can be read again.
async fn tick(core: &Arc<Core>) {
    // A keychain that hangs gets at most two threads.
    let _ = retry_unlock(core, Interaction::Silent).await;
    // When this session was replaced, the newer session of another process may not have been on the
    // disk yet; an unreadable file may be readable.
    let may_have_changed = {
        let state = core.state();
        state.stored.unread.is_some()
            || matches!(state.session(), SessionState::SignedOut(SignedOutReason::Replaced))
    };
    if may_have_changed {
        let _ = reload_if_changed(core).await;
    }
    let remembered = core.write(|core, guard| {
        remember_time(core, guard);
        Ok(())
    });
    let _ = remembered.await;
    core.publish();
}

/// Whether a contact is due: the access token is about to expire, or the session is held for a
/// reason that a contact resolves.
fn wants_renewal(core: &Core) -> bool {
    let now = core.now();
    let is_held = {
        let state = core.state();
        match state.active() {
            // The user sets up a factor with the challenge that is there. After it a renewal brings
            // another, or ends the wait.
            Some(session) if session.lacks_factor && state.pending(now).is_some() => return false,
            Some(session) => session.held_reason(now).is_some(),
            None => return false,
        }
    };
    is_held || !has_fresh_access(core)
}

/// Doubles from [`FIRST_RETRY`] to [`MAX_RETRY`], then uses between half and all of it, so that a
/// thousand devices do not retry in the same second.
fn retry_pause(failures: u32, fraction: f64) -> Duration {
    let full = FIRST_RETRY.saturating_mul(2u32.saturating_pow(failures)).min(MAX_RETRY);
    full.mul_f64(0.5 + fraction.clamp(0.0, 1.0) / 2.0)
}

/// Between 0 and 1.
fn random_fraction() -> f64 {
    let mut bytes = [0; 4];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    pub(crate) fn pauses_grow_to_a_limit_and_differ() {
        let seconds = |failures, fraction| retry_pause(failures, fraction).as_secs_f64();
        assert_eq!([seconds(0, 1.0), seconds(1, 1.0), seconds(2, 1.0)], [2.0, 4.0, 8.0]);
        assert_eq!([seconds(30, 1.0), seconds(u32::MAX, 0.0)], [60.0, 30.0]);
        assert_eq!(seconds(0, f64::NAN.max(0.0)), 1.0);
        assert!((0.0..=1.0).contains(&random_fraction()));
    }
}
