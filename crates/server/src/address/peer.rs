//! The other end of a connection.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::settings::TrustedProxy;

/// Who has connected, or for whom a proxy has, by the PROXY protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A client at an address.
    Address(SocketAddr),
    /// A process of this computer, over the Unix socket.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only Unix listens on these sockets"))]
    UnixSocket,
    /// A client of which its proxy says no address.
    Unnamed,
}

impl Peer {
    /// The address, if there is one.
    pub(crate) fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address.ip().to_canonical()),
            Self::UnixSocket | Self::Unnamed => None,
        }
    }

    /// Whether it is one of these proxies.
    pub(crate) fn is_one_of(self, proxies: &[TrustedProxy]) -> bool {
        match self {
            Self::Address(address) => {
                let address = address.ip().to_canonical();
                proxies.iter().any(|proxy| proxy.is_at(&address))
            }
            Self::UnixSocket => proxies.contains(&TrustedProxy::UnixSocket),
            Self::Unnamed => false,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::UnixSocket => f.write_str("unix:"),
            Self::Unnamed => f.write_str("unknown"),
        }
    }
}
