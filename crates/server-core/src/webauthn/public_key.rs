//! The public key of a credential: a COSE_Key (RFC 9052 §7) of one of three algorithms.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use coset::cbor::Value;
use coset::iana::{self, EnumI64 as _};
use coset::{Algorithm, CborSerializable as _, CoseKey, KeyType, Label};

use super::WebauthnError;

/// The algorithms that are asked for, the preferred one first. RS256 is what TPMs of Windows have.
pub(super) const ALGORITHMS: [iana::Algorithm; 3] =
    [iana::Algorithm::ES256, iana::Algorithm::EdDSA, iana::Algorithm::RS256];

/// A key of one of [`ALGORITHMS`].
pub(super) enum PublicKey {
    /// P-256 or Ed25519.
    Curve(ParsedPublicKey),
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
}

/// Whether a text is a key of one of [`ALGORITHMS`], in base64url.
pub(crate) fn is_public_key(text: &str) -> bool {
    let key = URL_SAFE_NO_PAD.decode(text);
    key.is_ok_and(|key| PublicKey::parse(&key).is_ok())
}

impl PublicKey {
    /// Reads a key, and checks that it is one of its algorithm.
    pub(super) fn parse(cose: &[u8]) -> Result<Self, WebauthnError> {
        let key = CoseKey::from_slice(cose).map_err(|_| WebauthnError::InvalidKey)?;
        let Some(Algorithm::Assigned(algorithm)) = key.alg else { return Err(WebauthnError::WrongAlgorithm) };
        match algorithm {
            iana::Algorithm::ES256 => {
                require(&key, iana::KeyType::EC2, &iana::Ec2KeyParameter::Crv, iana::EllipticCurve::P_256)?;
                let (x, y) = (
                    bytes(&key, iana::Ec2KeyParameter::X.to_i64())?,
                    bytes(&key, iana::Ec2KeyParameter::Y.to_i64())?,
                );
                if x.len() != 32 || y.len() != 32 {
                    return Err(WebauthnError::InvalidKey);
                }
                // The uncompressed point; the library refuses one that is not on the curve.
                curve(&ECDSA_P256_SHA256_ASN1, &[&[4], x, y].concat())
            }
            iana::Algorithm::EdDSA => {
                require(&key, iana::KeyType::OKP, &iana::OkpKeyParameter::Crv, iana::EllipticCurve::Ed25519)?;
                curve(&ED25519, bytes(&key, iana::OkpKeyParameter::X.to_i64())?)
            }
            iana::Algorithm::RS256 => {
                if key.kty != KeyType::Assigned(iana::KeyType::RSA) {
                    return Err(WebauthnError::InvalidKey);
                }
                let n = bytes(&key, iana::RsaKeyParameter::N.to_i64())?;
                let e = bytes(&key, iana::RsaKeyParameter::E.to_i64())?;
                // The library checks the size when it verifies: 2048 to 8192 bits.
                if !(256..=1024).contains(&n.len()) || !(1..=8).contains(&e.len()) {
                    return Err(WebauthnError::InvalidKey);
                }
                Ok(Self::Rsa(RsaPublicKeyComponents { n: n.to_vec(), e: e.to_vec() }))
            }
            _ => Err(WebauthnError::WrongAlgorithm),
        }
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WebauthnError> {
        let verified = match self {
            Self::Curve(key) => key.verify_sig(message, signature),
            Self::Rsa(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        };
        verified.map_err(|_| WebauthnError::WrongSignature)
    }
}

fn curve(algorithm: &'static dyn VerificationAlgorithm, bytes: &[u8]) -> Result<PublicKey, WebauthnError> {
    let key = ParsedPublicKey::new(algorithm, bytes);
    Ok(PublicKey::Curve(key.map_err(|_| WebauthnError::InvalidKey)?))
}

fn require(
    key: &CoseKey,
    kind: iana::KeyType,
    parameter: &impl iana::EnumI64,
    curve: iana::EllipticCurve,
) -> Result<(), WebauthnError> {
    let is_on = find(key, parameter.to_i64()) == Some(&Value::from(curve.to_i64()));
    match key.kty == KeyType::Assigned(kind) && is_on {
        true => Ok(()),
        false => Err(WebauthnError::InvalidKey),
    }
}

fn bytes(key: &CoseKey, parameter: i64) -> Result<&[u8], WebauthnError> {
    let value = find(key, parameter).and_then(Value::as_bytes);
    value.map(Vec::as_slice).ok_or(WebauthnError::InvalidKey)
}

fn find(key: &CoseKey, parameter: i64) -> Option<&Value> {
    key.params.iter().find(|(label, _)| *label == Label::Int(parameter)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
    use coset::CoseKeyBuilder;

    use super::*;

    const MESSAGE: &[u8] = b"authenticator data and the hash of client data";

    fn cose(mut key: CoseKey, algorithm: iana::Algorithm) -> Vec<u8> {
        key.alg = Some(Algorithm::Assigned(algorithm));
        key.to_vec().unwrap()
    }

    #[test]
    fn a_key_of_ed25519_verifies() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = CoseKeyBuilder::new_okp_key()
            .param(iana::OkpKeyParameter::Crv.to_i64(), Value::from(iana::EllipticCurve::Ed25519.to_i64()))
            .param(iana::OkpKeyParameter::X.to_i64(), Value::Bytes(pair.public_key().as_ref().to_vec()))
            .build();
        let key = PublicKey::parse(&cose(key, iana::Algorithm::EdDSA)).unwrap();
        key.verify(MESSAGE, pair.sign(MESSAGE).as_ref()).unwrap();
        assert_eq!(key.verify(b"other", pair.sign(MESSAGE).as_ref()), Err(WebauthnError::WrongSignature));
    }

    #[test]
    fn a_key_of_rsa_verifies_and_a_short_one_is_refused() {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let key = |n: Vec<u8>| CoseKey {
            kty: KeyType::Assigned(iana::KeyType::RSA),
            params: vec![
                (Label::Int(iana::RsaKeyParameter::N.to_i64()), Value::Bytes(n)),
                (Label::Int(iana::RsaKeyParameter::E.to_i64()), Value::Bytes(public.e.clone())),
            ],
            ..CoseKey::default()
        };
        let short = key(vec![0xff; 128]);
        let key = PublicKey::parse(&cose(key(public.n.clone()), iana::Algorithm::RS256)).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), MESSAGE, &mut signature).unwrap();
        key.verify(MESSAGE, &signature).unwrap();
        assert_eq!(key.verify(b"other", &signature), Err(WebauthnError::WrongSignature));
        let short = PublicKey::parse(&cose(short, iana::Algorithm::RS256)).err();
        assert_eq!(short, Some(WebauthnError::InvalidKey));
    }
}
