//! The form of everything that a device key signs: a compact JWT whose header contains the public
//! key. Refuses a JWT that this key did not sign.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::signature::Verifier as _;
use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::ProofError;
use super::jwk::{self, PublicKey};
use crate::compact::Compact;
use crate::device_key::{DeviceKey, DeviceKeyError};
use crate::json;
use crate::jws::Es256Verifier;
use crate::thumbprint::Thumbprint;

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
pub(super) struct Opened {
    pub(super) jkt: Thumbprint,
    pub(super) claims: Map<String, Value>,
}

/// Checks form, header and signature.
pub(super) fn open(text: &str, typ: &str) -> Result<Opened, ProofError> {
    let compact = Compact::parse(text).map_err(|_| ProofError::NotCompact)?;
    let header = json::object(&compact.header).map_err(|_| ProofError::HeaderMalformed)?;
    if header.get("typ").and_then(Value::as_str) != Some(typ) {
        return Err(ProofError::WrongType);
    }
    if header.get("alg").and_then(Value::as_str) != Some(ALGORITHM) {
        return Err(ProofError::AlgorithmNotAllowed);
    }
    if header.contains_key("crit") {
        return Err(ProofError::CriticalHeader);
    }
    let PublicKey { jwk, point } = jwk::from_header(&header)?;
    // No signature matches a point that is not on the curve.
    let verifier = Es256Verifier::from_point(&point).ok_or(ProofError::WrongSignature)?;
    verifier
        .verify(compact.signing_input.as_bytes(), &compact.signature)
        .map_err(|_| ProofError::WrongSignature)?;
    let jkt = Thumbprint::of(&jwk).ok_or(ProofError::KeyMalformed)?;
    let claims = json::object(&compact.payload).map_err(|_| ProofError::ClaimsMalformed)?;
    Ok(Opened { jkt, claims })
}
