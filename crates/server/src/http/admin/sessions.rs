//! `/api/admin/accounts/{id}/sessions`: the devices of another account.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use latchkey_server_core::people;
use serde::Serialize;

use super::answer::NO_STORE;
use crate::http::authenticated::Authenticated;
use crate::http::caller::{Caller, ClientId};
use crate::http::problem::Problem;
use crate::http::problem_document::Document;
use crate::http::sessions::Session;
use crate::http::state::State;

/// The active sessions of an account.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AdminSessions)]
pub(crate) struct Sessions {
    /// Latest contact first, 200 at most.
    sessions: Vec<Session>,
}

/// List the devices that are signed in to an account. A desk reads none of an account with a role.
#[utoipa::path(
    get, path = "/api/admin/accounts/{id}/sessions", operation_id = "admin_list_sessions", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")),
    responses(
        (status = 200, description = "The active sessions", body = Sessions),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<impl IntoResponse, Problem> {
    let listed = people::list_sessions(&state.service, &caller, &token, &id).await?;
    Ok((NO_STORE, Json(Sessions { sessions: listed.into_iter().map(Session::from).collect() })))
}

/// End every session of an account.
#[utoipa::path(
    delete, path = "/api/admin/accounts/{id}/sessions", operation_id = "admin_end_sessions", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")),
    responses(
        (status = 204, description = "Ended, or there were none"),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn end_all(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    people::end_sessions_of(&state.service, &caller, &token, (&id, None)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one session of an account.
#[utoipa::path(
    delete, path = "/api/admin/accounts/{id}/sessions/{sid}", operation_id = "admin_end_session", tag = "admin", security(("dpop" = [])),
    params(
        ClientId,
        ("id" = String, Path, description = "Account id"),
        ("sid" = String, Path, description = "Session id")
    ),
    responses(
        (status = 204, description = "Ended"),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: not an active session of this account", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn end_one(
    Shared(state): Shared<Arc<State>>,
    Path((id, sid)): Path<(String, String)>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    people::end_sessions_of(&state.service, &caller, &token, (&id, Some(&sid))).await?;
    Ok(StatusCode::NO_CONTENT)
}
