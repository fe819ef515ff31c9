//! The address that a request comes from: the peer of the connection, or the address that a trusted
//! proxy reports. A header is trusted only back to the first address in it that is not a trusted
//! proxy. Warns, once, of everything that makes several clients one address, or none.

mod hop;
mod peer;

use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::settings::TrustedProxy;
use hop::Hop;

pub(crate) use peer::Peer;

/// The two headers by which proxies report addresses.
const X_FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// The proxies in front of this server.
#[derive(Debug)]
pub(crate) struct Proxies {
    trusted: Vec<TrustedProxy>,
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

/// A request that came over none of our connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request came over no connection")]
pub(crate) struct NoConnection;

impl Proxies {
    pub(crate) fn new(trusted: Vec<TrustedProxy>) -> Self {
        Self { trusted, logged: AtomicU8::new(0) }
    }

    /// The address that a request comes from; `None` if nobody says one.
    ///
    /// # Errors
    /// [`NoConnection`].
    pub(crate) fn caller(&self, request: &Parts) -> Result<Option<IpAddr>, NoConnection> {
        let peer = peer(request).ok_or(NoConnection)?;
        let (address, doubt) = self.behind(peer, &request.headers);
        if let Some(doubt) = doubt {
            self.log(doubt, peer);
        }
        Ok(address)
    }

    /// Whether a trusted proxy passed the request on.
    pub(crate) fn have_sent(&self, request: &Parts) -> bool {
        peer(request).is_some_and(|peer| peer.is_one_of(&self.trusted))
    }

    fn contain(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|proxy| proxy.is_at(&address))
    }

    fn behind(&self, peer: Peer, headers: &HeaderMap) -> (Option<IpAddr>, Option<Doubt>) {
        if !peer.is_one_of(&self.trusted) {
            let sent = headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED);
            return (peer.ip(), sent.then_some(Doubt::NotTrusted));
        }
        let peer = peer.ip();
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
    fn walk(&self, peer: Option<IpAddr>, hops: impl Iterator<Item = Hop>) -> (Option<IpAddr>, Option<Doubt>) {
        let mut last = peer;
        for hop in hops {
            match hop {
                Hop::Address(address) if self.contain(address) => last = Some(address),
                Hop::Address(address) => return (Some(address), None),
                Hop::Local => {}
                Hop::Unreadable => return (last, Some(Doubt::Unreadable)),
            }
        }
        (last, None)
    }

    /// Logs each doubt once: a header costs its sender nothing.
    fn log(&self, doubt: Doubt, peer: Peer) {
        let bit = 1 << doubt as u8;
        if self.logged.fetch_or(bit, Ordering::Relaxed) & bit != 0 {
            return;
        }
        if peer.ip().is_none() {
            return log_unnamed(doubt, peer);
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

/// A doubt about a request of a peer that has no address itself.
fn log_unnamed(doubt: Doubt, peer: Peer) {
    let reason = match (doubt, peer) {
        (Doubt::NotTrusted, Peer::UnixSocket) => {
            "X-Forwarded-For or Forwarded came over the Unix socket, which is not in trusted_proxies: name \"unix:\" there"
        }
        (Doubt::NotTrusted, _) => {
            "X-Forwarded-For or Forwarded came from a client of which its proxy says no address by the PROXY protocol"
        }
        (Doubt::NoHeader, _) => {
            "a request came over the Unix socket without X-Forwarded-For and Forwarded: let the proxy send one of them"
        }
        (Doubt::Unreadable, _) => {
            "X-Forwarded-For or Forwarded came over the Unix socket with a text that is no address: let the proxy send \
             addresses"
        }
        (Doubt::Contradiction, _) => {
            "X-Forwarded-For and Forwarded name different addresses: let the proxy set one of the headers and remove \
             the other"
        }
    };
    tracing::warn!(%peer, "{reason}. Such clients have no address, and limits by address do not apply to them");
}

/// The other end of the connection; `None` if there is no connection.
fn peer(request: &Parts) -> Option<Peer> {
    request.extensions.get().copied()
}

/// The lines of a header, the last one first. A line that is not ASCII is no address.
fn lines<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().rev().map(|line| line.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> Proxies {
        Proxies::new(["10.0.0.0/8", "fd00::/8", "unix:"].map(|network| network.parse().unwrap()).to_vec())
    }

    fn from(peer: &str, lines: &[(&'static str, &str)]) -> (String, Option<Doubt>) {
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(*name, HeaderValue::from_str(line).unwrap());
        }
        let (address, doubt) = proxies().behind(at(peer), &headers);
        (address.map(|address| address.to_string()).unwrap_or_default(), doubt)
    }

    /// `unix:`, or an address.
    fn at(peer: &str) -> Peer {
        let address = |peer: &str| Peer::Address(SocketAddr::new(peer.parse().unwrap(), 4711));
        if peer == "unix:" { Peer::UnixSocket } else { address(peer) }
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
    fn a_trusted_proxy_at_the_unix_socket_names_the_client_and_without_it_there_is_no_address() {
        assert_eq!(behind("unix:", &["198.51.100.7"]), sure("198.51.100.7"));
        assert_eq!(behind("unix:", &["1.2.3.4, 198.51.100.7, 10.0.0.2"]), sure("198.51.100.7"));
        assert_eq!(from("unix:", &[(FORWARDED, "for=198.51.100.7")]), sure("198.51.100.7"));
        assert_eq!(behind("unix:", &[]), (String::new(), Some(Doubt::NoHeader)));
        assert_eq!(behind("unix:", &["unknown"]), (String::new(), Some(Doubt::Unreadable)));
        assert_eq!(behind("unix:", &["unix:"]), sure(""));
        // The last proxy is the one that cannot be looked behind.
        let last = ("10.0.0.2".to_owned(), Some(Doubt::Unreadable));
        assert_eq!(behind("unix:", &["unknown, 10.0.0.2"]), last);
        let both = [(X_FORWARDED_FOR, "198.51.100.7"), (FORWARDED, "for=1.2.3.4")];
        assert_eq!(from("unix:", &both), (String::new(), Some(Doubt::Contradiction)));
    }

    #[test]
    fn headers_of_a_peer_without_an_address_that_is_no_trusted_proxy_are_ignored() {
        let mut headers = HeaderMap::new();
        headers.append(X_FORWARDED_FOR, HeaderValue::from_static("198.51.100.7"));
        let none = Proxies::new(vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]);
        assert_eq!(none.behind(Peer::UnixSocket, &headers), (None, Some(Doubt::NotTrusted)));
        assert_eq!(proxies().behind(Peer::Unnamed, &headers), (None, Some(Doubt::NotTrusted)));
        assert_eq!(proxies().behind(Peer::Unnamed, &HeaderMap::new()), (None, None));
    }

    #[test]
    fn each_doubt_is_logged_once() {
        let proxies = proxies();
        let peer = at("10.0.0.1");
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
            let peer = at("10.0.0.1");
            let (address, _) = proxies().behind(peer, &headers);
            let (address, peer) = (address.unwrap(), peer.ip().unwrap());
            let named = || hop::of_x_forwarded_for(std::str::from_utf8(&line).unwrap_or("?")).any(|hop| hop == Hop::Address(address));
            prop_assert!(address == peer || named());
        }
    }
}
