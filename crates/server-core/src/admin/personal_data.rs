//! Everything that is stored about one account, for its owner (GDPR, article 15), without secrets:
//! neither hashes nor sealed values nor codes.

use serde::Serialize;
use sqlx::{AnyConnection, FromRow};

use super::{Admin, AdminError};
use crate::accounts::{self, ListedAccount, Username};
use crate::audit::{self, AuditEvent};
use crate::database::{DatabaseError, work};
use crate::factors;
use crate::passkeys::{self, CarriedPasskey};
use crate::providers::{self, CarriedLink};

/// The most rows of a table that are given: the latest.
const MAX_ROWS: u32 = 100_000;

/// What is stored about an account. Times are seconds since 1970.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PersonalData {
    /// The account.
    pub account: ListedAccount,
    /// Its second factor.
    pub factor: Option<FactorData>,
    /// The accounts at providers that belong to it.
    pub links: Vec<CarriedLink>,
    /// Its passkeys.
    pub passkeys: Vec<CarriedPasskey>,
    /// Its sessions, also those that have ended and are still stored.
    pub sessions: Vec<SessionData>,
    /// What its devices were told.
    pub notices: Vec<NoticeData>,
    /// Codes and other things that have begun and are stored.
    pub pending: Vec<PendingData>,
    /// Mails to it that are queued, or were sent and are still stored.
    pub mails: Vec<MailData>,
    /// Its events in the audit log, the oldest first.
    pub audit: Vec<AuditEvent>,
    /// Whether that is all. If not, a list has its latest 100,000 rows only.
    pub complete: bool,
}

/// A second factor.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FactorData {
    /// When it was set up.
    pub created_at: i64,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
}

/// A session.
#[derive(Clone, Debug, FromRow, Serialize)]
#[non_exhaustive]
pub struct SessionData {
    /// Session id.
    pub sid: String,
    /// Id of the device.
    pub device_id: String,
    /// Thumbprint of the device key.
    pub jkt: Option<String>,
    /// Name that the device reports.
    pub device_name: Option<String>,
    /// System that the device reports.
    pub platform: Option<String>,
    /// The address of its last contact.
    pub address: Option<String>,
    /// How the user signed in (RFC 8176).
    pub amr: Option<String>,
    /// When the user signed in.
    pub auth_time: i64,
    /// When it was last in contact.
    pub last_seen: i64,
    /// Until when it works offline.
    pub lease_ends_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Why.
    pub end_reason: Option<String>,
    /// The device that ended it.
    pub ended_by_name: Option<String>,
    /// The system of that device.
    pub ended_by_platform: Option<String>,
}

/// Something that the account's devices were told.
#[derive(Clone, Debug, FromRow, Serialize)]
#[non_exhaustive]
pub struct NoticeData {
    /// Of what.
    pub kind: String,
    /// When it happened.
    pub at: i64,
    /// The address that it came from.
    pub address: String,
    /// The device that it came from.
    pub device_name: Option<String>,
    /// The system of that device.
    pub platform: Option<String>,
    /// What the owner answered.
    pub answer: Option<String>,
    /// When.
    pub answered_at: Option<i64>,
}

/// Something that has begun.
#[derive(Clone, Debug, FromRow, Serialize)]
#[non_exhaustive]
pub struct PendingData {
    /// What.
    pub kind: String,
    /// Id of the device that began it.
    pub device_id: Option<String>,
    /// When.
    pub created_at: i64,
    /// Until when it can be finished.
    pub expires_at: i64,
    /// When it was finished.
    pub spent_at: Option<i64>,
}

/// A mail.
#[derive(Clone, Debug, FromRow, Serialize)]
#[non_exhaustive]
pub struct MailData {
    /// Which text.
    pub template: String,
    /// When it was queued.
    pub created_at: i64,
    /// When it was sent, or given up.
    pub done_at: Option<i64>,
    /// What became of it.
    pub outcome: Option<String>,
}

impl Admin {
    /// Everything that is stored about an account, as it is at one moment.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn personal_data(&self, username: &Username) -> Result<PersonalData, AdminError> {
        let mut snapshot = self.database.snapshot().await?;
        let found = snapshot.read(|connection| work(accounts::find_by_name(connection, username))).await?;
        let account = found.ok_or_else(|| AdminError::NoAccount(username.clone()))?;
        let id = account.id.as_str();
        let factor = snapshot.read(|connection| work(factor(connection, id))).await?;
        let key = account.username_key.as_str();
        let before = snapshot.read(|connection| work(accounts::key_before(connection, key))).await?;
        let range = (before.as_str(), key);
        let links = snapshot.read(|connection| work(providers::of_page(connection, range))).await?;
        let links = links.into_iter().map(|(_, link)| link).collect();
        let passkeys = snapshot.read(|connection| work(passkeys::of_page(connection, range))).await?;
        let passkeys = passkeys.into_iter().map(|(_, passkey)| passkey).collect();
        let sessions = snapshot.read(|connection| work(sessions(connection, id))).await?;
        let notices = snapshot.read(|connection| work(notices(connection, id))).await?;
        let pending = snapshot.read(|connection| work(pending(connection, id))).await?;
        let mails = snapshot.read(|connection| work(mails(connection, id))).await?;
        let audit =
            snapshot.read(|connection| work(audit::read(connection, Some(id), None, MAX_ROWS))).await?;
        snapshot.end().await?;
        let longest = [sessions.len(), notices.len(), pending.len(), mails.len(), audit.len()];
        let complete = longest.iter().all(|rows| *rows < MAX_ROWS as usize);
        let account = account.into();
        Ok(PersonalData {
            account,
            factor,
            links,
            passkeys,
            sessions,
            notices,
            pending,
            mails,
            audit,
            complete,
        })
    }
}

async fn factor(connection: &mut AnyConnection, id: &str) -> Result<Option<FactorData>, DatabaseError> {
    let Some(stored) = factors::stored(&mut *connection, id).await? else { return Ok(None) };
    let recovery_codes_left = factors::left(connection, id).await?;
    Ok(Some(FactorData { created_at: stored.created_at, recovery_codes_left }))
}

async fn sessions(connection: &mut AnyConnection, id: &str) -> Result<Vec<SessionData>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT sid, device_id, jkt, device_name, platform, address, amr, auth_time, last_seen, lease_ends_at, \
         ended_at, end_reason, ended_by_name, ended_by_platform FROM sessions WHERE account_id = $1 \
         ORDER BY auth_time DESC, sid LIMIT $2",
    );
    Ok(query.bind(id).bind(i64::from(MAX_ROWS)).fetch_all(connection).await?)
}

async fn notices(connection: &mut AnyConnection, id: &str) -> Result<Vec<NoticeData>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT kind, at, address, device_name, platform, answer, answered_at FROM notices \
         WHERE account_id = $1 ORDER BY at DESC, id LIMIT $2",
    );
    Ok(query.bind(id).bind(i64::from(MAX_ROWS)).fetch_all(connection).await?)
}

async fn pending(connection: &mut AnyConnection, id: &str) -> Result<Vec<PendingData>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT kind, device_id, created_at, expires_at, spent_at FROM pending WHERE account_id = $1 \
         ORDER BY created_at DESC, id LIMIT $2",
    );
    Ok(query.bind(id).bind(i64::from(MAX_ROWS)).fetch_all(connection).await?)
}

async fn mails(connection: &mut AnyConnection, id: &str) -> Result<Vec<MailData>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT template, created_at, done_at, outcome FROM outbox WHERE account_id = $1 AND kind = 'mail' \
         ORDER BY created_at DESC, id LIMIT $2",
    );
    Ok(query.bind(id).bind(i64::from(MAX_ROWS)).fetch_all(connection).await?)
}
