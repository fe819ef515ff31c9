//! The URL of another server. Refuses one over which a secret would be readable on the way, or that
//! leads to no server.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::address::{is_localhost, is_loopback, is_server};

/// `https://…`, or `http://` to this computer. The path may be a secret: it is shown nowhere.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct OutgoingUrl(Url);

/// Why a URL is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOutgoingUrl {
    /// It is not a URL.
    #[error("it is not a URL")]
    NotAUrl,
    /// It is http to another computer, or has another scheme.
    #[error("it must begin with https:// (http:// only for this computer: localhost, 127.0.0.1, [::1])")]
    NotSecure,
    /// It has a user name, a password or a fragment.
    #[error("it must not have a user name, a password or a fragment")]
    NotPlain,
    /// No server has this address.
    #[error("no server has this address: link-local, unspecified and multicast ones are not called")]
    NoServer,
    /// It is on this computer, and a server on another one names it.
    #[error("a server elsewhere names this computer")]
    NamedFromElsewhere,
}

impl OutgoingUrl {
    /// A URL that a server at this URL names, for example in its metadata. One of another computer
    /// must not send this server to itself.
    ///
    /// # Errors
    /// [`InvalidOutgoingUrl`].
    pub fn named(&self, text: &str) -> Result<Self, InvalidOutgoingUrl> {
        let named: Self = text.parse()?;
        if named.is_loopback() && !self.is_loopback() {
            return Err(InvalidOutgoingUrl::NamedFromElsewhere);
        }
        Ok(named)
    }

    /// The whole URL.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Whether it is https.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it leads to this computer, by an address or as `localhost`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => is_localhost(name),
            Some(Host::Ipv4(ip)) => is_loopback(ip.into()),
            Some(Host::Ipv6(ip)) => is_loopback(ip.into()),
            None => false,
        }
    }
}

impl FromStr for OutgoingUrl {
    type Err = InvalidOutgoingUrl;

    fn from_str(text: &str) -> Result<Self, InvalidOutgoingUrl> {
        let url = Self(Url::parse(text).map_err(|_| InvalidOutgoingUrl::NotAUrl)?);
        match url.0.scheme() {
            "https" => {}
            "http" if url.is_loopback() => {}
            _ => return Err(InvalidOutgoingUrl::NotSecure),
        }
        let has_user = !url.0.username().is_empty() || url.0.password().is_some();
        if has_user || url.0.fragment().is_some() {
            return Err(InvalidOutgoingUrl::NotPlain);
        }
        let ip: Option<IpAddr> = match url.0.host() {
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(ip.into()),
            _ => None,
        };
        if ip.is_some_and(|ip| !is_server(ip)) {
            return Err(InvalidOutgoingUrl::NoServer);
        }
        Ok(url)
    }
}

impl TryFrom<String> for OutgoingUrl {
    type Error = InvalidOutgoingUrl;

    fn try_from(text: String) -> Result<Self, InvalidOutgoingUrl> {
        text.parse()
    }
}

impl From<OutgoingUrl> for String {
    fn from(url: OutgoingUrl) -> Self {
        url.0.into()
    }
}

impl fmt::Display for OutgoingUrl {
    /// Scheme, host and port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for OutgoingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
