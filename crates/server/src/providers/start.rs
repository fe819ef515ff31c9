//! The beginning of a sign-in at a provider: the URL that the browser goes to, and what is
//! remembered of it until it comes back.

use latchkey_server_core::browser::{BrowserRequest, Ceremony, Purpose};
use latchkey_token::UnixTime;
use oauth2::basic::BasicClient;
use oauth2::url::ParseError;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};

use super::client::Provider;
use super::error::ProviderError;

/// Where the browser goes.
pub(crate) struct Departure {
    pub(crate) url: String,
    pub(crate) ceremony: Ceremony,
}

impl Provider {
    /// The URL of the provider for a request (RFC 6749 §4.1.1, RFC 7636 with S256).
    ///
    /// # Errors
    /// [`ProviderError`].
    pub(crate) async fn depart(
        &self,
        request: &BrowserRequest,
        public_url: &str,
        now: UnixTime,
    ) -> Result<Departure, ProviderError> {
        let metadata = self.metadata(now).await?;
        let url = |_: ParseError| ProviderError::Nonsense("a URL in its metadata");
        let redirect = RedirectUrl::new(self.redirect_url(public_url)).map_err(url)?;
        let client = BasicClient::new(ClientId::new(self.settings.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(metadata.authorization.as_url().clone()))
            .set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = CsrfToken::new_random();
        let scopes = self.settings.scopes.iter().cloned().map(Scope::new);
        let mut going = client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .add_extra_param("nonce", nonce.secret());
        // The user is authenticated anew, and the ID token says when (OpenID Connect Core 1.0
        // §3.1.2.1).
        if matches!(request.purpose(), Purpose::Confirm { .. } | Purpose::Link { .. }) {
            going = going.add_extra_param("max_age", "0");
        }
        let (prompts, parameters): (Vec<_>, Vec<_>) =
            self.settings.parameters.iter().partition(|(name, _)| *name == "prompt");
        for (name, value) in parameters {
            going = going.add_extra_param(name, value);
        }
        let mut prompts: Vec<&str> = prompts.iter().flat_map(|(_, value)| value.split(' ')).collect();
        if request.selects_account() && !prompts.contains(&"select_account") {
            prompts.push("select_account");
        }
        if !prompts.is_empty() {
            going = going.add_extra_param("prompt", prompts.join(" "));
        }
        if let Some(language) = request.language() {
            going = going.add_extra_param("ui_locales", language.code());
        }
        let (url, state) = going.url();
        let ceremony = Ceremony::Provider {
            provider: self.settings.id.clone(),
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            at: now,
        };
        Ok(Departure { url: url.into(), ceremony })
    }
}
