//! Who is believed when it says where a request comes from.

use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::network::{InvalidNetwork, Network};

/// The name of the Unix socket among addresses, as nginx writes it.
const UNIX_SOCKET: &str = "unix:";

/// `10.0.0.0/8`, `10.0.0.7`, or `unix:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum TrustedProxy {
    /// The addresses of a network.
    Network(Network),
    /// Everybody who may connect to the Unix socket that the server listens on. The permissions of
    /// the socket decide who that is.
    UnixSocket,
}

/// A text that names no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address (10.0.0.7), not a network (10.0.0.0/8) and not unix:")]
pub struct InvalidTrustedProxy;

impl TrustedProxy {
    /// Whether it is at this address.
    pub fn is_at(&self, address: &IpAddr) -> bool {
        matches!(self, Self::Network(network) if network.contains(address))
    }
}

impl FromStr for TrustedProxy {
    type Err = InvalidTrustedProxy;

    fn from_str(text: &str) -> Result<Self, InvalidTrustedProxy> {
        match text {
            UNIX_SOCKET => Ok(Self::UnixSocket),
            _ => text.parse().map(Self::Network).map_err(|InvalidNetwork| InvalidTrustedProxy),
        }
    }
}

impl TryFrom<String> for TrustedProxy {
    type Error = InvalidTrustedProxy;

    fn try_from(text: String) -> Result<Self, InvalidTrustedProxy> {
        text.parse()
    }
}

impl From<TrustedProxy> for String {
    fn from(proxy: TrustedProxy) -> Self {
        match proxy {
            TrustedProxy::Network(network) => network.into(),
            TrustedProxy::UnixSocket => UNIX_SOCKET.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_at_an_address_or_at_the_unix_socket() {
        let at = |proxy: &str, address: &str| {
            proxy.parse::<TrustedProxy>().map(|proxy| proxy.is_at(&address.parse().unwrap()))
        };
        assert_eq!(at("10.0.0.0/8", "10.9.8.7"), Ok(true));
        assert_eq!(at("unix:", "10.9.8.7"), Ok(false));
        for nonsense in ["", "unix", "unix:/run/a.sock", "10.0.0.0/33"] {
            assert_eq!(nonsense.parse::<TrustedProxy>(), Err(InvalidTrustedProxy), "{nonsense}");
        }
        assert_eq!(String::from(TrustedProxy::UnixSocket), "unix:");
    }
}
