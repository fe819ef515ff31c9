//! `/api/me/passkeys`: the passkeys of the caller's account. Changes take tokens that are bound to
//! a device key only.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use axum::response::IntoResponse;
use latchkey_server_core::passkeys;
use serde::{Deserialize, Serialize};

use super::authenticated::Authenticated;
use super::body::JsonBody;
use super::caller::{Caller, ClientId};
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

pub(super) const NO_STORE: [(HeaderName, HeaderValue); 1] =
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// The passkeys of the account.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Passkeys)]
pub(super) struct List {
    /// The oldest first, 20 at most.
    passkeys: Vec<Passkey>,
    /// Whether this server offers passkeys.
    available: bool,
    /// Why not: `switched_off`, `no_public_url`, `address` (in place of a name), `plain_http`.
    reason: Option<&'static str>,
}

/// A passkey. Times are seconds since 1970.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Passkey {
    id: String,
    /// As its owner calls it.
    name: String,
    created_at: i64,
    /// When it was last used to sign in or to confirm.
    last_used_at: Option<i64>,
    /// Whether it is on several devices, because its provider keeps a copy.
    synced: bool,
    /// Whether it was refused once, because there may be a copy that its owner does not know of.
    suspicious: bool,
}

impl From<passkeys::Passkey> for Passkey {
    fn from(passkey: passkeys::Passkey) -> Self {
        Self {
            id: passkey.id,
            name: passkey.name,
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
            synced: passkey.is_synced,
            suspicious: passkey.is_suspicious,
        }
    }
}

/// Another name.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PasskeyName)]
pub(super) struct Body {
    /// One line, 64 characters at most.
    name: String,
}

impl Body {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a name.");
        // serde reads a list of one text as the field.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        serde_json::from_slice(body).map_err(|_| problem)
    }
}

/// List the passkeys of the account.
#[utoipa::path(
    get, path = "/api/me/passkeys", tag = "passkeys", security(("dpop" = []), ("bearer" = [])), params(ClientId),
    responses(
        (status = 200, description = "The passkeys, and whether there can be more", body = List),
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
    let own = passkeys::list(&state.service, &token).await?;
    let reason = own.unavailable.map(passkeys::NoPasskeys::as_str);
    let passkeys = own.passkeys.into_iter().map(Passkey::from).collect();
    Ok((NO_STORE, Json(List { passkeys, available: reason.is_none(), reason })))
}

/// Give a passkey another name.
#[utoipa::path(
    patch, path = "/api/me/passkeys/{id}", tag = "passkeys", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Id of the passkey")), request_body = Body,
    responses(
        (status = 200, description = "Renamed", body = Passkey),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, or `proof_required`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: the account has no such passkey", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn rename(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(body): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let Body { name } = Body::parse(&body)?;
    let renamed = passkeys::rename(&state.service, &caller, &token, &id, &name).await?;
    Ok((NO_STORE, Json(Passkey::from(renamed))))
}

/// Remove a passkey. It signs in no more.
#[utoipa::path(
    delete, path = "/api/me/passkeys/{id}", tag = "passkeys", security(("dpop" = [])),
    params(ClientId, ("id" = String, Path, description = "Id of the passkey")),
    responses(
        (status = 204, description = "Removed"),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: the account has no such passkey", body = Document, content_type = "application/problem+json"),
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
    passkeys::remove(&state.service, &caller, &token, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_an_object_with_a_name_is_read() {
        for body in ["", "[]", r#"["a"]"#, "{}", r#"{"name":7}"#, r#"{"name":null}"#] {
            assert!(Body::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(Body::parse(br#"{"name":"Key","more":1}"#).unwrap().name, "Key");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Body::parse(&body);
        }
    }
}
