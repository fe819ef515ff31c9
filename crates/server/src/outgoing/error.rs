//! Why a call failed, in a sentence for an operator. Contains no path, which may be a secret, and
//! no text of the other server.

use std::io;
use std::path::PathBuf;

/// Why no call can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutgoingFilesError {
    /// The authorities cannot be read.
    #[error("the certificate authorities in {} cannot be read: {source}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no certificate in the file, or one of them is damaged.
    #[error("{} has no certificates in PEM form, or a damaged one", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The system has no authorities.
    #[error(
        "this system has no certificate authorities, so that no https server can be checked: install ca-certificates, or set \
         SSL_CERT_FILE or ca_file"
    )]
    NoAuthorities,
    /// The TLS library refuses its settings.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutgoingError {
    /// The name has no address.
    #[error("there is no host {host}: check the URL, and the name service of this computer")]
    NameNotFound {
        /// The name.
        host: String,
    },
    /// The name leads to this computer, or to an address that no server has.
    #[error(
        "{host} leads to this computer, or to a link-local or unspecified address: only localhost may, so that no one else \
         can point this server at itself"
    )]
    AddressRefused {
        /// The name.
        host: String,
    },
    /// Nothing listens there.
    #[error("the other side refuses connections: check host and port, and whether it runs")]
    NothingListening,
    /// The network does not lead there.
    #[error("the network does not lead there")]
    NoNetwork,
    /// There was no answer in time.
    #[error("there was no answer in time: check host and port, and firewalls")]
    TimedOut,
    /// The certificate is not valid for this name, at this time, by these authorities.
    #[error("its certificate is not accepted: {0}; ca_file names the authorities, if they are your own")]
    Certificate(String),
    /// TLS failed otherwise.
    #[error("TLS failed: {0}; is it an https port?")]
    Tls(String),
    /// The connection broke, or what came is not HTTP.
    #[error("the other side closed the connection, or does not speak HTTP")]
    Broken,
    /// The answer is longer than any of this kind.
    #[error("the answer is longer than {max} bytes")]
    TooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// Something else.
    #[error("the call failed: {0}")]
    Other(String),
}

impl OutgoingError {
    /// A word or two for logs and the audit log.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NameNotFound { .. } => "name_not_found",
            Self::AddressRefused { .. } => "address_refused",
            Self::NothingListening => "nothing_listening",
            Self::NoNetwork => "no_network",
            Self::TimedOut => "timed_out",
            Self::Certificate(_) => "certificate",
            Self::Tls(_) => "tls",
            Self::Broken => "broken",
            Self::TooLong { .. } => "too_long",
            Self::Other(_) => "other",
        }
    }
}
