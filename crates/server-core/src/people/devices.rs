//! The sessions of another account, over HTTP.

use latchkey_token::{Claims, UnixTime};
use sqlx::AnyConnection;

use super::error::PeopleError;
use super::permission::Permission;
use super::status;
use super::target::Pair;
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::password_check::Caller;
use crate::service::Service;
use crate::sessions::{self, End, EndReason, Ended, ListedSession, Which};

/// The active sessions of an account, latest contact first, 200 at most.
///
/// # Errors
/// [`PeopleError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn list_sessions(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    id: &str,
) -> Result<Vec<ListedSession>, PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let settings = (&service.sessions, &service.tokens);
    let write = service.database.write(|connection| {
        work(async move {
            let pair = Pair::read(&mut *connection, service, who, id, now).await?;
            pair.check_reading()?;
            Ok::<_, PeopleError>(sessions::list(connection, Some(&pair.account.id), settings, now).await?)
        })
    });
    write.await
}

/// Ends one session of an account, or all of them.
///
/// # Errors
/// [`PeopleError`]; [`PeopleError::NotFound`] if the account has no active session `sid`.
#[tracing::instrument(level = "debug", skip_all)]
pub async fn end_sessions_of(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    (id, sid): (&str, Option<&str>),
) -> Result<(), PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let write = service.database.write(|connection| {
        work(async move {
            let pair = Pair::lock(&mut *connection, service, who, id, now).await?;
            pair.check(Permission::EndSessions)?;
            let ended = match sid {
                None => {
                    let (actor, why) = (pair.acting.actor(), (EndReason::Revoked, None));
                    status::end_sessions(connection, actor, &pair.account, why, now).await?
                }
                Some(sid) => end_one(connection, &pair, sid, now).await?,
            };
            match (sid, ended.count()) {
                (Some(_), 0) => Err(PeopleError::NotFound),
                _ => Ok(ended),
            }
        })
    });
    let count = write.await?.announce(&service.revocations);
    tracing::info!(account = id, by = token.sub, count, "sessions ended");
    Ok(())
}

async fn end_one(
    connection: &mut AnyConnection,
    pair: &Pair,
    sid: &str,
    now: UnixTime,
) -> Result<Ended, DatabaseError> {
    let (account, reason) = (&pair.account, EndReason::Revoked);
    let found = sessions::find(&mut *connection, sid).await?;
    if found.is_none_or(|session| session.account_id != account.id) {
        return Ok(Ended::none(reason, now));
    }
    let entry = Entry::by(pair.acting.actor(), Event::SessionEnded).of(&account.id, &account.username);
    sessions::end(connection, Which::One(sid), End::new(reason, entry, now)).await
}
