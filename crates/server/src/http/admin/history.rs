//! `GET /api/admin/accounts/{id}/audit`: what happened to another account.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::IntoResponse;
use latchkey_server_core::people;
use serde::{Deserialize, Serialize};

use super::answer::NO_STORE;
use super::body::Parameters;
use crate::http::authenticated::Authenticated;
use crate::http::caller::{Caller, ClientId};
use crate::http::problem::Problem;
use crate::http::problem_document::Document;
use crate::http::state::State;

/// Which events are read.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reading {
    /// `next` of the page before
    before: Option<String>,
    /// How many events; 50 unless it says otherwise
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of events, the latest first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AdminEvents)]
pub(crate) struct Events {
    events: Vec<Event>,
    /// `before` of the next page; `null` if there is none.
    next: Option<String>,
}

/// Something that happened to the account.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AdminEvent)]
struct Event {
    /// Its id.
    id: String,
    /// When, in seconds since 1970.
    at: i64,
    /// What, as in the audit log: `signed_in`, `code_made` …
    event: String,
    /// Who did it.
    actor: Actor,
    /// The device that did it.
    device_id: Option<String>,
    /// The address that it called from.
    address: Option<String>,
    /// More, in a word or two.
    detail: Option<String>,
}

/// Who did something.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AdminActor)]
struct Actor {
    /// `person`: a device of the account; `operator`: at the command line; `admin`: an account with
    /// a role; `server`: of itself.
    kind: String,
    /// With `admin`: the user name of that account.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
}

/// List what happened to an account. A desk reads nothing of an account with a role.
#[utoipa::path(
    get, path = "/api/admin/accounts/{id}/audit", operation_id = "admin_list_events", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id"), Reading),
    responses(
        (status = 200, description = "The events", body = Events),
        (status = 400, description = "`invalid_client_id`, `invalid_request`: the query", body = Document, content_type = "application/problem+json"),
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
    Parameters(reading): Parameters<Reading>,
) -> Result<impl IntoResponse, Problem> {
    let place = (reading.before.as_deref(), reading.limit);
    let history = people::history(&state.service, &caller, &token, &id, place).await?;
    let events = history.events.into_iter().map(|event| Event {
        id: event.id,
        at: event.at,
        event: event.event,
        actor: Actor { kind: event.actor, username: event.actor_username },
        device_id: event.device_id,
        address: event.address,
        detail: event.detail,
    });
    Ok((NO_STORE, Json(Events { events: events.collect(), next: history.next })))
}
