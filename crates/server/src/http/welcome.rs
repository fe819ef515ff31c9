//! The protected example route, and the caller's account.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::authenticated::Authenticated;
use super::caller::ClientId;
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;
use latchkey_server_core::{own_account, own_factor};

/// `GET /`
#[utoipa::path(
    get, path = "/", tag = "api", security(("dpop" = []), ("bearer" = [])), params(ClientId),
    responses((status = 200, description = "Hello World!"), (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"), (status = 401, description = "No token, or one that is not valid", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn hello(_claims: Authenticated) -> &'static str {
    "Hello World!"
}

/// `GET /api/me`: the current account in OpenID Connect's names, with its custom claims.
#[utoipa::path(
    get, path = "/api/me", tag = "api", security(("dpop" = []), ("bearer" = [])), params(ClientId),
    responses((status = 200, description = "The account", body = Object), (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"), (status = 401, description = "No token, or one that is not valid", body = Document, content_type = "application/problem+json"), (status = 503, description = "The database is away", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn me(
    Shared(state): Shared<Arc<State>>,
    claims: Authenticated,
) -> Result<impl IntoResponse, Problem> {
    let account = own_account::account(&state.service, &claims).await?;
    let factor = own_factor::show(&state.service, &claims).await?;
    let (mut document, profile): (Map<String, Value>, _) = (account.claims, account.profile);
    let own = [
        ("sub", json!(account.id)),
        ("preferred_username", json!(profile.preferred_username)),
        ("given_name", json!(profile.given_name)),
        ("family_name", json!(profile.family_name)),
        ("email", json!(profile.email)),
        ("auth_time", json!(claims.auth_time)),
        ("sid", json!(claims.sid)),
        (
            "factor",
            json!({
                "totp": factor.totp,
                "recovery_codes_left": factor.recovery_codes_left,
                "required": factor.required,
                "required_from": factor.required_from,
                "removal_at": factor.removal_at,
            }),
        ),
        ("language", json!(factor.language)),
        ("role", json!(factor.role)),
    ];
    document.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(Value::Object(document))))
}
