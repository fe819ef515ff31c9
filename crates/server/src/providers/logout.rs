//! The logout tokens of a provider (OpenID Connect Back-Channel Logout 1.0), verified with its
//! keys.

use latchkey_server_core::providers::{IdTokenError, LogoutToken, LogoutTokenError, verify_logout_token};
use latchkey_token::UnixTime;

use super::client::Provider;
use super::error::ProviderError;

impl Provider {
    /// Verifies a logout token.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub(crate) async fn verify_logout(
        &self,
        token: &str,
        now: UnixTime,
    ) -> Result<LogoutToken, ProviderError> {
        let expected = self.expected("");
        let is_unknown =
            |error: &LogoutTokenError| *error == LogoutTokenError::Token(IdTokenError::UnknownKey);
        self.with_keys(|keys| verify_logout_token(token, keys, &expected, now), is_unknown, now).await
    }
}
