//! The settings of accounts, sessions, passwords and keys, with their defaults. The settings of
//! HTTP and the reading of files and variables are the server's.

mod mail_policy;

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::database_url::DatabaseUrl;
use crate::period::Period;
use crate::proofs::public_url::PublicUrl;

pub use crate::providers::{ClaimCondition, LinkPolicy, ProviderFactor, ProviderRules, Recheck};
pub use mail_policy::{MailPolicy, MailReset};

/// The issuer of tokens without a setting and without an address.
pub const DEFAULT_ISSUER: &str = "latchkey";

/// The settings of this crate. Functions that open a database or read keys accept them, or any type
/// that converts into them.
#[derive(Clone, Debug)]
pub struct CoreSettings {
    /// `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
    pub database_url: DatabaseUrl,
    /// Maximum number of database connections of one server.
    pub database_connections: u32,
    /// Deadline of an operation of the database, in seconds.
    pub database_timeout_seconds: u64,
    /// Deadline of a migration, and of the wait for another server's, in seconds.
    pub database_migration_seconds: u64,
    /// How long a connection to PostgreSQL is the same one.
    pub database_pool_mode: PoolMode,
    /// The folder of `auth-private.key` and `auth-public.key`.
    pub keys: PathBuf,
    /// Maximum number of signatures of access tokens that are remembered as good, for each key; 0:
    /// none.
    pub signature_entries: usize,
    /// Maximum number of ended sessions that are remembered while their access tokens are valid.
    pub revocation_entries: usize,
    /// Maximum number of parsed device keys that are kept; 0: none.
    pub device_key_entries: usize,
    /// Another location of the private key. `None`: `auth-private.key` in `keys`.
    pub private_key_file: Option<PathBuf>,
    /// Another location of the seal key. `None`: `seal.key` in `keys`.
    pub seal_key_file: Option<PathBuf>,
    /// The private key itself, in PEM form. Only from the environment.
    pub private_key: Option<SecretString>,
    /// The URL that clients call. `None`: the address that the server listens on.
    pub public_url: Option<PublicUrl>,
    /// The content and life of tokens.
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
    /// How used proofs are remembered.
    pub proofs: ProofSettings,
    /// What is mailed.
    pub mail: MailPolicy,
    /// Sign-ins in the browser.
    pub browser: BrowserSettings,
    /// The providers that people may sign in with.
    pub providers: Vec<ProviderRules>,
}

impl Default for CoreSettings {
    fn default() -> Self {
        Self {
            database_url: DatabaseUrl::from("sqlite:data/latchkey.db"),
            database_connections: 8,
            database_timeout_seconds: 5,
            database_migration_seconds: 120,
            database_pool_mode: PoolMode::Session,
            keys: PathBuf::from("config"),
            signature_entries: 100_000,
            revocation_entries: 1_000_000,
            device_key_entries: 4096,
            private_key_file: None,
            seal_key_file: None,
            private_key: None,
            public_url: None,
            tokens: TokenSettings::default(),
            sessions: SessionSettings::default(),
            passwords: PasswordSettings::default(),
            throttle: ThrottleSettings::default(),
            factors: FactorSettings::default(),
            passkeys: PasskeySettings::default(),
            audit: AuditSettings::default(),
            proofs: ProofSettings::default(),
            mail: MailPolicy::default(),
            browser: BrowserSettings::default(),
            providers: Vec::new(),
        }
    }
}

impl From<&CoreSettings> for CoreSettings {
    fn from(settings: &CoreSettings) -> Self {
        settings.clone()
    }
}

/// How long a connection to PostgreSQL is the same one: pgbouncer's `pool_mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PoolMode {
    /// Until it is closed: there is no pooler, or one that gives each client a connection.
    #[default]
    Session,
    /// For one transaction: a pooler may give each of them another connection.
    Transaction,
}

/// Contents and validity of tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenSettings {
    /// `iss` of every token: the server's name. `None`: the one that the database has recorded; on
    /// a new one, the address that clients call.
    pub issuer: Option<String>,
    /// `aud` of access tokens, next to the device id: the API's name.
    pub audience: String,
    /// Whether a client without a device key may sign in.
    pub bearer: bool,
    /// Life of an access token, in seconds.
    pub access_seconds: i64,
}

/// How long a sign-in lasts.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionSettings {
    /// The lease: how long a device may go without contact, in seconds. Life of a session token.
    pub lease_seconds: i64,
    /// A renewal makes a new session token if the current one is older than this, in seconds.
    pub renew_after_seconds: i64,
    /// A session that is not renewed for this long is over, in seconds.
    pub idle_seconds: i64,
    /// A session ends this long after its sign-in, in seconds.
    pub absolute_seconds: i64,
    /// How often this server checks for sessions that other servers have ended, in milliseconds;
    /// 1000 at most.
    pub revocation_poll_ms: u64,
    /// A server that has not seen the ended sessions for longer than this is not ready, in seconds.
    pub revocation_max_age_seconds: u64,
    /// Whether such a server also refuses access tokens; otherwise it accepts them by what it
    /// knows.
    pub refuse_without_revocations: bool,
}

/// Which passwords may be set (NIST SP 800-63B-4), and how they are hashed (Argon2id, RFC 9106).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordSettings {
    /// Whether people sign in with passwords. Otherwise passkeys and providers are the ways in,
    /// and a one-time code signs in once to add one.
    pub enabled: bool,
    /// Shortest password that can be set, in characters.
    pub min_length: usize,
    /// The file of breached passwords, which may not be set. `None`: they may.
    pub breached_file: Option<PathBuf>,
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Hashes at the same time; 0: one for each core. Fewer if the memory is too small for them.
    pub workers: usize,
    /// Sign-ins that may wait for a worker; beyond this limit the response is 503.
    pub queue: usize,
    /// The response to a failed sign-in is sent after a random delay between these two, in
    /// milliseconds.
    pub failure_delay_ms: [u64; 2],
}

/// How fast passwords can be guessed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThrottleSettings {
    /// Failed sign-ins of an account after which the next has to wait: a second, then two, then
    /// four …
    pub account_failures: u32,
    /// Failed sign-ins from an address after which the next from there has to wait.
    pub address_failures: u32,
    /// Maximum wait, in seconds.
    pub longest_seconds: i64,
    /// After this time without a failure the failures are forgotten, in seconds.
    pub forget_seconds: i64,
}

/// Who must have a second factor.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct FactorSettings {
    /// Who must have one, besides the accounts that an operator has named.
    pub required: FactorsRequired,
    /// How long sessions that began before go on without one, from the first contact.
    pub grace: Period,
}

/// Which accounts must have a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FactorsRequired {
    /// None.
    Never,
    /// Those that have a role.
    Admins,
    /// All.
    Always,
}

/// Passkeys (WebAuthn).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasskeySettings {
    /// Whether people can have passkeys and sign in with them.
    pub enabled: bool,
    /// The domain that passkeys are bound to: the host of `public_url` or a parent domain of it.
    /// `None`: that of the passkeys that there are, or the host.
    pub rp_id: Option<String>,
    /// The other origins where these passkeys are used, for `/.well-known/webauthn`.
    pub related_origins: Vec<PublicUrl>,
}

/// Settings of the audit log.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditSettings {
    /// How long events are stored, in days.
    pub retention_days: u32,
}

/// How used proofs of possession are remembered.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProofSettings {
    /// Whether all servers on the database remember them together. Costs a transaction for each
    /// request with a proof.
    pub shared: bool,
}

/// Sign-ins in the browser.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrowserSettings {
    /// Whether a browser on another device may complete a request.
    pub other_device: OtherDevice,
}

/// Whether a browser on another device may complete a request. Someone who is talked into opening a
/// link signs in another person's device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OtherDevice {
    /// Never.
    Off,
    /// For a device key that is or was in a session of the account. Never for accounts with a role.
    #[default]
    Known,
    /// Always. Never for accounts with a role.
    On,
}

impl OtherDevice {
    /// Its name in the settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Known => "known",
            Self::On => "on",
        }
    }
}

const DAY: i64 = 86_400;

impl Default for TokenSettings {
    fn default() -> Self {
        Self { issuer: None, audience: "latchkey-api".into(), bearer: true, access_seconds: 900 }
    }
}

impl TokenSettings {
    /// The issuer. Of a server without the setting it is known only once the database is open.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or(DEFAULT_ISSUER)
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            lease_seconds: 14 * DAY,
            renew_after_seconds: DAY,
            idle_seconds: 30 * DAY,
            absolute_seconds: 90 * DAY,
            revocation_poll_ms: 500,
            revocation_max_age_seconds: 30,
            refuse_without_revocations: false,
        }
    }
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            min_length: 15,
            breached_file: None,
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            workers: 0,
            queue: 32,
            failure_delay_ms: [250, 1250],
        }
    }
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self { account_failures: 10, address_failures: 100, longest_seconds: 900, forget_seconds: DAY }
    }
}

impl Default for FactorSettings {
    fn default() -> Self {
        Self { required: FactorsRequired::Admins, grace: Period::from_seconds(7 * DAY) }
    }
}

impl Default for PasskeySettings {
    fn default() -> Self {
        Self { enabled: true, rp_id: None, related_origins: Vec::new() }
    }
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self { retention_days: 90 }
    }
}
