//! `DELETE /api/auth`: sign-out. Accepts the access token, or the session token with a proof, even
//! after the lease has ended: an app that signed out without a network delivers this later.
//! Repeating it is not an error.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State as Shared};
use axum::http::StatusCode;
use axum::http::request::Parts;
use latchkey_server_core::sign_out;
use latchkey_token::Claims;

use super::authorization::presented;
use super::caller::{Caller, ClientId};
use super::guard;
use super::problem::Problem;
use super::problem_document::Document;
use super::session_token;
use super::state::State;

/// The claims of a verified token of either kind.
pub(super) struct EitherToken(Claims);

impl FromRequestParts<Arc<State>> for EitherToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        let now = state.service.now();
        let presented = presented(&parts.headers, state.settings.tokens.bearer)?;
        match guard::access_claims(state, parts, presented, now).await {
            // Neither kind passes as the other, so a token that is not an access token may be a
            // session token.
            Err(Problem::InvalidToken(_)) => {
                session_token::verify(state, parts, presented, now).await.map(Self)
            }
            verified => verified.map(Self),
        }
    }
}

/// Sign out: ends the session of the access token or the session token.
#[utoipa::path(
    delete, path = "/api/auth", tag = "sessions", security(("dpop" = []), ("bearer" = [])), params(ClientId),
    responses((status = 204, description = "Ended, or ended before"), (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"), (status = 401, description = "The token is not valid", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn sign_out(
    Shared(state): Shared<Arc<State>>,
    EitherToken(token): EitherToken,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    sign_out::sign_out(&state.service, &caller, token).await?;
    Ok(StatusCode::NO_CONTENT)
}
