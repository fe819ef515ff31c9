//! Makes tokens as the server does: with keys of any length for the part `verify`, and many
//! different ones for the part `route`.

use std::path::Path;

use anyhow::{Context, Result};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{KeySet, TokenKind};
use serde_json::{Value, json};

use crate::clock;

pub(crate) const ISSUER: &str = "latchkey";
pub(crate) const DEVICE: &str = "3f1c9b0d5a7e48d2a6b4c8e0f1d2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4";

/// A server's key pair.
pub(crate) struct Issuer {
    pub(crate) pair: KeyPair,
    pub(crate) public_der: Vec<u8>,
    pub(crate) public_pem: String,
}

impl Issuer {
    pub(crate) fn generate(size: KeySize) -> Result<Self> {
        let pair = KeyPair::generate(size)?;
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
        let public_der = der.as_ref().to_vec();
        let public_pem = pem::encode(&pem::Pem::new("PUBLIC KEY", public_der.clone()));
        Ok(Self { pair, public_der, public_pem })
    }

    /// Makes a session token, which the app verifies when it starts.
    pub(crate) fn session_token(&self, jkt: &str) -> Result<String> {
        let keys = KeySet::from_pem(&self.public_pem)?;
        let kid = keys.kids().next().context("no key")?.as_str().to_owned();
        let now = clock::now().seconds();
        let header = json!({ "alg": "RS256", "typ": TokenKind::Session.typ(), "kid": kid });
        let claims = json!({
            "iss": ISSUER, "sub": "0197c1e2-6f0a-7b3c-9d4e-5f6071829304", "aud": DEVICE, "iat": now,
            "exp": now + 14 * 86_400, "jti": "7d1f6e0a-3b5c-4d8e-9f10-213243546576",
            "sid": "0197c1e2-6f0a-7b3c-9d4e-5f6071829305", "auth_time": now, "cnf": { "jkt": jkt },
            "preferred_username": "Ladiesman217", "given_name": "Sam", "family_name": "Witwicky",
            "email": "sam@witwicky.example",
        });
        let text = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", text(&header), text(&claims));
        let signature = self.signature(input.as_bytes())?;
        Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    pub(crate) fn signature(&self, message: &[u8]) -> Result<Vec<u8>> {
        signature(&self.pair, message)
    }
}

/// Makes tokens that differ from `token` in their `jti` only, signed with the server's key.
pub(crate) fn resigned(private_key: &Path, token: &str, count: usize) -> Result<Vec<String>> {
    let pair = KeyPair::from_pkcs8(pem::parse(std::fs::read(private_key)?)?.contents())?;
    let mut parts = token.split('.');
    let (header, payload) = (parts.next().context("no header")?, parts.next().context("no payload")?);
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
    let members = claims.as_object_mut().context("no claims")?;
    let mut tokens = Vec::new();
    for number in 0..count {
        members.insert("jti".to_owned(), json!(format!("7d1f6e0a-3b5c-4d8e-9f10-{number:012}")));
        let input = format!("{header}.{}", URL_SAFE_NO_PAD.encode(serde_json::to_vec(members)?));
        let signature = signature(&pair, input.as_bytes())?;
        tokens.push(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)));
    }
    Ok(tokens)
}

fn signature(pair: &KeyPair, message: &[u8]) -> Result<Vec<u8>> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
    Ok(signature)
}
