//! New tokens of a session that exists: for a request that came once more because its first answer
//! was lost, and for a session whose user has proven more. Refuses another device or key, and a
//! session that has ended.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use crate::accounts;
use crate::database::{DatabaseError, work};
use crate::password_check::Caller;
use crate::pending::Pending;
use crate::proven::Proven;
use crate::service::Service;
use crate::session_start::StartError;
use crate::sessions::{self, SessionStatus};
use crate::tokens::{IssuedTokens, Subject};

/// How long the same request gets the same outcome, in seconds.
pub(crate) const REPEAT_SECONDS: i64 = 60;

/// The tokens for a request that was completed before; `None` if it was too long ago, by another
/// device or key, or the session has ended.
pub(crate) async fn repeat(
    service: &Service,
    spent: &Pending,
    (caller, jkt): (&Caller, &Thumbprint),
    now: UnixTime,
) -> Result<Option<IssuedTokens>, StartError> {
    let (Some(spent_at), Some(sid)) = (spent.spent_at, spent.sid.as_deref()) else { return Ok(None) };
    if now.since(spent_at) >= REPEAT_SECONDS {
        return Ok(None);
    }
    of_session(service, sid, (caller, jkt), None, now).await
}

/// Signs both tokens of a session, with what its sign-in has proven or with `proven`.
async fn of_session(
    service: &Service,
    sid: &str,
    (caller, jkt): (&Caller, &Thumbprint),
    proven: Option<&Proven>,
    now: UnixTime,
) -> Result<Option<IssuedTokens>, StartError> {
    let Some(session) = service.database.read(|connection| work(sessions::find(connection, sid))).await?
    else {
        return Ok(None);
    };
    let is_same = session.jkt.as_deref() == Some(jkt.as_str()) && session.device_id == caller.device_id;
    if !is_same || session.status(&service.sessions, now) != SessionStatus::Active {
        return Ok(None);
    }
    let id = session.account_id.as_str();
    let account = service.database.read(|connection| work(accounts::find(connection, id))).await?;
    let Some(account) = account.filter(|account| !account.is_disabled()) else { return Ok(None) };
    let subject = Subject {
        account_id: account.id.clone(),
        sid: sid.to_owned(),
        device_id: session.device_id.clone(),
        jkt: Some(jkt.clone()),
        began: session.auth_time,
        auth_time: session.authenticated_at,
        proven: proven.cloned().unwrap_or(session.proven),
        profile: account.profile(),
        claims: account.token_claims()?,
    };
    Ok(Some(service.issuer.issue(subject, true, now).await?))
}

/// New tokens of a session whose user has proven more. They count once [`Renewed::write`] is
/// committed.
pub(crate) struct Renewed {
    pub(crate) sid: String,
    pub(crate) tokens: IssuedTokens,
    proven: Proven,
    at: UnixTime,
}

/// Signs the tokens of a session whose user has proven more; `None` if it has ended, or is of
/// another device or key. Its `auth_time` stays.
pub(crate) async fn prove(
    service: &Service,
    sid: &str,
    who: (&Caller, &Thumbprint),
    proven: &Proven,
    now: UnixTime,
) -> Result<Option<Renewed>, StartError> {
    let tokens = of_session(service, sid, who, Some(proven), now).await?;
    Ok(tokens.map(|tokens| Renewed { sid: sid.to_owned(), tokens, proven: proven.clone(), at: now }))
}

impl Renewed {
    /// Stores what was proven. Returns `false` if the session has ended in the meantime.
    pub(crate) async fn write(&self, connection: &mut AnyConnection) -> Result<bool, DatabaseError> {
        sessions::set_proven(connection, &self.sid, &self.proven, self.at).await
    }
}
