//! The server's side: every rule of RFC 9449 §4.3 that needs no memory.

use serde_json::{Map, Value};

use super::envelope::{self, Opened};
use super::{Htu, ProofError, TYP, token_hash};
use crate::thumbprint::Thumbprint;
use crate::time::UnixTime;

/// How far a proof's `iat` may be from the server's clock, in seconds, either way. Also how long a `jti` must be
/// remembered.
pub const WINDOW_SECONDS: i64 = 60;

/// The longest `jti` or `nonce` that is taken, in bytes: the caller remembers them.
const MAX_TEXT_BYTES: usize = 256;

/// What the proof must fit.
pub struct Expectation<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's URL as the outside world knows it.
    pub url: &'a Htu,
    /// The token that came with the request.
    pub token: Option<&'a str>,
    /// The key that this token is bound to.
    pub bound_to: Option<&'a Thumbprint>,
    /// Whether a nonce is a fresh one of this server's. A proof with a fresh nonce is recent whatever its `iat` says,
    /// so a device whose clock is wrong gets in (RFC 9449 §8).
    pub nonce_is_fresh: &'a dyn Fn(&str) -> bool,
    /// The server's time.
    pub now: UnixTime,
}

/// A proof that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedProof {
    /// Thumbprint of the key that made it.
    pub jkt: Thumbprint,
    /// The proof's id: the caller refuses one that it has seen with the same key.
    pub jti: String,
    /// When the proof was made, by the device's clock.
    pub iat: UnixTime,
    /// Whether it carried a fresh nonce.
    pub with_nonce: bool,
}

/// Verifies one proof. That the request has exactly one `DPoP` header (rule 1) and that the `jti` is new are the
/// caller's to check.
///
/// # Errors
/// The first rule that is broken.
pub fn verify(proof: &str, expected: &Expectation<'_>) -> Result<VerifiedProof, ProofError> {
    let Opened { jkt, claims } = envelope::open(proof, TYP)?;
    let jti = text(&claims, "jti")?.filter(|jti| !jti.is_empty()).ok_or(ProofError::ClaimsMalformed)?;
    if text(&claims, "htm")?.ok_or(ProofError::ClaimsMalformed)? != expected.method {
        return Err(ProofError::WrongMethod);
    }
    let htu = text(&claims, "htu")?.ok_or(ProofError::ClaimsMalformed)?;
    if Htu::parse(htu).as_ref() != Ok(expected.url) {
        return Err(ProofError::WrongUrl);
    }
    let iat =
        claims.get("iat").and_then(Value::as_i64).map(UnixTime::new).ok_or(ProofError::ClaimsMalformed)?;
    let nonce = text(&claims, "nonce")?;
    check_freshness(nonce, iat, expected)?;
    if let Some(token) = expected.token
        && text(&claims, "ath")? != Some(token_hash(token).as_str())
    {
        return Err(ProofError::WrongToken);
    }
    if expected.bound_to.is_some_and(|bound| *bound != jkt) {
        return Err(ProofError::WrongKey);
    }
    Ok(VerifiedProof { jkt, jti: jti.to_owned(), iat, with_nonce: nonce.is_some() })
}

fn check_freshness(nonce: Option<&str>, iat: UnixTime, expected: &Expectation<'_>) -> Result<(), ProofError> {
    match nonce {
        Some(nonce) if (expected.nonce_is_fresh)(nonce) => Ok(()),
        Some(_) => Err(ProofError::NonceNotFresh),
        None if iat.since(expected.now).saturating_abs() <= WINDOW_SECONDS => Ok(()),
        None => Err(ProofError::OutsideWindow),
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, ProofError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if name == "htu" || text.len() <= MAX_TEXT_BYTES => Ok(Some(text)),
        Some(_) => Err(ProofError::ClaimsMalformed),
    }
}
