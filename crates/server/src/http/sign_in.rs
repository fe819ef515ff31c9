//! `POST /api/auth`: a user name and a password become a session and its tokens. Unknown user and wrong password get the
//! same answer after the same work.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State as Shared};
use uuid::Uuid;

use super::attempt::{Claimant, Passed, attempt};
use super::client_id::client_id;
use super::credentials::{self, Credentials, Fields};
use super::possession;
use super::problem::{Document, Refusal};
use super::state::State;
use super::token_answer::TokenAnswer;
use latchkey_server_core::accounts::{self, Username};
use latchkey_server_core::audit::{Entry, Event};
use latchkey_server_core::sessions::{self, DeviceLabel, EndReason, NewSession};
use latchkey_server_core::tokens::Subject;

/// Sign in. With a proof in the header `DPoP` the tokens are bound to its key, and there is a session token.
///
/// With a proof, an earlier session of the same account, device id and key ends.
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
        (status = 429, description = "`too_many_attempts`: try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
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
    let address = state.caller(&parts)?;
    let body = Bytes::from_request(Request::from_parts(parts, body), &()).await?;
    let credentials = Credentials::parse(format, &body)?;
    drop(body);

    let jkt = proof.as_ref().map(|proof| &proof.jkt);
    let claimant = Claimant { device_id: &device_id, jkt, proof: proof.as_ref(), address };
    let (name, account) = match Username::parse(&credentials.username) {
        Ok(username) => {
            let account = accounts::find_by_name(&state.database, &username).await?;
            (username.key().to_owned(), account)
        }
        Err(_) => (credentials.username, None),
    };
    let whose = (name.as_str(), account);
    let passed = attempt(&state, &claimant, whose, credentials.password, Event::SignInFailed, now).await?;
    begin(&state, &passed, &claimant, &credentials.label).await
}

async fn begin(
    state: &State,
    passed: &Passed,
    claimant: &Claimant<'_>,
    label: &DeviceLabel,
) -> Result<TokenAnswer, Refusal> {
    let (now, account) = (state.now(), &passed.account);
    let subject = Subject {
        account_id: account.id.clone(),
        sid: Uuid::new_v4().to_string(),
        device_id: claimant.device_id.to_owned(),
        jkt: claimant.jkt.cloned(),
        auth_time: now,
        profile: account.profile(),
        claims: account.claims()?,
    };
    let sid = subject.sid.clone();
    let (access, session) = state.issuer.issue(subject, claimant.jkt.is_some(), now).await?;

    let address = claimant.address.to_string();
    let row = NewSession {
        sid: &sid,
        account_id: &account.id,
        device_id: claimant.device_id,
        jkt: claimant.jkt,
        label,
        address: &address,
        lease_ends_at: session.as_ref().map(|session| now.plus(session.expires_in)),
    };
    let mut transaction = state.database.begin().await?;
    let replaced = sessions::replace_earlier(&mut transaction, &row, now).await?;
    sessions::start(&mut transaction, &row, now).await?;
    passed.settle(state, &mut transaction).await?;
    let entry = |event| {
        let entry = Entry::person(event, claimant.device_id, &address);
        entry.of(&account.id, &account.username)
    };
    for earlier in &replaced {
        let ended = entry(Event::SessionEnded).session(earlier).detail(EndReason::Replaced.as_str());
        ended.write(&mut transaction, now).await?;
    }
    entry(Event::SignedIn).session(&sid).write(&mut transaction, now).await?;
    transaction.commit().await?;
    tracing::info!(account = account.id, sid, replaced = replaced.len(), "signed in");
    state.revocations.extend(replaced, EndReason::Replaced, now);
    let token_type = if claimant.jkt.is_some() { "DPoP" } else { "Bearer" };
    Ok(TokenAnswer::new(token_type, access, session))
}
