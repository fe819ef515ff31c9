//! Sends one request and reads its response to the end. Owns the HTTP client and its limits;
//! refuses redirects, slow and long responses.

use std::sync::Arc;
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

/// The HTTP client. Clones share its connection settings.
#[derive(Clone)]
pub(super) struct Connection {
    client: Client,
    proxies: Proxies,
}

impl Connection {
    pub(super) fn new(server: &ServerUrl) -> Result<Self, ApiError> {
        let proxies = Proxies::default();
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
        let client = if server.is_tls() { client.proxy(proxies.as_proxy()) } else { client };
        let client = client.build().map_err(|error| {
            tracing::error!(detail = %error.without_url(), "TLS cannot be set up");
            ApiError::Unreachable(NetworkCause::TlsFailed)
        })?;
        Ok(Self { client, proxies })
    }

    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
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
