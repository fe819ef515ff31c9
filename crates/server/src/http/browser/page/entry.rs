//! `GET /browser/{ticket}`: the URL that a device opens. The ticket becomes a cookie, and leaves
//! the address bar.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use latchkey_server_core::browser;

use super::super::super::state::State;
use super::cookie::{accepted, is_secure, refusal, set};
use super::layout::{Notice, protect};
use super::words::words;

/// The style sheet of all pages.
const STYLE: &str = include_str!("style.css");

/// A redirect by `303 See Other`: the next request is a GET.
pub(in super::super::super) fn see_other(url: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    protect(&mut response, false);
    match HeaderValue::try_from(url) {
        Ok(url) => {
            *response.status_mut() = StatusCode::SEE_OTHER;
            response.headers_mut().insert(LOCATION, url);
        }
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}

/// Open a request of a device in this browser.
///
/// The ticket is exchanged once for a cookie. A browser that loads pages ahead gets nothing.
#[utoipa::path(
    get, path = "/browser/{ticket}", tag = "browser",
    params(("ticket" = String, Path, description = "The secret of the URL")),
    responses(
        (status = 303, description = "To the page, with the cookie"),
        (status = 410, description = "No open request has this ticket", body = String, content_type = "text/html"),
        (status = 503, description = "The page is not loaded ahead, or a fault", body = String, content_type = "text/html")
    )
)]
pub(in super::super::super) async fn open(
    Shared(state): Shared<Arc<State>>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let words = words(accepted(&headers, &state));
    let purpose = headers.get("sec-purpose").or_else(|| headers.get("purpose"));
    if purpose.is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch")) {
        return Notice::Fault.page(&state, words).into_response();
    }
    let opened = match browser::open(&state.service, &ticket).await {
        Ok(opened) => opened,
        Err(error) => return refusal(error, &state, words),
    };
    match set(&opened, is_secure(&state)) {
        Ok(cookie) => {
            let mut response = see_other(&format!("{}/browser", state.place.public_url()));
            response.headers_mut().insert(SET_COOKIE, cookie);
            response
        }
        Err(status) => status.into_response(),
    }
}

/// The style sheet of the pages.
#[utoipa::path(get, path = "/browser/style.css", tag = "browser", responses((status = 200, description = "The style sheet", body = String, content_type = "text/css")))]
pub(in super::super::super) async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, STYLE)
}
