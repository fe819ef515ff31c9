//! What happened to another account: its events in the audit log, in pages.

use latchkey_token::{Claims, UnixTime};

use super::cursor;
use super::error::PeopleError;
use super::list::{DEFAULT_PAGE, MAX_PAGE};
use super::target::Pair;
use crate::audit::{self, AuditEvent};
use crate::database::work;
use crate::password_check::Caller;
use crate::service::Service;

/// A page of events.
#[derive(Debug)]
#[non_exhaustive]
pub struct History {
    /// The events, the latest first.
    pub events: Vec<AuditEvent>,
    /// The cursor of the earlier ones; `None` if there are none.
    pub next: Option<String>,
}

/// The events of an account before a cursor, or the latest ones. `limit`: how many;
/// [`MAX_PAGE`] at most.
///
/// # Errors
/// [`PeopleError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn history(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    id: &str,
    (before, limit): (Option<&str>, Option<u32>),
) -> Result<History, PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let (at, event) = match before {
        Some(before) => cursor::event_before(before).ok_or(PeopleError::Cursor)?,
        // Before what is later than every event: an id that begins with the last digit.
        None => (UnixTime::new(i64::MAX), "g".to_owned()),
    };
    let (event, max) = (event.as_str(), limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE));
    let write = service.database.write(|connection| {
        work(async move {
            let pair = Pair::read(&mut *connection, service, who, id, now).await?;
            pair.check_reading()?;
            let more = max.saturating_add(1);
            let mut events = audit::page(connection, &pair.account.id, (at, event), more).await?;
            let is_last = events.len() < usize::try_from(more).unwrap_or(usize::MAX);
            events.truncate(usize::try_from(max).unwrap_or(usize::MAX));
            let next = events.last().filter(|_| !is_last);
            let next = next.map(|last| cursor::before_event(last.at, &last.id));
            Ok::<_, PeopleError>(History { events, next })
        })
    });
    write.await
}
