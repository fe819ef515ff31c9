//! The server's side: checks every rule of RFC 9449 §4.3 that needs no state. Refuses to remember
//! proofs: the caller does.

use std::fmt;

use super::envelope::{self, Opened};
use super::jwk::DeviceKeys;
use super::{Htu, ProofError, TYP, TokenHash};
use crate::base64url::Decoder;
use crate::json::{Item, Object};
use crate::sent_token::SentToken;
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
    pub token: Option<&'a SentToken<'a>>,
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

/// Verifies proofs, and keeps the parsed keys of the devices that it has met. No signature is
/// remembered: each proof is another.
pub struct ProofVerifier {
    keys: Option<DeviceKeys>,
    decoder: Decoder,
}

impl ProofVerifier {
    /// Makes a verifier that keeps up to `entries` parsed keys, rounded up to a multiple of 32.
    /// A key takes about 550 bytes. With 0 it keeps none.
    ///
    /// It keeps only keys that a token is bound to: with a proof that matches its request and
    /// [`Expectation::bound_to`]. So a caller without a session cannot fill it.
    #[must_use]
    pub fn remembering(entries: usize) -> Self {
        Self { keys: (entries > 0).then(|| DeviceKeys::new(entries)), decoder: Decoder::new() }
    }

    /// Verifies one proof. The caller must check that the request has exactly one `DPoP` header
    /// (rule 1) and that the `jti` is new.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn verify(&self, proof: &str, expected: &Expectation<'_>) -> Result<VerifiedProof, ProofError> {
        let compact = envelope::parse(proof, &self.decoder)?;
        let Opened { key, claims } = envelope::open(&compact, TYP, self.keys.as_ref())?;
        let jti = text(&claims, "jti")?.filter(|jti| !jti.is_empty()).ok_or(ProofError::ClaimsMalformed)?;
        if text(&claims, "htm")?.ok_or(ProofError::ClaimsMalformed)? != expected.method {
            return Err(ProofError::WrongMethod);
        }
        check_url(text(&claims, "htu")?.ok_or(ProofError::ClaimsMalformed)?, expected)?;
        let iat =
            claims.get("iat").and_then(Item::as_i64).map(UnixTime::new).ok_or(ProofError::ClaimsMalformed)?;
        let nonce = text(&claims, "nonce")?;
        check_freshness(nonce, iat, expected)?;
        if let Some(token) = expected.token {
            let expected = TokenHash::of(token).ok_or(ProofError::WrongToken)?;
            if text(&claims, "ath")? != Some(expected.as_str()) {
                return Err(ProofError::WrongToken);
            }
        }
        let jkt = key.thumbprint();
        if expected.bound_to.is_some_and(|bound| *bound != jkt) {
            return Err(ProofError::WrongKey);
        }
        let verified = VerifiedProof { jkt, jti: jti.to_owned(), iat, with_nonce: nonce.is_some() };
        if let Some(keys) = &self.keys
            && expected.bound_to.is_some()
        {
            key.remember_in(keys);
        }
        Ok(verified)
    }
}

impl fmt::Debug for ProofVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofVerifier").finish_non_exhaustive()
    }
}

/// Verifies one proof as [`ProofVerifier::verify`] does, without keeping its key.
///
/// # Errors
/// The first rule that is broken.
pub fn verify(proof: &str, expected: &Expectation<'_>) -> Result<VerifiedProof, ProofError> {
    ProofVerifier::remembering(0).verify(proof, expected)
}

fn check_url(htu: &str, expected: &Expectation<'_>) -> Result<(), ProofError> {
    // A normalised URL is its own normal form. Devices send it so.
    if htu == expected.url.as_str() {
        return Ok(());
    }
    let htu = Htu::parse(htu).map_err(|_| ProofError::WrongUrl)?;
    if htu == *expected.url || (expected.is_from_proxy && expected.url.is_decoded(&htu)) {
        Ok(())
    } else {
        Err(ProofError::WrongUrl)
    }
}

fn check_freshness(nonce: Option<&str>, iat: UnixTime, expected: &Expectation<'_>) -> Result<(), ProofError> {
    match nonce {
        Some(nonce) if (expected.nonce_is_fresh)(nonce) => Ok(()),
        Some(_) => Err(ProofError::NonceNotFresh),
        None if iat.since(expected.now).saturating_abs() <= WINDOW_SECONDS => Ok(()),
        None => Err(ProofError::OutsideWindow),
    }
}

fn text<'a>(claims: &'a Object<'_>, name: &str) -> Result<Option<&'a str>, ProofError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Item::Text(text)) if name == "htu" || text.len() <= MAX_TEXT_BYTES => Ok(Some(text)),
        Some(_) => Err(ProofError::ClaimsMalformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_key::DeviceKey;
    use crate::proof::{Request, sign};

    const NOW: UnixTime = UnixTime::new(1_800_000_000);

    fn present(
        verifier: &ProofVerifier,
        key: &DeviceKey,
        bound_to: Option<&Thumbprint>,
        method: &str,
    ) -> bool {
        let url = Htu::parse("https://auth.example/").unwrap();
        let proof = sign(key, Request { method: "GET", url: &url, token: None, nonce: None }, NOW).unwrap();
        let nonce_is_fresh = &|_: &str| false;
        let expected = Expectation {
            method,
            url: &url,
            is_from_proxy: false,
            token: None,
            bound_to,
            nonce_is_fresh,
            now: NOW,
        };
        verifier.verify(&proof, &expected).is_ok()
    }

    #[test]
    fn only_keys_that_a_token_is_bound_to_are_kept() {
        let (key, other) = (DeviceKey::derive(&[1; 32]).unwrap(), DeviceKey::derive(&[2; 32]).unwrap());
        let verifier = ProofVerifier::remembering(100);
        let kept = || verifier.keys.as_ref().unwrap().len();
        assert!(present(&verifier, &key, None, "GET"));
        assert!(!present(&verifier, &key, Some(other.thumbprint()), "GET"));
        assert!(!present(&verifier, &key, Some(key.thumbprint()), "POST"));
        assert_eq!(kept(), 0);
        for _ in 0..2 {
            assert!(present(&verifier, &key, Some(key.thumbprint()), "GET"));
            assert_eq!(kept(), 1);
        }
    }
}
