//! The meaning of a failed request: maps the library's chain of errors to one [`NetworkCause`], by
//! error types, not by their texts. An unknown error is [`NetworkCause::Other`].

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use reqwest::Url;
use rustls::CertificateError;
use tower_service::Service;

use super::cause::NetworkCause;
use super::proxy::Route;
use super::resolver::LookupError;

// The library does not export its error types, but it exports the functions that return them.
type TunnelError = <Tunnel<HttpConnector> as Service<Uri>>::Error;
type SocksError = <SocksV5<HttpConnector> as Service<Uri>>::Error;
type Uri = hyper::Uri;

/// Maximum length of the chain of errors.
const MAX_CHAIN: usize = 32;

/// Classifies a failed request by `route`, and logs it without its URL and headers.
pub(super) fn classify(error: reqwest::Error, url: &Url, route: &Route) -> NetworkCause {
    let error = error.without_url();
    let cause = cause_of(&error, url, route);
    let detail = chain_text(&error);
    let host = url.host_str().unwrap_or_default();
    if cause.is_ordinary() {
        tracing::info!(cause = cause.code(), host, detail, "no answer from the server");
    } else {
        tracing::warn!(cause = cause.code(), host, detail, "no answer from the server");
    }
    cause
}

fn cause_of(error: &reqwest::Error, url: &Url, route: &Route) -> NetworkCause {
    let chain = chain(error);
    let through_proxy = !matches!(route, Route::Direct);
    let tunnel = chain.iter().find_map(|error| error.downcast_ref::<TunnelError>());
    if let Some(cause) = tunnel.and_then(of_tunnel) {
        return cause;
    }
    if let Some(error) = chain.iter().find_map(|error| error.downcast_ref::<SocksError>()) {
        return of_socks(error);
    }
    if let Some(cause) = chain.iter().find_map(|error| of_tls(error.downcast_ref::<rustls::Error>()?)) {
        return cause;
    }
    if error.is_timeout() {
        let connecting = error.is_connect() && through_proxy;
        return if connecting { NetworkCause::ProxyUnreachable } else { NetworkCause::TimedOut };
    }
    if let Some(lookup) = chain.iter().find_map(|error| error.downcast_ref::<LookupError>()) {
        return lookup.cause;
    }
    if let Some(cause) = chain.iter().find_map(|error| of_hyper(error.downcast_ref::<hyper::Error>()?)) {
        return cause;
    }
    let io = chain.iter().filter_map(|error| error.downcast_ref::<io::Error>());
    match io.filter_map(of_io).next() {
        Some(NetworkCause::ConnectionLost) if error.is_connect() && url.scheme() == "https" => {
            // Closed during the handshake.
            NetworkCause::TlsFailed
        }
        // The network went down after the request was sent: the server may have acted.
        Some(NetworkCause::NoNetwork | NetworkCause::NothingListening) if !error.is_connect() => {
            NetworkCause::ConnectionLost
        }
        Some(cause) => cause,
        None if error.is_connect() && through_proxy => NetworkCause::ProxyRefused,
        None => NetworkCause::Other,
    }
}

/// A fault of an HTTP proxy. TLS with the server itself begins behind the tunnel and has other
/// causes.
fn of_tunnel(error: &TunnelError) -> Option<NetworkCause> {
    Some(match error {
        TunnelError::ConnectFailed(source) => {
            let names: Vec<_> = chain(source.as_ref());
            let lookup = names.iter().find_map(|error| error.downcast_ref::<LookupError>());
            match lookup.map(|lookup| lookup.cause) {
                Some(NetworkCause::NoNetwork) => NetworkCause::NoNetwork,
                _ => NetworkCause::ProxyUnreachable,
            }
        }
        TunnelError::ProxyAuthRequired => NetworkCause::ProxyAuthRequired,
        _ => NetworkCause::ProxyRefused,
    })
}

fn of_socks(error: &SocksError) -> NetworkCause {
    match error {
        SocksError::Inner(_) => NetworkCause::ProxyUnreachable,
        // A request for a password is in a type that the library does not export.
        _ => NetworkCause::ProxyRefused,
    }
}

fn of_tls(error: &rustls::Error) -> Option<NetworkCause> {
    Some(match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                NetworkCause::CertificateExpired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                NetworkCause::CertificateNotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                NetworkCause::CertificateWrongName
            }
            _ => NetworkCause::CertificateNotTrusted,
        },
        rustls::Error::InvalidMessage(_) => NetworkCause::NotTls,
        _ => NetworkCause::TlsFailed,
    })
}

fn of_hyper(error: &hyper::Error) -> Option<NetworkCause> {
    if error.is_parse() {
        Some(NetworkCause::NotHttp)
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Some(NetworkCause::ConnectionLost)
    } else {
        None
    }
}

fn of_io(error: &io::Error) -> Option<NetworkCause> {
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable => NetworkCause::NothingListening,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown | io::ErrorKind::AddrNotAvailable => {
            NetworkCause::NoNetwork
        }
        io::ErrorKind::TimedOut => NetworkCause::TimedOut,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => NetworkCause::ConnectionLost,
        _ => return None,
    })
}

/// An error and all its sources. `source` does not return the error that an `io::Error` contains.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next.filter(|_| chain.len() < MAX_CHAIN) {
        chain.push(error);
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match carried {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    chain
}

/// The chain in one line. It contains only texts of libraries, no text of a server.
fn chain_text(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for error in chain(error) {
        let part = error.to_string();
        if part != last {
            let separator = if text.is_empty() { "" } else { ": " };
            let _ = write!(text, "{separator}{part}");
        }
        last = part;
    }
    text
}
