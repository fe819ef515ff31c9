//! The address of the SMTP server. Never shows the password in it.

use std::fmt;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use url::{Host, Url};

/// How a connection to the SMTP server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all: only on this computer.
    Plain,
    /// By TLS after the command STARTTLS (RFC 3207), which the server must know.
    StartTls,
    /// By TLS from the first byte on (RFC 8314).
    Tls,
}

/// `smtp+starttls://USER:PASSWORD@HOST:PORT`, `smtps://…`, or `smtp://…` for a server on this
/// computer. User and password are percent-encoded. `Debug`, `Display` and `Serialize` leave both
/// out.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct SmtpUrl {
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// A name, or an IP address without brackets.
    pub host: String,
    /// The port: 587, 465 or 25 if the URL has none.
    pub port: u16,
    /// Whom to log in as; `None`: no login.
    pub user: Option<String>,
    /// The password in the URL.
    pub password: Option<SecretString>,
}

/// Why a text is not the address of an SMTP server. Contains nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSmtpUrl {
    /// Not a URL, or one without a host.
    #[error("must be a URL with a host, such as smtp+starttls://USER@mail.example:587")]
    Form,
    /// Of another protocol.
    #[error("must begin with smtp+starttls://, smtps:// or, for a server on this computer, smtp://")]
    Scheme,
    /// A password would go over the network in clear.
    #[error("may be smtp:// only for localhost and loopback addresses: use smtp+starttls:// or smtps://")]
    PlainNetwork,
    /// More than a server.
    #[error("must have no path, no parameters and no fragment; a password is percent-encoded")]
    More,
    /// A password without a user.
    #[error("has a password and no user")]
    NoUser,
}

impl SmtpUrl {
    fn parse(text: &str) -> Result<Self, InvalidSmtpUrl> {
        let url = Url::parse(text).map_err(|_| InvalidSmtpUrl::Form)?;
        let (security, port) = match url.scheme() {
            "smtp+starttls" => (SmtpSecurity::StartTls, 587),
            "smtps" => (SmtpSecurity::Tls, 465),
            "smtp" => (SmtpSecurity::Plain, 25),
            _ => return Err(InvalidSmtpUrl::Scheme),
        };
        // The URL standard keeps the host of an unknown scheme as it is written.
        let host = Host::parse(url.host_str().unwrap_or_default()).map_err(|_| InvalidSmtpUrl::Form)?;
        let (host, is_here) = match host {
            Host::Domain(name) => (name.clone(), name == "localhost"),
            Host::Ipv4(address) => (address.to_string(), address.is_loopback()),
            Host::Ipv6(address) => (address.to_string(), IpAddr::from(address).to_canonical().is_loopback()),
        };
        if security == SmtpSecurity::Plain && !is_here {
            return Err(InvalidSmtpUrl::PlainNetwork);
        }
        if !["", "/"].contains(&url.path()) || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidSmtpUrl::More);
        }
        let decode = |part: &str| percent_decode_str(part).decode_utf8().map(String::from);
        let user = decode(url.username()).map_err(|_| InvalidSmtpUrl::Form)?;
        let user = Some(user).filter(|user| !user.is_empty());
        let password = url.password().map(decode).transpose().map_err(|_| InvalidSmtpUrl::Form)?;
        if password.is_some() && user.is_none() {
            return Err(InvalidSmtpUrl::NoUser);
        }
        let password = password.map(SecretString::from);
        Ok(Self { security, host, port: url.port().unwrap_or(port), user, password })
    }
}

impl TryFrom<String> for SmtpUrl {
    type Error = InvalidSmtpUrl;

    fn try_from(text: String) -> Result<Self, InvalidSmtpUrl> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for SmtpUrl {
    type Err = InvalidSmtpUrl;

    fn from_str(text: &str) -> Result<Self, InvalidSmtpUrl> {
        Self::parse(text)
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.security {
            SmtpSecurity::Plain => "smtp",
            SmtpSecurity::StartTls => "smtp+starttls",
            SmtpSecurity::Tls => "smtps",
        };
        match self.host.parse() {
            Ok(IpAddr::V6(host)) => write!(f, "{scheme}://[{host}]:{}", self.port),
            _ => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for SmtpUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn shows_no_secret() {
        for (url, shown) in [
            ("smtp+starttls://bob:hunter2@mail.example", "smtp+starttls://mail.example:587"),
            ("smtps://bob%40mail.example:hunter2@mail.example:1465/", "smtps://mail.example:1465"),
            ("smtp://[::1]:2525", "smtp://[::1]:2525"),
            ("smtp://127.0.0.1", "smtp://127.0.0.1:25"),
        ] {
            let url: SmtpUrl = url.parse().unwrap();
            assert_eq!((url.to_string(), format!("{url:?}")), (shown.to_owned(), shown.to_owned()));
        }
    }

    #[test]
    fn user_and_password_are_decoded() {
        let url: SmtpUrl = "smtps://bob%40mail.example:p%3A%2Fw@mail.example".parse().unwrap();
        assert_eq!(url.user.as_deref(), Some("bob@mail.example"));
        assert_eq!(url.password.unwrap().expose_secret(), "p:/w");
        let url: SmtpUrl = "smtps://bücher.example".parse().unwrap();
        assert_eq!((url.host.as_str(), url.user), ("xn--bcher-kva.example", None));
    }

    #[test]
    fn what_is_wrong_is_said_without_quoting_it() {
        for (url, error) in [
            ("", InvalidSmtpUrl::Form),
            ("mail.example", InvalidSmtpUrl::Form),
            ("smtps://", InvalidSmtpUrl::Form),
            ("mail.example:587", InvalidSmtpUrl::Scheme),
            ("https://mail.example", InvalidSmtpUrl::Scheme),
            ("smtp://mail.example", InvalidSmtpUrl::PlainNetwork),
            ("smtp://192.0.2.7", InvalidSmtpUrl::PlainNetwork),
            ("smtp://localhost.example", InvalidSmtpUrl::PlainNetwork),
            ("smtps://mail.example/inbox", InvalidSmtpUrl::More),
            ("smtps://mail.example?tls=none", InvalidSmtpUrl::More),
            ("smtps://bob:hunter#2@mail.example", InvalidSmtpUrl::Form),
            ("smtps://:hunter2@mail.example", InvalidSmtpUrl::NoUser),
        ] {
            assert_eq!(url.parse::<SmtpUrl>().unwrap_err(), error, "{url}");
        }
    }
}
