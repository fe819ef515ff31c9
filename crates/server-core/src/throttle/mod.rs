//! Limits how fast passwords can be guessed. Failed sign-ins are counted by account and by address;
//! the more there are, the longer the next attempt has to wait. The wait has a maximum, and a day
//! without failures ends it.
//!
//! A device whose key was in a session of the account before has a separate count and ignores the
//! other two, so that guesses from other devices do not lock the owner out.
//!
//! The counts are in the database: they survive a restart, and all servers share them. Only the
//! attempts in progress are in memory; the hashing pool limits them.

mod rows;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use crate::clock::CLOCK_SKEW_SECONDS;
use crate::database::{Database, DatabaseError, work};
use crate::settings::ThrottleSettings;
use rows::Count;

/// Why an attempt may not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ThrottleError {
    /// There were too many failures.
    #[error("too many failed attempts: wait {seconds} s")]
    Wait {
        /// At least this long, in seconds.
        seconds: i64,
    },
    /// The counts could not be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Whose failures are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    /// A device key that was in a session of this account before.
    KnownDevice { account_id: &'a str, jkt: &'a Thumbprint },
    /// Any other device, at an address. One without an address counts for the account only.
    UnknownDevice { username: &'a str, address: Option<IpAddr> },
    /// The second factor, from a device key that was in a session of this account before.
    KnownDeviceFactor { account_id: &'a str, jkt: &'a Thumbprint },
    /// The second factor, from any other device.
    UnknownDeviceFactor { account_id: &'a str, address: Option<IpAddr> },
    /// A one-time code without a user name, at an address.
    Code { address: IpAddr },
}

/// The counts.
pub(crate) struct Throttle {
    settings: ThrottleSettings,
    key: hmac::Key,
    in_progress: Arc<Mutex<HashMap<String, u32>>>,
}

impl Throttle {
    pub(crate) fn new(settings: &ThrottleSettings, secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Self { settings: settings.clone(), key, in_progress: Arc::default() }
    }

    /// Begins an attempt.
    ///
    /// # Errors
    /// [`ThrottleError::Wait`] if the next attempt has to wait.
    pub(crate) async fn enter(
        &self,
        database: &Database,
        source: Source<'_>,
        now: UnixTime,
    ) -> Result<Attempt, ThrottleError> {
        let (id, address_id) = self.ids(source);
        // Recorded before the count is read, so that concurrent attempts count each other.
        let mut attempt = Attempt::begin(&self.in_progress, id, address_id);
        let (id, address_id) = (attempt.id.as_str(), attempt.address_id.as_deref());
        let counts = database.read(|connection| work(rows::find_both(connection, id, address_id))).await?;
        attempt.has_count = counts[0].is_some();
        let [own, address] = counts.map(|count| count.filter(|it| is_remembered(it, &self.settings, now)));
        let waits = [&own, &address].into_iter().flatten().filter_map(|count| wait(count, now));
        if let Some(seconds) = waits.max() {
            return Err(ThrottleError::Wait { seconds });
        }
        // The attempts in progress may all fail. When no free attempt is left, one is tried at a
        // time.
        let failures = own.map_or(0, |count| count.failures);
        let free = i64::from(self.settings.account_failures).saturating_sub(failures);
        if attempt.others > 0 && i64::from(attempt.others) >= free {
            return Err(ThrottleError::Wait { seconds: 1 });
        }
        Ok(attempt)
    }

    /// The ids under which a source is counted: its own, and that of its address if that counts
    /// too.
    fn ids(&self, source: Source<'_>) -> (String, Option<String>) {
        match source {
            Source::KnownDevice { account_id, jkt } => {
                (self.id("device", &format!("{account_id} {}", jkt.as_str())), None)
            }
            Source::Code { address } => {
                (self.id("code", &address.to_string()), Some(self.address_id(address)))
            }
            Source::UnknownDevice { username, address } => {
                (self.id("account", username), address.map(|address| self.address_id(address)))
            }
            Source::KnownDeviceFactor { account_id, jkt } => {
                (self.id("device factor", &format!("{account_id} {}", jkt.as_str())), None)
            }
            Source::UnknownDeviceFactor { account_id, address } => {
                (self.id("factor", account_id), address.map(|address| self.address_id(address)))
            }
        }
    }

    /// The id under which an address is counted. It does not show the address.
    pub(crate) fn address_id(&self, address: IpAddr) -> String {
        self.id("address", &address.to_string())
    }

    /// Deletes the failures of a source, as [`Throttle::succeeded`] does for an attempt.
    pub(crate) async fn forget(
        &self,
        connection: &mut AnyConnection,
        source: Source<'_>,
    ) -> Result<(), DatabaseError> {
        rows::delete(connection, &self.ids(source).0).await
    }

    /// Counts an attempt that failed.
    pub(crate) async fn failed(
        &self,
        connection: &mut AnyConnection,
        attempt: &Attempt,
        now: UnixTime,
    ) -> Result<(), DatabaseError> {
        let settings = &self.settings;
        rows::count(connection, &attempt.id, settings.account_failures, settings, now).await?;
        if let Some(id) = &attempt.address_id {
            rows::count(connection, id, settings.address_failures, settings, now).await?;
        }
        Ok(())
    }

    /// Deletes the failures of the account, or the device, that has signed in: those before the
    /// attempt began. The failures of the address stay: the owner of one account must not erase the
    /// guesses at others.
    pub(crate) async fn succeeded(
        &self,
        connection: &mut AnyConnection,
        attempt: &Attempt,
    ) -> Result<(), DatabaseError> {
        match attempt.has_count {
            true => rows::delete(connection, &attempt.id).await,
            false => Ok(()),
        }
    }

    /// Deletes up to `max` counts that have expired. Returns how many it deleted.
    pub(crate) async fn purge_expired(
        &self,
        connection: &mut AnyConnection,
        now: UnixTime,
        max: u32,
    ) -> Result<u64, DatabaseError> {
        rows::purge_before(connection, now.plus(-self.settings.forget_seconds), max).await
    }

    fn id(&self, kind: &str, name: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, format!("{kind}:{name}").as_bytes()))
    }
}

/// Whether a count still counts. One of a time that is yet to come does not: the clock was set
/// back since, and its failures would lock out until the clock has caught up.
fn is_remembered(count: &Count, settings: &ThrottleSettings, now: UnixTime) -> bool {
    let age = now.since(count.failed_at);
    (-CLOCK_SKEW_SECONDS..settings.forget_seconds).contains(&age)
}

/// How long the next attempt has to wait from now, in seconds; `None` if it need not.
fn wait(count: &Count, now: UnixTime) -> Option<i64> {
    // A clock that was set back must not lengthen the wait.
    let left = count.wait.saturating_sub(now.since(count.failed_at).max(0));
    (left > 0).then_some(left)
}

/// One attempt, in progress until it is dropped.
#[derive(Debug)]
pub(crate) struct Attempt {
    id: String,
    address_id: Option<String>,
    /// How many others of the same account, or device, were in progress when it began.
    others: u32,
    /// Whether failures were stored when it began.
    has_count: bool,
    in_progress: Arc<Mutex<HashMap<String, u32>>>,
}

impl Attempt {
    fn begin(in_progress: &Arc<Mutex<HashMap<String, u32>>>, id: String, address_id: Option<String>) -> Self {
        let mut counts = in_progress.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(id.clone()).or_default();
        let others = *count;
        *count += 1;
        drop(counts);
        Self { id, address_id, others, has_count: false, in_progress: Arc::clone(in_progress) }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut counts = self.in_progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Limits, Opening};
    use crate::settings::CoreSettings;

    async fn count(connection: &mut AnyConnection) -> Result<i64, DatabaseError> {
        Ok(sqlx::query_scalar("SELECT COUNT(*) FROM throttles").fetch_one(connection).await?)
    }

    #[tokio::test]
    async fn failures_of_a_thousand_names_leave_memory_empty_and_expire_from_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let limits = Limits::of(&CoreSettings::default());
        let database = Database::open(&url.into(), &limits, Opening::Create).await.unwrap();
        let throttle = Throttle::new(&ThrottleSettings::default(), b"secret");
        let start = UnixTime::new(1_800_000_000);
        for number in 0..1000_u32 {
            let address = Some(IpAddr::from(number.to_be_bytes()));
            let source = Source::UnknownDevice { username: &format!("nobody{number}"), address };
            let attempt = throttle.enter(&database, source, start).await.unwrap();
            assert_eq!(throttle.in_progress.lock().unwrap().len(), 1);
            let (throttle, attempt) = (&throttle, &attempt);
            database.write(|connection| work(throttle.failed(connection, attempt, start))).await.unwrap();
        }
        assert!(throttle.in_progress.lock().unwrap().is_empty());
        let rows = async || database.read(|connection| work(count(connection))).await.unwrap();
        assert_eq!(rows().await, 2000);
        let throttle = &throttle;
        let purge = async |now| {
            let purged = database.write(|connection| work(throttle.purge_expired(connection, now, 10_000)));
            purged.await.unwrap();
        };
        purge(start.plus(86_400)).await;
        assert_eq!(rows().await, 2000);
        purge(start.plus(86_401)).await;
        assert_eq!(rows().await, 0);
    }
}
