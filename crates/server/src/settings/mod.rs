//! Every setting of the server with its default. `config/server.toml` documents them. Does not read
//! the environment itself: the caller passes the layers ([`Settings::load`]).

mod foreign;
mod limits;
mod listen;
mod load;
mod mail;
mod network;
mod provider_issuer;
mod providers;
mod smtp_url;
mod socket_mode;
mod traces;
mod trusted_proxy;
mod variable;
mod warnings;
mod webhooks;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Host;

use latchkey_server_core::MAX_PASSWORD_CHARS;
use latchkey_server_core::accounts::is_line;
use latchkey_server_core::passkeys::NoPasskeys;

pub use latchkey_server_core::DatabaseUrl;
pub use latchkey_server_core::proofs::{InvalidPublicUrl, PublicUrl};
pub use latchkey_server_core::settings::{
    AuditSettings, BrowserSettings, CoreSettings, FactorSettings, FactorsRequired, MailReset, OtherDevice,
    PasskeySettings, PasswordSettings, PoolMode, ProofSettings, SessionSettings, ThrottleSettings,
    TokenSettings,
};
pub use limits::LimitSettings;
pub use listen::{InvalidListen, Listen};
pub use load::SettingsError;
pub use mail::{InvalidMailAddress, MailAddress, MailSettings};
pub use network::{InvalidNetwork, Network};
pub use provider_issuer::ProviderIssuer;
pub use providers::ProviderSettings;
pub use smtp_url::{InvalidSmtpUrl, SmtpSecurity, SmtpUrl};
pub use socket_mode::{InvalidSocketMode, SocketMode};
pub use traces::TracesSettings;
pub use trusted_proxy::{InvalidTrustedProxy, TrustedProxy};
pub use warnings::{SettingsNote, SettingsWarning};
pub use webhooks::WebhookSettings;

/// The largest table that a server keeps in memory: some gigabytes.
const MAX_ENTRIES: usize = 100_000_000;

/// How the server runs. Unknown names are errors.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port to listen on, or a Unix socket; port 0 picks a free one.
    pub listen: Listen,
    /// Who may connect to the Unix socket.
    pub socket_mode: SocketMode,
    /// The URL that clients call, as they write it. `None`: `http://` and the address listened on.
    pub public_url: Option<PublicUrl>,
    /// `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
    pub database_url: DatabaseUrl,
    /// Maximum number of database connections of one server.
    pub database_connections: u32,
    /// Deadline of an operation of the database, in seconds.
    pub database_timeout_seconds: u64,
    /// Deadline of a migration, and of the wait for another server's, in seconds.
    pub database_migration_seconds: u64,
    /// The `pool_mode` of the pooler before PostgreSQL.
    pub database_pool_mode: PoolMode,
    /// The folder of `auth-private.key` and `auth-public.key`.
    pub keys: PathBuf,
    /// Another location of the private key. `None`: `auth-private.key` in `keys`.
    pub private_key_file: Option<PathBuf>,
    /// Another location of the seal key. `None`: `seal.key` in `keys`.
    pub seal_key_file: Option<PathBuf>,
    /// The private key itself, in PEM form. Only from the environment.
    #[serde(skip)]
    pub private_key: Option<SecretString>,
    /// The certificates that TLS is spoken with, PEM. `None`: no TLS.
    pub tls_certificate_file: Option<PathBuf>,
    /// The private key of the first of them, PEM.
    pub tls_key_file: Option<PathBuf>,
    /// Address and port of the metrics. `None`: no metrics.
    pub metrics_listen: Option<SocketAddr>,
    /// The proxies whose `X-Forwarded-For` is trusted: addresses, networks, and the Unix socket.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Whether these proxies begin each connection with a header of the PROXY protocol, version 2.
    pub proxy_protocol: bool,
    /// How long a stopping server waits for requests in progress, in seconds.
    pub drain_seconds: u64,
    /// Whom people ask who cannot sign in: a mail address, a telephone number, a web page.
    pub contact: Option<String>,
    /// Contents and validity of tokens.
    pub tokens: TokenSettings,
    /// How long a sign-in lasts.
    pub sessions: SessionSettings,
    /// Which passwords may be set, and how they are hashed.
    pub passwords: PasswordSettings,
    /// How fast passwords can be guessed.
    pub throttle: ThrottleSettings,
    /// Who must have a second factor.
    pub factors: FactorSettings,
    /// Passkeys.
    pub passkeys: PasskeySettings,
    /// Settings of the audit log.
    pub audit: AuditSettings,
    /// How used proofs of possession are remembered.
    pub proofs: ProofSettings,
    /// Mail.
    pub mail: MailSettings,
    /// The receivers of events. Only from the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<WebhookSettings>,
    /// Sign-ins in the browser.
    pub browser: BrowserSettings,
    /// The providers that people may sign in with. Only in the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<ProviderSettings>,
    /// Limits on requests, connections and memory.
    pub limits: LimitSettings,
    /// Settings of the log.
    pub log: LogSettings,
    /// Traces.
    pub traces: TracesSettings,
}

/// The log, on standard error.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// Directives of the `tracing` crate's `EnvFilter`: `info`, `warn,latchkey_server=debug` …
    pub filter: String,
    /// One JSON object for each line.
    pub json: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5468)).into(),
            socket_mode: SocketMode::default(),
            public_url: None,
            database_url: DatabaseUrl::from("sqlite:data/latchkey.db"),
            database_connections: 8,
            database_timeout_seconds: 5,
            database_migration_seconds: 120,
            database_pool_mode: PoolMode::default(),
            keys: PathBuf::from("config"),
            private_key_file: None,
            seal_key_file: None,
            private_key: None,
            tls_certificate_file: None,
            tls_key_file: None,
            metrics_listen: None,
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            drain_seconds: 10,
            contact: None,
            tokens: TokenSettings::default(),
            sessions: SessionSettings::default(),
            passwords: PasswordSettings::default(),
            throttle: ThrottleSettings::default(),
            factors: FactorSettings::default(),
            passkeys: PasskeySettings::default(),
            audit: AuditSettings::default(),
            proofs: ProofSettings::default(),
            mail: MailSettings::default(),
            webhooks: Vec::new(),
            browser: BrowserSettings::default(),
            providers: Vec::new(),
            limits: LimitSettings::default(),
            log: LogSettings::default(),
            traces: TracesSettings::default(),
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info".into(), json: false }
    }
}

impl From<&Settings> for CoreSettings {
    fn from(settings: &Settings) -> Self {
        Self {
            database_url: settings.database_url.clone(),
            database_connections: settings.database_connections,
            database_timeout_seconds: settings.database_timeout_seconds,
            database_migration_seconds: settings.database_migration_seconds,
            database_pool_mode: settings.database_pool_mode,
            keys: settings.keys.clone(),
            signature_entries: settings.limits.signature_entries,
            revocation_entries: settings.limits.revocation_entries,
            device_key_entries: settings.limits.device_key_entries,
            private_key_file: settings.private_key_file.clone(),
            seal_key_file: settings.seal_key_file.clone(),
            private_key: settings.private_key.clone(),
            public_url: settings.public_url.clone(),
            tokens: settings.tokens.clone(),
            sessions: settings.sessions.clone(),
            passwords: settings.passwords.clone(),
            throttle: settings.throttle.clone(),
            factors: settings.factors.clone(),
            passkeys: settings.passkeys.clone(),
            audit: settings.audit.clone(),
            proofs: settings.proofs.clone(),
            mail: settings.mail.policy(),
            browser: settings.browser.clone(),
            providers: settings.providers.iter().map(ProviderSettings::rules).collect(),
        }
    }
}

impl Settings {
    /// Checks values and combinations of values that types cannot check.
    ///
    /// # Errors
    /// Names the first invalid setting.
    pub fn check(&self) -> Result<(), SettingsError> {
        let sessions = &self.sessions;
        let [shortest, longest] = self.passwords.failure_delay_ms;
        let positive = "must be over 0";
        let contact = self.contact.as_deref();
        let rules = [
            (
                "contact",
                contact.is_none_or(|contact| is_line(contact, 200)),
                "must be one line of 1 to 200 characters",
            ),
            (
                "proxy_protocol",
                !self.proxy_protocol || !self.trusted_proxies.is_empty(),
                "needs trusted_proxies: nobody else is believed",
            ),
            ("tokens.issuer", !self.tokens.issuer().is_empty(), "must not be empty"),
            ("tokens.audience", !self.tokens.audience.is_empty(), "must not be empty"),
            ("tokens.access_seconds", self.tokens.access_seconds > 0, positive),
            ("sessions.lease_seconds", sessions.lease_seconds > 0, positive),
            ("sessions.renew_after_seconds", sessions.renew_after_seconds >= 0, "must not be negative"),
            (
                "sessions.idle_seconds",
                sessions.idle_seconds >= sessions.lease_seconds,
                "must not be shorter than sessions.lease_seconds",
            ),
            (
                "sessions.absolute_seconds",
                sessions.absolute_seconds >= sessions.idle_seconds,
                "must not be shorter than sessions.idle_seconds",
            ),
            (
                "sessions.revocation_poll_ms",
                (10..=1000).contains(&sessions.revocation_poll_ms),
                "must be 10 to 1000: a session that is ended elsewhere is refused here within a second",
            ),
            ("sessions.revocation_max_age_seconds", sessions.revocation_max_age_seconds > 0, positive),
            (
                "passwords.min_length",
                (1..=MAX_PASSWORD_CHARS).contains(&self.passwords.min_length),
                "must be 1 to 128",
            ),
            (
                "throttle.account_failures",
                (1..=100).contains(&self.throttle.account_failures),
                "must be 1 to 100: no more guesses than that are safe (NIST SP 800-63B-4)",
            ),
            ("throttle.address_failures", self.throttle.address_failures > 0, positive),
            (
                "throttle.longest_seconds",
                (1..=86_400).contains(&self.throttle.longest_seconds),
                "must be 1 to 86400: a wait must end",
            ),
            (
                "throttle.forget_seconds",
                self.throttle.forget_seconds >= self.throttle.longest_seconds,
                "must not be shorter than throttle.longest_seconds",
            ),
            (
                "factors.grace",
                self.factors.grace.seconds() <= 7_776_000,
                "must be 90d at most: no session lasts longer",
            ),
            (
                "passkeys.rp_id",
                self.passkeys.rp_id.as_deref().is_none_or(is_domain),
                "must be a domain in small letters, such as example.com",
            ),
            (
                "passkeys.related_origins",
                self.passkeys.related_origins.iter().all(PublicUrl::is_origin),
                "must be origins: https URLs without a path, such as https://login.example",
            ),
            ("audit.retention_days", self.audit.retention_days > 0, positive),
            ("passwords.failure_delay_ms", shortest <= longest, "must be [shortest, longest]"),
            (
                "limits.header_bytes",
                (4096..=1_048_576).contains(&self.limits.header_bytes),
                "must be 4096 to 1048576",
            ),
            ("limits.sign_in_body_bytes", self.limits.sign_in_body_bytes > 0, positive),
            (
                "limits.patience_seconds",
                (1..=300).contains(&self.limits.patience_seconds),
                "must be 1 to 300",
            ),
            (
                "limits.connections",
                (1..=1_000_000).contains(&self.limits.connections),
                "must be 1 to 1000000",
            ),
            ("limits.body_bytes", self.limits.body_bytes > 0, positive),
            (
                "limits.signature_entries",
                self.limits.signature_entries <= MAX_ENTRIES,
                "must be 100000000 at most",
            ),
            (
                "limits.device_key_entries",
                self.limits.device_key_entries <= MAX_ENTRIES,
                "must be 100000000 at most",
            ),
            (
                "limits.revocation_entries",
                (1..=MAX_ENTRIES).contains(&self.limits.revocation_entries),
                "must be 1 to 100000000",
            ),
            ("limits.replay_entries", self.limits.replay_entries > 0, positive),
            ("database_connections", self.database_connections > 0, positive),
            (
                "database_timeout_seconds",
                (1..=60).contains(&self.database_timeout_seconds),
                "must be 1 to 60: no request waits longer than a minute",
            ),
            (
                "database_migration_seconds",
                (1..=86_400).contains(&self.database_migration_seconds),
                "must be 1 to 86400",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((name, _, reason)) => Err(SettingsError::Value { name, reason }),
            None => {
                self.check_ways_in()?;
                self.mail.check()?;
                webhooks::check(&self.webhooks)?;
                self.traces.check()?;
                providers::check(&self.providers, self.public_url.as_ref())
            }
        }
    }
}

impl Settings {
    /// Without passwords there is a provider, or passkeys can be used.
    fn check_ways_in(&self) -> Result<(), SettingsError> {
        let is_possible = self.passwords.enabled
            || !self.providers.is_empty()
            || matches!(NoPasskeys::of(self), Ok(None) | Err(_));
        match is_possible {
            true => Ok(()),
            false => Err(SettingsError::Value {
                name: "passwords.enabled",
                reason: "must be true: there is no provider, and passkeys need passkeys.enabled and a public_url \
                         of https and a name",
            }),
        }
    }
}

/// Whether a text is a domain as browsers write it.
fn is_domain(text: &str) -> bool {
    matches!(Host::parse(text), Ok(Host::Domain(domain)) if domain == text)
}
