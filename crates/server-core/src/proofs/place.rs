//! The addresses that a proof may be made for. They come from the settings, never from a header of
//! the request.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// The URLs, without a slash at the end, that name this server to its clients; the first one is the
/// usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Vec<String>);

impl Place {
    /// The addresses of the setting `public_url`.
    #[must_use]
    pub fn public(url: &str) -> Self {
        Self(vec![url.trim_end_matches('/').to_owned()])
    }

    /// The addresses of a server without that setting: the address it listens on. A server that
    /// listens only on this computer has several equivalent names: `localhost`, `127.0.0.1` and
    /// `[::1]`.
    #[must_use]
    pub fn listening(tls: bool, address: SocketAddr) -> Self {
        let scheme = if tls { "https" } else { "http" };
        let port = address.port();
        let mut names = vec![format!("{scheme}://{address}")];
        if address.ip().to_canonical().is_loopback() {
            let others = [
                format!("{scheme}://{}", SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
                format!("{scheme}://localhost:{port}"),
                format!("{scheme}://{}", SocketAddr::from((Ipv6Addr::LOCALHOST, port))),
            ];
            names.extend(others.into_iter().filter(|name| *name != format!("{scheme}://{address}")));
        }
        Self(names)
    }

    /// The usual name.
    pub fn public_url(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// All names, the usual one first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(place: &Place) -> Vec<&str> {
        place.names().collect()
    }

    #[test]
    fn a_server_on_this_computer_has_three_names() {
        let place = Place::listening(false, "127.0.0.1:5468".parse().unwrap());
        assert_eq!(names(&place), ["http://127.0.0.1:5468", "http://localhost:5468", "http://[::1]:5468"]);
        let place = Place::listening(true, "[::1]:443".parse().unwrap());
        assert_eq!(names(&place), ["https://[::1]:443", "https://127.0.0.1:443", "https://localhost:443"]);
        let place = Place::listening(false, "127.0.0.2:80".parse().unwrap());
        assert_eq!(place.names().count(), 4);
        assert_eq!(place.public_url(), "http://127.0.0.2:80");
    }

    #[test]
    fn any_other_server_has_one_name() {
        for address in ["0.0.0.0:5468", "[::]:5468", "192.0.2.7:80", "[2001:db8::1]:80"] {
            let place = Place::listening(false, address.parse().unwrap());
            assert_eq!(names(&place), [format!("http://{address}")]);
        }
        assert_eq!(names(&Place::public("https://auth.example/base/")), ["https://auth.example/base"]);
    }
}
