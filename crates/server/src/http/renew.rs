//! `POST /api/auth/renew`: renewal.

use std::sync::Arc;

use axum::extract::State as Shared;
use latchkey_server_core::renewal;

use super::caller::{Address, ClientId};
use super::problem::Problem;
use super::problem_document::Document;
use super::session_token::SessionToken;
use super::state::State;
use super::token_response::TokenResponse;

/// Renew: returns an access token for a session token with its proof.
///
/// A new session token is included when the old one is due.
#[utoipa::path(
    post, path = "/api/auth/renew", tag = "sessions", security(("dpop" = [])), params(ClientId),
    responses(
        (status = 200, description = "Renewed", body = TokenResponse),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`session_revoked`, `session_expired`, `account_disabled` end the session; all others do not. `session_unknown`: this server has no such session. `session_revoked` says why (`reason`), when (`ended_at`) and by which other device (`ended_by`)", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`provider_sign_in_required`: the provider that the session began by (`provider`, `provider_name`) asks for a new sign-in by it. The session has not ended", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn renew(
    Shared(state): Shared<Arc<State>>,
    SessionToken(token): SessionToken,
    Address(address): Address,
) -> Result<TokenResponse, Problem> {
    Ok(renewal::renew(&state.service, &token, address).await?.into())
}
