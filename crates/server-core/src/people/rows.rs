//! The SQL that reads other people's accounts: one, or a page of those that a search finds.

use std::collections::HashMap;

use latchkey_token::UnixTime;
use sqlx::{AnyConnection, AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::permission::Given;
use crate::accounts::words;
use crate::database::DatabaseError;
use crate::service::Service;

/// What was given in this time counts as given by the same person, in seconds.
const GIVEN_SECONDS: i64 = 86_400;

/// What is read of an account. Four parameters: since when a session counts, by its beginning, by
/// its last contact, and by its beginning if it has no device key.
const SELECT: &str = "SELECT accounts.id, username, username_key, given_name, family_name, email, language, role, \
     created_at, disabled_at, factor_required_at, last_sign_in_at, \
     CAST(CASE WHEN password_hash = '' THEN 0 ELSE 1 END AS BIGINT) AS passwords, \
     (SELECT COUNT(*) FROM factors WHERE factors.account_id = accounts.id) AS factors, \
     (SELECT COUNT(*) FROM passkeys WHERE passkeys.account_id = accounts.id) AS passkeys, \
     (SELECT COUNT(*) FROM account_links WHERE account_links.account_id = accounts.id) AS links, \
     (SELECT COUNT(*) FROM sessions WHERE sessions.account_id = accounts.id AND ended_at IS NULL \
      AND auth_time > $1 AND last_seen > $2 AND (jkt IS NOT NULL OR auth_time > $3)) AS sessions, \
     (SELECT CAST(COALESCE(MIN(CASE WHEN desks.role = 'desk' THEN 1 ELSE 0 END), 0) AS BIGINT) \
     FROM audit_events LEFT JOIN accounts AS desks ON desks.id = audit_events.actor_id \
     WHERE audit_events.account_id = accounts.id AND audit_events.at = accounts.disabled_at \
     AND event = 'account_disabled') AS desks \
     FROM accounts WHERE accounts.removed_at IS NULL";

/// An account, as it is stored.
#[derive(Debug, FromRow)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) username: String,
    pub(super) username_key: String,
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) language: Option<String>,
    pub(super) role: Option<String>,
    pub(super) created_at: i64,
    pub(super) disabled_at: Option<i64>,
    pub(super) factor_required_at: Option<i64>,
    pub(super) last_sign_in_at: Option<i64>,
    passwords: i64,
    factors: i64,
    passkeys: i64,
    links: i64,
    /// 1 if a desk has disabled it, and nobody else in the same second.
    desks: i64,
    pub(super) sessions: i64,
}

impl Row {
    /// Whether it has a second factor, or a passkey, which stands for both.
    pub(super) fn has_factor(&self) -> bool {
        self.factors > 0 || self.passkeys > 0
    }

    /// Whether it was disabled by an account that is a desk now.
    pub(super) fn is_disabled_by_desk(&self) -> bool {
        self.desks > 0
    }

    /// Whether nobody has signed in to it and nobody could: there is nothing in it to take. An
    /// account that is used without a password is not: an invitation would give it away.
    pub(super) fn is_unused(&self) -> bool {
        let ways_in = self.passwords + self.factors + self.passkeys + self.links;
        ways_in == 0 && self.last_sign_in_at.is_none()
    }
}

/// Since when sessions count as active.
fn since(service: &Service, now: UnixTime) -> [i64; 3] {
    let before = |seconds: i64| now.plus(-seconds).seconds();
    [
        before(service.sessions.absolute_seconds),
        before(service.sessions.idle_seconds),
        before(service.tokens.access_seconds),
    ]
}

/// Finds an account by its id. A text that is not an id matches none and is not queried, because
/// PostgreSQL refuses some texts with an error.
pub(super) async fn find(
    connection: &mut AnyConnection,
    service: &Service,
    id: &str,
    now: UnixTime,
) -> Result<Option<Row>, DatabaseError> {
    if Uuid::try_parse(id).is_err() {
        return Ok(None);
    }
    let mut query = sqlx::query_as(AssertSqlSafe(format!("{SELECT} AND accounts.id = $4")));
    for time in since(service, now) {
        query = query.bind(time);
    }
    Ok(query.bind(id).fetch_optional(connection).await?)
}

/// Up to `max` accounts that have each of the searched words, whose names come after `after`, in
/// the order of the names.
pub(super) async fn page(
    connection: &mut AnyConnection,
    service: &Service,
    (searched, after): (&[String], &str),
    max: u32,
    now: UnixTime,
) -> Result<Vec<Row>, DatabaseError> {
    let mut text = format!("{SELECT} AND username_key > $4");
    for number in 0..searched.len() {
        let (from, to) = (5 + 2 * number, 6 + 2 * number);
        text += &format!(
            " AND accounts.id IN (SELECT account_id FROM account_words WHERE word >= ${from} AND word < ${to})"
        );
    }
    text += &format!(" ORDER BY username_key LIMIT ${}", 5 + 2 * searched.len());
    let mut query = sqlx::query_as(AssertSqlSafe(text));
    for time in since(service, now) {
        query = query.bind(time);
    }
    query = query.bind(after);
    for word in searched {
        let [from, to] = words::bounds(word);
        query = query.bind(from).bind(to);
    }
    Ok(query.bind(i64::from(max)).fetch_all(connection).await?)
}

/// What an account gave others in the last day, by their ids; only to one if `account_id` says
/// which. An account that itself got a role or a way in from others in that time counts as all of
/// them: who has just made it is no second person.
pub(super) async fn given(
    connection: &mut AnyConnection,
    actor_id: &str,
    account_id: Option<&str>,
    now: UnixTime,
) -> Result<HashMap<String, Given>, DatabaseError> {
    let since = now.plus(-GIVEN_SECONDS).seconds();
    // Every id comes after the empty text.
    let (by, actor_id) = match is_fresh(&mut *connection, actor_id, since).await? {
        true => (" AND actor_id > $2", ""),
        false => (" AND actor_id = $2", actor_id),
    };
    let to = if account_id.is_some() { " AND account_id = $3" } else { "" };
    // Counted there and not read one by one: no number of other acts hides one of these.
    let text = format!(
        "SELECT account_id, \
         CAST(MAX(CASE WHEN event = 'code_made' AND detail = 'factor' THEN 0 ELSE 1 END) AS BIGINT) \
         AS password, \
         CAST(MAX(CASE WHEN event = 'code_made' AND detail = 'factor' THEN 1 ELSE 0 END) AS BIGINT) \
         AS factor \
         FROM audit_events WHERE at > $1{by}{to} AND account_id IS NOT NULL \
         AND (event = 'code_made' OR (event = 'account_changed' AND detail LIKE '%email%')) GROUP BY account_id"
    );
    let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(since).bind(actor_id);
    if let Some(account_id) = account_id {
        query = query.bind(account_id);
    }
    let acts: Vec<(String, i64, i64)> = query.fetch_all(connection).await?;
    // A code for a new password can be asked for by mail: another address is a way to one.
    let given = |(id, password, factor): (String, i64, i64)| {
        (id, Given { password: password > 0, factor: factor > 0 })
    };
    Ok(acts.into_iter().map(given).collect())
}

/// Whether others gave an account its role, a code or another address since then.
async fn is_fresh(connection: &mut AnyConnection, id: &str, since: i64) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "SELECT 1 FROM audit_events WHERE account_id = $1 AND at > $2 AND actor_id IS NOT NULL \
         AND (event IN ('code_made', 'role_granted') OR (event = 'account_changed' AND detail LIKE '%email%')) LIMIT 1",
    );
    Ok(query.bind(id).bind(since).fetch_optional(connection).await?.is_some())
}

/// How many codes an account has made for others since `since`, and when it made the earliest of
/// them; or, with `of_account`, how many were made for it over HTTP.
pub(super) async fn codes_made(
    connection: &mut AnyConnection,
    (actor_id, of_account): (&str, Option<&str>),
    since: UnixTime,
) -> Result<(i64, Option<UnixTime>), DatabaseError> {
    let text = match of_account {
        None => {
            "SELECT COUNT(*), MIN(at) FROM audit_events WHERE actor_id = $1 AND at > $2 AND event = 'code_made'"
        }
        Some(_) => {
            "SELECT COUNT(*), MIN(at) FROM audit_events WHERE account_id = $1 AND at > $2 AND event = 'code_made' \
             AND actor = 'admin'"
        }
    };
    let query = sqlx::query_as(text).bind(of_account.unwrap_or(actor_id)).bind(since.seconds());
    let (count, earliest): (i64, Option<i64>) = query.fetch_one(connection).await?;
    Ok((count, earliest.map(UnixTime::new)))
}
