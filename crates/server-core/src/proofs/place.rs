//! The addresses that a proof may be made for. They come from the settings, never from a header of
//! the request.

use std::net::SocketAddr;

use latchkey_token::proof::{Htu, InvalidUrl};
use url::Url;

use super::public_url::PublicUrl;

/// The URLs that name this server to its clients; the first one is the usual one. A server that is
/// called by an address of its own computer has several equivalent names: `localhost`, `127.0.0.1`
/// and `[::1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    usual: PublicUrl,
    others: Vec<PublicUrl>,
}

impl Place {
    /// The addresses of the setting `public_url`.
    #[must_use]
    pub fn public(url: PublicUrl) -> Self {
        Self { others: url.other_names().collect(), usual: url }
    }

    /// The addresses of a server without that setting: the address it listens on.
    ///
    /// # Errors
    /// Never in practice: every address and port makes a URL.
    pub fn listening(tls: bool, address: SocketAddr) -> Result<Self, url::ParseError> {
        let scheme = if tls { "https" } else { "http" };
        Ok(Self::public(Url::parse(&format!("{scheme}://{address}"))?.into()))
    }

    /// The usual name.
    pub fn public_url(&self) -> &str {
        self.usual.as_str()
    }

    /// The URLs by which clients call a path, the usual one first.
    ///
    /// # Errors
    /// [`InvalidUrl`] if the path does not continue a URL.
    pub fn targets(&self, path: &str) -> impl Iterator<Item = Result<Htu, InvalidUrl>> {
        let names = std::iter::once(&self.usual).chain(&self.others);
        names.map(move |name| match path.starts_with('/') {
            true => Htu::parse(&format!("{name}{path}")),
            // `OPTIONS *` would continue the host.
            false => Err(InvalidUrl),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(place: &Place) -> Vec<String> {
        place.targets("/x").map(|target| target.unwrap().as_str().to_owned()).collect()
    }

    fn listening(tls: bool, address: &str) -> Place {
        Place::listening(tls, address.parse().unwrap()).unwrap()
    }

    fn public(url: &str) -> Place {
        Place::public(url.parse().unwrap())
    }

    #[test]
    fn a_server_on_this_computer_has_three_names() {
        assert_eq!(
            targets(&listening(false, "127.0.0.1:5468")),
            ["http://127.0.0.1:5468/x", "http://localhost:5468/x", "http://[::1]:5468/x"]
        );
        assert_eq!(
            targets(&listening(true, "[::1]:443")),
            ["https://[::1]/x", "https://127.0.0.1/x", "https://localhost/x"]
        );
        assert_eq!(
            targets(&public("http://localhost:8080/latchkey/")),
            [
                "http://localhost:8080/latchkey/x",
                "http://127.0.0.1:8080/latchkey/x",
                "http://[::1]:8080/latchkey/x"
            ]
        );
        let place = listening(false, "127.0.0.2:80");
        assert_eq!(targets(&place).len(), 4);
        assert_eq!(place.public_url(), "http://127.0.0.2");
    }

    #[test]
    fn any_other_server_has_one_name() {
        for address in ["0.0.0.0:5468", "[::]:5468", "192.0.2.7:8080", "[2001:db8::1]:8080"] {
            assert_eq!(targets(&listening(false, address)), [format!("http://{address}/x")]);
        }
        assert_eq!(targets(&public("https://auth.example/base/")), ["https://auth.example/base/x"]);
        assert_eq!(targets(&public("https://localhost.example")), ["https://localhost.example/x"]);
    }

    #[test]
    fn what_is_no_path_has_no_target() {
        for path in ["", "*", ".evil.example/", ":80/"] {
            assert!(public("https://auth.example").targets(path).all(|target| target.is_err()), "{path}");
        }
    }
}
