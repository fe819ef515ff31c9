//! The events that a server sends to a receiver now.

use latchkey_token::UnixTime;
use sqlx::{AnyConnection, FromRow};

use super::{queue, rows};
use crate::database::{DatabaseError, work};
use crate::outbox::retry;
use crate::outbox::rows::{self as outbox, LEASE_SECONDS, Outcome};
use crate::service::Service;

/// How many events a server leases for a receiver at a time.
pub const MAX_LEASED: u32 = 8;

/// How many events are given up in one transaction.
const MAX_GIVEN_UP: u32 = 100;

/// An event to send.
#[derive(Clone, Debug)]
pub struct DueEvent {
    /// Its id in the audit log, the same at each attempt.
    pub id: String,
    /// What happened.
    pub event: AuditedEvent,
    pub(super) row_id: String,
    pub(super) attempts: i64,
    pub(super) expires_at: i64,
}

/// An event of the audit log.
#[derive(Clone, Debug, FromRow)]
pub struct AuditedEvent {
    /// When, in seconds since 1970.
    pub at: i64,
    /// What: its name in the audit log.
    pub event: String,
    /// Who: `person`, `operator`, `server` …
    pub actor: String,
    /// Id of the account that acted for another.
    pub actor_id: Option<String>,
    /// Its user name at that time.
    pub actor_username: Option<String>,
    /// Id of the account.
    pub account_id: Option<String>,
    /// Its user name at that time.
    pub username: Option<String>,
    /// Id of the session.
    pub sid: Option<String>,
    /// Id of the device.
    pub device_id: Option<String>,
    /// Address that the device called from.
    pub address: Option<String>,
    /// More, in a word or two: also names.
    pub detail: Option<String>,
}

/// What a server has leased, and how many ended without it.
#[derive(Debug, Default)]
pub struct Leased {
    /// To be sent now.
    pub due: Vec<DueEvent>,
    /// Events whose time was over.
    pub given_up: u64,
    /// Events that the audit log has no longer.
    pub dropped: u64,
    /// Whether the receiver is stopped.
    pub is_stopped: bool,
}

/// What there is to do for a receiver.
struct ToDo {
    sends: bool,
    gives_up: bool,
    is_stopped: bool,
}

/// Leases the events for the receiver `name` that are due. `owner` names this server.
///
/// # Errors
/// [`DatabaseError`].
pub async fn lease(service: &Service, owner: &str, name: &str) -> Result<Leased, DatabaseError> {
    let now = service.now();
    let to_do = service.database.read(|connection| work(to_do(connection, name, now))).await?;
    if !to_do.sends && !to_do.gives_up {
        return Ok(Leased { is_stopped: to_do.is_stopped, ..Leased::default() });
    }
    service.database.write(|connection| work(lease_due(connection, (owner, name), now))).await
}

async fn to_do(connection: &mut AnyConnection, name: &str, now: UnixTime) -> Result<ToDo, DatabaseError> {
    let receiver = queue::receiver(name);
    let row = rows::find(&mut *connection, name).await?;
    let may_send = may_send(row.as_ref(), now);
    Ok(ToDo {
        sends: may_send && outbox::is_any_due(&mut *connection, &receiver, now).await?,
        gives_up: !outbox::overdue(connection, &receiver, 1, now).await?.is_empty(),
        is_stopped: row.is_some_and(|row| row.stopped_at.is_some()),
    })
}

/// Whether a receiver is neither stopped nor paused. A pause that is too long was made before the
/// clock was set back.
fn may_send(row: Option<&rows::Row>, now: UnixTime) -> bool {
    let longest = now.plus(2 * retry::LONGEST).seconds();
    let is_paused = |until: i64| now.seconds() < until && until <= longest;
    row.is_some_and(|row| row.stopped_at.is_none() && !row.paused_until.is_some_and(is_paused))
}

async fn lease_due(
    connection: &mut AnyConnection,
    (owner, name): (&str, &str),
    now: UnixTime,
) -> Result<Leased, DatabaseError> {
    let (receiver, mut leased) = (queue::receiver(name), Leased::default());
    for row in outbox::overdue(&mut *connection, &receiver, MAX_GIVEN_UP, now).await? {
        leased.given_up += u64::from(outbox::finish(&mut *connection, &row.id, Outcome::GivenUp, now).await?);
    }
    // It may have been stopped meanwhile.
    let row = rows::find(&mut *connection, name).await?;
    leased.is_stopped = row.as_ref().is_some_and(|row| row.stopped_at.is_some());
    if !may_send(row.as_ref(), now) {
        return Ok(leased);
    }
    let limits = (MAX_LEASED, now.plus(LEASE_SECONDS));
    for row in outbox::lease(&mut *connection, (&receiver, owner), limits, now).await? {
        let id: String = serde_json::from_str(&row.data).unwrap_or_default();
        match event(&mut *connection, &id).await? {
            Some(event) => leased.due.push(DueEvent {
                id,
                event,
                row_id: row.id,
                attempts: row.attempts,
                expires_at: row.expires_at,
            }),
            None => {
                outbox::finish(&mut *connection, &row.id, Outcome::Dropped, now).await?;
                leased.dropped += 1;
            }
        }
    }
    Ok(leased)
}

async fn event(connection: &mut AnyConnection, id: &str) -> Result<Option<AuditedEvent>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT at, event, actor, actor_id, actor_username, account_id, username, sid, device_id, address, \
         detail FROM audit_events WHERE id = $1",
    );
    Ok(query.bind(id).fetch_optional(connection).await?)
}
