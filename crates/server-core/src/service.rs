//! The parts that the use cases of a running server share. Owns their construction; the rules are
//! in the modules of the use cases.

use std::sync::Arc;
use std::time::Duration;

use latchkey_token::UnixTime;

use crate::clock::Clock;
use crate::database::{Database, DatabaseError, work};
use crate::keys::CurrentKeys;
use crate::passwords::{PasswordError, Passwords};
use crate::proofs::{Nonces, Proofs, Replay};
use crate::revocations::Revocations;
use crate::sessions::EndReason;
use crate::settings::{CoreSettings, SessionSettings, TokenSettings};
use crate::throttle::Throttle;
use crate::tokens::Issuer;
use crate::{accounts, audit, sessions, shared_secret};

const DAY_SECONDS: i64 = 86_400;

/// Time limit of the database for [`Service::is_ready`].
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a service could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Passwords cannot be hashed with these settings.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
}

/// The accounts and sessions of one database, for a running server.
pub struct Service {
    pub(crate) clock: Clock,
    pub(crate) database: Database,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    pub(crate) proofs: Proofs,
    pub(crate) revocations: Revocations,
    pub(crate) sessions: SessionSettings,
    pub(crate) tokens: TokenSettings,
    audit_seconds: i64,
}

impl Service {
    /// Opens the database, migrates it, and loads the sessions that ended lately. `replay_entries`
    /// is the size of the replay cache, in proofs.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(
        settings: impl Into<CoreSettings>,
        keys: Arc<CurrentKeys>,
        replay_entries: usize,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let settings = settings.into();
        let passwords = Passwords::new(&settings.passwords)?;
        let database = Database::open(&settings.database_url, settings.database_connections).await?;
        let revocations = Revocations::new(settings.tokens.access_seconds);
        revocations.load(&database, clock.now()).await?;
        let nonces = Nonces::open(&database).await?;
        let throttle_key = shared_secret::open(&database, "throttle_key").await?;
        Ok(Self {
            clock,
            database,
            issuer: Arc::new(Issuer::new(keys, &settings)),
            passwords,
            throttle: Throttle::new(&settings.throttle, &throttle_key),
            proofs: Proofs::new(nonces, Replay::new(replay_entries)),
            revocations,
            audit_seconds: DAY_SECONDS * i64::from(settings.audit.retention_days),
            sessions: settings.sessions,
            tokens: settings.tokens,
        })
    }

    /// The current time.
    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// The proofs of device keys.
    pub fn proofs(&self) -> &Proofs {
        &self.proofs
    }

    /// Why the tokens of a session are refused; `None` if they are not.
    pub fn ended(&self, sid: &str) -> Option<EndReason> {
        self.revocations.reason(sid)
    }

    /// How many ended sessions are in memory.
    pub fn ended_count(&self) -> usize {
        self.revocations.count()
    }

    /// Whether the database responds within two seconds.
    pub async fn is_ready(&self) -> bool {
        matches!(tokio::time::timeout(PING_TIMEOUT, self.database.ping()).await, Ok(Ok(())))
    }

    /// Loads the sessions that other servers ended lately. To be called twice a second.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn refresh_ended(&self) -> Result<(), DatabaseError> {
        self.revocations.refresh(&self.database, self.now()).await
    }

    /// Loads all ended sessions whose access tokens may still verify, and deletes expired rows:
    /// sessions, removed accounts, throttle counts, audit events. To be called once a minute.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub async fn purge_expired(&self) -> Result<(), DatabaseError> {
        let now = self.now();
        self.revocations.load(&self.database, now).await?;
        // A day longer than needed, so that a device with an expired session still gets "expired".
        let before = now.plus(-self.sessions.absolute_seconds).plus(-DAY_SECONDS);
        let (throttle, events_before) = (&self.throttle, now.plus(-self.audit_seconds));
        // One transaction each, so that a failure of one keeps none of the others back.
        let database = &self.database;
        database.write(|connection| work(sessions::purge_expired(connection, before))).await?;
        // Stored as long as its sessions: a device that connects later gets "ended".
        database.write(|connection| work(accounts::purge_removed(connection, before))).await?;
        database.write(|connection| work(throttle.purge_expired(connection, now))).await?;
        database.write(|connection| work(audit::purge_expired(connection, events_before))).await
    }

    /// Waits for statements in progress and closes the database.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
