//! The form of everything that a device key signs: a compact JWT whose header contains the public
//! key. Refuses a JWT that this key did not sign.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::signature::Verifier as _;
use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;

use super::ProofError;
use super::jwk::{self, DeviceKeys, PublicKey};
use crate::base64url::Decoder;
use crate::compact::Compact;
use crate::device_key::{DeviceKey, DeviceKeyError};
use crate::json::{self, Object};

/// The only algorithm of a device key, as headers contain it.
const ALGORITHM: &str = "ES256";

/// Signs `payload` as a JWT of the type `typ`.
pub(super) fn seal(
    key: &DeviceKey,
    typ: &'static str,
    payload: &impl Serialize,
) -> Result<String, DeviceKeyError> {
    let header =
        Header { typ: Some(typ.to_owned()), jwk: Some(key.jwk().clone()), ..Header::new(Algorithm::ES256) };
    let signing_input = format!("{}.{}", part(&header)?, part(payload)?);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signing_input.as_bytes())?);
    Ok(format!("{signing_input}.{signature}"))
}

/// Returns a new `jti`: 128 random bits.
pub(super) fn fresh_id() -> Result<String, DeviceKeyError> {
    let mut id = [0; 16];
    aws_lc_rs::rand::fill(&mut id).map_err(|_| DeviceKeyError)?;
    Ok(URL_SAFE_NO_PAD.encode(id))
}

fn part(value: &impl Serialize) -> Result<String, DeviceKeyError> {
    serde_json::to_vec(value).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| DeviceKeyError)
}

/// A JWT that is signed with the key in its own header. The caller decides whether to trust the
/// key.
pub(super) struct Opened<'a> {
    pub(super) key: PublicKey,
    pub(super) claims: Object<'a>,
}

/// Checks form, header and signature of a text that is in compact form. `known` is asked for the
/// parsed key.
pub(super) fn open<'a>(
    compact: &'a Compact<'_>,
    typ: &str,
    known: Option<&DeviceKeys>,
) -> Result<Opened<'a>, ProofError> {
    let header = json::object(compact.header()).map_err(|_| ProofError::HeaderMalformed)?;
    if header.text("typ") != Some(typ) {
        return Err(ProofError::WrongType);
    }
    if header.text("alg") != Some(ALGORITHM) {
        return Err(ProofError::AlgorithmNotAllowed);
    }
    if header.contains("crit") {
        return Err(ProofError::CriticalHeader);
    }
    let key = jwk::from_header(&header, known)?;
    key.verifier
        .verify(compact.signing_input.as_bytes(), &compact.signature)
        .map_err(|_| ProofError::WrongSignature)?;
    let claims = json::object(compact.payload()).map_err(|_| ProofError::ClaimsMalformed)?;
    Ok(Opened { key, claims })
}

pub(super) fn parse<'a>(text: &'a str, decoder: &Decoder) -> Result<Compact<'a>, ProofError> {
    Compact::parse(text, decoder).map_err(|_| ProofError::NotCompact)
}
