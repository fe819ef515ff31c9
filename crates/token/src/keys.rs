//! The public keys that tokens are verified with. Refuses weak keys, keys of other kinds and private keys.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::signature::Verifier as _;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use crate::json;
use crate::jws::Rs256Verifier;
use crate::thumbprint::Thumbprint;

/// The shortest RSA modulus that is accepted, in bits (RFC 7518 §3.3). Keys made by Latchkey have 3072.
pub const MIN_RSA_BITS: usize = 2048;

/// The most keys that one set may hold. A rotation needs three: retired, present, next.
pub const MAX_KEYS: usize = 16;

/// Why a text is not a key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No PEM block at all.
    #[error("there is no public key in PEM form here")]
    Empty,
    /// More than [`MAX_KEYS`].
    #[error("there are more than {MAX_KEYS} keys here")]
    TooMany,
    /// A block that does not end, or is not base64.
    #[error("a PEM block is damaged")]
    DamagedPem,
    /// Not the JSON of a JWK set (RFC 7517 §5).
    #[error("this is not a JWK set")]
    NotAJwkSet,
    /// A JWK set without a key that could sign a token.
    #[error("there is no RS256 key in this JWK set")]
    NoJwk,
    /// A private key where a public one belongs. It must be taken out, not only ignored: it is about to be published.
    #[error("this is a private key; only public keys belong here")]
    PrivateKey,
    /// A certificate, a request, parameters …
    #[error("a PEM block is not a public key")]
    NotAPublicKey,
    /// A public key, but not RSA, or its encoding is damaged.
    #[error("a public key is not a valid RSA key")]
    NotRsa,
    /// A modulus under [`MIN_RSA_BITS`], or a public exponent under 65537.
    #[error("an RSA key is too weak: at least {MIN_RSA_BITS} bits and an exponent of 65537 are required")]
    Weak,
}

/// Public RSA keys by key id. Cloning shares the parsed keys.
#[derive(Clone)]
pub struct KeySet {
    keys: Arc<[VerifyingKey]>,
}

struct VerifyingKey {
    kid: Thumbprint,
    jwk: Jwk,
    verifier: Rs256Verifier,
}

impl KeySet {
    /// Reads one or several PEM blocks (`PUBLIC KEY`, RFC 7468 §13; `RSA PUBLIC KEY`, RFC 8017 §A.1.1). A key that
    /// stands twice counts once.
    ///
    /// # Errors
    /// The first thing that is wrong with any of the blocks: a set is taken whole or not at all.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let blocks = pem::parse_many(text).map_err(|_| KeyError::DamagedPem)?;
        // The parser passes over a block without an end; a key that is silently missing is worse than an error.
        if blocks.len() != text.matches("-----BEGIN ").count() {
            return Err(KeyError::DamagedPem);
        }
        let mut keys: Vec<VerifyingKey> = Vec::new();
        for block in &blocks {
            let key = match block.tag() {
                "PUBLIC KEY" | "RSA PUBLIC KEY" => VerifyingKey::from_der(block.contents())?,
                tag if tag.ends_with("PRIVATE KEY") => return Err(KeyError::PrivateKey),
                _ => return Err(KeyError::NotAPublicKey),
            };
            if keys.iter().all(|known| known.kid != key.kid) {
                keys.push(key);
            }
        }
        Self::of(keys, KeyError::Empty)
    }

    /// Reads a JWK set (RFC 7517 §5), as `/.well-known/jwks.json` answers it: for services that fetch the keys instead of
    /// bundling them. Keys of other kinds or for other purposes are passed over, as §5 asks; so is a key's `kid`, since
    /// Latchkey's are thumbprints and are computed here.
    ///
    /// # Errors
    /// The first thing that is wrong with any of the RS256 keys: a set is taken whole or not at all.
    pub fn from_jwks(text: &str) -> Result<Self, KeyError> {
        let set = json::object(text.as_bytes()).map_err(|_| KeyError::NotAJwkSet)?;
        let Some(Value::Array(jwks)) = set.get("keys") else { return Err(KeyError::NotAJwkSet) };
        let mut keys: Vec<VerifyingKey> = Vec::new();
        for jwk in jwks {
            let jwk = jwk.as_object().ok_or(KeyError::NotAJwkSet)?;
            if !signs_tokens(jwk) {
                continue;
            }
            let key = VerifyingKey::from_jwk(jwk)?;
            if keys.iter().all(|known| known.kid != key.kid) {
                keys.push(key);
            }
        }
        Self::of(keys, KeyError::NoJwk)
    }

    fn of(keys: Vec<VerifyingKey>, empty: KeyError) -> Result<Self, KeyError> {
        match keys.len() {
            0 => Err(empty),
            1..=MAX_KEYS => Ok(Self { keys: keys.into() }),
            _ => Err(KeyError::TooMany),
        }
    }

    /// The key ids, in the order of the text.
    pub fn kids(&self) -> impl Iterator<Item = &Thumbprint> {
        self.keys.iter().map(|key| &key.kid)
    }

    /// The set as other services read it (RFC 7517 §5), with `use`, `alg` and `kid`.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.keys.iter().map(|key| key.jwk.clone()).collect() }
    }

    /// `None` when the set has no such key, else whether the signature is that key's (RSASSA-PKCS1-v1_5, SHA-256).
    pub(crate) fn verify(&self, kid: &str, message: &[u8], signature: &Vec<u8>) -> Option<bool> {
        let key = self.keys.iter().find(|key| key.kid.as_str() == kid)?;
        Some(key.verifier.verify(message, signature).is_ok())
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.kids()).finish()
    }
}

impl VerifyingKey {
    fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyError> {
        if jwk.contains_key("d") {
            return Err(KeyError::PrivateKey);
        }
        let number = |name: &str| {
            let text = jwk.get(name).and_then(Value::as_str).ok_or(KeyError::NotRsa)?;
            URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::NotRsa)
        };
        let components = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
        let der: PublicKeyX509Der<'_> = components.as_der().map_err(|_| KeyError::NotRsa)?;
        Self::from_der(der.as_ref())
    }

    fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let decoding = DecodingKey::from_rsa_der(der);
        let mut jwk =
            Jwk::from_decoding_key(&decoding, Some(Algorithm::RS256)).map_err(|_| KeyError::NotRsa)?;
        check_strength(&jwk)?;
        let kid = Thumbprint::of(&jwk).ok_or(KeyError::NotRsa)?;
        jwk.common.key_id = Some(kid.as_str().to_owned());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifier = Rs256Verifier::from_der(der).ok_or(KeyError::NotRsa)?;
        Ok(Self { kid, jwk, verifier })
    }
}

/// Whether a JWK is of the kind that signs tokens; `use` and `alg` may be left out (RFC 7517 §4.2, §4.4).
fn signs_tokens(jwk: &Map<String, Value>) -> bool {
    let is = |name: &str, expected: &str| jwk.get(name).is_none_or(|value| value == expected);
    jwk.get("kty").is_some_and(|kind| kind == "RSA") && is("use", "sig") && is("alg", "RS256")
}

fn check_strength(jwk: &Jwk) -> Result<(), KeyError> {
    let AlgorithmParameters::RSA(rsa) = &jwk.algorithm else { return Err(KeyError::NotRsa) };
    let number = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::NotRsa);
    let (modulus, exponent) = (number(&rsa.n)?, number(&rsa.e)?);
    if bits(&modulus) < MIN_RSA_BITS || bits(&exponent) < 17 {
        return Err(KeyError::Weak);
    }
    Ok(())
}

/// The length of a big-endian number, in bits.
fn bits(number: &[u8]) -> usize {
    let mut digits = number.iter().skip_while(|byte| **byte == 0);
    let Some(first) = digits.next() else { return 0 };
    digits.count() * 8 + (8 - first.leading_zeros() as usize)
}
