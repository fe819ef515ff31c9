//! The parts that the use cases of a running server share. Owns their construction; the rules are
//! in the modules of the use cases.

use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use latchkey_token::UnixTime;
use latchkey_token::proof::ProofVerifier;
use tokio::sync::Semaphore;

use crate::accounts;
use crate::clock::Clock;
use crate::database::{Database, DatabaseError, Limits, Opening, work};
use crate::issuer::{self, IssuerChanged, IssuerError};
use crate::keys::CurrentKeys;
use crate::passkeys::{self, RelyingPartyCheckError};
use crate::passwords::{HashingPlan, PasswordError, Passwords};
use crate::proofs::{Nonces, Proofs, Replay, UsedProofs};
use crate::revocations::Revocations;
use crate::seal::{Seal, SealKeyError, SealOpenError};
use crate::sessions::EndReason;
use crate::settings::{
    BrowserSettings, CoreSettings, FactorSettings, MailPolicy, ProviderRules, SessionSettings, TokenSettings,
};
use crate::shared_secret;
use crate::threads::Threads;
use crate::throttle::Throttle;
use crate::tokens::Issuer;
use crate::webauthn::{NoPasskeys, RelyingParty, RelyingPartyError};

const DAY_SECONDS: i64 = 86_400;

/// Devices that may wait for a change of their request at the same time: each is a query a second.
const MAX_POLLS: usize = 1024;

/// Time limit of the database for [`Service::readiness`].
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether a server can do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// The database does not respond within two seconds, or cannot be written.
    NoDatabase,
    /// The sessions that ended at other servers have not been seen for too long, or more have ended
    /// than it may remember.
    Outdated,
}

/// Why a service could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Passwords cannot be hashed with these settings.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
    /// The system cannot start the threads that sign tokens.
    #[error("the signing threads cannot be started: {0}")]
    Threads(io::ErrorKind),
    /// The seal key cannot be used.
    #[error(transparent)]
    Seal(#[from] SealKeyError),
    /// A setting names another issuer than the tokens of the database have.
    #[error(transparent)]
    Issuer(#[from] IssuerChanged),
    /// The passkeys that there are would be lost.
    #[error(transparent)]
    RelyingParty(#[from] RelyingPartyError),
}

impl From<RelyingPartyCheckError> for OpenError {
    fn from(error: RelyingPartyCheckError) -> Self {
        match error {
            RelyingPartyCheckError::Settings(error) => Self::RelyingParty(error),
            RelyingPartyCheckError::Database(error) => Self::Database(error),
        }
    }
}

impl From<IssuerError> for OpenError {
    fn from(error: IssuerError) -> Self {
        match error {
            IssuerError::Changed(error) => Self::Issuer(error),
            IssuerError::Database(error) => Self::Database(error),
        }
    }
}

impl From<SealOpenError> for OpenError {
    fn from(error: SealOpenError) -> Self {
        match error {
            SealOpenError::Key(error) => Self::Seal(error),
            SealOpenError::Database(error) => Self::Database(error),
        }
    }
}

/// The accounts and sessions of one database, for a running server.
pub struct Service {
    pub(crate) clock: Clock,
    pub(crate) database: Database,
    pub(crate) issuer: Arc<Issuer>,
    keys: Arc<CurrentKeys>,
    pub(crate) passwords: Passwords,
    /// Whether people sign in with passwords.
    pub(crate) passwords_enabled: bool,
    /// Seals what must not be readable in the database.
    pub(crate) seal: Seal,
    /// Who this server is to a browser, if it can offer passkeys.
    pub(crate) relying_party: Result<RelyingParty, NoPasskeys>,
    pub(crate) throttle: Throttle,
    pub(crate) proofs: Proofs,
    pub(crate) revocations: Revocations,
    pub(crate) sessions: SessionSettings,
    pub(crate) factors: FactorSettings,
    pub(crate) tokens: TokenSettings,
    pub(crate) audit_seconds: i64,
    pub(crate) mail: MailPolicy,
    pub(crate) browser: BrowserSettings,
    pub(crate) providers: Vec<ProviderRules>,
    /// Devices that wait for a change of their request.
    pub(crate) browser_polls: Semaphore,
}

impl Service {
    /// Opens the database, migrates it, and loads the sessions that ended lately. `keys` are those
    /// of any issuer. `replay_entries`
    /// is the size of the replay cache, in proofs.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(
        settings: impl Into<CoreSettings>,
        keys: &CurrentKeys,
        replay_entries: usize,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let mut settings = settings.into();
        let plan = HashingPlan::of_this_process(&settings.passwords);
        let passwords = Passwords::new(&settings.passwords, &plan)?;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let signers = Threads::start("sign", cores).map_err(|error| OpenError::Threads(error.kind()))?;
        let limits = Limits::of(&settings);
        let database = Database::open(&settings.database_url, &limits, Opening::Create).await?;
        let issuer = issuer::settle(&settings, &database).await?;
        let keys = Arc::new(keys.of_issuer(&issuer));
        settings.tokens.issuer = Some(issuer);
        let revocations = Revocations::new(settings.tokens.access_seconds, settings.revocation_entries);
        match revocations.load(&database, clock.now()).await {
            // A server that starts beside a standby is not ready until there is a primary.
            Err(DatabaseError::ReadOnly(error)) => tracing::warn!(%error, "the database cannot be written"),
            loaded => loaded?,
        }
        let relying_party = passkeys::relying_party(&settings, &database).await?;
        let seal = Seal::open(&settings, &database, clock.now()).await?;
        match database.read(|connection| work(accounts::with_reserved_claims(connection))).await {
            Ok(names) if names.is_empty() => {}
            Ok(names) => tracing::warn!(
                accounts = names.join(", "),
                "these accounts have custom claims acr, amr or latchkey_role, which are the server's own: no token has them"
            ),
            Err(error) => tracing::warn!(%error, "custom claims were not checked"),
        }
        if !settings.passwords.enabled {
            let ways = (relying_party.is_ok(), settings.providers.as_slice());
            match database.read(|connection| work(accounts::without_way(connection, ways))).await {
                Ok(without) if without.with_role.is_empty() => {}
                Ok(without) => tracing::warn!(
                    accounts = without.with_role.join(", "),
                    "passwords are off, and these accounts with a role have neither a passkey nor a link: they need a code"
                ),
                Err(error) => tracing::warn!(%error, "the ways in of accounts with a role were not checked"),
            }
        }
        let nonces = Nonces::open(&database).await?;
        let throttle_key = shared_secret::open(&database, "throttle_key").await?;
        let verifier = ProofVerifier::remembering(settings.device_key_entries);
        let used = settings.proofs.shared.then(|| UsedProofs::new(&database));
        tracing::info!(
            workers = plan.workers,
            memory_kib = settings.passwords.memory_kib,
            granted_kib = plan.grant.kib,
            granted_by = %plan.grant.by,
            "passwords are hashed by this many workers"
        );
        if let Some(warning) = plan.warning(&settings.passwords) {
            tracing::warn!("{warning}");
        }
        Ok(Self {
            clock,
            database,
            issuer: Arc::new(Issuer::new(Arc::clone(&keys), signers, &settings)),
            keys,
            passwords,
            passwords_enabled: settings.passwords.enabled,
            seal,
            relying_party,
            throttle: Throttle::new(&settings.throttle, &throttle_key),
            proofs: Proofs::new(verifier, nonces, Replay::new(replay_entries), used),
            revocations,
            audit_seconds: DAY_SECONDS * i64::from(settings.audit.retention_days),
            sessions: settings.sessions,
            factors: settings.factors,
            tokens: settings.tokens,
            mail: settings.mail,
            browser: settings.browser,
            providers: settings.providers,
            browser_polls: Semaphore::new(MAX_POLLS),
        })
    }

    /// `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        self.tokens.issuer()
    }

    /// The keys that it signs with, for its issuer.
    pub fn keys(&self) -> Arc<CurrentKeys> {
        Arc::clone(&self.keys)
    }

    /// The current time.
    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Whether a user who forgot the password can ask for a code by mail.
    pub fn mails_codes(&self) -> bool {
        self.mail.may_reset()
    }

    /// Whether people sign in with passwords.
    pub fn takes_passwords(&self) -> bool {
        self.passwords_enabled
    }

    /// Why this server offers no passkeys; `None` if it does.
    pub fn no_passkeys(&self) -> Option<NoPasskeys> {
        self.relying_party.as_ref().err().copied()
    }

    /// The proofs of device keys.
    pub fn proofs(&self) -> &Proofs {
        &self.proofs
    }

    /// Why the tokens of a session are refused; `None` if they are not.
    pub fn ended(&self, sid: &str) -> Option<EndReason> {
        self.revocations.reason(sid)
    }

    /// Whether every session is in memory that has ended while its access tokens are valid. If not,
    /// [`Service::ended`] says nothing about the others.
    pub fn knows_ended(&self) -> bool {
        self.revocations.is_complete()
    }

    /// How many ended sessions are in memory.
    pub fn ended_count(&self) -> usize {
        self.revocations.count()
    }

    /// How long ago the database last showed which sessions had ended.
    pub fn ended_age(&self) -> Duration {
        self.revocations.age()
    }

    /// Whether that is longer ago than `sessions.revocation_max_age_seconds`.
    pub fn is_outdated(&self) -> bool {
        self.ended_age() > Duration::from_secs(self.sessions.revocation_max_age_seconds)
    }

    /// Whether this server can do its work now.
    pub async fn readiness(&self) -> Readiness {
        match tokio::time::timeout(READY_TIMEOUT, self.database.check_writable()).await {
            Ok(Ok(())) if self.is_outdated() || !self.knows_ended() => Readiness::Outdated,
            Ok(Ok(())) => Readiness::Ready,
            Ok(Err(error)) => {
                tracing::debug!(%error, "not ready");
                Readiness::NoDatabase
            }
            Err(_) => Readiness::NoDatabase,
        }
    }

    /// Loads the sessions that other servers ended lately. To be called twice a second.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn refresh_ended(&self) -> Result<(), DatabaseError> {
        self.revocations.refresh(&self.database, self.now()).await
    }

    /// Waits for statements in progress and closes the database. Without an answer of the database
    /// this does not end.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
