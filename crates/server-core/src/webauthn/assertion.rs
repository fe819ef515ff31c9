//! Authentication (§7.2): whether an assertion is by a credential that is known.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::authenticator_data::AuthenticatorData;
use super::client_data::{self, Ceremony};
use super::credential_json::{self, AssertionResponse, Credential};
use super::public_key::PublicKey;
use super::relying_party::RelyingParty;
use super::{MAX_CREDENTIAL_ID_BYTES, WebauthnError};

/// An assertion that is read and not checked.
#[derive(Debug)]
pub(crate) struct Assertion(Credential<AssertionResponse>);

/// What is stored of a credential.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownCredential<'a> {
    /// The public key: a COSE_Key, in base64url.
    pub(crate) public_key: &'a str,
    /// The user handle of its account, in base64url.
    pub(crate) user_handle: &'a str,
    pub(crate) counter: u32,
    pub(crate) is_backup_eligible: bool,
}

/// An assertion that is accepted, but for its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The counter to store.
    pub(crate) counter: u32,
    /// Whether the counter is no higher than before, although one of them is not 0: there may be
    /// a copy of the credential (§6.1.1).
    pub(crate) is_counter_back: bool,
    pub(crate) is_backed_up: bool,
}

impl Assertion {
    /// Reads the answer of a browser.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, WebauthnError> {
        let credential = credential_json::parse::<AssertionResponse>(json)?;
        match (1..=MAX_CREDENTIAL_ID_BYTES).contains(&credential.raw_id.0.len()) {
            true => Ok(Self(credential)),
            false => Err(WebauthnError::Malformed("answer")),
        }
    }

    /// The id of the credential that it says it is by, in base64url.
    pub(crate) fn credential_id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0.raw_id.0)
    }

    /// Checks that it answers `challenge` and was made with the credential. The caller finds the
    /// credential by [`Assertion::credential_id`], and decides what a counter that went back means.
    pub(crate) fn verify(
        &self,
        challenge: &str,
        known: KnownCredential<'_>,
        relying_party: &RelyingParty,
    ) -> Result<Signed, WebauthnError> {
        let response = &self.0.response;
        // A discoverable credential says whose it is.
        let user = response.user_handle.as_ref().ok_or(WebauthnError::WrongUser)?;
        if URL_SAFE_NO_PAD.encode(&user.0) != known.user_handle {
            return Err(WebauthnError::WrongUser);
        }
        client_data::check(&response.client_data.0, Ceremony::Authentication, challenge, relying_party)?;
        let data = AuthenticatorData::parse(&response.authenticator_data.0)?;
        data.check(relying_party)?;
        if data.is_backup_eligible() != known.is_backup_eligible {
            return Err(WebauthnError::BackupState);
        }
        let key = URL_SAFE_NO_PAD.decode(known.public_key).map_err(|_| WebauthnError::InvalidKey)?;
        let client_data_hash = digest(&SHA256, &response.client_data.0);
        let message = [response.authenticator_data.0.as_slice(), client_data_hash.as_ref()].concat();
        PublicKey::parse(&key)?.verify(&message, &response.signature.0)?;
        let is_used = data.counter != 0 || known.counter != 0;
        Ok(Signed {
            counter: data.counter.max(known.counter),
            is_counter_back: is_used && data.counter <= known.counter,
            is_backed_up: data.is_backed_up(),
        })
    }
}
