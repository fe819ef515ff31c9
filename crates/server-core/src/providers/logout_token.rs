//! The verification of logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.6), as strict as
//! that of ID tokens. Reads no clock and calls no server. That a token is used once is checked
//! where the sessions end.

use jsonwebtoken::jwk::JwkSet;
use latchkey_token::{LEEWAY_SECONDS, UnixTime};
use serde_json::{Map, Value};

use super::id_token::{Expected, IdTokenError, check_parties, check_times, signed, subject};

/// The member of `events` that makes a token a logout token (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Maximum age of a logout token, in seconds. It is sent when it is made, and perhaps once more.
const MAX_AGE_SECONDS: i64 = 300;

/// Maximum length of `sid` and `jti`, in bytes.
const MAX_BYTES: usize = 255;

/// The rule that a logout token breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutTokenError {
    /// A rule of all tokens of a provider.
    #[error(transparent)]
    Token(#[from] IdTokenError),
    /// It is too old.
    #[error("the logout token is too old")]
    Old,
    /// `events` has not the one member.
    #[error("the token is no logout token")]
    Event,
    /// It has a nonce, as an ID token has.
    #[error("the logout token has a nonce")]
    Nonce,
    /// It names neither a person nor a session, or has no id of its own.
    #[error("a claim of the logout token is missing or has another form")]
    Claims,
}

/// Which sessions a provider has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// `iss`.
    pub issuer: String,
    /// `sub`: the person.
    pub sub: Option<String>,
    /// `sid`: the session at the provider. `None`: all of the person.
    pub sid: Option<String>,
    /// `jti`.
    pub jti: String,
    /// From then on it is refused for its age.
    pub expires_at: UnixTime,
}

/// Verifies a logout token. The nonce of `expected` does not count.
///
/// # Errors
/// The first rule that it breaks. After [`IdTokenError::UnknownKey`] the keys may be fetched anew.
pub fn verify_logout_token(
    token: &str,
    keys: &JwkSet,
    expected: &Expected<'_>,
    now: UnixTime,
) -> Result<LogoutToken, LogoutTokenError> {
    let claims = signed(token, keys, expected.algorithms, &["jwt", "logout+jwt"])?;
    check_parties(&claims, expected)?;
    let iat = check_times(&claims, now)?;
    if now.since(iat) > MAX_AGE_SECONDS {
        return Err(LogoutTokenError::Old);
    }
    let event = claims.get("events").and_then(Value::as_object).and_then(|events| events.get(EVENT));
    if !event.is_some_and(Value::is_object) {
        return Err(LogoutTokenError::Event);
    }
    if claims.contains_key("nonce") {
        return Err(LogoutTokenError::Nonce);
    }
    let sub = subject(&claims)?.map(str::to_owned);
    let sid = line(&claims, "sid")?;
    if sub.is_none() && sid.is_none() {
        return Err(LogoutTokenError::Claims);
    }
    let jti = line(&claims, "jti")?.ok_or(LogoutTokenError::Claims)?;
    let expires_at = iat.plus(MAX_AGE_SECONDS).plus(LEEWAY_SECONDS);
    Ok(LogoutToken { issuer: expected.issuer.to_owned(), sub, sid, jti, expires_at })
}

/// A claim that is a text of some length, if it is there.
fn line(claims: &Map<String, Value>, name: &str) -> Result<Option<String>, LogoutTokenError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let is_one = |text: &&str| (1..=MAX_BYTES).contains(&text.len()) && !text.contains('\0');
    let text = value.as_str().filter(is_one).ok_or(LogoutTokenError::Claims)?;
    Ok(Some(text.to_owned()))
}
