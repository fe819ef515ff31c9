//! `GET /browser/done`: the browser's part is done. A link delivers the result to the app on this
//! device, or the page shows it.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::{IntoResponse as _, Response};
use latchkey_server_core::browser::{BrowserRequest, Mode, shown_result};
use maud::html;
use zeroize::Zeroizing;

use super::super::super::state::State;
use super::cookie::{Browser, refusal};
use super::entry::see_other;
use super::layout::Page;
use super::words::Words;

/// The link that delivers a result: the path is fixed, and the host is this device (RFC 8252 §7.3).
fn link(port: u16, request: &str, result: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("http://127.0.0.1:{port}/latchkey?request={request}&result={result}"))
}

/// Deliver or show the result.
#[utoipa::path(
    get, path = "/browser/done", tag = "browser",
    responses(
        (status = 200, description = "The result, to be typed", body = String, content_type = "text/html"),
        (status = 303, description = "To the app on this device"),
        (status = 410, description = "The request is not finished, or over", body = String, content_type = "text/html")
    )
)]
pub(in super::super::super) async fn done(Shared(state): Shared<Arc<State>>, browser: Browser) -> Response {
    let Browser { request, words, .. } = &browser;
    match (request.mode(), shown_result(&state.service, request)) {
        (Mode::Here { port }, Ok(result)) => see_other(&link(port, request.id(), &result)),
        (Mode::Other, Ok(_)) => page(&state, request, words),
        (_, Err(error)) => refusal(error, &state, words),
    }
}

/// The page of a request that is finished.
pub(super) fn page(state: &State, request: &BrowserRequest, words: &Words) -> Response {
    let result = match shown_result(&state.service, request) {
        Ok(result) => result,
        Err(error) => return refusal(error, state, words),
    };
    match request.mode() {
        Mode::Here { port } => {
            let url = link(port, request.id(), &result);
            let content = html! {
                p { (words.done_lead) }
                a .button.first href=(*url) { (words.done_link) }
            };
            Page::new(state, words, words.done, content).into_response()
        }
        Mode::Other => {
            let content = html! {
                p { (words.code_lead) }
                p .code { (*result) }
                p .warn { (words.code_warning) }
            };
            Page::new(state, words, words.code, content).into_response()
        }
    }
}
