//! Registration (§7.1): whether a new credential is accepted, and what is stored of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use coset::cbor::{self, Value};
use serde::{Deserialize, Serialize};

use super::authenticator_data::AuthenticatorData;
use super::client_data::{self, Ceremony};
use super::credential_json::{self, AttestationResponse};
use super::public_key::PublicKey;
use super::relying_party::RelyingParty;
use super::{WebauthnError, error};

const MALFORMED: WebauthnError = error::WebauthnError::Malformed("attestation object");

/// A credential that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct NewCredential {
    /// Its id, in base64url.
    pub(crate) id: String,
    /// Its public key: a COSE_Key, in base64url.
    pub(crate) public_key: String,
    pub(crate) counter: u32,
    pub(crate) is_backup_eligible: bool,
    pub(crate) is_backed_up: bool,
}

/// Checks the answer to a registration. `challenge` is in base64url, as it was sent.
///
/// No attestation is asked for, and none is judged: the make of an authenticator changes nothing.
pub(crate) fn register(
    json: &[u8],
    challenge: &str,
    relying_party: &RelyingParty,
) -> Result<NewCredential, WebauthnError> {
    let answer = credential_json::parse::<AttestationResponse>(json)?;
    let response = answer.response;
    client_data::check(&response.client_data.0, Ceremony::Registration, challenge, relying_party)?;
    let data = authenticator_data(&response.attestation_object.0)?;
    let data = AuthenticatorData::parse(&data)?;
    data.check(relying_party)?;
    let credential = data.credential.as_ref().ok_or(WebauthnError::Malformed("authenticator data"))?;
    if credential.id != answer.raw_id.0 {
        return Err(WebauthnError::Malformed("answer"));
    }
    PublicKey::parse(credential.public_key)?;
    Ok(NewCredential {
        id: URL_SAFE_NO_PAD.encode(credential.id),
        public_key: URL_SAFE_NO_PAD.encode(credential.public_key),
        counter: data.counter,
        is_backup_eligible: data.is_backup_eligible(),
        is_backed_up: data.is_backed_up(),
    })
}

/// The authenticator data of an attestation object (§6.5): a map with three texts as names.
fn authenticator_data(object: &[u8]) -> Result<Vec<u8>, WebauthnError> {
    let mut rest = object;
    let Ok(Value::Map(members)) = cbor::de::from_reader(&mut rest) else { return Err(MALFORMED) };
    if !rest.is_empty() {
        return Err(MALFORMED);
    }
    let (mut format, mut statement, mut data) = (None, None, None);
    for (name, value) in members {
        let known = match (name.as_text(), value) {
            (Some("fmt"), Value::Text(value)) => format.replace(value).is_none(),
            (Some("attStmt"), Value::Map(value)) => statement.replace(value).is_none(),
            (Some("authData"), Value::Bytes(value)) => data.replace(value).is_none(),
            _ => false,
        };
        if !known {
            return Err(MALFORMED);
        }
    }
    match (format, statement, data) {
        (Some(_), Some(_), Some(data)) => Ok(data),
        _ => Err(MALFORMED),
    }
}
