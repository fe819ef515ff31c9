//! What the session does by itself while the app runs: looks at the clock, renews in time, delivers what waits for the
//! server, and tries again, less and less often, while the server is out of reach.

use std::sync::Arc;
use std::time::Duration;

use crate::api::Api;
use crate::auth_client::AuthClient;
use crate::device::Patience;
use crate::load::SessionState;
use crate::reasons::SignedOutReason;

/// How often the clock is looked at. A lease that runs out, also while the machine sleeps, shows within this time.
const TICK: Duration = Duration::from_secs(15);
/// How often a key that is out of reach is looked for: the keychain may come up after the app, or
/// be unlocked.
const KEY_TICK: Duration = Duration::from_secs(3);
/// The first and the longest pause between two tries to reach the server.
const FIRST_RETRY: Duration = Duration::from_secs(2);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

impl<A: Api> AuthClient<A> {
    /// Keeps the session in order until the future is dropped. Begins with a contact at once.
    pub async fn background(self: Arc<Self>) {
        let mut failures = 0;
        loop {
            let delivered = self.deliver_notices().await;
            let renewed = if self.wants_renewal() { self.renew().await } else { Ok(()) };
            // What a contact did not cure is not asked for again at once.
            if delivered.is_ok() && renewed.is_ok() && !self.wants_renewal() {
                failures = 0;
                self.wait_until_due(None).await;
            } else {
                self.wait_until_due(Some(retry_pause(failures, random_fraction()))).await;
                failures = failures.saturating_add(1);
            }
        }
    }

    /// Waits for `pause`, or until something is due, looking at the clock now and then.
    pub(crate) async fn wait_until_due(self: &Arc<Self>, pause: Option<Duration>) {
        let started = tokio::time::Instant::now();
        loop {
            let left = pause.map(|pause| pause.saturating_sub(started.elapsed()));
            if left == Some(Duration::ZERO) {
                return;
            }
            let tick = if self.is_out_of_reach() { KEY_TICK } else { TICK };
            let slice = left.unwrap_or(tick).min(tick);
            let woken = tokio::time::timeout(slice, self.wake.notified()).await.is_ok();
            self.tick().await;
            if woken || (pause.is_none() && self.wants_renewal()) {
                return;
            }
        }
    }

    /// Judges the session anew: a lease that has run out, a clock that was set, a keychain that was
    /// unlocked or has come up.
    pub(crate) async fn tick(self: &Arc<Self>) {
        // A keychain that hangs is given two threads, however often it is looked at.
        self.retry_unlock(Patience::None).await;
        let _guard = self.write_lock.lock().await;
        let _ = self
            .blocking(|session| {
                // A file that can be read again, because its owner or its disk was put right; or
                // the newer session of another process, which was on its way to the disk when this
                // one was replaced.
                let may_have_changed = matches!(
                    session.memory().loaded,
                    SessionState::Unreadable(_) | SessionState::SignedOut(SignedOutReason::Replaced)
                );
                if may_have_changed {
                    session.reload_if_changed();
                }
                session.remember_time();
                Ok(())
            })
            .await;
        self.publish();
    }

    pub(crate) fn is_out_of_reach(&self) -> bool {
        matches!(self.memory().loaded, SessionState::Locked(..))
    }

    /// Whether a contact is due: the access token is about to expire, or the session is held for a
    /// reason that a contact cures.
    pub(crate) fn wants_renewal(&self) -> bool {
        let now = self.now();
        let is_held = match &self.memory().loaded {
            SessionState::Active(held) => held.held_reason(now).is_some(),
            _ => return false,
        };
        is_held || !self.has_fresh_access()
    }
}

/// Doubles from [`FIRST_RETRY`] to [`LONGEST_RETRY`], then takes between half and all of it, so that a thousand devices
/// do not come back in the same second.
fn retry_pause(failures: u32, fraction: f64) -> Duration {
    let full = FIRST_RETRY.saturating_mul(2u32.saturating_pow(failures)).min(LONGEST_RETRY);
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
    pub(crate) fn pauses_grow_to_a_bound_and_differ() {
        let seconds = |failures, fraction| retry_pause(failures, fraction).as_secs_f64();
        assert_eq!([seconds(0, 1.0), seconds(1, 1.0), seconds(2, 1.0)], [2.0, 4.0, 8.0]);
        assert_eq!([seconds(30, 1.0), seconds(u32::MAX, 0.0)], [60.0, 30.0]);
        assert_eq!(seconds(0, f64::NAN.max(0.0)), 1.0);
        assert!((0.0..=1.0).contains(&random_fraction()));
    }
}
