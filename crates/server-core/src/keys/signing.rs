//! Signing with the server's key (RS256, RFC 7518 §3.3).

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::JwtSigner;
use jsonwebtoken::signature::{Error, Signer};
use jsonwebtoken::{Algorithm, Header};
use latchkey_token::{Claims, KeySet, TokenKind};

use super::generate::public_pem;

/// Why a token was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The crypto library failed, or the claims are not JSON.
    #[error("a token could not be signed")]
    Failed,
    /// The signing thread ended, because the process is stopping.
    #[error("a token was not signed: its thread ended")]
    Interrupted,
}

/// A parsed private key. `jsonwebtoken::encode` would parse and check the DER again for every
/// token, so the key implements the library's `JwtSigner` instead.
pub(crate) struct SigningKey {
    pair: KeyPair,
    kid: String,
    public_pem: String,
}

impl SigningKey {
    pub(super) fn new(pair: KeyPair) -> Result<Self, SignError> {
        let public_pem = public_pem(&pair).ok_or(SignError::Failed)?;
        let keys = KeySet::from_pem(&public_pem).map_err(|_| SignError::Failed)?;
        let kid = keys.kids().next().ok_or(SignError::Failed)?.to_string();
        Ok(Self { pair, kid, public_pem })
    }

    /// The key id, in every header.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key in PEM form.
    pub(super) fn public_pem(&self) -> &str {
        &self.public_pem
    }

    /// Makes a token: header, payload, signature in compact form (RFC 7515 §7.1). Takes one to two
    /// milliseconds.
    pub(crate) fn sign(&self, kind: TokenKind, claims: &Claims) -> Result<String, SignError> {
        let header = Header {
            typ: Some(kind.typ().to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(self.algorithm())
        };
        let header = serde_json::to_vec(&header).map_err(|_| SignError::Failed)?;
        let payload = serde_json::to_vec(claims).map_err(|_| SignError::Failed)?;
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.try_sign(token.as_bytes()).map_err(|_| SignError::Failed)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl Signer<Vec<u8>> for SigningKey {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::new())?;
        Ok(signature)
    }
}

impl JwtSigner for SigningKey {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.kid).finish()
    }
}
