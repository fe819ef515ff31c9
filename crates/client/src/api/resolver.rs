//! Looks up the server's address. Determines what the system's lookup does not report: whether the
//! name is unknown, or there is no network.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::cause::NetworkCause;

/// The system's lookup.
pub(super) struct SystemResolver;

/// A name that has no address. The cause is typed, so that no code parses the system's message.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub(super) struct LookupError {
    pub(super) cause: NetworkCause,
    source: Option<std::io::Error>,
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let source = match found {
                Ok(addresses) => {
                    let addresses: Vec<_> = addresses.collect();
                    if !addresses.is_empty() {
                        let addresses: Addrs = Box::new(addresses.into_iter());
                        return Ok(addresses);
                    }
                    None
                }
                Err(error) => Some(error),
            };
            let cause = if has_route() { NetworkCause::NameNotFound } else { NetworkCause::NoNetwork };
            Err(LookupError { cause, source }.into())
        })
    }
}

/// Whether this computer has a route to other networks. Reads the system's routing table by
/// connecting a datagram socket, which sends nothing; the addresses are reserved for documentation
/// (RFC 5737, RFC 3849).
fn has_route() -> bool {
    let routes: [(SocketAddr, SocketAddr); 2] = [
        ((Ipv4Addr::UNSPECIFIED, 0).into(), (Ipv4Addr::new(192, 0, 2, 1), 9).into()),
        ((Ipv6Addr::UNSPECIFIED, 0).into(), (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into()),
    ];
    routes
        .into_iter()
        .any(|(own, other)| UdpSocket::bind(own).is_ok_and(|socket| socket.connect(other).is_ok()))
}
