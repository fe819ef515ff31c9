//! Renewal: a verified session token becomes a new access token. Nothing rotates, so a retry after
//! a lost response, or two windows at the same time, each get a token.

use std::collections::BTreeMap;
use std::net::IpAddr;

use latchkey_token::{Claim, Claims, LEEWAY_SECONDS, UnixTime};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::accounts;
use crate::audit::{Entry, Event};
use crate::challenge::{CHALLENGE_SECONDS, Challenge};
use crate::database::{DatabaseError, work};
use crate::factors;
use crate::keys::SignError;
use crate::notices;
use crate::pending::{self, Kind, NewPending};
use crate::proven::{Proven, TWO_FACTORS};
use crate::provider_sessions::{self, HeldBy};
use crate::service::Service;
use crate::sessions::{self, EndReason, Session, SessionEnd, SessionStatus};
use crate::settings::SessionSettings;
use crate::tokens::{IssuedTokens, Subject};

/// Why a session was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The session has ended.
    #[error("the session has ended")]
    Ended(SessionEnd),
    /// The session is past its idle or absolute limit.
    #[error("the session has expired")]
    Expired,
    /// This database has no such session. Another database may have it: the session has not ended.
    #[error("the session is unknown")]
    Unknown,
    /// The account was removed.
    #[error("the account was removed")]
    AccountRemoved,
    /// An operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The account must have a second factor, has none, and its grace period is over. The session
    /// goes on once one is set up.
    #[error("the account must have a second factor")]
    FactorRequired(Challenge),
    /// The provider that the session began by has said no, or has not answered for too long. A
    /// sign-in by it begins another session.
    #[error("the provider asks for a new sign-in")]
    ProviderSignInRequired(HeldBy),
    /// The tokens were not signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Renews the session of `token`, the claims of a verified session token whose proof is consumed.
/// Returns a new session token if the current one is old or its claims have changed.
///
/// # Errors
/// See [`RenewError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn renew(
    service: &Service,
    token: &Claims,
    address: Option<IpAddr>,
) -> Result<IssuedTokens, RenewError> {
    let now = service.now();
    let session = active_session(service, token, now).await?;
    let (id, sid) = (session.account_id.as_str(), token.sid.as_str());
    let is_by_two_factors = session.proven.acr.as_deref() == Some(TWO_FACTORS);
    let read = service.database.read(|connection| {
        work(async move {
            let Some(account) = accounts::find(&mut *connection, id).await? else { return Ok(None) };
            let standing = factors::standing(&mut *connection, &account, &service.factors).await?;
            let held_by = provider_sessions::held_by(&mut *connection, &service.providers, sid).await?;
            let shows_theirs = standing.is_due(now)
                && is_by_two_factors
                && provider_sessions::is_by_theirs(connection, &service.providers, sid).await?;
            Ok(Some((account, standing, held_by, shows_theirs)))
        })
    });
    let (account, standing, held_by, shows_theirs) = read.await?.ok_or(RenewError::AccountRemoved)?;
    if account.is_disabled() {
        return Err(RenewError::AccountDisabled);
    }
    if let Some(held_by) = held_by {
        return Err(RenewError::ProviderSignInRequired(held_by));
    }
    // A passkey counts as both factors, and so does a provider whose factor counts.
    let lacks_factor = standing.is_due(now) && !session.proven.is_by_passkey() && !shows_theirs;
    if lacks_factor && let Some(challenge) = factor_required(service, &session, token, now).await? {
        return Err(RenewError::FactorRequired(challenge));
    }
    let is_news = standing.is_missing() != account.factor_asked_at.is_some();
    let (profile, claims) = (account.profile(), account.token_claims()?);
    let changed =
        profile != token.profile || session.proven != Proven::of(token) || !is_same(&claims, &token.custom);
    let with_session = changed || is_due(token, &service.sessions, now);
    let subject = Subject {
        account_id: account.id.clone(),
        sid: token.sid.clone(),
        device_id: session.device_id.clone(),
        jkt: token.cnf.as_ref().map(|bound| bound.jkt.clone()),
        began: session.auth_time,
        auth_time: session.authenticated_at,
        proven: session.proven.clone(),
        profile,
        claims,
    };
    let mut tokens = service.issuer.issue(subject, with_session, now).await?;

    let (address, sid) = (address.map(|address| address.to_string()), token.sid.as_str());
    let address = address.as_deref();
    let lease_ends_at = tokens.session.as_ref().map(|token| now.plus(token.expires_in));
    let entry = Entry::person(Event::Renewed, &session.device_id, address);
    let entry = entry.of(&account.id, &account.username).session(sid);
    let (session, account) = (&session, &account);
    let touch = service.database.write(|connection| {
        work(async move {
            if is_news {
                accounts::lock(&mut *connection, &account.id).await?;
            }
            // The session may have ended since it was read.
            if !sessions::touch(&mut *connection, sid, address, lease_ends_at, now).await? {
                return Ok(None);
            }
            if is_news {
                factors::ask(&mut *connection, account, &service.factors, now).await?;
            }
            entry.write(&mut *connection, now).await?;
            let notices = notices::count_answerable(connection, service, (sid, session), now).await?;
            Ok::<_, DatabaseError>(Some(notices))
        })
    });
    if let Some(notices) = touch.await? {
        tokens.notices = notices;
        return Ok(tokens);
    }
    // The device acts on the reason of the end.
    let end = SessionEnd { reason: EndReason::Revoked, at: now, by: None };
    active_session(service, token, now).await.and(Err(RenewError::Ended(end)))
}

/// Begins the set-up of a second factor, which this session needs to go on. The device keeps it.
/// `None`: it has one by now.
async fn factor_required(
    service: &Service,
    session: &Session,
    token: &Claims,
    now: UnixTime,
) -> Result<Option<Challenge>, DatabaseError> {
    let id = Uuid::new_v4().to_string();
    let jkt = token.cnf.as_ref().map(|bound| &bound.jkt);
    let challenge = NewPending {
        jkt,
        device_id: Some(&session.device_id),
        sid: Some(&token.sid),
        ..NewPending::of(&id, Kind::Challenge, &session.account_id, now.plus(CHALLENGE_SECONDS))
    };
    let challenge = &challenge;
    let write = service.database.write(|connection| {
        work(async move {
            accounts::lock(&mut *connection, &session.account_id).await?;
            if factors::has(&mut *connection, &session.account_id).await? {
                // It was set up meanwhile, and this must not replace it.
                return Ok(false);
            }
            pending::end_kind_of(&mut *connection, Kind::Challenge, &session.account_id, jkt).await?;
            pending::insert(connection, challenge, now).await?;
            Ok::<_, DatabaseError>(true)
        })
    });
    if !write.await? {
        return Ok(None);
    }
    tracing::info!(account = session.account_id, "not renewed without a second factor");
    Ok(Some(Challenge { id, expires_in: CHALLENGE_SECONDS }))
}

/// The session that the token names, if it is active and belongs to the token.
async fn active_session(service: &Service, token: &Claims, now: UnixTime) -> Result<Session, RenewError> {
    let (settings, sid) = (&service.sessions, token.sid.as_str());
    let Some(session) = service.database.read(|connection| work(sessions::find(connection, sid))).await?
    else {
        // Rows are deleted after the absolute limit, and no earlier. A younger session is in
        // another database.
        let is_over = token.auth_time.plus(settings.absolute_seconds) <= now;
        return Err(if is_over { RenewError::Expired } else { RenewError::Unknown });
    };
    let jkt = token.cnf.as_ref().map(|bound| bound.jkt.as_str());
    if session.account_id != token.sub
        || session.jkt.as_deref() != jkt
        || !token.aud.contains(&session.device_id)
    {
        return Err(RenewError::Unknown);
    }
    match session.status(settings, now) {
        SessionStatus::Active => Ok(session),
        SessionStatus::Ended(end) => Err(RenewError::Ended(end)),
        SessionStatus::Expired => Err(RenewError::Expired),
    }
}

/// Whether the session token should be replaced: it expires within the leeway, or is older than the
/// setting, or than half of its lease. A device that goes offline has the other half at least.
fn is_due(token: &Claims, settings: &SessionSettings, now: UnixTime) -> bool {
    let renew_after = settings.renew_after_seconds.min(settings.lease_seconds / 2);
    now.since(token.iat) >= renew_after || now.plus(LEEWAY_SECONDS) >= token.exp
}

/// Compares claims in their JSON form: a number may be read back as another type of the same value.
/// Claims of an earlier version whose names are the server's own by now are in no new token; the
/// role is one of these names, and compared: a change of it is news.
fn is_same(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let json = |claims: &Map<String, Value>| {
        let custom = claims.iter().filter(|(name, _)| Claim::named(name).is_none());
        serde_json::to_string(&custom.collect::<BTreeMap<_, _>>()).ok()
    };
    json(one) == json(other)
}
