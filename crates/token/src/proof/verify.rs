//! The server's side: checks every rule of RFC 9449 §4.3 that needs no state. Refuses to remember
//! proofs: the caller does.

use serde_json::{Map, Value};

use super::envelope::{self, Opened};
use super::{Htu, ProofError, TYP, token_hash};
use crate::thumbprint::Thumbprint;
use crate::time::UnixTime;

/// Maximum difference between the `iat` of a proof and the server's clock, in seconds. Also the
/// time for which the caller must remember a `jti`.
pub const WINDOW_SECONDS: i64 = 60;

/// Maximum length of a claim other than `htu`, in bytes: the caller remembers `jti` and `nonce`.
const MAX_TEXT_BYTES: usize = 256;

/// The request and the token that a proof must match.
pub struct Expectation<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's public URL.
    pub url: &'a Htu,
    /// Whether a trusted proxy passed the request on, which may have decoded the path: then an
    /// `htu` that is `url` after decoding matches too. From anyone else that would make two
    /// resources one: `a%2Fb` and `a/b`.
    pub is_from_proxy: bool,
    /// The token in the request.
    pub token: Option<&'a str>,
    /// The key that the token is bound to.
    pub bound_to: Option<&'a Thumbprint>,
    /// Returns whether this server issued a nonce recently. A proof with a fresh nonce is recent
    /// whatever its `iat`, so a device with a wrong clock is accepted (RFC 9449 §8).
    pub nonce_is_fresh: &'a dyn Fn(&str) -> bool,
    /// The server's time.
    pub now: UnixTime,
}

/// A proof that matches its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedProof {
    /// Thumbprint of the key that signed it.
    pub jkt: Thumbprint,
    /// Id of the proof. The caller must reject an id that it has seen with the same key.
    pub jti: String,
    /// When the proof was made, by the device's clock.
    pub iat: UnixTime,
    /// Whether the proof contains a fresh nonce.
    pub with_nonce: bool,
}

/// Verifies one proof. The caller must check that the request has exactly one `DPoP` header (rule
/// 1) and that the `jti` is new.
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
    let htu = Htu::parse(htu).map_err(|_| ProofError::WrongUrl)?;
    if htu != *expected.url && !(expected.is_from_proxy && expected.url.is_decoded(&htu)) {
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
