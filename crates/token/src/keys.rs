//! The public keys that verify tokens. Refuses weak keys, keys of other types and private keys.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::signature::Verifier as _;
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::base64url::Decoder;
use crate::compact::Compact;
use crate::good_signatures::GoodSignatures;
use crate::json::{self, Item, Object};
use crate::jws::Rs256Verifier;
use crate::sent_token::SentToken;
use crate::thumbprint::Thumbprint;

/// Minimum length of an RSA modulus, in bits (RFC 7518 §3.3). Latchkey generates keys of 3072 bits.
pub const MIN_RSA_BITS: usize = 2048;

/// Maximum number of keys in one set. A rotation needs three: previous, current, next.
pub const MAX_KEYS: usize = 16;

/// Why a text is not a key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text contains no PEM block.
    #[error("there is no PEM block in the text")]
    Empty,
    /// More than [`MAX_KEYS`] keys.
    #[error("there are more than {MAX_KEYS} keys")]
    TooMany,
    /// A PEM block has no end, or is not base64: the file was cut off or edited.
    #[error("a PEM block is damaged")]
    DamagedPem,
    /// Not the JSON of a JWK set (RFC 7517 §5).
    #[error("the text is not a JWK set")]
    NotAJwkSet,
    /// The JWK set has no key for RS256 signatures.
    #[error("there is no RS256 key in the JWK set")]
    NoJwk,
    /// The text contains a private key, which would be published with the public ones. Remove it
    /// from the file.
    #[error("there is a private key; only public keys are allowed")]
    PrivateKey,
    /// A PEM block is something else, such as a certificate, a certificate request or parameters.
    #[error("a PEM block is not a public key")]
    NotAPublicKey,
    /// A public key is not an RSA key, or its encoding is damaged.
    #[error("a public key is not a valid RSA key")]
    NotRsa,
    /// The modulus is shorter than [`MIN_RSA_BITS`], or the public exponent is less than 65537.
    #[error("an RSA key is too weak: at least {MIN_RSA_BITS} bits and an exponent of 65537 are required")]
    Weak,
}

/// Public RSA keys by key id. Cloning shares the parsed keys.
#[derive(Clone)]
pub struct KeySet {
    shared: Arc<Shared>,
}

struct Shared {
    members: Vec<Member>,
    decoder: Decoder,
}

/// A key and, if the set remembers, its good signatures.
struct Member {
    key: Arc<VerifyingKey>,
    good: Option<GoodSignatures>,
}

struct VerifyingKey {
    kid: Thumbprint,
    jwk: Jwk,
    verifier: Rs256Verifier,
}

impl KeySet {
    /// Reads one or several PEM blocks (`PUBLIC KEY`, RFC 7468 §13; `RSA PUBLIC KEY`, RFC 8017
    /// §A.1.1). Duplicate keys count once.
    ///
    /// # Errors
    /// The first problem of any block: one bad block rejects the whole set.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let blocks = pem::parse_many(text).map_err(|_| KeyError::DamagedPem)?;
        // The parser skips a block without an end. An error is better than a missing key.
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

    /// Reads a JWK set (RFC 7517 §5), as `/.well-known/jwks.json` returns it, for services that
    /// fetch the keys instead of bundling them. Keys of other types or for other uses are ignored,
    /// as §5 requires. The `kid` of a key is ignored too: Latchkey's key ids are thumbprints, and
    /// this function computes them.
    ///
    /// # Errors
    /// The first problem of any RS256 key: one bad key rejects the whole set.
    pub fn from_jwks(text: &str) -> Result<Self, KeyError> {
        let set = json::object(text.as_bytes()).map_err(|_| KeyError::NotAJwkSet)?;
        let Some(Item::List(jwks)) = set.get("keys") else { return Err(KeyError::NotAJwkSet) };
        let mut keys: Vec<VerifyingKey> = Vec::new();
        for jwk in jwks {
            let Item::Object(jwk) = jwk else { return Err(KeyError::NotAJwkSet) };
            if !verifies_tokens(jwk) {
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
            1..=MAX_KEYS => {
                let member = |key| Member { key: Arc::new(key), good: None };
                Ok(Self::with(keys.into_iter().map(member).collect()))
            }
            _ => Err(KeyError::TooMany),
        }
    }

    fn with(members: Vec<Member>) -> Self {
        Self { shared: Arc::new(Shared { members, decoder: Decoder::new() }) }
    }

    /// Makes a set of the same keys that remembers which signatures were good, up to `entries` for
    /// each key, in memory that is allocated now: about 43 bytes for an entry, and up to 75 with
    /// a number that is unfavourable. A token that is presented again is then verified without the
    /// RSA operation, and gets the answer that it gets without: claims, times, audience and
    /// device key are judged every time. Clones share what is remembered; it is gone with the last
    /// one. A server gains by it, an app that verifies one token at a start does not.
    #[must_use]
    pub fn remembering(&self, entries: usize) -> Self {
        let member = |member: &Member| {
            let good = (entries > 0).then(|| GoodSignatures::new(entries));
            Member { key: Arc::clone(&member.key), good }
        };
        Self::with(self.shared.members.iter().map(member).collect())
    }

    /// The key ids, in the order of the text.
    pub fn kids(&self) -> impl Iterator<Item = &Thumbprint> {
        self.shared.members.iter().map(|member| &member.key.kid)
    }

    /// The JWK set for other services (RFC 7517 §5), with `use`, `alg` and `kid`.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.shared.members.iter().map(|member| member.key.jwk.clone()).collect() }
    }

    /// Decodes the parts of a token.
    pub(crate) fn decoder(&self) -> &Decoder {
        &self.shared.decoder
    }

    /// Verifies a signature (RSASSA-PKCS1-v1_5, SHA-256). Returns `None` if the set has no key
    /// `kid`. `sent` is the token's text, of which `token` is the only reading.
    pub(crate) fn verify(&self, kid: &str, token: &Compact<'_>, sent: &SentToken<'_>) -> Option<bool> {
        let Member { key, good } =
            self.shared.members.iter().find(|member| member.key.kid.as_str() == kid)?;
        let verify = || key.verifier.verify(token.signing_input.as_bytes(), &token.signature).is_ok();
        Some(match good {
            Some(good) => good.is_good(sent, verify),
            None => verify(),
        })
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.kids()).finish()
    }
}

impl VerifyingKey {
    fn from_jwk(jwk: &Object<'_>) -> Result<Self, KeyError> {
        if jwk.contains("d") {
            return Err(KeyError::PrivateKey);
        }
        let number = |name: &str| {
            let text = jwk.text(name).ok_or(KeyError::NotRsa)?;
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

/// Whether a JWK can verify tokens; `use` and `alg` are optional (RFC 7517 §4.2, §4.4).
fn verifies_tokens(jwk: &Object<'_>) -> bool {
    let is = |name: &str, expected: &str| jwk.get(name).is_none_or(|item| item.as_text() == Some(expected));
    jwk.text("kty") == Some("RSA") && is("use", "sig") && is("alg", "RS256")
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
