//! How fast passwords can be guessed: failed sign-ins are counted by account and by address, and the more there are, the
//! longer the next attempt has to wait. Never for ever: the wait has an upper bound, and a day without failures ends it.
//!
//! A device whose key was in a session of the account before has a count of its own, and is not asked about the other two:
//! nobody else's guesses keep its owner out.
//!
//! The counts are in the database: they survive a restart, and all servers share them. In memory is only what is being
//! tried at the moment, which the hashing pool bounds.

mod rows;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use crate::database::{Database, DatabaseError};
use crate::settings::ThrottleSettings;
use rows::Count;

/// Somebody has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// At least this long, in seconds.
    pub seconds: i64,
}

/// Who tries, beside the account.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// A device key that was in a session of this account before.
    Known { account_id: &'a str, jkt: &'a Thumbprint },
    /// Anybody, at an address.
    Stranger { username: &'a str, address: IpAddr },
}

/// The counts.
pub struct Throttle {
    settings: ThrottleSettings,
    key: hmac::Key,
    under_way: Arc<Mutex<HashMap<String, u32>>>,
}

impl Throttle {
    pub fn new(settings: &ThrottleSettings, secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Self { settings: settings.clone(), key, under_way: Arc::default() }
    }

    /// Lets an attempt begin, or says how long to wait.
    pub async fn enter(
        &self,
        database: &Database,
        caller: Caller<'_>,
        now: UnixTime,
    ) -> Result<Result<Attempt, Wait>, DatabaseError> {
        let (id, address_id) = match caller {
            Caller::Known { account_id, jkt } => {
                (self.id("device", &format!("{account_id} {}", jkt.as_str())), None)
            }
            Caller::Stranger { username, address } => {
                (self.id("account", username), Some(self.id("address", &address.to_string())))
            }
        };
        // Entered before the count is read: of many at once, each sees the others.
        let attempt = Attempt::begin(&self.under_way, id, address_id);
        let own = self.find(database, &attempt.id, now).await?;
        let address = match &attempt.address_id {
            Some(id) => self.find(database, id, now).await?,
            None => None,
        };
        let waits = [&own, &address].into_iter().flatten().filter_map(|count| wait(count, now));
        if let Some(seconds) = waits.max() {
            return Ok(Err(Wait { seconds }));
        }
        // Those under way may all fail. Beyond what is free, only one is tried at a time.
        let failures = own.map_or(0, |count| count.failures);
        let free = i64::from(self.settings.account_failures).saturating_sub(failures);
        if attempt.others > 0 && i64::from(attempt.others) >= free {
            return Ok(Err(Wait { seconds: 1 }));
        }
        Ok(Ok(attempt))
    }

    /// What is remembered and not yet forgotten.
    async fn find(
        &self,
        database: &Database,
        id: &str,
        now: UnixTime,
    ) -> Result<Option<Count>, DatabaseError> {
        let count = rows::find(database, id).await?;
        Ok(count.filter(|count| now.since(UnixTime::new(count.failed_at)) < self.settings.forget_seconds))
    }

    /// Counts an attempt that failed.
    pub async fn failed(
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

    /// Forgets the failures of the account, or the device, that has signed in. Those of the address stay: whoever has one
    /// account must not wash guesses at others off.
    pub async fn succeeded(
        &self,
        connection: &mut AnyConnection,
        attempt: &Attempt,
    ) -> Result<(), DatabaseError> {
        rows::forget(connection, &attempt.id).await
    }

    /// Forgets what is over.
    pub async fn tidy(&self, database: &Database, now: UnixTime) -> Result<(), DatabaseError> {
        rows::forget_before(database, now.plus(-self.settings.forget_seconds)).await
    }

    fn id(&self, kind: &str, name: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, format!("{kind}:{name}").as_bytes()))
    }
}

/// How long the next attempt has to wait from now, in seconds; `None` if it need not.
fn wait(count: &Count, now: UnixTime) -> Option<i64> {
    // A clock that was set back must not make anybody wait longer than the wait.
    let left = count.wait.saturating_sub(now.since(UnixTime::new(count.failed_at)).max(0));
    (left > 0).then_some(left)
}

/// One attempt, under way until it is dropped.
#[derive(Debug)]
pub struct Attempt {
    id: String,
    address_id: Option<String>,
    /// How many others of the same account, or device, were under way when it began.
    others: u32,
    under_way: Arc<Mutex<HashMap<String, u32>>>,
}

impl Attempt {
    fn begin(under_way: &Arc<Mutex<HashMap<String, u32>>>, id: String, address_id: Option<String>) -> Self {
        let mut counts = under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(id.clone()).or_default();
        let others = *count;
        *count += 1;
        drop(counts);
        Self { id, address_id, others, under_way: Arc::clone(under_way) }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut counts = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
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

    #[tokio::test]
    async fn a_thousand_names_leave_nothing_in_memory_and_the_table_empties() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let database = Database::open(&url.into(), 2).await.unwrap();
        let throttle = Throttle::new(&ThrottleSettings::default(), b"secret");
        let start = UnixTime::new(1_800_000_000);
        for number in 0..1000_u32 {
            let address = IpAddr::from(number.to_be_bytes());
            let caller = Caller::Stranger { username: &format!("nobody{number}"), address };
            let attempt = throttle.enter(&database, caller, start).await.unwrap().unwrap();
            assert_eq!(throttle.under_way.lock().unwrap().len(), 1);
            let mut transaction = database.begin().await.unwrap();
            throttle.failed(&mut transaction, &attempt, start).await.unwrap();
            transaction.commit().await.unwrap();
        }
        assert!(throttle.under_way.lock().unwrap().is_empty());
        let rows = async || {
            let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM throttles");
            count.fetch_one(database.pool()).await.unwrap()
        };
        assert_eq!(rows().await, 2000);
        throttle.tidy(&database, start.plus(86_400)).await.unwrap();
        assert_eq!(rows().await, 2000);
        throttle.tidy(&database, start.plus(86_401)).await.unwrap();
        assert_eq!(rows().await, 0);
    }
}
