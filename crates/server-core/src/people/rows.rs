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

/// How many of the latest acts of one account are read to judge what it gave. A day has fewer:
/// codes are limited.
const MAX_ACTS: i64 = 10_000;

/// What is read of an account. Four parameters: since when a session counts, by its beginning, by
/// its last contact, and by its beginning if it has no device key.
const SELECT: &str = "SELECT accounts.id, username, username_key, given_name, family_name, email, language, role, \
     created_at, disabled_at, factor_required_at, last_sign_in_at, \
     CAST(CASE WHEN password_hash = '' THEN 0 ELSE 1 END AS BIGINT) AS passwords, \
     (SELECT COUNT(*) FROM factors WHERE factors.account_id = accounts.id) AS factors, \
     (SELECT COUNT(*) FROM sessions WHERE sessions.account_id = accounts.id AND ended_at IS NULL \
      AND auth_time > $1 AND last_seen > $2 AND (jkt IS NOT NULL OR auth_time > $3)) AS sessions \
     FROM accounts WHERE removed_at IS NULL";

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
    pub(super) sessions: i64,
}

impl Row {
    pub(super) fn has_factor(&self) -> bool {
        self.factors > 0
    }

    /// Whether nobody has signed in to it and nobody could: there is nothing in it to take. An
    /// account that is used without a password is not: an invitation would give it away.
    pub(super) fn is_unused(&self) -> bool {
        self.passwords == 0 && self.factors == 0 && self.last_sign_in_at.is_none()
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
/// which.
pub(super) async fn given(
    connection: &mut AnyConnection,
    actor_id: &str,
    account_id: Option<&str>,
    now: UnixTime,
) -> Result<HashMap<String, Given>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT account_id, event, detail FROM audit_events WHERE actor_id = $1 AND at > $2 \
         AND event IN ('code_made', 'account_changed') AND (account_id = $3 OR $4 = 1) ORDER BY at DESC LIMIT $5",
    );
    let query = query
        .bind(actor_id)
        .bind(now.plus(-GIVEN_SECONDS).seconds())
        .bind(account_id.unwrap_or_default())
        .bind(i64::from(account_id.is_none()))
        .bind(MAX_ACTS);
    let acts: Vec<(Option<String>, String, Option<String>)> = query.fetch_all(connection).await?;
    let mut given: HashMap<String, Given> = HashMap::new();
    for (account_id, event, detail) in acts {
        let (Some(account_id), Some(detail)) = (account_id, detail) else { continue };
        let to = given.entry(account_id).or_default();
        match (event.as_str(), detail.as_str()) {
            ("code_made", "factor") => to.factor = true,
            ("code_made", _) => to.password = true,
            // A code for a new password can be asked for by mail.
            (_, fields) => to.password |= fields.split(',').any(|field| field == "email"),
        }
    }
    Ok(given)
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
