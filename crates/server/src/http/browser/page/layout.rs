//! The frame of every page, and the headers that go with it: no script unless the page says so, no
//! frame around it, nothing stored, no referrer.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use maud::{DOCTYPE, Markup, html};

use super::super::super::state::State;
use super::words::Words;

/// What a page may load and where it may lead. `form-action` covers where a form redirects to.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// The same, with this server's own scripts, which call this server only.
const POLICY_WITH_SCRIPT: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                                  base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A page of the browser.
pub(in super::super::super) struct Page {
    status: StatusCode,
    markup: Markup,
    has_script: bool,
}

impl Page {
    /// A page with `content` under its title.
    #[allow(clippy::needless_pass_by_value, reason = "as `html!` makes it")]
    pub(in super::super::super) fn new(state: &State, words: &Words, title: &str, content: Markup) -> Self {
        Self::build(state, words, title, &content, None)
    }

    /// The same, with one script of this server, by its path under the public URL.
    #[allow(clippy::needless_pass_by_value, reason = "as `html!` makes it")]
    pub(in super::super::super) fn with_script(
        state: &State,
        words: &Words,
        title: &str,
        content: Markup,
        script: &str,
    ) -> Self {
        Self::build(state, words, title, &content, Some(script))
    }

    fn build(state: &State, words: &Words, title: &str, content: &Markup, script: Option<&str>) -> Self {
        let base = state.place.public_url();
        let markup = html! {
            (DOCTYPE)
            html lang=(words.language.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (title) }
                    link rel="stylesheet" href={ (base) "/browser/style.css" };
                    @if let Some(script) = script { script src={ (base) (script) } defer {} }
                }
                body {
                    header { p .host { (host(base)) } }
                    main {
                        h1 { (title) }
                        (content)
                    }
                }
            }
        };
        Self { status: StatusCode::OK, markup, has_script: script.is_some() }
    }

    /// The same page with another status.
    pub(in super::super::super) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

/// The host and port that the user can compare with the address bar.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// The headers of every page and of every redirect between pages.
pub(in super::super::super) fn protect(response: &mut Response<Body>, has_script: bool) {
    let policy = if has_script { POLICY_WITH_SCRIPT } else { POLICY };
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // For browsers that do not know `frame-ancestors`.
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.markup.into_string()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        protect(&mut response, self.has_script);
        response
    }
}

/// A page that says one thing, because nothing else can be done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super::super) enum Notice {
    /// No open request belongs to the ticket or cookie.
    Over,
    /// The form is of an earlier request, or another site has sent it.
    Stale,
    /// A fault of the server.
    Fault,
}

impl Notice {
    /// The page.
    pub(in super::super::super) fn page(self, state: &State, words: &Words) -> Page {
        let (status, title, lead) = match self {
            Self::Over => (StatusCode::GONE, words.over, words.over_lead),
            Self::Stale => (StatusCode::FORBIDDEN, words.stale, words.stale_lead),
            Self::Fault => (StatusCode::SERVICE_UNAVAILABLE, words.fault, words.fault_lead),
        };
        Page::new(state, words, title, html! { p { (lead) } }).status(status)
    }
}
