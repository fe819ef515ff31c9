//! `POST /browser/allow` and `POST /browser/refuse`: the user says whether the computer that asks
//! is their own.

use std::sync::Arc;

use axum::Form;
use axum::extract::State as Shared;
use axum::response::{IntoResponse as _, Response};
use latchkey_server_core::DeviceLabel;
use latchkey_server_core::browser::{self, BrowserRequest};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::super::state::State;
use super::cookie::{Browser, refusal};
use super::entry::see_other;
use super::layout::{Notice, Page};
use super::same_origin::SameOrigin;
use super::words::Words;

/// A form of the page.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = BrowserForm)]
pub(in super::super::super) struct Fields {
    /// The value that the page has put there.
    pub(in super::super::super) token: String,
}

/// The page that asks whose computer it is. "No" is first, and what the Enter key does.
pub(super) fn ask(state: &State, request: &BrowserRequest, words: &Words, token: &str) -> Page {
    let base = state.place.public_url();
    let DeviceLabel { name, platform } = request.quoted_label();
    let row = |term: &str, text: Option<&str>| -> Markup {
        html! { div { dt { (term) } dd { (text.unwrap_or(words.unknown)) } } }
    };
    let named = name.map(|name| format!("“{name}”"));
    let content = html! {
        p { (words.asks_lead) }
        dl {
            (row(words.address, request.address()))
            (row(words.system, platform.as_deref()))
            (row(words.name, named.as_deref()))
        }
        p .warn { (words.asks_warning) }
        form method="post" action={ (base) "/browser/refuse" } {
            input type="hidden" name="token" value=(token);
            button .first type="submit" autofocus { (words.no) }
            button type="submit" formaction={ (base) "/browser/allow" } { (words.yes) }
        }
    };
    Page::new(state, words, words.asks, content)
}

/// The page of a request that was refused.
pub(super) fn refused(state: &State, words: &Words) -> Page {
    Page::new(state, words, words.refused, html! { p { (words.refused_lead) } })
}

/// The user says that the computer is their own.
#[utoipa::path(
    post, path = "/browser/allow", tag = "browser",
    request_body(content = Fields, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page"),
        (status = 400, description = "The body could not be read", body = String, content_type = "text/plain"),
        (status = 403, description = "The form is of another request, or of another site", body = String, content_type = "text/html"),
        (status = 408, description = "The body took too long", body = String, content_type = "text/plain"),
        (status = 410, description = "No open request belongs to the cookie", body = String, content_type = "text/html"),
        (status = 413, description = "The body is too long", body = String, content_type = "text/plain"),
        (status = 415, description = "The body is not a form", body = String, content_type = "text/plain")
    )
)]
pub(in super::super::super) async fn allow(
    Shared(state): Shared<Arc<State>>,
    _: SameOrigin,
    browser: Browser,
    Form(fields): Form<Fields>,
) -> Response {
    if let Some(refusal) = check(&state, &browser, &fields.token) {
        return refusal;
    }
    match browser::allow(&state.service, &browser.request).await {
        Ok(()) => see_other(&format!("{}/browser", state.place.public_url())),
        Err(error) => refusal(error.into(), &state, browser.words),
    }
}

/// The user says no. The request is over.
#[utoipa::path(
    post, path = "/browser/refuse", tag = "browser",
    request_body(content = Fields, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Stopped", body = String, content_type = "text/html"),
        (status = 400, description = "The body could not be read", body = String, content_type = "text/plain"),
        (status = 403, description = "The form is of another request, or of another site", body = String, content_type = "text/html"),
        (status = 408, description = "The body took too long", body = String, content_type = "text/plain"),
        (status = 410, description = "No open request belongs to the cookie", body = String, content_type = "text/html"),
        (status = 413, description = "The body is too long", body = String, content_type = "text/plain"),
        (status = 415, description = "The body is not a form", body = String, content_type = "text/plain")
    )
)]
pub(in super::super::super) async fn refuse(
    Shared(state): Shared<Arc<State>>,
    _: SameOrigin,
    browser: Browser,
    Form(fields): Form<Fields>,
) -> Response {
    if let Some(refusal) = check(&state, &browser, &fields.token) {
        return refusal;
    }
    match browser::refuse(&state.service, &browser.request).await {
        Ok(()) => refused(&state, browser.words).into_response(),
        Err(error) => refusal(error.into(), &state, browser.words),
    }
}

/// The page that refuses a form of another request; `None` if it is this one's.
fn check(state: &State, browser: &Browser, token: &str) -> Option<Response> {
    match browser::is_form_token(&state.service, &browser.cookie, token) {
        Ok(true) => None,
        Ok(false) => Some(Notice::Stale.page(state, browser.words).into_response()),
        Err(error) => {
            tracing::error!(%error, "a form could not be checked");
            Some(Notice::Fault.page(state, browser.words).into_response())
        }
    }
}
