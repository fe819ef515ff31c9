//! The device's own key pair. Owns its derivation from the device's secret and signing with it;
//! never exposes the private key.

use std::fmt;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters, EllipticCurveKeyType,
    Jwk,
};
use jsonwebtoken::signature::Signer as _;
use zeroize::Zeroizing;

use crate::jws::Es256Signer;
use crate::thumbprint::Thumbprint;

/// The crypto library failed to derive or use the key. Not expected in practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device key cannot be used")]
pub struct DeviceKeyError;

/// The P-256 key (ES256, RFC 7518 §3.4) of one device. The device's tokens contain its thumbprint
/// as `cnf.jkt`.
pub struct DeviceKey {
    signer: Es256Signer,
    jwk: Jwk,
    thumbprint: Thumbprint,
}

/// The length of a P-256 private key, in bytes.
const SCALAR_BYTES: usize = 32;

struct Scalar;

impl KeyType for Scalar {
    fn len(&self) -> usize {
        SCALAR_BYTES
    }
}

impl DeviceKey {
    /// Derives the key from the device's secret; the same secret always gives the same key.
    /// Credential stores are made for short secrets (the limit of Windows is 2560 bytes), so they
    /// hold the secret, not the key.
    ///
    /// # Errors
    /// Returns an error only if the crypto library fails.
    pub fn derive(secret: &[u8; 32]) -> Result<Self, DeviceKeyError> {
        let extracted = Salt::new(HKDF_SHA256, b"latchkey").extract(secret);
        // One candidate in 2^32 is not a private key of the curve (FIPS 186-5 §A.2.2, testing
        // candidates).
        for attempt in 0..=u8::MAX {
            let mut scalar = Zeroizing::new([0; SCALAR_BYTES]);
            extracted
                .expand(&[b"device key P-256", &[attempt]], Scalar)
                .and_then(|output| output.fill(scalar.as_mut()))
                .map_err(|_| DeviceKeyError)?;
            if let Ok(private) = PrivateKey::from_private_key(&ECDH_P256, scalar.as_ref()) {
                let public = private.compute_public_key().map_err(|_| DeviceKeyError)?;
                return Self::from_parts(scalar.as_ref(), public.as_ref());
            }
        }
        Err(DeviceKeyError)
    }

    fn from_parts(scalar: &[u8], point: &[u8]) -> Result<Self, DeviceKeyError> {
        let signer = Es256Signer::from_parts(scalar, point).ok_or(DeviceKeyError)?;
        // Uncompressed form, SEC 1 §2.3.3: 04 || x || y.
        let coordinates = point.strip_prefix(&[4]).ok_or(DeviceKeyError)?;
        let (x, y) = coordinates.split_at_checked(SCALAR_BYTES).ok_or(DeviceKeyError)?;
        let jwk = Jwk {
            common: CommonParameters::default(),
            algorithm: AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters {
                key_type: EllipticCurveKeyType::EC,
                curve: EllipticCurve::P256,
                x: URL_SAFE_NO_PAD.encode(x),
                y: URL_SAFE_NO_PAD.encode(y),
            }),
        };
        let thumbprint = Thumbprint::of(&jwk).ok_or(DeviceKeyError)?;
        Ok(Self { signer, jwk, thumbprint })
    }

    /// The key's thumbprint, which the device's tokens contain as `cnf.jkt`.
    pub fn thumbprint(&self) -> &Thumbprint {
        &self.thumbprint
    }

    /// The public key, for the header of a proof.
    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Signs with ECDSA P-256 SHA-256: r || s, 64 bytes (RFC 7518 §3.4).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        self.signer.try_sign(message).map_err(|_| DeviceKeyError)
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeviceKey").field(&self.thumbprint).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_secrets_give_equal_keys_and_others_do_not() {
        let key = DeviceKey::derive(&[7; 32]).unwrap();
        assert_eq!(key.thumbprint(), DeviceKey::derive(&[7; 32]).unwrap().thumbprint());
        assert_ne!(key.thumbprint(), DeviceKey::derive(&[8; 32]).unwrap().thumbprint());
    }

    #[test]
    fn the_derivation_matches_the_pinned_thumbprint() {
        // A different value here would end every session at the next update of the app.
        let key = DeviceKey::derive(&[7; 32]).unwrap();
        assert_eq!(key.thumbprint().as_str(), "3Agu4cmH21gKHvHYgpPrJ67AVIRWRh1aRqkpQI7lLhw");
    }

    #[test]
    fn debug_shows_only_the_thumbprint() {
        let key = DeviceKey::derive(&[7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), format!("DeviceKey(Thumbprint(\"{}\"))", key.thumbprint()));
    }
}
