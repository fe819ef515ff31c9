//! `POST /api/auth/sign-out`: takes a sign-out notice, by which a device that has already destroyed its token and its key
//! ends the session. The notice is its own proof; there is no token to look at. Done twice, it is done.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use latchkey_token::proof::verify_notice;
use serde::Deserialize;

use super::credentials::{self, Format};
use super::problem::{Document, Refusal};
use super::state::State;
use crate::sessions::{self, EndReason};

/// A sign-out that a device has signed before it destroyed its key.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = SignOutNotice)]
pub(super) struct Body {
    /// JWT, signed by the device key.
    notice: String,
}

/// Sign out with a notice that the device made earlier.
#[utoipa::path(
    post, path = "/api/auth/sign-out", tag = "sessions", request_body = Body,
    responses((status = 204, description = "Ended, or ended before"), (status = 400, description = "`invalid_request`", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn take_notice(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Refusal> {
    if credentials::format(&headers)? != Format::Json {
        return Err(Refusal::UnsupportedMediaType);
    }
    let Body { notice } = serde_json::from_slice(&body?)
        .map_err(|_| Refusal::InvalidRequest("The body is not a JSON object with a notice."))?;
    let notice = verify_notice(&notice, &state.settings.tokens.issuer)
        .map_err(|_| Refusal::InvalidRequest("The notice is not a sign-out notice for this server."))?;
    let now = state.now();
    let session = sessions::find(&state.database, &notice.sid).await?;
    // A session that was forgotten is over; one of another key is not this device's to end.
    match session {
        Some(session) if session.jkt.as_deref() != Some(notice.jkt.as_str()) => {
            return Err(Refusal::InvalidRequest("The notice is not by the device of that session."));
        }
        Some(session) => {
            sessions::end(&state.database, &notice.sid, EndReason::SignedOut, now).await?;
            tracing::info!(account = session.account_id, sid = notice.sid, "signed out by notice");
            state.revocations.insert(notice.sid, EndReason::SignedOut, now);
        }
        None => {}
    }
    Ok(StatusCode::NO_CONTENT)
}
