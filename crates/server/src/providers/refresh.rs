//! The question about a session: a refresh (RFC 6749 §6), and what its answer is. Nothing is
//! decided here; the new refresh token is returned before the ID token is looked at.

use latchkey_server_core::providers::{IdTokenError, verify_refreshed_id_token};
use latchkey_token::UnixTime;
use oauth2::basic::BasicErrorResponseType;
use oauth2::{RefreshToken, RequestTokenError, TokenResponse as _};
use secrecy::{ExposeSecret as _, SecretString};

use super::client::Provider;
use super::error::ProviderError;
use super::token_endpoint::Exchanged;
use crate::outgoing::OutgoingError;

/// What a provider has answered to a refresh.
pub(super) enum Refreshed {
    /// It knows the session.
    Tokens {
        /// Another refresh token, in place of the one that was sent.
        refresh_token: Option<SecretString>,
        /// Who it says that the session is of.
        id_token: Option<SecretString>,
    },
    /// It does not take the refresh token (`invalid_grant`).
    InvalidGrant,
    /// It has refused the request before it has looked at the refresh token, or was not reached.
    NotAsked(ProviderError),
    /// It may have acted on the refresh token.
    Lost(ProviderError),
}

impl Provider {
    /// Asks about a session.
    pub(super) async fn refresh(&self, token: &SecretString, now: UnixTime) -> Refreshed {
        let prepared = async {
            let metadata = self.metadata(now).await?;
            let client = self.token_client(&metadata)?;
            Ok::<_, ProviderError>((self.place()?, client, self.token_endpoint(&metadata)))
        };
        let (_place, client, endpoint) = match prepared.await {
            Ok(prepared) => prepared,
            Err(error) => return Refreshed::NotAsked(error),
        };
        let token = RefreshToken::new(token.expose_secret().to_owned());
        let exchanged: Exchanged = client.exchange_refresh_token(&token).request_async(&endpoint).await;
        let nonsense = || Refreshed::Lost(ProviderError::Nonsense("the answer to a refresh"));
        match exchanged {
            Ok(tokens) => Refreshed::Tokens {
                refresh_token: tokens.refresh_token().map(|it| SecretString::from(it.secret().clone())),
                id_token: tokens.extra_fields().id_token.clone().map(SecretString::from),
            },
            Err(RequestTokenError::Request(error)) => match was_sent(&error) {
                true => Refreshed::Lost(ProviderError::Away(error)),
                false => Refreshed::NotAsked(ProviderError::Away(error)),
            },
            Err(RequestTokenError::ServerResponse(answer)) if endpoint.has_refused() => {
                match answer.error() {
                    BasicErrorResponseType::InvalidGrant => Refreshed::InvalidGrant,
                    error => {
                        let code = error.to_string().chars().take(64).collect();
                        Refreshed::NotAsked(ProviderError::Refused(code))
                    }
                }
            }
            Err(_) => nonsense(),
        }
    }

    /// Verifies the ID token of a refresh: of the person with this `sub`.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub(super) async fn verify_refreshed(
        &self,
        token: &SecretString,
        sub: &str,
        now: UnixTime,
    ) -> Result<(), ProviderError> {
        let verify = |keys: &_| -> Result<_, IdTokenError> {
            verify_refreshed_id_token(token.expose_secret(), keys, &self.expected(""), sub, now)
        };
        let is_unknown = |error: &IdTokenError| *error == IdTokenError::UnknownKey;
        self.with_keys(verify, is_unknown, now).await.map(drop)
    }
}

/// Whether something of a request may have arrived. Before TLS is established nothing is sent.
fn was_sent(error: &OutgoingError) -> bool {
    match error {
        OutgoingError::NameNotFound { .. }
        | OutgoingError::AddressRefused { .. }
        | OutgoingError::NothingListening
        | OutgoingError::NoNetwork
        | OutgoingError::Certificate(_) => false,
        OutgoingError::TimedOut
        | OutgoingError::Tls(_)
        | OutgoingError::Broken
        | OutgoingError::TooLong { .. }
        | OutgoingError::Other(_) => true,
    }
}
