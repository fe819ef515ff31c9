//! What a sign-in by a provider leaves for its session, from the provider's answer until the
//! session is stored.

use latchkey_token::UnixTime;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::providers::{ProviderIdentity, ProviderRules};

/// Maximum length of a refresh token, in bytes. A longer one is not kept.
pub(super) const MAX_TOKEN_BYTES: usize = 8192;

/// Maximum length of the provider's id of its session, in bytes.
const MAX_SID_BYTES: usize = 255;

/// What is kept of a provider's sign-in. It is stored only where it is sealed.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct ProviderGrant {
    /// `sid` of the ID token.
    pub(super) provider_sid: Option<String>,
    /// When the provider issued it: a logout after that is of this sign-in.
    #[serde(default)]
    pub(super) issued_at: UnixTime,
    /// Only if the provider is to be asked again.
    pub(super) refresh_token: Option<Zeroizing<String>>,
}

/// Shows no value.
impl std::fmt::Debug for ProviderGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderGrant").finish_non_exhaustive()
    }
}

impl ProviderGrant {
    /// What is kept of a verified identity.
    pub(crate) fn of(rules: &ProviderRules, identity: &ProviderIdentity, now: UnixTime) -> Self {
        let fits = |sid: &&str| (1..=MAX_SID_BYTES).contains(&sid.len()) && !sid.contains('\0');
        let issued_at = identity.claims.get("iat").and_then(serde_json::Value::as_i64).map(UnixTime::new);
        let sid = identity.claims.get("sid").and_then(serde_json::Value::as_str).filter(fits);
        let token = identity.refresh_token.as_ref().filter(|_| rules.recheck.is_some());
        let token = token.map(ExposeSecret::expose_secret);
        let token = token.filter(|token| (1..=MAX_TOKEN_BYTES).contains(&token.len()));
        Self {
            provider_sid: sid.map(str::to_owned),
            issued_at: issued_at.map_or(now, |at| at.min(now)),
            refresh_token: token.map(|token| Zeroizing::new(token.to_owned())),
        }
    }
}
