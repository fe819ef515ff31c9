//! The sessions that have ended while their access tokens still verify. Each server keeps them in memory, so that a valid
//! request needs no database; other servers' are fetched twice a second.
//!
//! Bounded by time: an entry is dropped when the last access token of its session has expired. While the database is away
//! the server goes on with what it knows, for no longer than an access token lives.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use latchkey_token::{LEEWAY_SECONDS, UnixTime};

use crate::database::{Database, DatabaseError};
use crate::sessions::{self, EndReason};

/// How far the clocks of two servers on one database may be apart, in seconds.
const CLOCK_SKEW_SECONDS: i64 = 120;

#[derive(Debug)]
pub(crate) struct Revocations {
    ended: RwLock<HashMap<String, (EndReason, UnixTime)>>,
    /// How long an ended session matters.
    keep_seconds: i64,
}

impl Revocations {
    pub(crate) fn new(access_seconds: i64) -> Self {
        let keep_seconds = access_seconds.saturating_add(LEEWAY_SECONDS + CLOCK_SKEW_SECONDS);
        Self { ended: RwLock::default(), keep_seconds }
    }

    /// Why this session's tokens are refused; `None` if they are not.
    pub(crate) fn reason(&self, sid: &str) -> Option<EndReason> {
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        ended.get(sid).map(|(reason, _)| *reason)
    }

    /// How many are remembered.
    pub(crate) fn len(&self) -> usize {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Refuses this session's tokens from now on.
    pub(crate) fn insert(&self, sid: String, reason: EndReason, at: UnixTime) {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).insert(sid, (reason, at));
    }

    /// Fetches every session that still matters.
    pub(crate) async fn load(&self, database: &Database, now: UnixTime) -> Result<(), DatabaseError> {
        self.fetch(database, now, self.keep_seconds).await
    }

    /// Fetches those that ended lately.
    pub(crate) async fn refresh(&self, database: &Database, now: UnixTime) -> Result<(), DatabaseError> {
        self.fetch(database, now, CLOCK_SKEW_SECONDS).await
    }

    async fn fetch(&self, database: &Database, now: UnixTime, seconds: i64) -> Result<(), DatabaseError> {
        let fetched = sessions::ended_since(database, now.plus(-seconds)).await?;
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, (_, at)| now.since(*at) <= self.keep_seconds);
        ended.extend(fetched.into_iter().map(|(sid, reason, at)| (sid, (reason, at))));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{self, NewAccount, Username};
    use crate::settings::Settings;

    #[tokio::test]
    async fn holds_only_what_still_matters() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let settings = Settings { database_url: url.into(), ..Settings::default() };
        let account = NewAccount {
            username: Username::parse("sam").unwrap(),
            password: "autobots rule".into(),
            given_name: None,
            family_name: None,
            email: None,
            claims: Default::default(),
        };
        let start = UnixTime::new(1_800_000_000);
        let id = accounts::add(&settings, account, start).await.unwrap();
        let database = Database::open(&settings.database_url, 1).await.unwrap();
        let sid = sessions::start(&database, &id, "device", None, start).await.unwrap();
        let other = sessions::start(&database, &id, "device", None, start).await.unwrap();

        let revocations = Revocations::new(900);
        sessions::end(&database, &sid, EndReason::SignedOut, start).await.unwrap();
        assert_eq!(revocations.reason(&sid), None);
        revocations.refresh(&database, start.plus(1)).await.unwrap();
        assert_eq!(revocations.reason(&sid), Some(EndReason::SignedOut));
        assert_eq!(revocations.reason(&other), None);

        // A server that starts a quarter of an hour later still refuses it, and forgets it in the end.
        let late = Revocations::new(900);
        late.load(&database, start.plus(959)).await.unwrap();
        assert_eq!(late.reason(&sid), Some(EndReason::SignedOut));
        late.refresh(&database, start.plus(1081)).await.unwrap();
        assert_eq!(late.reason(&sid), None);
        assert!(late.ended.read().unwrap().is_empty());
    }
}
