//! Refuses a request that another site has sent: a form of its own, or a link that would begin
//! something. A browser says where a request comes from in `Origin` and `Sec-Fetch-Site`.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{HeaderValue, ORIGIN};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use url::Url;

use super::super::super::state::State;
use super::cookie::accepted;
use super::layout::Notice;
use super::words::words;

/// The request comes from this server's own pages, or from the user alone.
pub(in super::super::super) struct SameOrigin;

impl FromRequestParts<Arc<State>> for SameOrigin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Response> {
        match is_own(&parts.headers, state.place.public_url()) {
            true => Ok(Self),
            false => {
                tracing::info!("a request of another site was refused");
                let words = words(accepted(&parts.headers, state));
                Err(Notice::Stale.page(state, words).into_response())
            }
        }
    }
}

/// Whether a request is of this server's pages. Browsers without these headers are protected by the
/// cookie's `SameSite` and the form's token.
pub(super) fn is_own(headers: &HeaderMap, public_url: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let by_site = matches!(site, None | Some(b"same-origin" | b"none"));
    let own = Url::parse(public_url).map(|url| url.origin().ascii_serialization());
    let by_origin = match headers.get(ORIGIN) {
        None => true,
        // A page without a referrer has this origin in its own forms (Fetch, "serializing a request
        // origin"); no other site can send it with that `Sec-Fetch-Site`.
        Some(origin) if origin == "null" => site == Some(b"same-origin"),
        Some(origin) => own.is_ok_and(|own| own.as_bytes() == origin.as_bytes()),
    };
    by_site && by_origin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_servers_pages_and_the_user_alone_pass() {
        let own = |site: Option<&'static str>, origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            site.map(|site| headers.insert("sec-fetch-site", HeaderValue::from_static(site)));
            origin.map(|origin| headers.insert(ORIGIN, HeaderValue::from_static(origin)));
            is_own(&headers, "https://auth.example/latchkey")
        };
        assert!(own(None, None) && own(Some("none"), None));
        assert!(own(Some("same-origin"), Some("https://auth.example")));
        for site in ["cross-site", "same-site", ""] {
            assert!(!own(Some(site), None), "{site}");
        }
        for origin in
            ["https://auth.example.evil.test", "http://auth.example", "https://auth.example:8443", "Null"]
        {
            assert!(!own(Some("same-origin"), Some(origin)), "{origin}");
        }
        assert!(own(Some("same-origin"), Some("null")), "a form of a page without a referrer");
        for site in [None, Some("none"), Some("same-site"), Some("cross-site")] {
            assert!(!own(site, Some("null")), "{site:?}");
        }
    }
}
