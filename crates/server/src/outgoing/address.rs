//! Which addresses a call may go to. Refuses, for each connection anew, what is no server's address
//! and what a name must not lead to.
//!
//! | address | written in the URL | by a name |
//! |---|---|---|
//! | this computer (127.0.0.0/8, ::1) | yes, http too | only `localhost` |
//! | link-local (169.254.0.0/16, fe80::/10), where clouds serve their secrets | no | no |
//! | unspecified (0.0.0.0/8, ::), multicast, broadcast | no | no |
//! | private (10.0.0.0/8, fd00::/8 …) and public | https | https |
//!
//! Private addresses are allowed: receivers and providers of a company are there, and a server of
//! the inside that speaks no TLS for that name gets nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The system's lookup, with the addresses of each answer checked.
pub(super) struct CheckedResolver;

/// Why a name leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LookupError {
    #[error("{host} has no address")]
    NotFound { host: String },
    #[error("{host} leads to an address that is not called")]
    Refused { host: String },
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = if is_localhost(name.as_str()) {
                localhost()
            } else {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await;
                found.map(Iterator::collect).unwrap_or_default()
            };
            let allowed = allowed(name.as_str(), found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Leaves out the addresses that a name must not lead to.
pub(super) fn allowed(host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, LookupError> {
    if found.is_empty() {
        return Err(LookupError::NotFound { host: host.to_owned() });
    }
    let may_be_loopback = is_localhost(host);
    let is_allowed = |ip: IpAddr| is_server(ip) && (may_be_loopback || !is_loopback(ip));
    let allowed: Vec<_> = found.into_iter().filter(|address| is_allowed(address.ip())).collect();
    if allowed.is_empty() {
        return Err(LookupError::Refused { host: host.to_owned() });
    }
    Ok(allowed)
}

/// Whether a server can have this address.
pub(super) fn is_server(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            !(ip.octets().starts_with(&[0]) || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast())
        }
        IpAddr::V6(ip) => !(ip.is_unspecified() || ip.is_unicast_link_local() || ip.is_multicast()),
    }
}

/// Whether an address is this computer's.
pub(super) fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Whether a name is this computer's, with or without the dot of the root.
pub(super) fn is_localhost(host: &str) -> bool {
    host.strip_suffix('.').unwrap_or(host).eq_ignore_ascii_case("localhost")
}

/// The addresses of `localhost`. They are not looked up, so that plain http goes nowhere else.
fn localhost() -> Vec<SocketAddr> {
    vec![(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()]
}
