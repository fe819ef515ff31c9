//! Signatures over keys that are parsed once: RS256 (RFC 7518 §3.3) and ES256 (§3.4).
//!
//! Owns every call to the signature library. It implements the traits of `jsonwebtoken`, whose own
//! keys hold bytes and are parsed again at every call, and whose `encode` and `decode` accept no
//! parsed key. Refuses to sign with the server's key: RS256 is verified here, never made.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256,
};
use jsonwebtoken::Algorithm;
use jsonwebtoken::crypto::{JwtSigner, JwtVerifier};
use jsonwebtoken::signature::{Error, Signer, Verifier};

/// Verifies RS256 with one RSA public key of 2048 to 8192 bits.
pub(crate) struct Rs256Verifier(ParsedPublicKey);

impl Rs256Verifier {
    /// Parses a key from DER; `None` if it is not an RSA key of that size.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).ok().map(Self)
    }
}

impl Verifier<Vec<u8>> for Rs256Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        self.0.verify_sig(message, signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for Rs256Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

/// Verifies ES256 with one P-256 public key.
pub(crate) struct Es256Verifier(ParsedPublicKey);

impl Es256Verifier {
    /// Parses an uncompressed point, `04 || x || y` (SEC 1 §2.3.3); `None` if it is not on the
    /// curve.
    pub(crate) fn from_point(point: &[u8]) -> Option<Self> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok().map(Self)
    }
}

impl Verifier<Vec<u8>> for Es256Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        self.0.verify_sig(message, signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for Es256Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

/// Signs ES256 with one P-256 private key: `r || s`, 64 bytes.
pub(crate) struct Es256Signer(EcdsaKeyPair);

impl Es256Signer {
    /// Builds the signer from a private scalar and its uncompressed point; `None` if the two do not
    /// belong together.
    pub(crate) fn from_parts(scalar: &[u8], point: &[u8]) -> Option<Self> {
        EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, scalar, point)
            .ok()
            .map(Self)
    }
}

impl Signer<Vec<u8>> for Es256Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| Error::new())?;
        Ok(signature.as_ref().to_vec())
    }
}

impl JwtSigner for Es256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}
