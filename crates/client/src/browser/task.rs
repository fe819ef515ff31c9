//! Follows a request until it ends: asks the server how it stands, uses what comes in, and stops
//! when the user has left. Every wait ends with the request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{mpsc, oneshot};

use crate::api::{Api, ApiError, BrowserState, BrowserStatus};
use crate::browser::finish::{caller, use_result};
use crate::browser::running::{Delivery, Goal};
use crate::browser::system::SystemBrowser;
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;

/// How often the end of the request is checked.
const TICK: Duration = Duration::from_secs(2);
/// A tick that took this much longer is one in which the computer slept: connections are dead.
const SLEPT: Duration = Duration::from_secs(10);
/// The first and the maximum pause after a fault.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY: Duration = Duration::from_secs(15);
/// How long a result is tried again: the server accepts it for a minute.
const USE_FOR: Duration = Duration::from_secs(60);
/// How long the server is given to learn that the user has given up.
const CANCEL_DEADLINE: Duration = Duration::from_secs(5);

/// The work of the task.
pub(crate) struct Job {
    pub(crate) number: u64,
    pub(crate) request: String,
    pub(crate) goal: Goal,
    pub(crate) interval: Duration,
    /// By the steady clock.
    pub(crate) deadline: Duration,
    /// The result for a new passkey.
    pub(crate) result: Arc<Mutex<Option<SecretString>>>,
    pub(crate) is_in_use: Arc<AtomicBool>,
}

/// How it ended.
enum End {
    /// Nothing is shown any more: the next screen says what comes.
    Hidden,
    /// With success.
    Done,
    /// The user said no, which the state says.
    Refused,
    /// Without success.
    Over(SessionError),
}

enum Event {
    Left,
    Delivered(Delivery),
    Expired,
    Woke,
    Polled(Result<BrowserStatus, ApiError>),
}

/// Follows the request. `_stop`: its drop stops the listener.
pub(crate) async fn run<A: Api>(
    context: Context<A>,
    job: Job,
    mut deliveries: mpsc::Receiver<Delivery>,
    _stop: oneshot::Sender<()>,
) {
    let core = &context.core;
    match follow(&context, &job, &mut deliveries).await {
        End::Hidden => core.hide_browser(job.number),
        End::Done => core.change_browser(job.number, |flow| flow.end(None)),
        End::Refused => {}
        End::Over(error) => {
            tracing::info!(%error, "the request in the browser is over");
            core.change_browser(job.number, |flow| flow.end(Some(error)));
        }
    }
    // Its drop aborts this task, which has nothing more to do.
    drop(context.memory.browser.running().take_if(|running| running.number == job.number));
}

async fn follow<A: Api>(context: &Context<A>, job: &Job, deliveries: &mut mpsc::Receiver<Delivery>) -> End {
    let core = &context.core;
    let (mut seen, mut pause, mut failures, mut deadline) = (None, Duration::ZERO, 0, job.deadline);
    let mut used: Option<SecretString> = None;
    loop {
        let event = tokio::select! {
            biased;
            () = left(core, &job.goal) => Event::Left,
            // The sender lives as long as this task.
            Some(delivery) = deliveries.recv() => Event::Delivered(delivery),
            event = tick(core, deadline) => event,
            polled = poll(context, job, seen, pause) => Event::Polled(polled),
        };
        let outcome = match event {
            Event::Left => return End::Hidden,
            Event::Expired => return End::Over(SessionError::BrowserExpired),
            Event::Woke => {
                (pause, failures) = (Duration::ZERO, 0);
                continue;
            }
            Event::Delivered(delivery) => {
                let is_again = |used: &SecretString| used.expose_secret() == delivery.result.expose_secret();
                if delivery.reply.is_none() && used.as_ref().is_some_and(is_again) {
                    continue;
                }
                used = Some(delivery.result.clone());
                match deliver(context, job, delivery).await {
                    Some(end) => return end,
                    None => continue,
                }
            }
            Event::Polled(outcome) => outcome,
        };
        match outcome {
            Ok(status) => {
                failures = 0;
                pause = if seen == Some(status.state) { job.interval } else { Duration::ZERO };
                seen = Some(status.state);
                deadline = core.clock.steady() + Duration::from_secs(status.expires_in.unsigned_abs());
                let (state, now) = (status.state, core.now());
                core.change_browser(job.number, |flow| flow.report(status, now));
                if state == BrowserState::Refused {
                    return End::Refused;
                }
            }
            Err(error) => {
                let error = SessionError::from(error);
                let Some(wait) = retry_after(error, failures) else { return End::Over(error) };
                (pause, failures) = (wait, failures.saturating_add(1));
                core.change_browser(job.number, |flow| flow.fault(error));
            }
        }
    }
}

async fn poll<A: Api>(
    context: &Context<A>,
    job: &Job,
    seen: Option<BrowserState>,
    pause: Duration,
) -> Result<BrowserStatus, ApiError> {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    let reply = context.api.poll_browser(caller(context, &job.goal), &job.request, seen).await;
    let outcome = context.record_contact(reply);
    context.core.publish();
    outcome
}

/// Waits until the user has left: signed in or out, here or in another session.
async fn left(core: &Core, goal: &Goal) {
    let mut views = core.watch();
    while goal.is_wanted(&core.state()) {
        if views.changed().await.is_err() {
            return;
        }
    }
}

/// Waits for the end of the request, or until the computer wakes up.
async fn tick(core: &Core, deadline: Duration) -> Event {
    loop {
        let before = core.clock.steady();
        tokio::time::sleep(TICK).await;
        let now = core.clock.steady();
        if now >= deadline {
            return Event::Expired;
        }
        if now.saturating_sub(before) > TICK + SLEPT {
            return Event::Woke;
        }
    }
}

/// Uses what has come in. Returns the end of the request, if it is one.
async fn deliver<A: Api>(context: &Context<A>, job: &Job, delivery: Delivery) -> Option<End> {
    let core = &context.core;
    let Delivery { result, reply } = delivery;
    core.change_browser(job.number, crate::browser::flow::Flow::ready);
    let (began, is_typed, mut failures) = (core.clock.steady(), reply.is_some(), 0);
    let outcome = loop {
        job.is_in_use.store(true, Ordering::SeqCst);
        let outcome = use_result(context, &job.goal, &job.request, &result).await;
        job.is_in_use.store(false, Ordering::SeqCst);
        // An answer that is not the server's may have used the result up.
        let error = outcome.err().filter(|error| *error != SessionError::ServerAnswerInvalid);
        let wait = error.and_then(|error| retry_after(error, failures));
        let (Some(wait), Err(error)) = (wait, outcome) else { break outcome };
        // Who has typed it decides whether to try again.
        if is_typed || core.clock.steady().saturating_sub(began) > USE_FOR {
            break outcome;
        }
        core.change_browser(job.number, |flow| flow.fault(error));
        failures = failures.saturating_add(1);
        tokio::select! {
            () = left(core, &job.goal) => return Some(End::Hidden),
            () = tokio::time::sleep(wait) => {}
        }
    };
    let end = match outcome {
        Ok(()) => match job.goal {
            Goal::SignIn(..) => Some(End::Hidden),
            Goal::Confirm(..) | Goal::Link(..) => Some(End::Done),
            Goal::Passkey(..) => {
                *job.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                None
            }
        },
        Err(
            SessionError::SecondFactorRequired
            | SessionError::EnrolmentRequired
            | SessionError::OtherAccount
            | SessionError::Superseded,
        ) => Some(End::Hidden),
        Err(error) if is_survived(error) => {
            core.change_browser(job.number, |flow| flow.not_used(error));
            None
        }
        Err(error) => Some(End::Over(error)),
    };
    if let Some(reply) = reply {
        // A window that was closed does not wait any more.
        let _ = reply.send(outcome);
    }
    end
}

/// Whether the request goes on after a result that was not used.
fn is_survived(error: SessionError) -> bool {
    match error {
        SessionError::WrongResult { tries_left } => tries_left != Some(0),
        SessionError::ServerAnswerInvalid => false,
        error => retry_after(error, 0).is_some(),
    }
}

/// The pause after a fault that passes; `None` for one that does not.
fn retry_after(error: SessionError, failures: u32) -> Option<Duration> {
    let pause = FIRST_RETRY.saturating_mul(2u32.saturating_pow(failures)).min(MAX_RETRY);
    match error {
        SessionError::ServerUnreachable { .. }
        | SessionError::ServerUnavailable
        | SessionError::ServerAnswerInvalid
        | SessionError::SignInInProgress => Some(pause),
        SessionError::Throttled { retry_after_seconds } => {
            Some(pause.max(Duration::from_secs(retry_after_seconds.unwrap_or_default().into())))
        }
        _ => None,
    }
}

/// Opens the browser, on a thread of its own: a program may hang.
pub(crate) fn open(core: &Arc<Core>, number: u64, url: String, browser: Arc<dyn SystemBrowser>) {
    let core = Arc::clone(core);
    tokio::task::spawn_blocking(move || {
        let outcome = browser.open(&url);
        if let Err(cause) = outcome {
            tracing::warn!(%cause, "the browser was not opened");
        }
        core.change_browser(number, |flow| flow.opening(outcome));
    });
}

/// Ends a request at the server, which does not wait for it: it expires by itself.
pub(crate) fn cancel_at_server<A: Api>(context: &Context<A>, goal: Goal, request: String) {
    let context = context.clone();
    tokio::spawn(async move {
        let cancelled = context.api.cancel_browser(caller(&context, &goal), &request);
        if let Ok(reply) = tokio::time::timeout(CANCEL_DEADLINE, cancelled).await
            && let Err(error) = reply.outcome
        {
            tracing::debug!(%error, "the server does not know that the user has given up");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_a_server_may_ask_for_more() {
        let seconds = |error, failures| retry_after(error, failures).map(|pause| pause.as_secs());
        let away = SessionError::ServerUnavailable;
        assert_eq!([0, 1, 2, 9].map(|n| seconds(away, n)), [Some(1), Some(2), Some(4), Some(15)]);
        let throttled = SessionError::Throttled { retry_after_seconds: Some(60) };
        assert_eq!(seconds(throttled, 0), Some(60));
        assert_eq!(seconds(SessionError::BrowserExpired, 0), None);
    }
}
