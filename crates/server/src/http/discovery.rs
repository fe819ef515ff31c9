//! Metadata for libraries that discover a server by its address: of the authorization server (RFC
//! 8414), and of the API as a protected resource (RFC 9728). They say only what is true: this
//! server has no flow through a browser, no token endpoint of OAuth and no client secrets. RFC 8414
//! wants a token endpoint "unless only the implicit grant type is supported"; without any grant
//! there is none to name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;
use latchkey_server_core::proofs::PublicUrl;
use serde::Serialize;

use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

const CACHED: [(axum::http::HeaderName, HeaderValue); 1] =
    [(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))];

/// RFC 8414, §2. Lists that are left out have defaults, so the empty ones are there.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AuthorizationServer {
    /// `iss` of every token
    issuer: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; 0],
    token_endpoint_auth_methods_supported: [&'static str; 0],
    /// RFC 9449, §5.1
    dpop_signing_alg_values_supported: [&'static str; 1],
    /// RFC 9728, §4
    protected_resources: [String; 1],
}

/// RFC 9728, §2.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ProtectedResource {
    resource: String,
    /// Not there if `tokens.issuer` is not the address of this server
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_servers: Option<[String; 1]>,
    /// Empty if bearer tokens are not accepted
    bearer_methods_supported: Vec<&'static str>,
    dpop_signing_alg_values_supported: [&'static str; 1],
    dpop_bound_access_tokens_required: bool,
}

/// The issuer of the tokens, if it is the address that clients call (RFC 8414, §3.3). Another name
/// cannot be discovered.
fn issuer(state: &State) -> Option<String> {
    let issuer = state.settings.tokens.issuer();
    let url: PublicUrl = issuer.parse().ok()?;
    (url.as_str() == state.place.public_url()).then(|| issuer.to_owned())
}

/// `GET /.well-known/oauth-authorization-server`: the issuer and where its keys are (RFC 8414).
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server", tag = "public",
    responses(
        (status = 200, description = "The metadata", body = AuthorizationServer),
        (status = 404, description = "`not_found`: `tokens.issuer` is not the address of this server", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn authorization_server(
    Shared(state): Shared<Arc<State>>,
) -> Result<impl IntoResponse, Problem> {
    let issuer = issuer(&state).ok_or(Problem::NotFound)?;
    let url = state.place.public_url();
    let metadata = AuthorizationServer {
        issuer,
        jwks_uri: format!("{url}/.well-known/jwks.json"),
        response_types_supported: [],
        grant_types_supported: [],
        token_endpoint_auth_methods_supported: [],
        dpop_signing_alg_values_supported: ["ES256"],
        protected_resources: [url.to_owned()],
    };
    Ok((CACHED, Json(metadata)))
}

/// `GET /.well-known/oauth-protected-resource`: how tokens are presented here (RFC 9728).
#[utoipa::path(get, path = "/.well-known/oauth-protected-resource", tag = "public", responses((status = 200, description = "The metadata", body = ProtectedResource)))]
pub(super) async fn protected_resource(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    let bearer = state.settings.tokens.bearer;
    let metadata = ProtectedResource {
        resource: state.place.public_url().to_owned(),
        authorization_servers: issuer(&state).map(|issuer| [issuer]),
        bearer_methods_supported: bearer.then_some("header").into_iter().collect(),
        dpop_signing_alg_values_supported: ["ES256"],
        dpop_bound_access_tokens_required: !bearer,
    };
    (CACHED, Json(metadata))
}
