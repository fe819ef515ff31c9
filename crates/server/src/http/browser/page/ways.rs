//! `GET /browser`: the page of an open request. Asks whose computer it is, offers the ways, or says
//! how it stands.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use latchkey_server_core::browser::{self, BrowserRequest, Mode, Purpose, RequestState, Way};
use maud::{Markup, html};

use super::super::super::state::State;
use super::super::{Offers, offers};
use super::cookie::Browser;
use super::entry::see_other;
use super::layout::{Notice, Page};
use super::same_origin::is_own;
use super::words::Words;
use super::{consent, done};

/// The page of an open request.
#[utoipa::path(
    get, path = "/browser", tag = "browser",
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 303, description = "To the provider that the user has chosen in the window"),
        (status = 410, description = "No open request belongs to the cookie", body = String, content_type = "text/html")
    )
)]
pub(in super::super::super) async fn show(
    Shared(state): Shared<Arc<State>>,
    browser: Browser,
    headers: HeaderMap,
) -> Response {
    let Browser { request, words, cookie } = &browser;
    match request.state() {
        RequestState::Waiting => Notice::Over.page(&state, words).into_response(),
        RequestState::Refused => consent::refused(&state, words).into_response(),
        RequestState::Finished => done::page(&state, request, words),
        RequestState::Opened | RequestState::Failed(_) if !request.is_allowed() => {
            match browser::form_token(&state.service, cookie) {
                Ok(token) => consent::ask(&state, request, words, &token).into_response(),
                Err(error) => {
                    tracing::error!(%error, "a page could not be shown");
                    Notice::Fault.page(&state, words).into_response()
                }
            }
        }
        RequestState::Opened if leads_to_passkey(&state, request) => {
            see_other(&format!("{}/browser/passkey", state.place.public_url()))
        }
        RequestState::Opened if let Some(id) = chosen(&state, request, &headers) => {
            see_other(&format!("{}/browser/provider/{id}", state.place.public_url()))
        }
        RequestState::Opened | RequestState::Failed(_) => {
            choose(&state, request, words, &offers(&state)).into_response()
        }
    }
}

/// The provider that the user has chosen in the window of this device. A link of another site does
/// not lead there by itself.
fn chosen<'a>(state: &State, request: &'a BrowserRequest, headers: &HeaderMap) -> Option<&'a str> {
    let is_here = matches!(request.mode(), Mode::Here { .. });
    match request.way() {
        Some(Way::Provider(id)) if is_here && is_own(headers, state.place.public_url()) => Some(id),
        _ => None,
    }
}

/// Whether the user has chosen a passkey in the window of this device. Its page asks for a click.
fn leads_to_passkey(state: &State, request: &BrowserRequest) -> bool {
    let is_here = matches!(request.mode(), Mode::Here { .. });
    is_here && request.way() == Some(&Way::Passkey) && offers(state).passkeys
}

/// The ways that there are.
fn choose(state: &State, request: &BrowserRequest, words: &Words, offers: &Offers<'_>) -> Page {
    let base = state.place.public_url();
    let (title, has_passkey, has_providers) = match request.purpose() {
        Purpose::SignIn => (words.choose, offers.passkeys, true),
        Purpose::Confirm { .. } => (words.choose_confirm, offers.passkeys, true),
        Purpose::Link { .. } => (words.choose_link, false, true),
        Purpose::AddPasskey { .. } => (words.choose_passkey, offers.passkeys, false),
    };
    let providers = offers.providers.iter().filter(|_| has_providers);
    let content: Markup = html! {
        @if let Some(failure) = request.failure() {
            p .warn role="alert" { (words.failure(failure)) }
        }
        p .quiet { (words.lead) }
        div .ways {
            @if has_passkey {
                a .button.first href={ (base) "/browser/passkey" } { (words.passkey) }
            }
            @for (id, name) in providers {
                a .button href={ (base) "/browser/provider/" (id) } { (words.with) " " (name) }
            }
        }
    };
    Page::new(state, words, title, content)
}
