//! Forged proofs: each part can be changed before it is signed.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_testkit::Server;
use serde_json::{Value, json};

pub(crate) struct Forge {
    pair: EcdsaKeyPair,
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Forge {
    /// The parts of a valid proof, with a new key.
    pub(crate) fn new(server: &Server, method: &str, path: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let jwk =
            json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) });
        let jti = uuid::Uuid::new_v4().to_string();
        let htu = format!("{}{path}", server.url);
        Self {
            header: json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk }),
            claims: json!({ "jti": jti, "htm": method, "htu": htu, "iat": server.clock.now() }),
            pair,
        }
    }

    /// Adds the hash of a token.
    pub(crate) fn for_token(mut self, token: &str) -> Self {
        self.claims["ath"] = encode(digest(&SHA256, token.as_bytes()).as_ref()).into();
        self
    }

    pub(crate) fn with_header(&mut self, name: &str, value: Value) -> &mut Self {
        set(&mut self.header, name, value);
        self
    }

    pub(crate) fn with_claim(&mut self, name: &str, value: Value) -> &mut Self {
        set(&mut self.claims, name, value);
        self
    }

    pub(crate) fn sign(&self) -> String {
        self.sign_text(&self.header.to_string(), &self.claims.to_string())
    }

    pub(crate) fn sign_text(&self, header: &str, claims: &str) -> String {
        let input = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", encode(signature.as_ref()))
    }
}

/// Sets a member; `null` removes it.
fn set(object: &mut Value, name: &str, value: Value) {
    let object = object.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
