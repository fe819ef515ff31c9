//! The work of a running server between requests, each in its own loop: one that takes long, or
//! waits for its deadline, does not hold up the other.

use std::pin::pin;
use std::time::Duration;

use latchkey_server_core::{DatabaseError, outbox};
use latchkey_token::UnixTime;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::connections::Tls;
use crate::http::State;

/// How often expired rows are deleted.
const PURGE_INTERVAL: Duration = Duration::from_secs(60);

/// How often due mails are looked for.
const MAIL_INTERVAL: Duration = Duration::from_millis(500);

/// How often waiting mails are counted.
const MAIL_COUNT_INTERVAL: Duration = Duration::from_secs(10);

/// How often the age of the view is checked while a fetch of the ended sessions takes long.
const AGE_CHECK: Duration = Duration::from_secs(1);

/// How often the certificate is looked at. It is read again when its file changes.
const CERTIFICATE_CHECK: Duration = Duration::from_secs(1);

/// A certificate that expires within so many days is warned of.
const EXPIRES_SOON_DAYS: i64 = 21;

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
        let mut refresh = pin!(state.service.refresh_ended());
        let result = loop {
            tokio::select! {
                result = &mut refresh => break result,
                // The deadline of the database may be far away.
                () = sleep(AGE_CHECK) => {
                    if view != View::Outdated && state.service.is_outdated() {
                        view = View::Outdated;
                        log_outdated(state);
                    }
                }
            }
        };
        // Logged once, not twice a second.
        let before = std::mem::replace(&mut view, now(state, &result));
        match (result, before, view) {
            (_, before, view) if before == view => {}
            (Ok(()), ..) => tracing::warn!("the sessions that end elsewhere are in view again"),
            (Err(error), View::Current, _) => {
                tracing::warn!(%error, "the sessions that end elsewhere are out of view");
                if view == View::Outdated {
                    log_outdated(state);
                }
            }
            (Err(_), ..) => log_outdated(state),
        }
    }
}

fn now(state: &State, result: &Result<(), DatabaseError>) -> View {
    match result {
        Ok(()) => View::Current,
        Err(_) if state.service.is_outdated() => View::Outdated,
        Err(_) => View::Lost,
    }
}

fn log_outdated(state: &State) {
    let seconds = state.service.ended_age().as_secs();
    let refuses = state.settings.sessions.refuse_without_revocations;
    tracing::error!(
        seconds,
        refuses,
        "the sessions that end elsewhere have been out of view for too long: not ready"
    );
}

/// Logs once a day that the certificate expires soon, and keeps its metric.
pub(crate) async fn watch_certificate(state: &State, tls: Option<&Tls>) {
    let Some(tls) = tls else { return std::future::pending().await };
    let mut logged = None;
    let mut poll = interval(CERTIFICATE_CHECK);
    loop {
        poll.tick().await;
        let Some(at) = tls.expires_at() else { continue };
        state.metrics.certificate_expires(at);
        let days = days_left(at, state.service.now());
        // Another certificate, or another day.
        if logged.replace((at, days)) == Some((at, days)) {
            continue;
        }
        match days {
            ..0 => tracing::error!("the TLS certificate has expired: clients refuse to connect"),
            0..=EXPIRES_SOON_DAYS => tracing::warn!(days, "the TLS certificate expires soon"),
            _ => {}
        }
    }
}

/// Whole days until a time; negative after it.
fn days_left(at: UnixTime, now: UnixTime) -> i64 {
    at.seconds().saturating_sub(now.seconds()).div_euclid(86_400)
}

/// Deletes expired rows, and makes accounts searchable.
pub(crate) async fn purge(state: &State) {
    let mut purge = interval(PURGE_INTERVAL);
    purge.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        purge.tick().await;
        match state.service.index_accounts().await {
            Ok(0) => {}
            Ok(indexed) => tracing::debug!(indexed, "the words of accounts were stored"),
            Err(error) => tracing::warn!(%error, "the words of accounts could not be stored"),
        }
        match state.service.purge_expired().await {
            Ok(0) => {}
            Ok(deleted) => tracing::debug!(deleted, "expired rows deleted"),
            Err(error) => tracing::warn!(%error, "expired rows could not be deleted"),
        }
    }
}

/// Sends mails, until `stopping` is set: then the one under way is finished.
pub(crate) async fn send_mail(state: &State, mut stopping: watch::Receiver<bool>) {
    let Some(mailer) = &state.mailer else {
        let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
        return;
    };
    let mut poll = interval(MAIL_INTERVAL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut failing, mut counted) = (None, None::<Instant>);
    loop {
        tokio::select! {
            _ = poll.tick() => {}
            _ = stopping.wait_for(|is_stopping| *is_stopping) => return,
        }
        let asked = stopping.clone();
        let sent = mailer.send_due(&state.service, &state.metrics, || *asked.borrow()).await;
        // Logged once for each cause, not at each try.
        match sent {
            Err(cause) if failing != Some(cause) => {
                tracing::warn!(cause, "mail cannot be sent; `mail test` says more");
                failing = Some(cause);
            }
            Ok(true) if failing.take().is_some() => tracing::warn!("mail is sent again"),
            _ => {}
        }
        if counted.is_none_or(|counted| counted.elapsed() >= MAIL_COUNT_INTERVAL) {
            counted = Some(Instant::now());
            if let Ok(queued) = outbox::count_queued(&state.service).await {
                state.metrics.mails_queued.set(queued);
            }
        }
    }
}
