//! The cookie of a browser that has opened a request, and the request that it finds. Over https it
//! has the prefix `__Host-` (RFC 6265bis §4.1.3.2), so that no other host can set it. Over http it
//! cannot; that is for development on this computer only.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use latchkey_server_core::Language;
use latchkey_server_core::browser::{self, BrowserRequest, Opened, PageError, RequestError};
use zeroize::Zeroizing;

use super::super::super::state::State;
use super::layout::Notice;
use super::words::{Words, words};

const SECURE: &str = "__Host-latchkey-browser";
const PLAIN: &str = "latchkey-browser";

/// A browser that has opened a request: the request, as it is now.
pub(in super::super::super) struct Browser {
    pub(in super::super::super) request: BrowserRequest,
    pub(in super::super::super) words: &'static Words,
    pub(in super::super::super) cookie: Zeroizing<String>,
}

impl FromRequestParts<Arc<State>> for Browser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Response> {
        let words = words(accepted(&parts.headers, state));
        let over = || Notice::Over.page(state, words).into_response();
        let cookie = read(&parts.headers, is_secure(state)).ok_or_else(over)?;
        match browser::find_by_cookie(&state.service, &cookie).await {
            Ok(request) => {
                let words = request.language().map_or(words, super::words::words);
                Ok(Self { request, words, cookie })
            }
            Err(error) => Err(refusal(error, state, words)),
        }
    }
}

/// The page of a request that cannot be shown or changed.
pub(in super::super::super) fn refusal(error: PageError, state: &State, words: &Words) -> Response {
    match error {
        PageError::Unknown | PageError::Request(RequestError::Changed) => {
            Notice::Over.page(state, words).into_response()
        }
        PageError::Request(error) => {
            tracing::error!(%error, "a page could not be shown");
            Notice::Fault.page(state, words).into_response()
        }
    }
}

/// The language of a browser; the request of a device may say another one.
pub(in super::super::super) fn accepted(headers: &HeaderMap, state: &State) -> Language {
    let list = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut tags = list.split(',').map(|tag| tag.split([';', '-']).next().unwrap_or_default().trim());
    tags.find_map(|tag| Language::parse(&tag.to_ascii_lowercase())).unwrap_or(state.settings.mail.language)
}

/// Whether browsers call this server over https.
pub(in super::super::super) fn is_secure(state: &State) -> bool {
    state.place.public_url().starts_with("https://")
}

/// Sets the cookie of a browser that has opened a request.
pub(super) fn set(opened: &Opened, is_secure: bool) -> Result<HeaderValue, StatusCode> {
    let (name, secure) = if is_secure { (SECURE, "; Secure") } else { (PLAIN, "") };
    let (value, seconds) = (opened.cookie.as_str(), opened.seconds);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::try_from(text).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    header.set_sensitive(true);
    Ok(header)
}

/// The value of the cookie. Refuses two of the name: another page of the host may have set one.
fn read(headers: &HeaderMap, is_secure: bool) -> Option<Zeroizing<String>> {
    let name = if is_secure { SECURE } else { PLAIN };
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) if !value.is_empty() => Some(Zeroizing::new(value.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_cookie_of_the_right_name_is_read() {
        let value = |cookies: &[&'static str], is_secure| {
            let mut headers = HeaderMap::new();
            for cookie in cookies {
                headers.append(COOKIE, HeaderValue::from_static(cookie));
            }
            read(&headers, is_secure).map(|value| value.to_string())
        };
        let secret = Some("secret".to_owned());
        assert_eq!(value(&["a=b; __Host-latchkey-browser=secret; c=d"], true), secret);
        assert_eq!(value(&["a=b", "__Host-latchkey-browser=secret"], true), secret);
        assert_eq!(value(&["latchkey-browser=secret"], false), secret);
        assert_eq!(value(&["latchkey-browser=secret"], true), None);
        for none in [
            "",
            "__Host-latchkey-browser=",
            "__host-latchkey-browser=secret",
            "x__Host-latchkey-browser=secret",
        ] {
            let mut headers = HeaderMap::new();
            headers.append(COOKIE, HeaderValue::from_static(none));
            assert!(read(&headers, true).is_none(), "{none}");
        }
        assert_eq!(value(&["__Host-latchkey-browser=a; __Host-latchkey-browser=b"], true), None);
    }
}
