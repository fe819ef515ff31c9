//! `DELETE /api/auth`: ends the session of the token. Takes the access token, or the session token with a proof, be its
//! lease over or not: an app that signed out without a network delivers this later. Done twice, it is done.

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;

use super::authorization::presented;
use super::client_id::client_id;
use super::guard;
use super::problem::{Document, Refusal};
use super::session_token;
use super::state::State;
use latchkey_server_core::audit::{Entry, Event};
use latchkey_server_core::sessions::{self, EndReason};

/// Sign out: ends the session of the access token or the session token.
#[utoipa::path(
    delete, path = "/api/auth", tag = "sessions", security(("dpop" = [], "client" = []), ("bearer" = [], "client" = [])),
    responses((status = 204, description = "Ended, or ended before"), (status = 401, description = "The token is not valid", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn sign_out(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let now = state.now();
    let (parts, _) = request.into_parts();
    let presented = presented(&parts.headers, state.settings.tokens.bearer)?;
    let claims = match guard::access_claims(&state, &parts, presented, now) {
        // Neither kind passes as the other; what is no access token may be a session token.
        Err(Refusal::InvalidToken(_)) => session_token::verify(&state, &parts, presented, now)?,
        verified => verified?,
    };
    let address = state.caller(&parts)?.to_string();
    let device_id = client_id(&parts.headers)?;
    let mut transaction = state.database.begin().await?;
    let ended = sessions::end(&mut transaction, &claims.sid, EndReason::SignedOut, now).await?;
    if ended.is_some() {
        let entry = Entry::person(Event::SignedOut, device_id, &address);
        let entry = entry.of(&claims.sub, &claims.profile.preferred_username).session(&claims.sid);
        entry.write(&mut transaction, now).await?;
    }
    transaction.commit().await?;
    tracing::info!(account = claims.sub, sid = claims.sid, "signed out");
    state.revocations.insert(claims.sid, EndReason::SignedOut, now);
    Ok(StatusCode::NO_CONTENT)
}
