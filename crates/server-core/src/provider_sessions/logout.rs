//! A provider ends its own session (OpenID Connect Back-Channel Logout 1.0): the sessions that it
//! began here end too, and so do sign-ins that are not finished. A token counts once.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use sqlx::query::QueryAs;

use super::grant::ProviderGrant;
use crate::audit::{Entry, Event};
use crate::clock::CLOCK_SKEW_SECONDS;
use crate::database::{DatabaseError, TransactionError, work};
use crate::pending;
use crate::providers::LogoutToken;
use crate::service::Service;
use crate::sessions::{self, End, EndReason, Ended, Which};

/// How long a sign-in that the provider has done its part of may take to become a session, in
/// seconds: a request in the browser, and a second factor after it.
const UNFINISHED_SECONDS: i64 = 900;

/// How many sessions one transaction ends.
const MAX_ENDED: usize = 100;

/// How many transactions a token causes at most.
const MAX_SLICES: usize = 100;

/// Why a logout token ends nothing.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// It was used before.
    #[error("the logout token was used before")]
    Used,
    /// The database. The provider may send the token again.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for LogoutError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Used => None,
        }
    }
}

/// Ends the sessions that a verified logout token names. `provider` is its id in the settings.
/// Returns how many there were.
///
/// # Errors
/// [`LogoutError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn log_out(service: &Service, provider: &str, token: &LogoutToken) -> Result<usize, LogoutError> {
    let now = service.now();
    let mut count = 0;
    for slice in 0..MAX_SLICES {
        let write = service.database.write(|connection| {
            work(async move {
                if slice == 0 {
                    if is_used(&mut *connection, token).await? {
                        return Err(LogoutError::Used);
                    }
                    if let Some(sub) = &token.sub {
                        pending::end_sign_ins_of_identity(&mut *connection, &token.issuer, sub).await?;
                    }
                    if let Some(sid) = &token.sid {
                        // After what is pending, as a sign-in takes them, and before its sessions
                        // are looked for: one that is about to be stored waits for this, or this
                        // for it.
                        let id = id(["sid", &token.issuer, sid]);
                        put(&mut *connection, &id, now.plus(UNFINISHED_SECONDS)).await?;
                    }
                }
                let ended = end(&mut *connection, provider, token, now).await?;
                // With the last of them: until then the provider may send it again.
                let is_last = ended.len() < MAX_ENDED;
                if is_last && !remember(connection, token).await? {
                    return Err(LogoutError::Used);
                }
                Ok((ended, is_last))
            })
        });
        let (ended, is_last) = write.await?;
        count += ended.len();
        for ended in ended {
            ended.announce(&service.revocations);
        }
        if is_last {
            break;
        }
    }
    tracing::info!(provider, sessions = count, "the provider has ended sessions");
    Ok(count)
}

async fn end(
    connection: &mut AnyConnection,
    provider: &str,
    token: &LogoutToken,
    now: UnixTime,
) -> Result<Vec<Ended>, DatabaseError> {
    let mut all = Vec::new();
    for (sid, account_id) in named(&mut *connection, token).await? {
        let reason = EndReason::ProviderLogout;
        let entry = Entry::server(Event::ProviderLogout).account(&account_id).session(&sid);
        entry.detail(provider).write(&mut *connection, now).await?;
        let entry = Entry::server(Event::SessionEnded).detail(reason.as_str());
        let end = End::new(reason, entry, now);
        all.push(sessions::end(&mut *connection, Which::One(&sid), end).await?);
    }
    Ok(all)
}

/// The sessions that a token names, with their accounts. Those that have ended have no row.
async fn named(
    connection: &mut AnyConnection,
    token: &LogoutToken,
) -> Result<Vec<(String, String)>, DatabaseError> {
    let text = match (&token.sid, &token.sub) {
        (Some(_), Some(_)) => {
            "SELECT p.sid, account_id FROM provider_sessions p JOIN sessions s ON s.sid = p.sid \
             WHERE issuer = $1 AND provider_sid = $2 AND sub = $3 LIMIT $4"
        }
        (Some(_), None) => {
            "SELECT p.sid, account_id FROM provider_sessions p JOIN sessions s ON s.sid = p.sid \
             WHERE issuer = $1 AND provider_sid = $2 LIMIT $3"
        }
        (None, _) => {
            "SELECT p.sid, account_id FROM provider_sessions p JOIN sessions s ON s.sid = p.sid \
             WHERE issuer = $1 AND sub = $2 LIMIT $3"
        }
    };
    let query = sqlx::query_as(text).bind(&token.issuer);
    let query = [&token.sid, &token.sub].into_iter().flatten().fold(query, QueryAs::bind);
    Ok(query.bind(i64::try_from(MAX_ENDED).unwrap_or(i64::MAX)).fetch_all(connection).await?)
}

/// Whether the provider has ended its session since it issued what a session is about to keep. To
/// be called in the transaction that stores the session: a logout at the same time waits for it,
/// and ends the session then.
pub(crate) async fn is_logged_out(
    connection: &mut AnyConnection,
    issuer: &str,
    grant: &ProviderGrant,
) -> Result<bool, DatabaseError> {
    let Some(sid) = &grant.provider_sid else { return Ok(false) };
    // A row of this time is over at once, and is deleted with those that are.
    let until = put(connection, &id(["sid", issuer, sid]), grant.issued_at).await?;
    Ok(until.plus(-UNFINISHED_SECONDS) >= grant.issued_at)
}

/// Stores a row unless there is a later one. Returns the time of the row that there is.
async fn put(connection: &mut AnyConnection, id: &str, until: UnixTime) -> Result<UnixTime, DatabaseError> {
    let query = sqlx::query_scalar(
        "INSERT INTO logout_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET expires_at = \
         CASE WHEN logout_tokens.expires_at < $2 THEN $2 ELSE logout_tokens.expires_at END RETURNING expires_at",
    );
    let stored: i64 = query.bind(id).bind(until.seconds()).fetch_one(connection).await?;
    Ok(UnixTime::new(stored))
}

/// The id of a row: a hash of what it is about.
fn id<const N: usize>(parts: [&str; N]) -> String {
    let mut digest = Context::new(&SHA256);
    for part in parts {
        digest.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(digest.finish())
}

fn id_of(token: &LogoutToken) -> String {
    id([&token.issuer, &token.jti])
}

async fn is_used(connection: &mut AnyConnection, token: &LogoutToken) -> Result<bool, DatabaseError> {
    let query = sqlx::query("SELECT 1 FROM logout_tokens WHERE id = $1");
    Ok(query.bind(id_of(token)).fetch_optional(connection).await?.is_some())
}

/// Records that a token is used. Returns `false` if it was before.
async fn remember(connection: &mut AnyConnection, token: &LogoutToken) -> Result<bool, DatabaseError> {
    let query =
        sqlx::query("INSERT INTO logout_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING");
    let query = query.bind(id_of(token)).bind(token.expires_at.seconds());
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// Deletes up to `max` tokens that are too old for every server. Returns how many it deleted.
pub(crate) async fn purge_expired(
    connection: &mut AnyConnection,
    now: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM logout_tokens WHERE id IN \
         (SELECT id FROM logout_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    );
    let before = now.plus(-CLOCK_SKEW_SECONDS).seconds();
    Ok(query.bind(before).bind(i64::from(max)).execute(connection).await?.rows_affected())
}
