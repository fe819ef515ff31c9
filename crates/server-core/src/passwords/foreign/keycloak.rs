//! Keycloak's hashes: a credential of a realm export, `{"secretData": "…", "credentialData": "…"}`,
//! whose two members are JSON, as an object or as a text.

use serde_json::{Map, Value};

use super::super::invalid_hash::InvalidHash;
use super::super::stored::{DerivedHash, Function, Sha, unpack};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

const DAMAGED: InvalidHash = InvalidHash::Damaged("of Keycloak");

pub(super) fn read(credential: &Map<String, Value>) -> Result<String, InvalidHash> {
    let secret = member(credential, "secretData")?;
    let data = member(credential, "credentialData")?;
    let bytes = |name: &str| secret.get(name).and_then(Value::as_str).and_then(unpack).ok_or(DAMAGED);
    let (hash, salt) = (bytes("value")?, bytes("salt")?);
    let iterations = data.get("hashIterations").and_then(Value::as_u64).ok_or(DAMAGED)?;
    let pbkdf2 = |sha| Function::pbkdf2(sha, iterations, hash.len());
    let function = match data.get("algorithm").and_then(Value::as_str).ok_or(DAMAGED)? {
        "pbkdf2" => pbkdf2(Sha::Sha1)?,
        "pbkdf2-sha256" => pbkdf2(Sha::Sha256)?,
        "pbkdf2-sha512" => pbkdf2(Sha::Sha512)?,
        "argon2" => return argon2(&data, iterations, &salt, &hash),
        _ => return Err(InvalidHash::Unknown),
    };
    DerivedHash::text(function, salt, hash)
}

/// A member that is JSON, or a text that is.
fn member(credential: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, InvalidHash> {
    match credential.get(name) {
        Some(Value::Object(object)) => Ok(object.clone()),
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|_| DAMAGED),
        _ => Err(DAMAGED),
    }
}

/// The parameters are lists of texts.
fn argon2(data: &Map<String, Value>, passes: u64, salt: &[u8], hash: &[u8]) -> Result<String, InvalidHash> {
    let additional = data.get("additionalParameters").ok_or(DAMAGED)?;
    let text = |name: &str| additional.get(name)?.get(0)?.as_str();
    let (Some(kind), Some(memory), Some(lanes)) = (text("type"), text("memory"), text("parallelism")) else {
        return Err(DAMAGED);
    };
    let version = if text("version") == Some("1.0") { 16 } else { 19 };
    let [salt, hash] = [salt, hash].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    Ok(format!("$argon2{kind}$v={version}$m={memory},t={passes},p={lanes}${salt}${hash}"))
}
