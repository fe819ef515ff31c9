//! The account's own devices: `GET /api/sessions`, `DELETE /api/sessions/{sid}`, `DELETE /api/sessions`. Another account's
//! sessions are not there.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State as Shared};
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;

use super::client_id::client_id;
use super::problem::{Document, Refusal};
use super::state::State;
use super::verified::Verified;
use latchkey_server_core::audit::{Entry, Event};
use latchkey_server_core::sessions::{self, EndReason, ListedSession};

/// The living sessions of the account.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Sessions)]
pub(super) struct Answer {
    /// The one last seen first, 200 at most.
    sessions: Vec<Item>,
}

/// A session, and whether it is the caller's own.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SessionItem)]
pub(super) struct Item {
    /// Whether this is the session of the token that asks.
    current: bool,
    /// Whether it has the caller's device id, with whatever key. A device id is no secret: this is
    /// a hint, not a proof.
    same_device: bool,
    #[serde(flatten)]
    session: Session,
}

/// A living session, as its owner or an operator is shown it. Times are seconds since 1970.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Session {
    /// Session id.
    sid: String,
    /// User name of its account.
    username: String,
    /// What the device calls itself.
    device_name: Option<String>,
    /// Its system, as it says.
    platform: Option<String>,
    /// When it signed in.
    created_at: i64,
    /// When it was in contact last: at sign-in or renewal, which an app in use does every few minutes.
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
    get, path = "/api/sessions", tag = "sessions", security(("dpop" = [], "client" = []), ("bearer" = [], "client" = [])),
    responses((status = 200, description = "The living sessions", body = Answer), (status = 401, description = "No token, or one that is not valid", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    claims: Verified,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    let device_id = client_id(&headers)?;
    let settings = (&state.settings.sessions, &state.settings.tokens);
    let listed = sessions::list(&state.database, Some(&claims.sub), settings, state.now()).await?;
    let item = |session: ListedSession| Item {
        current: session.sid == claims.sid,
        same_device: session.device_id == device_id,
        session: session.into(),
    };
    let answer = Answer { sessions: listed.into_iter().map(item).collect() };
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)))
}

/// End one session of the account.
#[utoipa::path(
    delete, path = "/api/sessions/{sid}", tag = "sessions", security(("dpop" = [], "client" = []), ("bearer" = [], "client" = [])),
    params(("sid" = String, Path, description = "Session id")),
    responses((status = 204, description = "Ended"), (status = 401, description = "No token, or one that is not valid", body = Document, content_type = "application/problem+json"), (status = 404, description = "`not_found`: not a living session of this account", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn end_one(
    Shared(state): Shared<Arc<State>>,
    Path(sid): Path<String>,
    claims: Verified,
    request: Request,
) -> Result<StatusCode, Refusal> {
    match sessions::find(&state.database, &sid).await? {
        Some(session) if session.account_id == claims.sub => {}
        _ => return Err(Refusal::NotFound),
    }
    let ended = end(&state, &claims, request, Some(&sid)).await?;
    if ended == 0 { Err(Refusal::NotFound) } else { Ok(StatusCode::NO_CONTENT) }
}

/// End every session of the account but the caller's own.
#[utoipa::path(
    delete, path = "/api/sessions", tag = "sessions", security(("dpop" = [], "client" = []), ("bearer" = [], "client" = [])),
    responses((status = 204, description = "Ended, or there were none"), (status = 401, description = "No token, or one that is not valid", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn end_others(
    Shared(state): Shared<Arc<State>>,
    claims: Verified,
    request: Request,
) -> Result<StatusCode, Refusal> {
    end(&state, &claims, request, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one session, or all but the caller's own, and tells how many that were.
async fn end(
    state: &State,
    claims: &Verified,
    request: Request,
    sid: Option<&str>,
) -> Result<usize, Refusal> {
    let now = state.now();
    let (parts, _) = request.into_parts();
    let (device_id, address) = (client_id(&parts.headers)?, state.caller(&parts)?.to_string());
    let reason = EndReason::Revoked;
    let mut transaction = state.database.begin().await?;
    let ended = match sid {
        Some(sid) => {
            let ended = sessions::end(&mut transaction, sid, reason, now).await?;
            ended.map(|_| sid.to_owned()).into_iter().collect()
        }
        None => sessions::end_others(&mut transaction, &claims.sub, &claims.sid, reason, now).await?,
    };
    let entry = Entry::person(Event::SessionEnded, device_id, &address);
    let entry = entry.of(&claims.sub, &claims.profile.preferred_username);
    for sid in &ended {
        entry.session(sid).write(&mut transaction, now).await?;
    }
    transaction.commit().await?;
    tracing::info!(account = claims.sub, count = ended.len(), "sessions ended");
    let count = ended.len();
    state.revocations.extend(ended, reason, now);
    Ok(count)
}
