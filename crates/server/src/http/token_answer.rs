//! The answer that bears tokens.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use latchkey_server_core::tokens::Issued;

/// Tokens of a session.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TokenAnswer {
    /// The access token.
    token: String,
    /// `DPoP` or `Bearer`.
    token_type: &'static str,
    /// Seconds from now.
    expires_in: i64,
    /// The session token, which the app keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
    /// Seconds from now.
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
