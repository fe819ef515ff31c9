//! The `jwk` header of a proof: a P-256 public key (RFC 7518 §6.2). Refuses other keys and private
//! members.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use serde_json::{Map, Value};

use super::ProofError;

/// Members that contain private or secret key material (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A P-256 public key in its two forms.
pub(super) struct PublicKey {
    pub(super) jwk: Jwk,
    /// `04 || x || y` (SEC 1 §2.3.3).
    pub(super) point: Vec<u8>,
}

/// Reads the key from the header of a proof.
pub(super) fn from_header(header: &Map<String, Value>) -> Result<PublicKey, ProofError> {
    let Some(Value::Object(jwk)) = header.get("jwk") else { return Err(ProofError::KeyMalformed) };
    if PRIVATE_MEMBERS.iter().any(|name| jwk.contains_key(*name)) {
        return Err(ProofError::PrivateKey);
    }
    let member = |name: &str| jwk.get(name).and_then(Value::as_str).ok_or(ProofError::KeyMalformed);
    if member("kty")? != "EC" || member("crv")? != "P-256" {
        return Err(ProofError::KeyMalformed);
    }
    let mut point = vec![4];
    for coordinate in ["x", "y"] {
        match URL_SAFE_NO_PAD.decode(member(coordinate)?) {
            Ok(bytes) if bytes.len() == 32 => point.extend(bytes),
            _ => return Err(ProofError::KeyMalformed),
        }
    }
    // Only the four members of RFC 7638 §3.2: the thumbprint must not depend on anything else.
    let public = ["kty", "crv", "x", "y"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), jwk.get(name)?.clone())));
    let jwk =
        serde_json::from_value(Value::Object(public.collect())).map_err(|_| ProofError::KeyMalformed)?;
    Ok(PublicKey { jwk, point })
}
