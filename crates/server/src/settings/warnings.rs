//! Settings that are allowed but may be a mistake. A server starts with them.

use std::net::SocketAddr;

use super::{Settings, TrustedProxy};

/// The shortest password where it is all that is asked, in characters (NIST SP 800-63B-4,
/// §3.1.1.2).
const LEAST_LENGTH: usize = 15;

/// A setting that may be a mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsWarning {
    /// Passwords may be shorter than recommended.
    #[error("passwords.min_length is under {LEAST_LENGTH}, which NIST SP 800-63B-4 asks for")]
    ShortPasswords,
    /// The server listens on every address of the machine, and does not know by which address
    /// clients call it.
    #[error(
        "listen is {0}, which is no address that a client can call, and public_url is not set: proofs made for any real address \
         will be refused. Set public_url to the address that clients call, for example https://auth.example"
    )]
    NoPublicUrl(SocketAddr),
    /// A variable of OpenTelemetry names a collector.
    #[error(
        "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set and not used: traces are sent only to \
         traces.endpoint"
    )]
    OtherCollector,
    /// Requests over the Unix socket have no address.
    #[error(
        "listen is a Unix socket, and trusted_proxies does not have \"unix:\": no request has an address, so limits by address \
         do not apply, and neither the log nor the people concerned are told one. Name it, and let the proxy send \
         X-Forwarded-For"
    )]
    NoAddresses,
    /// A provider gives no refresh token unless it is asked for one.
    #[error(
        "providers.recheck of {0} has no effect: a provider is asked again with a refresh token, and scopes does not ask for \
         one (offline_access), nor does parameters"
    )]
    NoRecheck(String),
}

/// What does not work with these settings, and need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsNote {
    /// There is no SMTP server.
    #[error(
        "mail is not configured: who has forgotten the password asks you for a code, you hand codes over yourself (no --send), \
         and people are told of new sign-ins only in the app"
    )]
    NoMail,
    /// There is no `contact`.
    #[error("contact is not set: who cannot sign in is not told whom to ask")]
    NoContact,
}

impl Settings {
    /// What does not work with these settings. None of it is a mistake.
    pub fn notes(&self) -> Vec<SettingsNote> {
        let no_mail = self.mail.smtp_url.is_none().then_some(SettingsNote::NoMail);
        let no_contact = self.contact.is_none().then_some(SettingsNote::NoContact);
        no_mail.into_iter().chain(no_contact).collect()
    }

    /// Settings that may be a mistake. None of them is an error.
    pub fn warnings(&self) -> Vec<SettingsWarning> {
        let mut warnings = Vec::new();
        if self.passwords.min_length < LEAST_LENGTH {
            warnings.push(SettingsWarning::ShortPasswords);
        }
        let everywhere = self.listen.address().filter(|address| address.ip().to_canonical().is_unspecified());
        if let (Some(address), None) = (everywhere, &self.public_url) {
            warnings.push(SettingsWarning::NoPublicUrl(address));
        }
        let is_unix = self.listen.path().is_some();
        if is_unix && !self.trusted_proxies.contains(&TrustedProxy::UnixSocket) {
            warnings.push(SettingsWarning::NoAddresses);
        }
        if self.traces.has_other_endpoint() {
            warnings.push(SettingsWarning::OtherCollector);
        }
        let unasked = self.providers.iter().filter(|provider| provider.cannot_recheck());
        warnings.extend(unasked.map(|provider| SettingsWarning::NoRecheck(provider.id.clone())));
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listen_address_without_a_public_url_gives_a_warning() {
        let with = |listen: &str, public_url: Option<&str>| {
            let listen = listen.parse().unwrap();
            let public_url = public_url.map(|url| url.parse().unwrap());
            Settings { listen, public_url, ..Settings::default() }.warnings()
        };
        for listen in ["0.0.0.0:5468", "[::]:80", "[::ffff:0.0.0.0]:80"] {
            let address = listen.parse().unwrap();
            assert_eq!(with(listen, None), [SettingsWarning::NoPublicUrl(address)], "{listen}");
            assert_eq!(with(listen, Some("https://auth.example")), [], "{listen}");
        }
        for listen in ["127.0.0.1:5468", "192.0.2.7:80", "[::1]:80"] {
            assert_eq!(with(listen, None), [], "{listen}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_unix_socket_without_a_trusted_proxy_gives_a_warning() {
        let listen = "unix:/run/a.sock".parse().unwrap();
        let mut settings = Settings { listen, ..Settings::default() };
        assert_eq!(settings.warnings(), [SettingsWarning::NoAddresses]);
        settings.trusted_proxies.push(TrustedProxy::UnixSocket);
        assert_eq!(settings.warnings(), []);
    }

    #[test]
    fn short_passwords_give_a_warning() {
        let mut settings = Settings::default();
        settings.passwords.min_length = 14;
        assert_eq!(settings.warnings(), [SettingsWarning::ShortPasswords]);
    }
}
