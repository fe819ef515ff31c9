//! The device's side: signs a proof for one request. Refuses nothing: the server verifies.

use serde::Serialize;

use super::{Htu, TYP, TokenHash, envelope};
use crate::device_key::{DeviceKey, DeviceKeyError};
use crate::time::UnixTime;

/// The request that a proof is for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// The request's URL.
    pub url: &'a Htu,
    /// The access or session token in the request, if any.
    pub token: Option<&'a str>,
    /// The nonce that the server requires, if any (RFC 9449 §8).
    pub nonce: Option<&'a str>,
}

#[derive(Serialize)]
struct Payload<'a> {
    jti: String,
    htm: &'a str,
    htu: &'a str,
    iat: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

/// Signs a proof (RFC 9449 §4.2) for `request` at `now`.
///
/// # Errors
/// Returns an error only if the crypto library fails.
pub fn sign(key: &DeviceKey, request: Request<'_>, now: UnixTime) -> Result<String, DeviceKeyError> {
    let ath = request.token.and_then(|token| TokenHash::of(&token.into()));
    let payload = Payload {
        jti: envelope::fresh_id()?,
        htm: request.method,
        htu: request.url.as_str(),
        iat: now,
        ath: ath.as_ref().map(TokenHash::as_str),
        nonce: request.nonce,
    };
    envelope::seal(key, TYP, &payload)
}
