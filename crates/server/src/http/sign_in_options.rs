//! `GET /api/auth/options`: which ways to sign in there are, and whom to ask. The same for every
//! caller.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;
use serde::Serialize;

use super::browser::offers;
use super::state::State;

/// What this server offers.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SignInOptions)]
pub(super) struct Answer {
    /// `password`, unless passwords are off; `code` for a one-time code, `browser` for a passkey or
    /// a provider's account.
    ways: Vec<&'static str>,
    /// What to do about a forgotten password, or another lost way in: `mail` if a code can be asked
    /// for, `contact` if a person is to be asked.
    forgot: &'static str,
    /// Whom to ask, as the operator says it.
    contact: Option<String>,
    password: Password,
    /// What the browser's page offers; `null`: nothing.
    browser: Option<BrowserWays>,
}

/// What the browser's page offers.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BrowserOptions)]
pub(super) struct BrowserWays {
    /// Whether people may sign in with a passkey.
    passkeys: bool,
    providers: Vec<ProviderName>,
    /// Whether a browser on another device may complete a sign-in: `off`, `known` (for a device
    /// that was signed in to the account before) or `on`.
    other_device: &'static str,
}

/// A provider.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ProviderOption)]
pub(super) struct ProviderName {
    id: String,
    /// What stands on its button.
    name: String,
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
    let offers = offers(&state);
    let ways = [(state.service.takes_passwords(), "password"), (true, "code"), (offers.is_any(), "browser")];
    let provider =
        |(id, name): &(&str, &str)| ProviderName { id: (*id).to_owned(), name: (*name).to_owned() };
    let browser = offers.is_any().then(|| BrowserWays {
        passkeys: offers.passkeys,
        providers: offers.providers.iter().map(provider).collect(),
        other_device: state.settings.browser.other_device.as_str(),
    });
    let answer = Answer {
        ways: ways.into_iter().filter_map(|(is_there, way)| is_there.then_some(way)).collect(),
        forgot: if state.service.mails_codes() { "mail" } else { "contact" },
        contact: state.settings.contact.clone(),
        password: Password { min_length: state.settings.passwords.min_length },
        browser,
    };
    ([(CACHE_CONTROL, HeaderValue::from_static("max-age=300"))], Json(answer))
}
