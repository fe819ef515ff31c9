//! The deletion of expired rows. Done in slices, each its own short transaction, with pauses as
//! long as the work: a table that has millions of them, after a shorter retention or a long stop,
//! holds up neither requests nor the view of ended sessions.

use std::time::Duration;

use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use tokio::time::{Instant, sleep};

use crate::database::{DatabaseError, work};
use crate::service::Service;
use crate::{accounts, audit, factors, notices, outbox, pending, proofs, provider_sessions, sessions};

/// How many rows one transaction deletes.
const SLICE: u32 = 500;

/// The shortest pause between two slices.
const MIN_PAUSE: Duration = Duration::from_millis(5);

/// After this many slices SQLite's log (WAL) is emptied, so that it stays small.
const CHECKPOINT_SLICES: u32 = 100;

const DAY_SECONDS: i64 = 86_400;

/// How long a device that lost its session can ask who ended it, at least.
const TOLD_SECONDS: i64 = 30 * DAY_SECONDS;

/// What expires, in the order of deletion.
#[derive(Clone, Copy, Debug)]
enum Expired {
    LostFactors,
    Notices,
    Sessions,
    RemovedAccounts,
    Throttles,
    AuditEvents,
    UsedProofs,
    Pending,
    Outbox,
    LogoutTokens,
}

const ALL: [Expired; 10] = [
    Expired::LostFactors,
    Expired::Notices,
    Expired::Sessions,
    Expired::RemovedAccounts,
    Expired::Throttles,
    Expired::AuditEvents,
    Expired::UsedProofs,
    Expired::Pending,
    Expired::Outbox,
    Expired::LogoutTokens,
];

impl Service {
    /// Deletes expired rows: notices, sessions, removed accounts, throttle counts, audit events,
    /// used proofs and logout tokens, mails, what is pending, and lost factors whose removal is
    /// due. To be called once a minute. Returns how many rows it deleted.
    ///
    /// # Errors
    /// The first [`DatabaseError`]. A failure of one kind keeps none of the others back.
    pub async fn purge_expired(&self) -> Result<u64, DatabaseError> {
        let (mut total, mut slices, mut failure) = (0, 0, None);
        for expired in ALL {
            loop {
                let started = Instant::now();
                let deleted = match self.delete_slice(expired).await {
                    Ok(deleted) => deleted,
                    Err(error) => {
                        failure.get_or_insert(error);
                        break;
                    }
                };
                total += deleted;
                if deleted < u64::from(SLICE) {
                    break;
                }
                slices += 1;
                if slices % CHECKPOINT_SLICES == 0
                    && let Err(error) = self.database.checkpoint().await
                {
                    failure.get_or_insert(error);
                }
                sleep(started.elapsed().max(MIN_PAUSE)).await;
            }
        }
        // Also if nothing was deleted: an import, or a backup that reads for long, leaves a long
        // log.
        let checkpoint = self.database.checkpoint().await;
        failure.map_or(checkpoint, Err).map(|()| total)
    }

    /// Stores the words by which accounts are searched, where they are out of date: after an
    /// upgrade or an import. To be called once a minute. Returns how many accounts there were.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn index_accounts(&self) -> Result<u64, DatabaseError> {
        let mut total = 0;
        while self.database.read(|connection| work(accounts::words::is_any_outdated(connection))).await? {
            let started = Instant::now();
            let slice =
                self.database.write(|connection| work(accounts::words::index(connection, SLICE))).await?;
            total += slice;
            // Another server has taken them.
            if slice == 0 {
                break;
            }
            sleep(started.elapsed().max(MIN_PAUSE)).await;
        }
        Ok(total)
    }

    async fn delete_slice(&self, expired: Expired) -> Result<u64, DatabaseError> {
        self.database.write(|connection| work(self.delete(expired, connection))).await
    }

    async fn delete(&self, expired: Expired, connection: &mut AnyConnection) -> Result<u64, DatabaseError> {
        let now = self.now();
        match expired {
            Expired::LostFactors => factors::remove_due(connection, self, now, SLICE).await,
            Expired::Notices => notices::purge_expired(connection, now, SLICE).await,
            Expired::Sessions => {
                let told_since = now.plus(-TOLD_SECONDS);
                sessions::purge_expired(connection, self.session_end(now), told_since, SLICE).await
            }
            // Stored as long as its sessions: a device that connects later gets "ended".
            Expired::RemovedAccounts => {
                accounts::purge_removed(connection, self.session_end(now), SLICE).await
            }
            Expired::Throttles => self.throttle.purge_expired(connection, now, SLICE).await,
            Expired::AuditEvents => {
                audit::purge_expired(connection, now.plus(-self.audit_seconds), SLICE).await
            }
            Expired::UsedProofs => proofs::purge_expired(connection, now, SLICE).await,
            Expired::Pending => pending::purge_expired(connection, now, SLICE).await,
            Expired::Outbox => outbox::purge_expired(connection, now, SLICE).await,
            Expired::LogoutTokens => provider_sessions::purge_expired(connection, now, SLICE).await,
        }
    }

    /// Sessions that began before are deleted. A day later than needed, so that a device with an
    /// expired session still gets "expired".
    fn session_end(&self, now: UnixTime) -> UnixTime {
        now.plus(-self.sessions.absolute_seconds).plus(-DAY_SECONDS)
    }
}
