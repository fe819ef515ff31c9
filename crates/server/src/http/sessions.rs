//! The caller's devices: `GET /api/sessions`, `DELETE /api/sessions/{sid}`, `DELETE /api/sessions`.
//! Sessions of other accounts are never found.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;
use latchkey_server_core::{ListedSession, own_account};
use serde::Serialize;

use super::authenticated::Authenticated;
use super::caller::{Caller, ClientId};
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// The active sessions of the account.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Sessions)]
pub(super) struct Answer {
    /// Latest contact first, 200 at most.
    sessions: Vec<Item>,
}

/// A session, and whether it is the caller's.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SessionItem)]
pub(super) struct Item {
    /// Whether this is the session of the token that asks.
    current: bool,
    /// Whether it has the caller's device id, regardless of the key. A device id is not a secret:
    /// this is a hint, not a proof.
    same_device: bool,
    #[serde(flatten)]
    session: Session,
}

/// An active session, as shown to its owner or an operator. Times are seconds since 1970.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Session {
    /// Session id.
    sid: String,
    /// User name of its account.
    username: String,
    /// Name that the device reports.
    device_name: Option<String>,
    /// System that the device reports.
    platform: Option<String>,
    /// When it signed in.
    created_at: i64,
    /// Time of its last contact: sign-in, confirmation or renewal, which an app in use does every
    /// few minutes.
    last_seen_at: i64,
    /// Until when it works offline; absent without a device key.
    lease_ends_at: Option<i64>,
    /// Where it was in contact from last.
    address: Option<String>,
}

impl From<ListedSession> for Session {
    fn from(session: ListedSession) -> Self {
        Self {
            sid: session.sid,
            username: session.username,
            device_name: session.device_name,
            platform: session.platform,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            lease_ends_at: session.lease_ends_at,
            address: session.address,
        }
    }
}

/// List the devices that are signed in to the account.
#[utoipa::path(
    get, path = "/api/sessions", tag = "sessions", security(("dpop" = []), ("bearer" = [])), params(ClientId),
    responses((status = 200, description = "The living sessions", body = Answer), (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"), (status = 401, description = "No token, or one that is not valid", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    ClientId(device_id): ClientId,
) -> Result<impl IntoResponse, Problem> {
    let listed = own_account::list_sessions(&state.service, &token).await?;
    let item = |session: ListedSession| Item {
        current: session.sid == token.sid,
        same_device: session.device_id == device_id,
        session: session.into(),
    };
    let answer = Answer { sessions: listed.into_iter().map(item).collect() };
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)))
}

/// End one session of the account.
#[utoipa::path(
    delete, path = "/api/sessions/{sid}", tag = "sessions", security(("dpop" = []), ("bearer" = [])),
    params(ClientId, ("sid" = String, Path, description = "Session id")),
    responses((status = 204, description = "Ended"), (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"), (status = 401, description = "No token, or one that is not valid; `insufficient_user_authentication`: needs a sign-in or a confirmation within 15 minutes", body = Document, content_type = "application/problem+json"), (status = 404, description = "`not_found`: not a living session of this account", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn end_one(
    Shared(state): Shared<Arc<State>>,
    Path(sid): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    own_account::end_session(&state.service, &caller, &token, &sid).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End every session of the account except the caller's.
#[utoipa::path(
    delete, path = "/api/sessions", tag = "sessions", security(("dpop" = []), ("bearer" = [])), params(ClientId),
    responses((status = 204, description = "Ended, or there were none"), (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"), (status = 401, description = "No token, or one that is not valid; `insufficient_user_authentication`: needs a sign-in or a confirmation within 15 minutes", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn end_others(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    own_account::end_other_sessions(&state.service, &caller, &token).await?;
    Ok(StatusCode::NO_CONTENT)
}
