//! A provider's answer: the code becomes an ID token, and the ID token an identity. The code is
//! sent once.

use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use latchkey_server_core::providers::{IdToken, IdTokenError, ProviderIdentity};
use latchkey_token::UnixTime;
use oauth2::{AuthorizationCode, PkceCodeVerifier, RedirectUrl, RequestTokenError, TokenResponse as _};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::client::Provider;
use super::error::ProviderError;
use super::metadata::Metadata;
use super::token_endpoint::{Exchanged, Tokens};
use crate::outgoing::OutgoingUrl;

/// The claims that the ID token has and `userinfo` must not replace.
const PROTOCOL: [&str; 13] =
    ["iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "acr", "amr", "auth_time", "sid", "at_hash"];

/// The claims that an account may be made of.
const PROFILE: [&str; 5] = ["preferred_username", "given_name", "family_name", "email", "email_verified"];

/// What was remembered when the browser left.
pub(crate) struct Remembered<'a> {
    pub(crate) nonce: &'a str,
    pub(crate) verifier: String,
}

impl Provider {
    /// Whether an answer to the browser may name this issuer (RFC 9207 §2.4): it must if the
    /// provider says that it always does, and it must be the right one in any case.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub(crate) async fn is_of(&self, iss: Option<&str>, now: UnixTime) -> Result<bool, ProviderError> {
        let metadata = self.metadata(now).await?;
        Ok(match iss {
            Some(iss) => iss == self.settings.issuer.as_str(),
            None => !metadata.answers_name_issuer,
        })
    }

    /// Exchanges a code, and verifies the ID token that it gets.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub(crate) async fn identify(
        &self,
        code: String,
        remembered: Remembered<'_>,
        public_url: &str,
        now: UnixTime,
    ) -> Result<ProviderIdentity, ProviderError> {
        let metadata = self.metadata(now).await?;
        let tokens = self.exchange(code, remembered.verifier, &metadata, public_url).await?;
        let text = tokens.extra_fields().id_token.as_deref().ok_or(IdTokenError::Malformed)?;
        let token = self.verify(text, remembered.nonce, now).await?;
        let mut claims = token.claims.clone();
        if let (Some(url), true) = (&metadata.userinfo, self.misses(&claims)) {
            self.add_userinfo(&mut claims, url, (tokens.access_token().secret(), &token)).await?;
        }
        Ok(ProviderIdentity {
            provider: self.settings.id.clone(),
            issuer: self.settings.issuer.as_str().to_owned(),
            sub: token.sub,
            auth_time: token.auth_time,
            claims,
            refresh_token: tokens.refresh_token().map(|token| SecretString::from(token.secret().clone())),
        })
    }

    async fn exchange(
        &self,
        code: String,
        verifier: String,
        metadata: &Metadata,
        public_url: &str,
    ) -> Result<Tokens, ProviderError> {
        let client = self.token_client(metadata)?;
        let client = client.set_redirect_uri(
            RedirectUrl::new(self.redirect_url(public_url))
                .map_err(|_| ProviderError::Nonsense("a URL in its metadata"))?,
        );
        let _place = self.place()?;
        let endpoint = self.token_endpoint(metadata);
        let request = client.exchange_code(AuthorizationCode::new(code));
        let exchanged: Exchanged =
            request.set_pkce_verifier(PkceCodeVerifier::new(verifier)).request_async(&endpoint).await;
        exchanged.map_err(|error| match error {
            RequestTokenError::Request(error) => ProviderError::Away(error),
            RequestTokenError::ServerResponse(answer) => {
                // A code of RFC 6749 §5.2, without the description.
                ProviderError::Refused(answer.error().to_string().chars().take(64).collect())
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                ProviderError::Nonsense("the answer to the code")
            }
        })
    }

    /// Whether the ID token has not all claims that the settings ask for.
    fn misses(&self, claims: &Map<String, Value>) -> bool {
        let settings = &self.settings;
        let by_address = !settings.domains.is_empty() || !settings.authoritative_domains.is_empty();
        let mut needed: Vec<&str> = settings.claims.iter().map(String::as_str).collect();
        needed.extend(settings.claim.as_ref().map(|condition| condition.name.as_str()));
        if settings.create {
            needed.extend(PROFILE);
        }
        if by_address {
            needed.extend(["email", "email_verified"]);
        }
        needed.iter().any(|name| !claims.contains_key(*name))
    }

    /// Adds the claims of `userinfo` (OpenID Connect Core 1.0 §5.3), of the same person only.
    async fn add_userinfo(
        &self,
        claims: &mut Map<String, Value>,
        url: &OutgoingUrl,
        (access_token, token): (&str, &IdToken),
    ) -> Result<(), ProviderError> {
        let _place = self.place()?;
        let request = self.outgoing().request(Method::GET, url);
        let answer =
            self.outgoing().call(request.header(AUTHORIZATION, format!("Bearer {access_token}"))).await?;
        if !answer.status.is_success() {
            return Err(ProviderError::Nonsense("the status of its userinfo"));
        }
        let mut more: Map<String, Value> =
            serde_json::from_slice(&answer.body).map_err(|_| ProviderError::Nonsense("its userinfo"))?;
        if more.get("sub").and_then(Value::as_str) != Some(token.sub.as_str()) {
            return Err(IdTokenError::Claims.into());
        }
        // `email_verified` is said of the address beside it: both come from one place.
        match claims.get("email") {
            Some(email) if more.get("email") == Some(email) => {}
            Some(_) => drop(more.remove("email_verified")),
            None => drop(claims.remove("email_verified")),
        }
        for (name, value) in more {
            if !PROTOCOL.contains(&name.as_str()) {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(())
    }
}
