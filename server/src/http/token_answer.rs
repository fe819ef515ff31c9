//! The answer that bears tokens.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::tokens::Issued;

#[derive(Serialize)]
pub(super) struct TokenAnswer {
    token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_expires_in: Option<i64>,
}

impl TokenAnswer {
    pub(super) fn new(token_type: &'static str, access: Issued, session: Option<Issued>) -> Self {
        let (session_token, session_expires_in) =
            session.map(|session| (session.token, session.expires_in)).unzip();
        Self {
            token: access.token,
            token_type,
            expires_in: access.expires_in,
            session_token,
            session_expires_in,
        }
    }
}

impl IntoResponse for TokenAnswer {
    fn into_response(self) -> Response {
        // RFC 6749 §5.1: no cache may keep it.
        ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(self)).into_response()
    }
}
