//! Who a provider says that the user is.

use latchkey_token::UnixTime;
use secrecy::SecretString;
use serde_json::{Map, Value};

/// Who a provider says that the user is: the claims of a verified ID token.
#[derive(Clone)]
pub struct ProviderIdentity {
    /// The id of the provider in the settings.
    pub provider: String,
    /// `iss`.
    pub issuer: String,
    /// `sub`: with the issuer, the identity.
    pub sub: String,
    /// When the user was authenticated; `None`: the provider does not say.
    pub auth_time: Option<UnixTime>,
    /// All claims.
    pub claims: Map<String, Value>,
    /// What the provider is asked again with, if it gave something.
    pub refresh_token: Option<SecretString>,
}

/// Shows the identity, and no claim and no secret.
impl std::fmt::Debug for ProviderIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderIdentity")
            .field("provider", &self.provider)
            .field("sub", &self.sub)
            .finish_non_exhaustive()
    }
}

impl ProviderIdentity {
    /// The text of a claim.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// The address, if the provider says that it has verified it.
    pub(super) fn verified_email(&self) -> Option<&str> {
        // Some providers write the boolean as a text.
        let is_verified = match self.claims.get("email_verified") {
            Some(Value::Bool(is_verified)) => *is_verified,
            Some(Value::String(text)) => text == "true",
            _ => false,
        };
        self.text("email").filter(|_| is_verified)
    }

    /// The values of `amr`.
    pub(super) fn amr(&self) -> Vec<&str> {
        let list = self.claims.get("amr").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}
