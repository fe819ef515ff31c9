//! `POST /api/auth/sign-out`: takes a sign-out notice, by which a device that has already destroyed its token and its key
//! ends the session. The notice is its own proof; there is no token to look at. Done twice, it is done.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::StatusCode;
use latchkey_token::proof::verify_sign_out_token;
use serde::Deserialize;

use super::credentials::{self, Format};
use super::problem::{Document, Refusal};
use super::state::State;
use latchkey_server_core::audit::{Entry, Event};
use latchkey_server_core::sessions::{self, EndReason};

/// A sign-out that a device has signed before it destroyed its key.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = SignOutNotice)]
pub(super) struct Body {
    /// JWT, signed by the device key.
    pub(super) notice: String,
}

impl Body {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let refusal = Refusal::InvalidRequest("The body is not a JSON object with a notice.");
        // A list of one text would be read as the field.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(refusal);
        }
        serde_json::from_slice(body).map_err(|_| refusal)
    }
}

/// Sign out with a notice that the device made earlier.
#[utoipa::path(
    post, path = "/api/auth/sign-out", tag = "sessions", request_body = Body,
    responses((status = 204, description = "Ended, or ended before"), (status = 400, description = "`invalid_request`", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn take_notice(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let (parts, body) = request.into_parts();
    if credentials::format(&parts.headers)? != Format::Json {
        return Err(Refusal::UnsupportedMediaType);
    }
    let address = state.caller(&parts)?.to_string();
    let body = Bytes::from_request(Request::from_parts(parts, body), &()).await?;
    let notice = verify_sign_out_token(&Body::parse(&body)?.notice, &state.settings.tokens.issuer)
        .map_err(|_| Refusal::InvalidRequest("The notice is not a sign-out notice for this server."))?;
    let now = state.now();
    let session = sessions::find(&state.database, &notice.sid).await?;
    // A session that was forgotten is over; one of another key is not this device's to end.
    match session {
        Some(session) if session.jkt.as_deref() != Some(notice.jkt.as_str()) => {
            return Err(Refusal::InvalidRequest("The notice is not by the device of that session."));
        }
        Some(session) => {
            let mut transaction = state.database.begin().await?;
            let ended = sessions::end(&mut transaction, &notice.sid, EndReason::SignedOut, now).await?;
            if ended.is_some() {
                let entry = Entry::person(Event::SignedOut, &session.device_id, &address).detail("notice");
                let entry = entry.account(&session.account_id).session(&notice.sid);
                entry.write(&mut transaction, now).await?;
            }
            transaction.commit().await?;
            tracing::info!(account = session.account_id, sid = notice.sid, "signed out by notice");
            state.revocations.insert(notice.sid, EndReason::SignedOut, now);
        }
        None => {}
    }
    Ok(StatusCode::NO_CONTENT)
}
