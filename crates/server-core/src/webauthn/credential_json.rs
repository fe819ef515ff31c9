//! The answer of a browser as JSON (§5.1, `RegistrationResponseJSON` and
//! `AuthenticationResponseJSON`), with its bytes in base64url.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::WebauthnError;

/// Bytes in base64url without padding.
#[derive(Debug)]
pub(super) struct Base64(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text);
        bytes.map(Self).map_err(|_| serde::de::Error::custom("not base64url"))
    }
}

/// A credential of either ceremony. Members that are not judged are left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credential<R> {
    pub(super) raw_id: Base64,
    #[serde(rename = "type")]
    kind: String,
    pub(super) response: R,
}

/// `AuthenticatorAttestationResponseJSON`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: Base64,
    pub(super) attestation_object: Base64,
}

/// `AuthenticatorAssertionResponseJSON`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: Base64,
    pub(super) authenticator_data: Base64,
    pub(super) signature: Base64,
    /// Absent from answers of credentials that are not discoverable.
    pub(super) user_handle: Option<Base64>,
}

/// Reads an answer.
pub(super) fn parse<R: DeserializeOwned>(json: &[u8]) -> Result<Credential<R>, WebauthnError> {
    let malformed = WebauthnError::Malformed("answer");
    // serde reads a list of texts as the members.
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(malformed);
    }
    let credential: Credential<R> = serde_json::from_slice(json).map_err(|_| malformed)?;
    match credential.kind.as_str() {
        "public-key" => Ok(credential),
        _ => Err(malformed),
    }
}
