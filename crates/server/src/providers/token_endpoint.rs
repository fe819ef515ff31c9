//! The token endpoint of a provider, as the library calls it: over the one client for calls to
//! other servers.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::http::Method;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, Client, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields,
    HttpRequest, HttpResponse, RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenUrl,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::client::Provider;
use super::error::ProviderError;
use super::metadata::Metadata;
use crate::outgoing::{Outgoing, OutgoingError, OutgoingUrl};

/// What a token response has beside RFC 6749 §5.1.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct WithIdToken {
    pub(super) id_token: Option<String>,
}

impl ExtraTokenFields for WithIdToken {}

/// A good answer.
pub(super) type Tokens = StandardTokenResponse<WithIdToken, BasicTokenType>;

/// An answer.
pub(super) type Exchanged = Result<Tokens, RequestTokenError<OutgoingError, BasicErrorResponse>>;

/// The library's client of the token endpoint.
pub(super) type TokenClient = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Calls the token endpoint, and remembers the status of the answer.
pub(super) struct Endpoint {
    outgoing: Outgoing,
    url: OutgoingUrl,
    status: AtomicU16,
}

impl Endpoint {
    /// Whether the status of the answer says that the request was at fault (4xx).
    pub(super) fn has_refused(&self) -> bool {
        (400..500).contains(&self.status.load(Ordering::Relaxed))
    }
}

impl<'c> AsyncHttpClient<'c> for Endpoint {
    type Error = OutgoingError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutgoingError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let request = self.outgoing.request(Method::POST, &self.url).headers(head.headers).body(body);
            let answer = self.outgoing.call(request).await?;
            self.status.store(answer.status.as_u16(), Ordering::Relaxed);
            let mut response = HttpResponse::new(answer.body.to_vec());
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

impl Provider {
    /// The library's client, with the secret as it is now.
    pub(super) fn token_client(&self, metadata: &Metadata) -> Result<TokenClient, ProviderError> {
        let client: Client<
            BasicErrorResponse,
            Tokens,
            BasicTokenIntrospectionResponse,
            StandardRevocableToken,
            BasicRevocationErrorResponse,
        > = Client::new(ClientId::new(self.settings.client_id.clone()));
        let mut client = client
            .set_token_uri(TokenUrl::from_url(metadata.token.as_url().clone()))
            .set_auth_type(match metadata.secret_in_body {
                true => AuthType::RequestBody,
                false => AuthType::BasicAuth,
            });
        if let Some(secret) = self.secret()? {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        Ok(client)
    }

    /// Where it calls.
    pub(super) fn token_endpoint(&self, metadata: &Metadata) -> Endpoint {
        let (outgoing, url) = (self.outgoing().clone(), metadata.token.clone());
        Endpoint { outgoing, url, status: AtomicU16::new(0) }
    }
}
