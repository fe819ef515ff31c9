//! The address that a request comes from: the peer of the connection, or the address that a trusted
//! proxy reports. A header is trusted only back to the first address in it that is not a trusted
//! proxy.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::settings::Network;

/// The address that a request comes from; `None` if it did not come over one of our connections.
pub(crate) fn caller(proxies: &[Network], request: &Parts) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(behind(proxies, peer.ip().to_canonical(), &request.headers))
}

/// Walks back from the connection: each proxy has added the address that it was called from at the
/// end of `X-Forwarded-For`. Everything before the first address that is not a proxy may be
/// invented.
fn behind(proxies: &[Network], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let mut hops = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    let mut address = peer;
    while is_proxy(&address) {
        match hops.next().and_then(read) {
            Some(before) => address = before,
            None => break,
        }
    }
    address
}

/// An address, with or without a port.
fn read(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, forwarded: &[&'static str]) -> String {
        let proxies = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", axum::http::HeaderValue::from_static(line));
        }
        behind(&proxies, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_configured_proxy_is_trusted() {
        assert_eq!(from("203.0.113.1", &["198.51.100.7"]), "203.0.113.1");
        assert_eq!(from("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(from("fd00::1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn addresses_before_an_untrusted_one_are_ignored() {
        assert_eq!(from("10.0.0.1", &["1.2.3.4, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", &["1.2.3.4", "198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", &["198.51.100.7:4711,10.9.9.9"]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(from("10.0.0.1", &["::ffff:198.51.100.7"]), "198.51.100.7");
        // Text that is not an address ends the walk at the last proxy.
        for nonsense in ["unknown", "", "1.2.3.4, _hidden", "1.2.3.4;", "999.1.1.1"] {
            assert_eq!(from("10.0.0.1", &[nonsense]), "10.0.0.1", "{nonsense:?}");
        }
    }
}
