//! `POST /api/auth`: sign-in.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State as Shared};
use axum::http::request::Parts;
use latchkey_server_core::sign_in;
use latchkey_token::proof::VerifiedProof;

use super::body::Body;
use super::caller::{ClientId, NewCaller};
use super::content_type::Format;
use super::credentials::{self, Fields};
use super::dpop;
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;
use super::token_response::TokenResponse;

/// The proof of the device key that the tokens will be bound to. `None`: they will be bearer
/// tokens, if the settings allow them.
pub(super) struct NewKey(Option<VerifiedProof>);

impl FromRequestParts<Arc<State>> for NewKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        match dpop::check(state, parts, None, state.service.now())? {
            None if !state.settings.tokens.bearer => Err(dpop::MISSING),
            proof => Ok(Self(proof)),
        }
    }
}

/// Sign in. A proof in the header `DPoP` binds the tokens to its key and adds a session token.
///
/// With a proof, an earlier session of the same account, device id and key ends. An account with a
/// second factor gets a `challenge` first, and nothing without a proof.
#[utoipa::path(
    post, path = "/api/auth", tag = "sessions", params(ClientId),
    request_body(content((Fields = "application/json"), (Fields = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Signed in", body = TokenResponse),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_credentials`, `account_disabled`, `second_factor_required` (with `challenge` and `methods`), `enrolment_required` (with `challenge` and `authorized`), `proof_required`, `invalid_dpop_proof`, `use_dpop_nonce`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`passwords_disabled`: sign in another way", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON or a form", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn sign_in(
    Shared(state): Shared<Arc<State>>,
    NewCaller(caller): NewCaller,
    format: Format,
    NewKey(proof): NewKey,
    Body(body): Body,
) -> Result<TokenResponse, Problem> {
    let credentials = credentials::parse(format, &body)?;
    drop(body);
    Ok(sign_in::sign_in(&state.service, &caller, proof.as_ref(), credentials).await?.into())
}
