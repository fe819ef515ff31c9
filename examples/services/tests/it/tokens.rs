//! Tokens that the server never makes, signed with its key or unsigned.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use latchkey_server::keys;
use latchkey_testkit::Server;
use serde_json::{Map, Value, json};

/// The decoded parts of a real token.
pub(crate) struct Forge {
    header: Map<String, Value>,
    payload: Map<String, Value>,
    private_pem: String,
    public_pem: String,
}

impl Forge {
    pub(crate) fn of(token: &str, latchkey: &Server) -> Self {
        let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
        let mut object = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
        let read = |name| std::fs::read_to_string(latchkey.settings.keys.join(name)).unwrap();
        Self {
            header: object(),
            payload: object(),
            private_pem: read(keys::PRIVATE_KEY_FILE),
            public_pem: read(keys::PUBLIC_KEY_FILE),
        }
    }

    pub(crate) fn kid(&self) -> &str {
        self.header["kid"].as_str().unwrap()
    }

    pub(crate) fn header(mut self, name: &str, value: Value) -> Self {
        self.header.insert(name.to_owned(), value);
        self
    }

    /// Sets a claim; `null` removes it.
    pub(crate) fn claim(mut self, name: &str, value: Value) -> Self {
        match value {
            Value::Null => self.payload.remove(name),
            value => self.payload.insert(name.to_owned(), value),
        };
        self
    }

    fn input(&self) -> String {
        let part = |object: &Map<String, Value>| URL_SAFE_NO_PAD.encode(json!(object).to_string());
        format!("{}.{}", part(&self.header), part(&self.payload))
    }

    /// Signed with the server's own key.
    pub(crate) fn signed(self) -> String {
        let key = EncodingKey::from_rsa_pem(self.private_pem.as_bytes()).unwrap();
        let input = self.input();
        format!("{input}.{}", sign(input.as_bytes(), &key, Algorithm::RS256).unwrap())
    }

    /// With `alg: none`, and no signature.
    pub(crate) fn unsigned(self) -> String {
        format!("{}.", self.header("alg", "none".into()).input())
    }

    /// With HS256, and the public key as the secret (RFC 8725 §2.1).
    pub(crate) fn signed_with_the_public_key(self) -> String {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.public_pem.as_bytes());
        let input = self.header("alg", "HS256".into()).input();
        let signature = hmac::sign(&secret, input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
