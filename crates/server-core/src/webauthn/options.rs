//! What a browser is asked for (§5.1, `PublicKeyCredentialCreationOptionsJSON` and
//! `PublicKeyCredentialRequestOptionsJSON`). All bytes are in base64url.

use coset::iana::EnumI64 as _;
use serde_json::{Value, json};

use super::TIMEOUT_MS;
use super::public_key::ALGORITHMS;
use super::relying_party::RelyingParty;

/// Who gets a passkey.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewUser<'a> {
    /// The user handle, in base64url: random, and not the account's id.
    pub(crate) handle: &'a str,
    /// The user name, to tell passkeys apart.
    pub(crate) name: &'a str,
    /// The name of the person.
    pub(crate) display_name: &'a str,
}

/// The options of `navigator.credentials.create`: a discoverable credential, verification of the
/// user, no attestation. `present` are the ids of credentials that the account has already.
pub(crate) fn creation_options(
    relying_party: &RelyingParty,
    user: NewUser<'_>,
    challenge: &str,
    present: &[String],
) -> Value {
    let algorithms = ALGORITHMS.map(|algorithm| json!({ "type": "public-key", "alg": algorithm.to_i64() }));
    let present: Vec<Value> = present.iter().map(|id| json!({ "type": "public-key", "id": id })).collect();
    json!({
        "rp": { "id": relying_party.id(), "name": relying_party.id() },
        "user": { "id": user.handle, "name": user.name, "displayName": user.display_name },
        "challenge": challenge,
        "pubKeyCredParams": algorithms,
        "timeout": TIMEOUT_MS,
        "excludeCredentials": present,
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
    })
}

/// The options of `navigator.credentials.get`. `allowCredentials` is empty: any passkey of this
/// relying party will do, and nobody learns which there are.
pub(crate) fn request_options(relying_party: &RelyingParty, challenge: &str) -> Value {
    json!({
        "rpId": relying_party.id(),
        "challenge": challenge,
        "timeout": TIMEOUT_MS,
        "userVerification": "required",
        "allowCredentials": [],
    })
}
