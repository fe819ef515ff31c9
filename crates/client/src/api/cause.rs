//! Why the server has not responded. A closed list: the window has a sentence for each cause.

/// Why a request got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkCause {
    /// This computer has no network, or no route to the server's.
    #[error("this computer has no network")]
    NoNetwork,
    /// The server's name has no address.
    #[error("the server's name was not found")]
    NameNotFound,
    /// The server's address refuses connections.
    #[error("nothing listens at the server's address")]
    NothingListening,
    /// No complete response in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The connection broke before the response was complete.
    #[error("the connection was lost")]
    ConnectionLost,
    /// No authority that this computer trusts vouches for the certificate.
    #[error("the server's certificate is not trusted")]
    CertificateNotTrusted,
    /// The certificate is for another name.
    #[error("the server's certificate is for another name")]
    CertificateWrongName,
    /// By this computer's clock, the certificate has expired.
    #[error("by this computer's clock the server's certificate has expired")]
    CertificateExpired,
    /// By this computer's clock, the certificate is not valid yet. Almost always the clock is
    /// wrong.
    #[error("by this computer's clock the server's certificate is not valid yet")]
    CertificateNotYetValid,
    /// The program at an `https` address does not speak TLS.
    #[error("what answered does not speak TLS")]
    NotTls,
    /// The program at the address does not speak HTTP; it may speak TLS.
    #[error("what answered does not speak HTTP")]
    NotHttp,
    /// Both sides speak TLS, but agree on no connection.
    #[error("no secure connection could be agreed on")]
    TlsFailed,
    /// The proxy cannot be reached.
    #[error("the proxy cannot be reached")]
    ProxyUnreachable,
    /// The proxy asks for a user name and a password, or refuses the ones it was given.
    #[error("the proxy asks for a sign-in")]
    ProxyAuthRequired,
    /// The proxy does not connect to the server.
    #[error("the proxy refuses to connect to the server")]
    ProxyRefused,
    /// The proxy settings name something that this app cannot use.
    #[error("the proxy settings cannot be used")]
    ProxyUnsupported,
    /// Something else; the log has the details.
    #[error("the connection failed")]
    Other,
}

impl NetworkCause {
    /// The name of this cause in the window and in the log.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoNetwork => "no-network",
            Self::NameNotFound => "name-not-found",
            Self::NothingListening => "nothing-listening",
            Self::TimedOut => "timed-out",
            Self::ConnectionLost => "connection-lost",
            Self::CertificateNotTrusted => "certificate-not-trusted",
            Self::CertificateWrongName => "certificate-wrong-name",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateNotYetValid => "certificate-not-yet-valid",
            Self::NotTls => "not-tls",
            Self::NotHttp => "not-http",
            Self::TlsFailed => "tls-failed",
            Self::ProxyUnreachable => "proxy-unreachable",
            Self::ProxyAuthRequired => "proxy-auth-required",
            Self::ProxyRefused => "proxy-refused",
            Self::ProxyUnsupported => "proxy-unsupported",
            Self::Other => "other",
        }
    }

    /// Whether this cause is ordinary, as on a laptop away from its network. All others are logged
    /// as warnings.
    pub(super) fn is_ordinary(self) -> bool {
        matches!(
            self,
            Self::NoNetwork
                | Self::NameNotFound
                | Self::NothingListening
                | Self::TimedOut
                | Self::ConnectionLost
        )
    }
}
