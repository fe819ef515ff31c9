//! What came of the events that a server sent, and what follows from it for their receiver.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use super::lease::DueEvent;
use super::receiver::StopReason;
use super::{MAX_FAILING_SECONDS, rows};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::outbox::retry;
use crate::outbox::rows::{self as outbox, Outcome};
use crate::service::Service;

/// An event that was sent, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The event.
    pub due: &'a DueEvent,
    /// `Ok` if the receiver has taken it.
    pub outcome: Result<(), Failure>,
}

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The receiver refuses this event, and may take others: it is tried again later.
    Event,
    /// The receiver cannot be reached or is overloaded: it gets nothing for a while.
    Receiver {
        /// How long it asks to be left alone, in seconds; an hour at most.
        retry_after: Option<i64>,
    },
    /// The receiver says that it is gone (410).
    Gone,
}

/// What followed for the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It goes on.
    Goes,
    /// It is stopped now.
    Stopped(StopReason),
}

/// Records what came of events that were leased for the receiver `name`. What was not taken is due
/// again after a pause.
///
/// # Errors
/// [`DatabaseError`]: then all of them are sent again when their lease is over, with the same ids.
pub async fn record(
    service: &Service,
    owner: &str,
    name: &str,
    attempts: &[Attempt<'_>],
) -> Result<Recorded, DatabaseError> {
    let now = service.now();
    service.database.write(|connection| work(record_in(connection, (owner, name), attempts, now))).await
}

async fn record_in(
    connection: &mut AnyConnection,
    (owner, name): (&str, &str),
    attempts: &[Attempt<'_>],
    now: UnixTime,
) -> Result<Recorded, DatabaseError> {
    for Attempt { due, outcome } in attempts {
        match outcome {
            Ok(()) => {
                outbox::finish(&mut *connection, &due.row_id, Outcome::Sent, now).await?;
            }
            Err(_) => {
                let pause = now.plus(retry::pause(due.attempts, false));
                let due_at = pause.min(UnixTime::new(due.expires_at));
                outbox::release(&mut *connection, &due.row_id, owner, due_at).await?;
            }
        }
    }
    let failures: Vec<Failure> = attempts.iter().filter_map(|attempt| attempt.outcome.err()).collect();
    let is_gone = failures.contains(&Failure::Gone);
    if failures.len() < attempts.len() {
        rows::succeeded(&mut *connection, name).await?;
        if !is_gone {
            return Ok(Recorded::Goes);
        }
    }
    // The settings of another server have it no longer.
    let Some(row) = rows::find(&mut *connection, name).await? else { return Ok(Recorded::Goes) };
    let since = UnixTime::new(row.failing_since.unwrap_or(now.seconds())).min(now);
    let paused = failures.iter().filter_map(|failure| match failure {
        Failure::Receiver { retry_after } => {
            let asked = retry_after.unwrap_or(0).clamp(0, retry::LONGEST);
            Some(now.plus(retry::pause(row.failures + 1, false).max(asked)))
        }
        Failure::Event | Failure::Gone => None,
    });
    rows::failed(&mut *connection, name, (since, paused.max())).await?;
    let why = match (is_gone, now.since(since) >= MAX_FAILING_SECONDS) {
        (true, _) => StopReason::Gone,
        (false, true) => StopReason::Failing,
        (false, false) => return Ok(Recorded::Goes),
    };
    if !rows::stop(&mut *connection, name, why, now).await? {
        return Ok(Recorded::Goes);
    }
    let detail = format!("{name} {}", why.as_str());
    Entry::server(Event::WebhookStopped).detail(&detail).write(connection, now).await?;
    Ok(Recorded::Stopped(why))
}
