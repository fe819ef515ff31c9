//! The server's address, and the URLs of paths below it. Refuses an address that would send a
//! password in the clear, and a path that leads anywhere else.

use std::fmt;

use reqwest::Url;

use super::reserved_paths;

/// An address that a password may be sent to: https, or http to this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Url);

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerUrlError {
    /// It is not a URL.
    #[error("it is not a URL")]
    NotAUrl,
    /// It is http to another computer, or has another scheme.
    #[error("it must begin with https:// (http:// only for this computer itself)")]
    NotSecure,
    /// It has a user name, a query or a fragment.
    #[error("it must be a plain address without user, query or fragment")]
    NotPlain,
}

impl ServerUrl {
    /// Reads and checks an address.
    ///
    /// # Errors
    /// See [`ServerUrlError`].
    pub fn parse(text: &str) -> Result<Self, ServerUrlError> {
        let mut url = Url::parse(text).map_err(|_| ServerUrlError::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(ServerUrlError::NotSecure),
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(ServerUrlError::NotPlain);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self(url))
    }

    /// Whether requests go over TLS, so that the certificate proves who responds.
    pub(super) fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether `url` is of this server: the same scheme, host and port (RFC 6454 §4). The names and
    /// addresses of this computer are one host.
    pub fn has_origin_of(&self, url: &Url) -> bool {
        let is_alias = is_loopback(&self.0)
            && is_loopback(url)
            && self.0.scheme() == url.scheme()
            && self.0.port_or_known_default() == url.port_or_known_default();
        let has_user = !url.username().is_empty() || url.password().is_some();
        (self.0.origin() == url.origin() || is_alias) && !has_user
    }

    /// The URL of a path on the server, which may have a query. `None` for a path that leads
    /// anywhere else.
    pub fn join(&self, path: &str) -> Option<Url> {
        let relative = path.strip_prefix('/')?;
        let plain = !relative.starts_with(['/', '\\']) && !path.chars().any(|c| c.is_control() || c == '\\');
        let url = self.0.join(&format!("./{relative}")).ok().filter(|_| plain)?;
        let same_place = url.origin() == self.0.origin() && url.path().starts_with(self.0.path());
        (same_place && url.fragment().is_none()).then_some(url)
    }

    /// Like [`Self::join`], for a path that an app may send to: `None` also for the server's
    /// reserved routes, in any spelling.
    pub fn join_to_send(&self, path: &str) -> Option<Url> {
        let url = self.join(path)?;
        let below = url.path().strip_prefix(self.0.path())?;
        (!reserved_paths::is_reserved(below)).then_some(url)
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Whether the host is this computer by its address. A name other than `localhost` could resolve to
/// any address.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "the tests' own preparations")]
mod tests;
