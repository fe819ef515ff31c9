//! The response with tokens.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use latchkey_server_core::IssuedTokens;

/// Tokens of a session.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TokenAnswer)]
pub(super) struct TokenResponse {
    /// The access token.
    token: String,
    /// `DPoP` or `Bearer`.
    token_type: &'static str,
    /// Seconds from now.
    expires_in: i64,
    /// The session token, which the app stores.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
    /// Seconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_expires_in: Option<i64>,
    /// Seconds from now until the session is past its absolute limit. No renewal moves it; a new
    /// sign-in does.
    session_ends_in: i64,
    /// How many open notices this session may answer (`GET /api/me/notices`); absent if there is
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    notices: Option<u32>,
}

impl From<IssuedTokens> for TokenResponse {
    fn from(tokens: IssuedTokens) -> Self {
        let (session_token, session_expires_in) =
            tokens.session.map(|session| (session.token, session.expires_in)).unzip();
        Self {
            token: tokens.access.token,
            token_type: if tokens.is_bound { "DPoP" } else { "Bearer" },
            expires_in: tokens.access.expires_in,
            session_token,
            session_expires_in,
            session_ends_in: tokens.session_ends_in,
            notices: (tokens.notices > 0).then_some(tokens.notices),
        }
    }
}

impl IntoResponse for TokenResponse {
    fn into_response(self) -> Response {
        // RFC 6749 §5.1: must not be cached.
        ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(self)).into_response()
    }
}
