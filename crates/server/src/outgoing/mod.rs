//! Calls to other servers: the receivers of events, and providers. Owns the one kind of HTTP client
//! that makes them; refuses plain http to another computer, redirects, proxies, long and slow
//! answers, and addresses that are no server's.
//!
//! Where a name leads is decided by those who answer for the name, and the answer may change
//! between two calls. So nothing is concluded from an earlier lookup: each connection checks the
//! addresses that it is about to use ([`address`]), and over https no byte of a request is sent
//! before a certificate for the name. What is sent before it, the beginning of TLS, has nothing in
//! it that another server chose: sessions are not resumed.

mod address;
mod error;
mod fault;
mod url;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode};
use reqwest::{Client, RequestBuilder, Response, redirect, retry};
use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

pub use error::{OutgoingError, OutgoingFilesError};
pub use url::{InvalidOutgoingUrl, OutgoingUrl};

/// Limits on a call.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Deadline of the lookup, the connection and the beginning of TLS together.
    pub connect: Duration,
    /// Deadline of the whole call, its answer included.
    pub total: Duration,
    /// Maximum length of an answer's body, in bytes.
    pub answer_bytes: usize,
}

/// Makes calls. Clones share their settings; each call has a connection of its own.
#[derive(Clone, Debug)]
pub struct Outgoing {
    client: Client,
    answer_bytes: usize,
}

/// An answer, of whatever status. A redirect is an answer like any other.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Wiped when it is dropped: it may contain a token.
    pub body: Zeroizing<Vec<u8>>,
}

impl Outgoing {
    /// A client for calls to `first`, and to the servers that it names. `ca_file` has the
    /// certificate authorities, PEM; `None`: the system's.
    ///
    /// # Errors
    /// [`OutgoingFilesError`]: there are no authorities to check an https server with.
    pub fn new(
        first: &OutgoingUrl,
        limits: Limits,
        ca_file: Option<&Path>,
    ) -> Result<Self, OutgoingFilesError> {
        let roots = match ca_file {
            Some(file) => roots_in(file)?,
            None => roots_of_the_system(),
        };
        if roots.is_empty() && first.is_tls() {
            return Err(OutgoingFilesError::NoAuthorities);
        }
        let client = Client::builder()
            .tls_backend_preconfigured(tls(roots)?)
            .http1_only()
            .dns_resolver(Arc::new(address::CheckedResolver))
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            // The buffers of an idle connection contain the last request. Calls are rare.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("latchkey-server/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| OutgoingFilesError::Tls(fault::chain_text(&error.without_url())))?;
        Ok(Self { client, answer_bytes: limits.answer_bytes })
    }

    /// Begins a request. Only to a checked URL.
    pub fn request(&self, method: Method, url: &OutgoingUrl) -> RequestBuilder {
        self.client.request(method, url.as_url().clone())
    }

    /// Sends a request of [`Self::request`], and reads the whole answer.
    ///
    /// # Errors
    /// [`OutgoingError`], also if the body is too long.
    pub async fn call(&self, request: RequestBuilder) -> Result<Answer, OutgoingError> {
        let mut response = request.send().await.map_err(fault::classify)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(fault::classify)? {
            if body.len().saturating_add(chunk.len()) > self.answer_bytes {
                return Err(OutgoingError::TooLong { max: self.answer_bytes });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }

    /// Sends a request whose answer's status and headers say everything. Reads the body up to its
    /// limit, so that the other side can finish writing, and ignores it and its faults.
    ///
    /// # Errors
    /// [`OutgoingError`].
    pub async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, HeaderMap), OutgoingError> {
        let mut response = request.send().await.map_err(fault::classify)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        self.drain(response).await;
        Ok((status, headers))
    }

    async fn drain(&self, mut response: Response) {
        let mut read = 0_usize;
        while let Ok(Some(chunk)) = response.chunk().await {
            read = read.saturating_add(chunk.len());
            if read > self.answer_bytes {
                return;
            }
        }
    }
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, OutgoingFilesError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| OutgoingFilesError::Tls(error.to_string()))?;
    let mut config = versions.with_root_certificates(roots).with_no_client_auth();
    // A session ticket is chosen by the server that was called last, and would be sent to whatever
    // the name leads to next, before that has shown its certificate.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn roots_in(file: &Path) -> Result<RootCertStore, OutgoingFilesError> {
    let unreadable = |source| OutgoingFilesError::CaFile { path: file.to_owned(), source };
    let pem = std::fs::read(file).map_err(unreadable)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let added = certificate.ok().and_then(|certificate| roots.add(certificate).ok());
        added.ok_or_else(|| OutgoingFilesError::NoCertificate { path: file.to_owned() })?;
    }
    if roots.is_empty() {
        return Err(OutgoingFilesError::NoCertificate { path: file.to_owned() });
    }
    Ok(roots)
}

/// The authorities of the system, or of `SSL_CERT_FILE`. Those that cannot be read are left out.
fn roots_of_the_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

#[cfg(test)]
mod tests;
