//! `PUT /api/me/password`: a new password for the one that is known. A token alone is not enough, so that whoever finds a
//! window open cannot take the account over.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::attempt::{Claimant, Passed, attempt};
use super::client_id::client_id;
use super::credentials::{self, Format};
use super::problem::{Document, Refusal};
use super::state::State;
use super::verified::Verified;
use latchkey_server_core::accounts;
use latchkey_server_core::audit::{Entry, Event};
use latchkey_server_core::passwords::MAX_PASSWORD_BYTES;
use latchkey_server_core::sessions::{self, EndReason};

/// The present password and the new one.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PasswordChange)]
pub(super) struct Change {
    #[schema(value_type = String, format = Password)]
    pub(super) current: SecretString,
    #[schema(value_type = String, format = Password)]
    pub(super) new: SecretString,
    /// Whether every other session of the account ends.
    #[serde(default)]
    pub(super) end_other_sessions: bool,
}

/// Change the password. It may be refused for being too short, too long, or too easy to guess.
#[utoipa::path(
    put, path = "/api/me/password", tag = "sessions", security(("dpop" = [], "client" = []), ("bearer" = [], "client" = [])),
    request_body = Change,
    responses(
        (status = 204, description = "Changed"),
        (status = 400, description = "`invalid_request`, `password_too_short` (with `min_length`), `password_too_long`, `password_too_common`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not valid", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password`: the present one", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn change(
    Shared(state): Shared<Arc<State>>,
    claims: Verified,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let now = state.now();
    let (parts, body) = request.into_parts();
    if credentials::format(&parts.headers)? != Format::Json {
        return Err(Refusal::UnsupportedMediaType);
    }
    let device_id = client_id(&parts.headers)?.to_owned();
    let address = state.caller(&parts)?;
    let body = Bytes::from_request(Request::from_parts(parts, body), &()).await?;
    let change = Change::parse(&body)?;
    drop(body);

    let Some(account) = accounts::find(&state.database, &claims.sub).await? else {
        return Err(Refusal::SessionRevoked);
    };
    let jkt = claims.cnf.as_ref().map(|bound| &bound.jkt);
    let claimant = Claimant { device_id: &device_id, jkt, proof: None, address };
    let name = account.username_key.clone();
    let whose = (name.as_str(), Some(account));
    let passed = attempt(&state, &claimant, whose, change.current, Event::PasswordRefused, now);
    let passed = passed.await.map_err(|refusal| match refusal {
        Refusal::InvalidCredentials => Refusal::WrongPassword,
        refusal => refusal,
    })?;
    let hash = state.passwords.hash_new(change.new, passed.account.known()).await?;
    store(&state, &claims, &passed, &claimant, &hash, change.end_other_sessions).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn store(
    state: &State,
    claims: &Verified,
    passed: &Passed,
    claimant: &Claimant<'_>,
    hash: &str,
    end_others: bool,
) -> Result<(), Refusal> {
    let now = state.now();
    let (account, address) = (&passed.account, claimant.address.to_string());
    let entry = Entry::person(Event::PasswordChanged, claimant.device_id, &address);
    let entry = entry.of(&account.id, &account.username).session(&claims.sid);
    let mut transaction = state.database.begin().await?;
    if !accounts::change_password(&mut transaction, account, hash).await? {
        // Somebody else was faster: the present password is not the one that was given.
        return Err(Refusal::WrongPassword);
    }
    passed.forget_failures(state, &mut transaction).await?;
    entry.write(&mut transaction, now).await?;
    let reason = EndReason::Revoked;
    let ended = match end_others {
        true => sessions::end_others(&mut transaction, &account.id, &claims.sid, reason, now).await?,
        false => Vec::new(),
    };
    for sid in &ended {
        let entry = Entry::person(Event::SessionEnded, claimant.device_id, &address);
        let entry = entry.of(&account.id, &account.username).session(sid);
        entry.detail("password_changed").write(&mut transaction, now).await?;
    }
    transaction.commit().await?;
    tracing::info!(account = account.id, ended = ended.len(), "password changed");
    state.revocations.extend(ended, reason, now);
    Ok(())
}

impl Change {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let refusal = Refusal::InvalidRequest("The body is not a JSON object with current and new.");
        // A list of two texts would be read as the two fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(refusal);
        }
        let change: Self = serde_json::from_slice(body).map_err(|_| refusal)?;
        if change.current.expose_secret().len() > MAX_PASSWORD_BYTES {
            return Err(Refusal::WrongPassword);
        }
        if change.new.expose_secret().len() > MAX_PASSWORD_BYTES {
            return Err(Refusal::PasswordTooLong);
        }
        Ok(change)
    }
}
