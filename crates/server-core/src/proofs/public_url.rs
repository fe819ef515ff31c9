//! The URL that clients call this server by, parsed. Refuses a text that a client would write in
//! another way.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// An `http` or `https` URL without user, query and fragment, normalised, without a slash at its
/// end.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl {
    url: Url,
    text: String,
    written: String,
}

/// Why a text cannot be the URL that clients call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPublicUrl {
    /// Not an absolute URL of one of the two schemes.
    #[error("must be an http or https URL, such as https://auth.example")]
    NotHttp,
    /// A user name or a password.
    #[error("must be an http or https URL without a user")]
    User,
    /// A part that begins with `?`.
    #[error("must not have a query: clients add paths to it")]
    Query,
    /// A part that begins with `#`.
    #[error("must not have a fragment: clients add paths to it")]
    Fragment,
    /// A blank, at an end or inside.
    #[error("must not have a blank in it")]
    Blank,
}

impl PublicUrl {
    /// The normalised text, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text that was read, as clients write it too.
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// Scheme, host and port, as a browser writes them (RFC 6454 §6.2).
    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether it is an `https` origin, or one of `localhost`, and nothing more.
    pub fn is_origin(&self) -> bool {
        let is_secure = self.is_https() || self.host() == Some(Host::Domain("localhost"));
        is_secure && self.text == self.origin()
    }

    /// The host.
    pub(crate) fn host(&self) -> Option<Host<&str>> {
        self.url.host()
    }

    /// Whether the scheme is `https`.
    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The other names of the same server, if the URL is one of this computer: `localhost`,
    /// `127.0.0.1` and `[::1]`.
    pub(super) fn other_names(&self) -> impl Iterator<Item = Self> {
        let is_loopback = match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).to_canonical().is_loopback(),
            None => false,
        };
        let names = ["127.0.0.1", "localhost", "[::1]"].into_iter().filter(move |_| is_loopback);
        let named = names.filter_map(|name| {
            let mut url = self.url.clone();
            url.set_host(Some(name)).ok()?;
            Some(Self::from(url))
        });
        named.filter(move |other| other.url != self.url)
    }
}

impl From<Url> for PublicUrl {
    fn from(url: Url) -> Self {
        let written = url.as_str().to_owned();
        let text = written.trim_end_matches('/').to_owned();
        Self { url, text, written }
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        // The URL standard drops blanks and reads `\` as `/`; a client would sign other words.
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(InvalidPublicUrl::Blank);
        }
        let lower = text.to_ascii_lowercase();
        let is_http = ["http://", "https://"].iter().any(|scheme| lower.starts_with(scheme));
        if !is_http || text.contains('\\') {
            return Err(InvalidPublicUrl::NotHttp);
        }
        let url = Url::parse(text).map_err(|_| InvalidPublicUrl::NotHttp)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidPublicUrl::User);
        }
        if url.query().is_some() {
            return Err(InvalidPublicUrl::Query);
        }
        match url.fragment() {
            Some(_) => Err(InvalidPublicUrl::Fragment),
            None => Ok(Self { written: text.to_owned(), ..Self::from(url) }),
        }
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = InvalidPublicUrl;

    fn try_from(text: String) -> Result<Self, InvalidPublicUrl> {
        text.parse()
    }
}

impl From<PublicUrl> for String {
    fn from(url: PublicUrl) -> Self {
        url.written
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_clients_can_call_has_one_form() {
        for (text, normalised) in [
            ("https://auth.example", "https://auth.example"),
            ("HTTPS://Auth.Example:443/", "https://auth.example"),
            ("https://auth.example/latchkey//", "https://auth.example/latchkey"),
            ("http://[::1]:5468", "http://[::1]:5468"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().as_str(), normalised);
        }
    }

    #[test]
    fn a_text_that_clients_would_write_in_another_way_is_refused() {
        use InvalidPublicUrl::{Blank, Fragment, NotHttp, Query, User};
        for (text, expected) in [
            ("", NotHttp),
            ("auth.example", NotHttp),
            ("/latchkey", NotHttp),
            ("ftp://auth.example", NotHttp),
            ("https:auth.example", NotHttp),
            ("https:\\\\auth.example", NotHttp),
            ("https://auth.example\\latchkey", NotHttp),
            ("https://", NotHttp),
            ("https://auth.example:70000", NotHttp),
            ("https://sam@auth.example", User),
            ("https://:hunter2@auth.example", User),
            ("https://auth.example/?", Query),
            ("https://auth.example/?tenant=1", Query),
            ("https://auth.example/#", Fragment),
            ("https://auth.example/#a", Fragment),
            ("https://auth.example ", Blank),
            (" https://auth.example", Blank),
            ("https://auth.example/a b", Blank),
            ("https://auth.example\n", Blank),
            ("https://auth.\texample", Blank),
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(expected), "{text:?}");
        }
    }
}
