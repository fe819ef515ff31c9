//! The address that a request comes from: the peer of the connection, or the address that a trusted
//! proxy reports. A header is trusted only back to the first address in it that is not a trusted
//! proxy. Warns, once, of everything that makes several clients one address.

mod hop;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::settings::Network;
use hop::Hop;

/// The two headers by which proxies report addresses.
const X_FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// The proxies in front of this server.
#[derive(Debug)]
pub(crate) struct Proxies {
    trusted: Vec<Network>,
    /// The doubts that were logged, one bit each.
    logged: AtomicU8,
}

/// Why an address may be another one than the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// A header came from an address that is no trusted proxy.
    NotTrusted,
    /// A trusted proxy sent neither header.
    NoHeader,
    /// A header has a text that is no address, where an address decides.
    Unreadable,
    /// Both headers are there and name different addresses: one of them may be the client's own.
    Contradiction,
}

impl Proxies {
    pub(crate) fn new(trusted: Vec<Network>) -> Self {
        Self { trusted, logged: AtomicU8::new(0) }
    }

    /// The address that a request comes from; `None` if it did not come over one of our
    /// connections.
    pub(crate) fn caller(&self, request: &Parts) -> Option<IpAddr> {
        let peer = peer(request)?;
        let (address, doubt) = self.behind(peer, &request.headers);
        if let Some(doubt) = doubt {
            self.log(doubt, peer);
        }
        Some(address)
    }

    /// Whether a trusted proxy passed the request on.
    pub(crate) fn have_sent(&self, request: &Parts) -> bool {
        peer(request).is_some_and(|peer| self.contain(peer))
    }

    fn contain(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> (IpAddr, Option<Doubt>) {
        if !self.contain(peer) {
            let sent = headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED);
            return (peer, sent.then_some(Doubt::NotTrusted));
        }
        let mut old = lines(headers, X_FORWARDED_FOR).flat_map(hop::of_x_forwarded_for).peekable();
        let mut new = lines(headers, FORWARDED).flat_map(hop::of_forwarded).peekable();
        // A proxy that writes one of the headers passes on the other as the client sent it, so
        // neither wins over the other.
        match (old.peek().is_some(), new.peek().is_some()) {
            (false, false) => (peer, Some(Doubt::NoHeader)),
            (true, false) => self.walk(peer, old),
            (false, true) => self.walk(peer, new),
            (true, true) => {
                let (old, new) = (self.walk(peer, old), self.walk(peer, new));
                if old == new { old } else { (peer, Some(Doubt::Contradiction)) }
            }
        }
    }

    /// Walks back from the connection: each proxy has added the address that it was called from.
    /// Everything before the first address that is not a proxy may be invented.
    fn walk(&self, peer: IpAddr, hops: impl Iterator<Item = Hop>) -> (IpAddr, Option<Doubt>) {
        let mut last = peer;
        for hop in hops {
            match hop {
                Hop::Address(address) if self.contain(address) => last = address,
                Hop::Address(address) => return (address, None),
                Hop::Local => {}
                Hop::Unreadable => return (last, Some(Doubt::Unreadable)),
            }
        }
        (last, None)
    }

    /// Logs each doubt once: a header costs its sender nothing.
    fn log(&self, doubt: Doubt, peer: IpAddr) {
        let bit = 1 << doubt as u8;
        if self.logged.fetch_or(bit, Ordering::Relaxed) & bit != 0 {
            return;
        }
        match doubt {
            Doubt::NotTrusted => tracing::warn!(
                %peer,
                "X-Forwarded-For or Forwarded came from an address that is not in trusted_proxies: if it is a proxy, \
                 all its clients count as one address; name it there"
            ),
            Doubt::NoHeader => tracing::warn!(
                %peer,
                "a trusted proxy sent a request without X-Forwarded-For and Forwarded: all its clients count as one \
                 address; let it send one of them"
            ),
            Doubt::Unreadable => tracing::warn!(
                %peer,
                "a trusted proxy sent X-Forwarded-For or Forwarded with a text that is no address: such clients count \
                 as one address, the last proxy's; let it send addresses"
            ),
            Doubt::Contradiction => tracing::warn!(
                %peer,
                "X-Forwarded-For and Forwarded name different addresses: such clients count as one address, the \
                 proxy's; let the proxy set one of the headers and remove the other"
            ),
        }
    }
}

/// The address of the other end of the connection.
fn peer(request: &Parts) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(peer.ip().to_canonical())
}

/// The lines of a header, the last one first. A line that is not ASCII is no address.
fn lines<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().rev().map(|line| line.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> Proxies {
        Proxies::new(["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap()).to_vec())
    }

    fn from(peer: &str, lines: &[(&'static str, &str)]) -> (String, Option<Doubt>) {
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(*name, HeaderValue::from_str(line).unwrap());
        }
        let (address, doubt) = proxies().behind(peer.parse().unwrap(), &headers);
        (address.to_string(), doubt)
    }

    fn behind(peer: &str, lines: &[&str]) -> (String, Option<Doubt>) {
        from(peer, &lines.iter().map(|line| (X_FORWARDED_FOR, *line)).collect::<Vec<_>>())
    }

    fn sure(address: &str) -> (String, Option<Doubt>) {
        (address.to_owned(), None)
    }

    #[test]
    fn only_a_configured_proxy_is_trusted() {
        let not_trusted = ("203.0.113.1".to_owned(), Some(Doubt::NotTrusted));
        assert_eq!(behind("203.0.113.1", &["198.51.100.7"]), not_trusted);
        assert_eq!(from("203.0.113.1", &[(FORWARDED, "for=198.51.100.7")]), not_trusted);
        assert_eq!(behind("203.0.113.1", &[]), sure("203.0.113.1"));
        assert_eq!(behind("10.0.0.1", &["198.51.100.7"]), sure("198.51.100.7"));
        assert_eq!(from("10.0.0.1", &[(FORWARDED, "for=198.51.100.7")]), sure("198.51.100.7"));
        assert_eq!(behind("fd00::1", &["2001:db8::1"]), sure("2001:db8::1"));
        assert_eq!(behind("10.0.0.1", &[]), ("10.0.0.1".to_owned(), Some(Doubt::NoHeader)));
        assert_eq!(behind("10.0.0.1", &["", " ,"]), ("10.0.0.1".to_owned(), Some(Doubt::NoHeader)));
    }

    #[test]
    fn addresses_before_an_untrusted_one_are_ignored() {
        for lines in [
            &["1.2.3.4, 198.51.100.7"][..],
            &["1.2.3.4", "198.51.100.7, 10.0.0.2"],
            &["198.51.100.7:4711,10.9.9.9"],
            &["unknown, 198.51.100.7"],
            &["198.51.100.7,"],
            &["198.51.100.7, , "],
            &["198.51.100.7, unix:"],
            &["198.51.100.7, unix:, 10.0.0.2"],
            &["::ffff:198.51.100.7"],
        ] {
            assert_eq!(behind("10.0.0.1", lines), sure("198.51.100.7"), "{lines:?}");
        }
        assert_eq!(behind("10.0.0.1", &["[2001:db8::1]"]), sure("2001:db8::1"));
        assert_eq!(behind("10.0.0.1", &["10.0.0.9, 10.0.0.2"]), sure("10.0.0.9"));
    }

    #[test]
    fn a_text_that_is_no_address_ends_the_walk_at_the_last_proxy() {
        for (line, last) in [
            ("unknown", "10.0.0.1"),
            ("1.2.3.4, _hidden", "10.0.0.1"),
            ("1.2.3.4;", "10.0.0.1"),
            ("1.2.3.4, unknown, 10.0.0.2", "10.0.0.2"),
        ] {
            assert_eq!(behind("10.0.0.1", &[line]), (last.to_owned(), Some(Doubt::Unreadable)), "{line}");
        }
    }

    #[test]
    fn headers_that_contradict_each_other_are_not_chosen_from() {
        let both = |old, new| from("10.0.0.1", &[(X_FORWARDED_FOR, old), (FORWARDED, new)]);
        assert_eq!(both("198.51.100.7", r#"for="198.51.100.7:80""#), sure("198.51.100.7"));
        let contradiction = ("10.0.0.1".to_owned(), Some(Doubt::Contradiction));
        assert_eq!(both("198.51.100.7", "for=1.2.3.4"), contradiction);
        assert_eq!(both("198.51.100.7", "for=unknown"), contradiction);
    }

    #[test]
    fn each_doubt_is_logged_once() {
        let proxies = proxies();
        let peer = "10.0.0.1".parse().unwrap();
        for doubt in [Doubt::NotTrusted, Doubt::Unreadable, Doubt::NotTrusted] {
            proxies.log(doubt, peer);
        }
        let logged = (1 << Doubt::NotTrusted as u8) | (1 << Doubt::Unreadable as u8);
        assert_eq!(proxies.logged.load(Ordering::Relaxed), logged);
    }

    proptest! {
        #[test]
        fn what_a_client_sends_before_its_own_address_changes_nothing(
            invented in "[ -~]{0,60}",
            name in prop_oneof![Just(X_FORWARDED_FOR), Just(FORWARDED)],
        ) {
            // The proxy adds an element to the client's line, or a line of its own.
            let own = if name == FORWARDED { "for=198.51.100.7" } else { "198.51.100.7" };
            prop_assert_eq!(from("10.0.0.1", &[(name, &invented), (name, own)]), sure("198.51.100.7"));
            let line = format!("{invented}, {own}");
            prop_assert_eq!(from("10.0.0.1", &[(name, &line)]), sure("198.51.100.7"));
        }

        #[test]
        fn any_bytes_give_an_address_that_they_name_or_the_peer(line in proptest::collection::vec(32_u8..=255, 0..60)) {
            prop_assume!(!line.contains(&127));
            let mut headers = HeaderMap::new();
            headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(&line).unwrap());
            let peer = "10.0.0.1".parse().unwrap();
            let (address, _) = proxies().behind(peer, &headers);
            let named = || hop::of_x_forwarded_for(std::str::from_utf8(&line).unwrap_or("?")).any(|hop| hop == Hop::Address(address));
            prop_assert!(address == peer || named());
        }
    }
}
