//! The `Authorization` header: its scheme and its token. Tokens in a URL, a body or a cookie are
//! ignored.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::problem::Problem;
use super::scheme::Scheme;

/// A token as it was sent; nothing is verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presented<'a> {
    pub(super) scheme: Scheme,
    pub(super) token: &'a str,
}

/// Reads the header. More than one is refused, because two readers could choose differently.
pub(super) fn presented(headers: &HeaderMap, bearer: bool) -> Result<Presented<'_>, Problem> {
    let missing = Problem::TokenMissing { bearer };
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(missing) };
    if values.next().is_some() {
        return Err(Problem::InvalidToken(Scheme::Dpop));
    }
    let Ok(value) = value.to_str() else { return Err(Problem::InvalidToken(Scheme::Dpop)) };
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
