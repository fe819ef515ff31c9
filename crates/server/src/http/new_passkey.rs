//! `POST /api/me/passkeys` and its end: a new passkey begins in the window, is made in the browser,
//! and is stored when the window brings the result.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use latchkey_server_core::{Language, passkeys};
use serde::Deserialize;

use super::authenticated::Authenticated;
use super::body::JsonBody;
use super::browser::begin;
use super::caller::{Caller, ClientId};
use super::passkeys::{NO_STORE, Passkey};
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// A passkey to begin.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewPasskey)]
pub(super) struct Fields {
    /// The port that the app listens on at 127.0.0.1.
    #[schema(minimum = 1024, maximum = 65535)]
    port: u16,
    /// The language of the window: `en` or `de`.
    #[schema(value_type = Option<String>)]
    language: Option<Language>,
}

/// The end of the browser's part.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = MadePasskey)]
pub(super) struct Made {
    /// The request.
    request: String,
    /// What the link has delivered.
    result: String,
    /// What the user calls the passkey: one line, 64 characters at most.
    name: String,
}

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a port of 1024 to 65535.");
        // serde reads a list as the fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        match serde_json::from_slice::<Self>(body) {
            Ok(fields) if fields.port >= 1024 => Ok(fields),
            _ => Err(problem),
        }
    }
}

impl Made {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem =
            Problem::InvalidRequest("The body is not a JSON object with a request, a result and a name.");
        // serde reads a list of texts as the fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        serde_json::from_slice(body).map_err(|_| problem)
    }
}

/// Begin to add a passkey, in the browser of this device. Another open request of the same key is
/// over then.
///
/// The URL registers nothing by itself: the passkey is stored by `POST /api/me/passkeys/finish`.
#[utoipa::path(
    post, path = "/api/me/passkeys", tag = "passkeys", security(("dpop" = [])), params(ClientId), request_body = Fields,
    responses(
        (status = 200, description = "Begun", body = begin::Answer),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`browser_unavailable`: this server offers no passkeys", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_passkeys`: the account has 20", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_requests_open`, `too_many_attempts`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn begin(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(body): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let Fields { port, language } = Fields::parse(&body)?;
    let begun = passkeys::begin(&state.service, &caller, &token, (port, language)).await?;
    Ok((NO_STORE, Json(begin::Answer::of(&state, begun))))
}

/// Store the passkey that the browser has made. May be repeated.
#[utoipa::path(
    post, path = "/api/me/passkeys/finish", tag = "passkeys", security(("dpop" = [])), params(ClientId), request_body = Made,
    responses(
        (status = 201, description = "Stored", body = Passkey),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, or `proof_required`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_result` (with `tries_left`), `browser_unavailable`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`request_unknown`: no open request of this session", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_passkeys`; `passkey_taken`: it is an account's already", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn finish(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(body): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let Made { request, result, name } = Made::parse(&body)?;
    let given = (request.as_str(), result.as_str());
    let stored = passkeys::finish(&state.service, &caller, &token, given, &name).await?;
    Ok((StatusCode::CREATED, NO_STORE, Json(Passkey::from(stored))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_objects_with_the_fields_are_read() {
        for body in ["", "[]", "[2000]", "{}", r#"{"port":1023}"#, r#"{"port":65536}"#, r#"{"port":"2000"}"#]
        {
            assert!(Fields::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(Fields::parse(br#"{"port":2000,"language":"de"}"#).unwrap().port, 2000);
        for body in ["", r#"["a","b","c"]"#, r#"{"request":"a","result":"b"}"#] {
            assert!(Made::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(Made::parse(br#"{"request":"a","result":"b","name":"c"}"#).unwrap().name, "c");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Fields::parse(&body), Made::parse(&body));
        }
    }
}
