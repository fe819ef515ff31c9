//! `POST /api/auth`: a user name and a password become a session and its tokens. Unknown user and wrong password get the
//! same answer after the same work.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State as Shared};
use latchkey_token::proof::VerifiedProof;
use secrecy::SecretString;

use super::client_id::client_id;
use super::credentials::{self, Credentials, Fields};
use super::possession;
use super::problem::{Document, Refusal};
use super::state::State;
use super::token_answer::TokenAnswer;
use crate::accounts::{self, Account, Username};
use crate::passwords::Place;
use crate::sessions;
use crate::tokens::Subject;

/// Sign in. With a proof in the header `DPoP` the tokens are bound to its key, and there is a session token.
#[utoipa::path(
    post, path = "/api/auth", tag = "sessions", security(("client" = [])),
    request_body(content((Fields = "application/json"), (Fields = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Signed in", body = TokenAnswer),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_credentials`, `account_disabled`, `invalid_dpop_proof`, `use_dpop_nonce`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn sign_in(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<TokenAnswer, Refusal> {
    let now = state.now();
    let (parts, body) = request.into_parts();
    let device_id = client_id(&parts.headers)?.to_owned();
    if device_id == state.settings.tokens.audience {
        return Err(Refusal::InvalidClientId);
    }
    let format = credentials::format(&parts.headers)?;
    let proof = possession::check(&state, &parts, None, now)?;
    if proof.is_none() && !state.settings.tokens.bearer {
        return Err(possession::MISSING);
    }
    let body = Bytes::from_request(Request::from_parts(parts, body), &()).await?;
    let credentials = Credentials::parse(format, &body)?;
    drop(body);

    // First a place in the queue, so that proofs of a flood are not remembered.
    let place = state.passwords.place()?;
    if let Some(proof) = &proof {
        possession::use_up(&state, proof, now)?;
    }
    match who(&state, place, &credentials.username, credentials.password).await {
        Ok(account) => begin(&state, account, device_id, proof).await,
        Err(refusal) => {
            if matches!(refusal, Refusal::InvalidCredentials | Refusal::AccountDisabled) {
                tracing::info!(code = refusal.code(), "sign-in failed");
                state.passwords.delay_failure().await;
            }
            Err(refusal)
        }
    }
}

/// The account, if the password is its own.
async fn who(
    state: &State,
    place: Place,
    username: &str,
    password: SecretString,
) -> Result<Account, Refusal> {
    let account = match Username::parse(username) {
        Ok(username) => accounts::find_by_name(&state.database, &username).await?,
        Err(_) => None,
    };
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let right = state.passwords.verify(place, password, hash).await?;
    match account {
        Some(account) if right && account.is_disabled() => Err(Refusal::AccountDisabled),
        Some(account) if right => Ok(account),
        _ => Err(Refusal::InvalidCredentials),
    }
}

async fn begin(
    state: &State,
    account: Account,
    device_id: String,
    proof: Option<VerifiedProof>,
) -> Result<TokenAnswer, Refusal> {
    let now = state.now();
    let (profile, claims) = (account.profile(), account.claims()?);
    let jkt = proof.map(|proof| proof.jkt);
    let sid = sessions::start(&state.database, &account.id, &device_id, jkt.as_ref(), now).await?;
    tracing::info!(account = account.id, sid, "signed in");
    let token_type = if jkt.is_some() { "DPoP" } else { "Bearer" };
    let with_session = jkt.is_some();
    let subject = Subject { account_id: account.id, sid, device_id, jkt, auth_time: now, profile, claims };
    let (access, session) = state.issuer.issue(subject, with_session, now).await?;
    Ok(TokenAnswer::new(token_type, access, session))
}
