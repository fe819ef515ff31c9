//! The meaning of a failed call: maps the library's chain of errors to one [`OutgoingError`], by
//! error types, not by their texts.

use std::error::Error as StdError;
use std::io;

use super::address::LookupError;
use super::error::OutgoingError;

/// Maximum length of the chain of errors.
const MAX_CHAIN: usize = 32;

/// Names a failure. Without the URL, whose path may be a secret.
pub(super) fn classify(error: reqwest::Error) -> OutgoingError {
    let error = error.without_url();
    let chain = chain(&error);
    if let Some(tls) = chain.iter().find_map(|error| error.downcast_ref::<rustls::Error>()) {
        return match tls {
            rustls::Error::InvalidCertificate(reason) => OutgoingError::Certificate(reason.to_string()),
            other => OutgoingError::Tls(other.to_string()),
        };
    }
    if error.is_timeout() {
        return OutgoingError::TimedOut;
    }
    if let Some(lookup) = chain.iter().find_map(|error| error.downcast_ref::<LookupError>()) {
        return match lookup.clone() {
            LookupError::NotFound { host } => OutgoingError::NameNotFound { host },
            LookupError::Refused { host } => OutgoingError::AddressRefused { host },
        };
    }
    let http = chain.iter().find_map(|error| error.downcast_ref::<hyper::Error>());
    if http.is_some_and(|error| error.is_parse() || error.is_incomplete_message() || error.is_closed()) {
        return OutgoingError::Broken;
    }
    let kinds = chain.iter().filter_map(|error| error.downcast_ref::<io::Error>());
    match kinds.map(io::Error::kind).find_map(|kind| of_io(kind, error.is_connect())) {
        Some(known) => known,
        None => OutgoingError::Other(chain_text(&error)),
    }
}

fn of_io(kind: io::ErrorKind, is_connecting: bool) -> Option<OutgoingError> {
    Some(match kind {
        io::ErrorKind::ConnectionRefused if is_connecting => OutgoingError::NothingListening,
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable
            if is_connecting =>
        {
            OutgoingError::NoNetwork
        }
        io::ErrorKind::TimedOut => OutgoingError::TimedOut,
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => OutgoingError::Broken,
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
pub(super) fn chain_text(error: &(dyn StdError + 'static)) -> String {
    let mut parts: Vec<String> = chain(error).iter().map(ToString::to_string).collect();
    parts.dedup();
    parts.join(": ")
}
