//! What an account may do: disabled or not, its role, whether it needs a second factor. Each may be
//! repeated.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::IntoResponse;
use latchkey_server_core::people::{self, Change};
use serde::Deserialize;

use super::account::Account;
use super::answer::NO_STORE;
use super::body;
use crate::http::authenticated::Authenticated;
use crate::http::body::JsonBody;
use crate::http::caller::{Caller, ClientId};
use crate::http::problem::Problem;
use crate::http::problem_document::Document;
use crate::http::state::State;

/// The name of a role.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "lowercase")]
enum Role {
    /// Invites people, and resets what they have lost.
    Desk,
    /// Does everything to every other account.
    Admin,
}

/// The role of an account.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = AdminRole)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleBody {
    /// `desk` or `admin`, in place of the one that it has; `null` takes it away.
    #[serde(deserialize_with = "Option::deserialize")]
    role: Option<Role>,
}

/// Whether an account needs a second factor.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = AdminFactorRequirement)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequirementBody {
    required: bool,
}

/// Disable an account and end its sessions.
#[utoipa::path(
    post, path = "/api/admin/accounts/{id}/disable", operation_id = "admin_disable_account", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")),
    responses(
        (status = 200, description = "The account, as it is now", body = Account),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn disable(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<impl IntoResponse, Problem> {
    let person = people::change(&state.service, &caller, &token, &id, Change::Disable).await?;
    Ok((NO_STORE, Json(Account::from(person))))
}

/// Enable an account. Its sessions stay ended.
#[utoipa::path(
    post, path = "/api/admin/accounts/{id}/enable", operation_id = "admin_enable_account", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")),
    responses(
        (status = 200, description = "The account, as it is now", body = Account),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn enable(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<impl IntoResponse, Problem> {
    let person = people::change(&state.service, &caller, &token, &id, Change::Enable).await?;
    Ok((NO_STORE, Json(Account::from(person))))
}

/// Give an account a role, or take it away. Needs the role admin.
#[utoipa::path(
    put, path = "/api/admin/accounts/{id}/role", operation_id = "admin_set_role", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")), request_body = RoleBody,
    responses(
        (status = 200, description = "The account, as it is now", body = Account),
        (status = 400, description = "`invalid_client_id`, `invalid_request`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn set_role(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(json): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let RoleBody { role } = body::read(&json, "The body is not a JSON object with role.")?;
    let change = Change::SetRole(role.map(|role| match role {
        Role::Desk => latchkey_server_core::accounts::Role::Desk,
        Role::Admin => latchkey_server_core::accounts::Role::Admin,
    }));
    let person = people::change(&state.service, &caller, &token, &id, change).await?;
    Ok((NO_STORE, Json(Account::from(person))))
}

/// Require a second factor of an account, or no longer. Needs the role admin.
#[utoipa::path(
    put, path = "/api/admin/accounts/{id}/factor-requirement", operation_id = "admin_require_factor", tag = "admin", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Account id")), request_body = RequirementBody,
    responses(
        (status = 200, description = "The account, as it is now", body = Account),
        (status = 400, description = "`invalid_client_id`, `invalid_request`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: needs the second factor within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`role_required`, `factor_needed_for_role`, `not_allowed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(crate) async fn require_factor(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(json): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let RequirementBody { required } = body::read(&json, "The body is not a JSON object with required.")?;
    let change = Change::RequireFactor(required);
    let person = people::change(&state.service, &caller, &token, &id, change).await?;
    Ok((NO_STORE, Json(Account::from(person))))
}
