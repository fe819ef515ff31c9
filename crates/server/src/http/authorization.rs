//! The `Authorization` header: which scheme, which token. Tokens anywhere else (URL, body, cookie) are not looked at.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::problem::Refusal;

/// How a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 6750: whoever has the token.
    Bearer,
    /// RFC 9449 §7.1: with a proof.
    Dpop,
}

/// A token, nothing verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presented<'a> {
    pub(super) scheme: Scheme,
    pub(super) token: &'a str,
}

/// Reads the header. Several are refused: two readers could choose differently.
pub(super) fn presented(headers: &HeaderMap, bearer: bool) -> Result<Presented<'_>, Refusal> {
    let missing = Refusal::TokenMissing { bearer };
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(missing) };
    if values.next().is_some() {
        return Err(Refusal::InvalidToken(Scheme::Dpop));
    }
    let Ok(value) = value.to_str() else { return Err(Refusal::InvalidToken(Scheme::Dpop)) };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    // RFC 9110 §11.1: the scheme's case does not matter.
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Scheme::Bearer,
        "dpop" => Scheme::Dpop,
        _ => return Err(missing),
    };
    match token.trim_matches(' ') {
        "" => Err(missing),
        token => Ok(Presented { scheme, token }),
    }
}
