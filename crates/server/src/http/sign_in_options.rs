//! `GET /api/auth/options`: which ways to sign in there are, and whom to ask. The same for every
//! caller.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;
use serde::Serialize;

use super::state::State;

/// What this server offers.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SignInOptions)]
pub(super) struct Answer {
    /// `password`, and `code` for a one-time code.
    ways: [&'static str; 2],
    /// What to do about a forgotten password: `mail` if a code can be asked for, `contact` if
    /// somebody is to be asked.
    forgot: &'static str,
    /// Whom to ask, as the operator says it.
    contact: Option<String>,
    password: Password,
}

/// Which passwords may be set.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PasswordOptions)]
pub(super) struct Password {
    /// The shortest, in characters.
    min_length: usize,
}

/// The ways to sign in, and what to do about a forgotten password.
#[utoipa::path(get, path = "/api/auth/options", tag = "public", responses((status = 200, description = "The ways to sign in", body = Answer)))]
pub(super) async fn options(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    let answer = Answer {
        ways: ["password", "code"],
        forgot: if state.service.mails_codes() { "mail" } else { "contact" },
        contact: state.settings.contact.clone(),
        password: Password { min_length: state.settings.passwords.min_length },
    };
    ([(CACHE_CONTROL, HeaderValue::from_static("max-age=300"))], Json(answer))
}
