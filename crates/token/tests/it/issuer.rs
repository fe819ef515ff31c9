//! Signs tokens for the tests, as the server does or as an attacker would: every part can be
//! replaced.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{DeviceKey, KeySet, TokenKind, UnixTime, Verifier};
use serde_json::{Value, json};

pub(crate) const NOW: UnixTime = UnixTime::new(1_800_000_000);
pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const API: &str = "https://api.example";
pub(crate) const DEVICE: &str = "device-1";

pub(crate) static OURS: LazyLock<Issuer> = LazyLock::new(Issuer::generate);
pub(crate) static THEIRS: LazyLock<Issuer> = LazyLock::new(Issuer::generate);

/// A server's key pair.
pub(crate) struct Issuer {
    pair: KeyPair,
    pub(crate) public_pem: String,
    pub(crate) private_pem: String,
    pub(crate) kid: String,
}

impl Issuer {
    fn generate() -> Self {
        Self::with_size(KeySize::Rsa2048)
    }

    pub(crate) fn with_size(size: KeySize) -> Self {
        let pair = KeyPair::generate(size).unwrap();
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let public_pem = pem::encode(&pem::Pem::new("PUBLIC KEY", spki.as_ref()));
        let private_pem = pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8.as_ref()));
        let kid = KeySet::from_pem(&public_pem).unwrap().kids().next().unwrap().to_string();
        Self { pair, public_pem, private_pem, kid }
    }

    pub(crate) fn keys(&self) -> KeySet {
        KeySet::from_pem(&self.public_pem).unwrap()
    }

    pub(crate) fn header(&self, kind: TokenKind) -> Value {
        json!({ "alg": "RS256", "typ": kind.typ(), "kid": self.kid })
    }

    /// A token as the server issues it.
    pub(crate) fn token(&self, kind: TokenKind, claims: &Value) -> String {
        self.sign(&self.header(kind).to_string(), &claims.to_string())
    }

    /// A validly signed token with any header and payload.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

pub(crate) fn device_key() -> DeviceKey {
    DeviceKey::derive(&[1; 32]).unwrap()
}

pub(crate) fn claims(kind: TokenKind) -> Value {
    let aud = match kind {
        TokenKind::Access => json!([API, DEVICE]),
        TokenKind::Session => json!(DEVICE),
    };
    json!({
        "iss": ISSUER, "sub": "0197-account", "aud": aud, "iat": NOW.seconds(), "exp": NOW.seconds() + 900,
        "jti": "token-1", "sid": "session-1", "auth_time": NOW.seconds() - 5,
        "cnf": { "jkt": device_key().thumbprint().as_str() },
        "preferred_username": "Ladiesman217", "given_name": "Sam", "family_name": "Witwicky",
        "email": "sam@witwicky.example", "team": "autobots",
    })
}

pub(crate) fn verifier(kind: TokenKind) -> Verifier {
    match kind {
        TokenKind::Access => Verifier::new(kind, OURS.keys(), ISSUER, API).also_for(DEVICE),
        TokenKind::Session => Verifier::new(kind, OURS.keys(), ISSUER, DEVICE),
    }
    .bound_to(device_key().thumbprint().clone())
}
