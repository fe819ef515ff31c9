//! `/api/me/links`: the providers' accounts that sign in to the caller's account. Changes take
//! tokens that are bound to a device key only. A link is made by `POST /api/auth/browser`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use latchkey_server_core::providers;
use serde::Serialize;

use super::authenticated::Authenticated;
use super::caller::{Caller, ClientId};
use super::passkeys::NO_STORE;
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// The links of the account, and the providers to link.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Links)]
pub(super) struct List {
    /// The oldest first.
    links: Vec<Link>,
    /// The providers of this server. A user may have several accounts at one.
    may_link: Vec<Provider>,
}

/// A provider's account that signs in to this one. Times are seconds since 1970.
#[derive(Serialize, utoipa::ToSchema)]
struct Link {
    id: String,
    /// The id of the provider; `null` if this server has it no more, so that the link signs in no
    /// more.
    provider: Option<String>,
    /// The name of the provider, or its issuer if this server has it no more.
    name: String,
    linked_at: i64,
    /// When it was last used to sign in.
    last_used_at: Option<i64>,
}

/// A provider.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = LinkableProvider)]
struct Provider {
    id: String,
    name: String,
}

/// List the accounts at providers that sign in to this account.
#[utoipa::path(
    get, path = "/api/me/links", tag = "browser", security(("dpop" = []), ("bearer" = [])), params(ClientId),
    responses(
        (status = 200, description = "The links, and the providers to link", body = List),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not valid", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    ClientId(_): ClientId,
) -> Result<impl IntoResponse, Problem> {
    let listed = providers::list(&state.service, &token).await?;
    let settings = &state.settings.providers;
    let link = |link: providers::Link| {
        let provider = settings.iter().find(|provider| provider.issuer.as_str() == link.issuer);
        let (id, name) = provider.map(|provider| (provider.id.clone(), provider.name.clone())).unzip();
        Link {
            id: link.id,
            provider: id,
            name: name.unwrap_or(link.issuer),
            linked_at: link.linked_at,
            last_used_at: link.last_used_at,
        }
    };
    let links = listed.into_iter().map(link).collect();
    let may_link = settings
        .iter()
        .map(|provider| Provider { id: provider.id.clone(), name: provider.name.clone() })
        .collect();
    Ok((NO_STORE, Json(List { links, may_link })))
}

/// Remove a link. The provider's account signs in no more; sessions go on.
#[utoipa::path(
    delete, path = "/api/me/links/{id}", tag = "browser", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Id of the link")),
    responses(
        (status = 204, description = "Removed"),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`link_unknown`: the account has no such link", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`last_way`: without it the account would have no way to sign in", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn remove(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    providers::remove(&state.service, &caller, &token, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
