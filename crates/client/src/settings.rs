//! What the app hands to the client: its server, the issuer and audience of its tokens, the public
//! keys it trusts, and who it is. Refuses a server address that would send a password in the clear.

use std::fmt;

use latchkey_token::KeySet;
use reqwest::Url;

use crate::key_file_policy::KeyFilePolicy;
use crate::own_routes;

/// Everything that is fixed for the life of the process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's address.
    pub server_url: ServerUrl,
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The `aud` of its access tokens.
    pub audience: String,
    /// The keys that sign them.
    pub keys: KeySet,
    /// Whether the device's secret may be kept in a file; `None` asks where there was a keychain.
    pub key_file: Option<KeyFilePolicy>,
    /// The version of the app, for the window and for support.
    pub app_version: String,
}

/// An address that a password may be sent to: https, or http to this very machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Url);

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerUrlError {
    /// Not a URL.
    #[error("it is not a URL")]
    NotAUrl,
    /// http to another machine, or another scheme.
    #[error("it must begin with https:// (http:// only for this computer itself)")]
    NotSecure,
    /// A user name, a query or a fragment, which have no business there.
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

    /// Whether requests go over TLS, so that the certificate shows whose the answers are.
    pub(crate) fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The address of a path on the server, which may bring a query. `None` for anything that would lead elsewhere.
    pub fn join(&self, path: &str) -> Option<Url> {
        let relative = path.strip_prefix('/')?;
        let plain = !relative.starts_with(['/', '\\']) && !path.chars().any(|c| c.is_control() || c == '\\');
        let url = self.0.join(&format!("./{relative}")).ok().filter(|_| plain)?;
        let same_place = url.origin() == self.0.origin() && url.path().starts_with(self.0.path());
        (same_place && url.fragment().is_none()).then_some(url)
    }

    /// The same for a path that something may be sent to: `None` also for the server's own routes, in any spelling.
    pub fn join_to_send(&self, path: &str) -> Option<Url> {
        let url = self.join(path)?;
        let below = url.path().strip_prefix(self.0.path())?;
        (!own_routes::may_lead_to_one(below)).then_some(url)
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Whether the host is this machine by its address. A name other than `localhost` could resolve to anywhere.
pub(crate) fn is_loopback(url: &Url) -> bool {
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
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_computer() {
        for good in [
            "https://auth.example",
            "https://auth.example:8443/base",
            "http://127.0.0.1:5468",
            "http://127.8.9.1",
            "http://[::1]:80/",
            "http://localhost:1",
            "HTTPS://AUTH.EXAMPLE",
        ] {
            assert!(ServerUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://auth.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "ws://127.0.0.1",
            "javascript:alert(1)",
        ] {
            assert_eq!(ServerUrl::parse(bad), Err(ServerUrlError::NotSecure), "{bad}");
        }
        for bad in ["", "auth.example", "/x", "https://"] {
            assert_eq!(ServerUrl::parse(bad), Err(ServerUrlError::NotAUrl), "{bad}");
        }
        for bad in [
            "https://u@auth.example",
            "https://u:p@auth.example",
            "https://auth.example?x",
            "https://auth.example#x",
        ] {
            assert_eq!(ServerUrl::parse(bad), Err(ServerUrlError::NotPlain), "{bad}");
        }
    }

    #[test]
    fn a_path_never_leads_elsewhere() {
        let server = ServerUrl::parse("https://auth.example/base").unwrap();
        assert_eq!(server.join("/").unwrap().as_str(), "https://auth.example/base/");
        assert_eq!(server.join("/api/me?x=1").unwrap().as_str(), "https://auth.example/base/api/me?x=1");
        for path in [
            "",
            "api",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/../up",
            "/a/../../up",
            "/a#b",
            "/a\nb",
            "\\\\evil.example",
        ] {
            assert_eq!(server.join(path), None, "{path}");
        }
        assert_eq!(server.join("/https://evil.example").unwrap().host_str(), Some("auth.example"));
    }
}
