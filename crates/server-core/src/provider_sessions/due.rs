//! The sessions about which a provider is asked now. A session that is over is not asked about.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use uuid::Uuid;

use super::rows::{self, Row};
use crate::database::{DatabaseError, work};
use crate::outbox::retry;
use crate::providers::Recheck;
use crate::service::Service;
use crate::sessions::{self, SessionStatus};

/// About how many sessions a server asks one provider at the same time.
pub const MAX_LEASED: u32 = 8;

/// A session about which this server asks its provider now.
#[derive(Clone)]
pub struct DueSession {
    pub(super) row: Row,
    /// Names the lease.
    pub(super) owner: String,
    pub(super) account_id: String,
    /// The id of the provider in the settings.
    pub(super) provider: String,
    pub(super) recheck: Recheck,
}

/// Shows no token.
impl std::fmt::Debug for DueSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DueSession").field("sid", &self.row.sid).finish_non_exhaustive()
    }
}

impl DueSession {
    /// Its id.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.row.sid
    }

    /// `sub` of the person at the provider.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.row.sub
    }
}

/// Leases the sessions about which a provider of the settings is to be asked now. Nothing is due at
/// a provider without `recheck`.
///
/// # Errors
/// [`DatabaseError`].
pub async fn lease(service: &Service, provider: &str) -> Result<Vec<DueSession>, DatabaseError> {
    let rules = service.providers.iter().find(|rules| rules.id == provider);
    let Some(recheck) = rules.and_then(|rules| rules.recheck) else { return Ok(Vec::new()) };
    let now = service.now();
    let latest = now.plus(2 * recheck.every.seconds().max(retry::LONGEST));
    let is_due =
        service.database.read(|connection| work(rows::is_any_due(connection, provider, latest, now)));
    if !is_due.await? {
        return Ok(Vec::new());
    }
    let owner = &Uuid::new_v4().to_string();
    let write = service.database.write(|connection| {
        work(async move {
            let leased = (MAX_LEASED, latest);
            let leased = rows::lease(&mut *connection, (provider, owner), leased, now).await?;
            let mut due = Vec::new();
            for row in leased {
                if let Some(account_id) = account(service, &mut *connection, &row, now).await? {
                    let (owner, provider) = (owner.clone(), provider.to_owned());
                    due.push(DueSession { row, owner, account_id, provider, recheck });
                }
            }
            Ok(due)
        })
    });
    write.await
}

/// The account of a session. `None`: the session is over, and its row is deleted.
async fn account(
    service: &Service,
    connection: &mut AnyConnection,
    row: &Row,
    now: UnixTime,
) -> Result<Option<String>, DatabaseError> {
    let session = sessions::find(&mut *connection, &row.sid).await?;
    let session = session.filter(|it| it.status(&service.sessions, now) == SessionStatus::Active);
    if session.is_none() {
        rows::forget(connection, &row.sid).await?;
    }
    Ok(session.map(|session| session.account_id))
}

/// How many sessions a provider holds.
///
/// # Errors
/// [`DatabaseError`].
pub async fn count_held(service: &Service, provider: &str) -> Result<i64, DatabaseError> {
    service.database.read(|connection| work(rows::count_held(connection, provider))).await
}
