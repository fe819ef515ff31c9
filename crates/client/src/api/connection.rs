//! Sends one request and reads its response to the end. Owns the HTTP client and its limits;
//! refuses redirects, slow and long responses.
//!
//! The HTTP client is made for the first request: it reads the machine's root certificates, which
//! takes longer than to open a session, and a session needs no network.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Url, redirect};
use zeroize::Zeroizing;

use super::cause::NetworkCause;
use super::error::ApiError;
use super::fault::classify;
use super::proxy::Proxies;
use super::resolver::SystemResolver;
use super::response::Response;
use super::server_url::ServerUrl;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
/// Maximum length of a response's body, in bytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// The HTTP client. Clones share it.
#[derive(Clone)]
pub(super) struct Connection {
    /// Empty until the first request, and after one for which TLS could not be set up.
    client: Arc<OnceLock<Client>>,
    proxies: Proxies,
    is_tls: bool,
}

impl Connection {
    pub(super) fn new(server: &ServerUrl) -> Self {
        Self { client: Arc::default(), proxies: Proxies::default(), is_tls: server.is_tls() }
    }

    /// # Errors
    /// Returns an error if TLS cannot be set up, for instance because the machine has no root
    /// certificates. The next request tries again.
    pub(super) fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, ApiError> {
        Ok(self.client()?.request(method, url))
    }

    fn client(&self) -> Result<&Client, ApiError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // Of two first requests, one throws its client away. Neither waits for the other.
        let client = self.make()?;
        Ok(self.client.get_or_init(|| client))
    }

    fn make(&self) -> Result<Client, ApiError> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .redirect(redirect::Policy::none())
            .dns_resolver(Arc::new(SystemResolver))
            // The buffers of an idle connection contain the last request: a token, a password.
            // Calls are rare.
            .pool_max_idle_per_host(0)
            .referer(false)
            .user_agent(concat!("latchkey/", env!("CARGO_PKG_VERSION")))
            // By default the library sends plain http, and requests to this computer, through a
            // proxy.
            .no_proxy();
        let client = if self.is_tls { client.proxy(self.proxies.as_proxy()) } else { client };
        client.build().map_err(|error| {
            tracing::error!(detail = %error.without_url(), "TLS cannot be set up");
            ApiError::Unreachable(NetworkCause::TlsFailed)
        })
    }

    /// Sends the request to `url` and reads the response, up to [`MAX_RESPONSE_BYTES`].
    pub(super) async fn read(&self, request: RequestBuilder, url: &Url) -> Result<Response, ApiError> {
        let route = self.proxies.route(url).await.map_err(ApiError::Unreachable)?;
        let no_answer = |error| ApiError::Unreachable(classify(error, url, &route));
        let mut response = request.send().await.map_err(no_answer)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
                tracing::info!(status = status.as_u16(), "the response is longer than any of this server");
                return Err(ApiError::InvalidResponse);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }
}
