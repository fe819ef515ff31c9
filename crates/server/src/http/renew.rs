//! `POST /api/auth/renew`: a session token and a proof become a new access token. Nothing rotates, so a retry after a lost
//! reply, or two windows at once, get an answer each.

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use latchkey_token::{Claims, LEEWAY_SECONDS, UnixTime};
use serde_json::{Map, Value};

use super::authorization::presented;
use super::problem::{Document, Refusal};
use super::session_token;
use super::state::State;
use super::token_answer::TokenAnswer;
use crate::settings::SessionSettings;
use latchkey_server_core::accounts;
use latchkey_server_core::audit::{Entry, Event};
use latchkey_server_core::sessions::{self, Session, Standing};
use latchkey_server_core::tokens::Subject;

/// Renew: a session token with its proof becomes an access token, and a new session token when it is time.
#[utoipa::path(
    post, path = "/api/auth/renew", tag = "sessions", security(("dpop" = [], "client" = [])),
    responses(
        (status = 200, description = "Renewed", body = TokenAnswer),
        (status = 401, description = "`session_revoked`, `session_expired`, `account_disabled` end the session; all others do not. `session_unknown`: this server has no such session", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn renew(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<TokenAnswer, Refusal> {
    let now = state.now();
    let (parts, _) = request.into_parts();
    let token = session_token::verify(&state, &parts, presented(&parts.headers, false)?, now)?;
    let address = state.caller(&parts)?.to_string();
    let settings = &state.settings.sessions;
    let session = live_session(&state, &token, now).await?;
    let Some(account) = accounts::find(&state.database, &session.account_id).await? else {
        return Err(Refusal::SessionRevoked);
    };
    if account.is_disabled() {
        return Err(Refusal::AccountDisabled);
    }
    let (profile, claims) = (account.profile(), account.claims()?);
    let changed = profile != token.profile || !same(&claims, &token.custom);
    let with_session = changed || is_due(&token, settings, now);
    let subject = Subject {
        account_id: account.id.clone(),
        sid: token.sid.clone(),
        device_id: session.device_id.clone(),
        jkt: token.cnf.as_ref().map(|bound| bound.jkt.clone()),
        auth_time: UnixTime::new(session.auth_time),
        profile,
        claims,
    };
    let (access, renewed) = state.issuer.issue(subject, with_session, now).await?;

    let lease_ends_at = renewed.as_ref().map(|token| now.plus(token.expires_in));
    let mut transaction = state.database.begin().await?;
    // The session may have ended since it was read.
    if !sessions::touch(&mut transaction, &token.sid, &address, lease_ends_at, now).await? {
        drop(transaction);
        // Why it has ended decides what the device does next.
        return live_session(&state, &token, now).await.and(Err(Refusal::SessionRevoked));
    }
    let entry = Entry::person(Event::Renewed, &session.device_id, &address);
    entry.of(&account.id, &account.username).session(&token.sid).write(&mut transaction, now).await?;
    transaction.commit().await?;
    Ok(TokenAnswer::new("DPoP", access, renewed))
}

/// The row that the token names, if it is alive and the token's own.
async fn live_session(state: &State, token: &Claims, now: UnixTime) -> Result<Session, Refusal> {
    let settings = &state.settings.sessions;
    let Some(session) = sessions::find(&state.database, &token.sid).await? else {
        // Rows are forgotten after the absolute limit, and no earlier.
        let over = token.auth_time.plus(settings.absolute_seconds) <= now;
        // A younger one is in another database: nothing here says that it has ended.
        return Err(if over { Refusal::SessionExpired } else { Refusal::SessionUnknown });
    };
    let jkt = token.cnf.as_ref().map(|bound| bound.jkt.as_str());
    if session.account_id != token.sub
        || session.jkt.as_deref() != jkt
        || !token.aud.contains(&session.device_id)
    {
        return Err(Refusal::SessionUnknown);
    }
    match session.standing(settings, now) {
        Standing::Alive => Ok(session),
        Standing::Ended(reason) => Err(reason.into()),
        Standing::Expired => Err(Refusal::SessionExpired),
    }
}

/// Whether the session token is old enough for a new one: its lease over or nearly so, or its age over the setting.
fn is_due(token: &Claims, settings: &SessionSettings, now: UnixTime) -> bool {
    now.since(token.iat) >= settings.renew_after_seconds || now.plus(LEEWAY_SECONDS) >= token.exp
}

/// Compared as they are written in a token: a number may come back as another type of the same value.
fn same(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    serde_json::to_string(one).ok() == serde_json::to_string(other).ok()
}
