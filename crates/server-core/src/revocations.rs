//! The sessions that have ended while their access tokens still verify. Each server stores them in
//! memory, so that a valid request needs no database; sessions that other servers ended are fetched
//! twice a second.
//!
//! Limited by time: an entry is dropped when the last access token of its session has expired, and
//! a session without contact since then is never added. So the maximum number of entries is the
//! number of sessions with contact within the validity of an access token, regardless of how many
//! have ever ended. The setting `limits.revocation_entries` bounds them in any case: with more ends
//! than that the server cannot know whether a session has ended, so it refuses access tokens
//! ([`Revocations::is_complete`]) until it knows all of them again.
//!
//! While the database is unavailable no session can be ended: such a request gets 503, and changes
//! nothing. A valid access token still verifies against the known revocations; it is valid for a
//! quarter of an hour at most, and no new ones are issued without the database. Sessions that other
//! servers ended in the meantime are fetched when the database is back. How long ago they were
//! fetched last is known ([`Revocations::age`]), by a clock that cannot be set.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use latchkey_token::{LEEWAY_SECONDS, UnixTime};
use tokio::time::Instant;

use crate::clock::CLOCK_SKEW_SECONDS;
use crate::database::{self, Database, DatabaseError, work};
use crate::sessions::{self, EndReason};

/// How often every session that still matters is fetched, and not only the recent ones.
const LOAD_INTERVAL: Duration = Duration::from_secs(60);

/// How often sessions that do not matter any more are dropped, in seconds.
const SWEEP_SECONDS: i64 = 60;

/// How many fetched sessions are added at a time. Requests wait meanwhile: with a million, for a
/// tenth of a second.
const CHUNK: usize = 512;

#[derive(Debug)]
pub(crate) struct Revocations {
    ended: RwLock<Ended>,
    view: Mutex<View>,
    /// How long an ended session matters.
    keep_seconds: i64,
    /// The maximum number of sessions.
    capacity: usize,
}

/// The sessions that have ended.
#[derive(Debug, Default)]
struct Ended {
    sessions: HashMap<String, (EndReason, UnixTime)>,
    /// The last end that there was no room for.
    missed_at: Option<UnixTime>,
    /// How many there were since the start.
    missed: u64,
    /// When the sessions that do not matter any more were dropped last.
    swept_at: UnixTime,
}

impl Ended {
    fn insert(&mut self, sid: String, reason: EndReason, at: UnixTime, capacity: usize) {
        if self.sessions.len() < capacity || self.sessions.contains_key(&sid) {
            self.sessions.insert(sid, (reason, at));
        } else {
            self.miss(at);
        }
    }

    fn miss(&mut self, at: UnixTime) {
        if self.missed_at.is_none() {
            tracing::error!(
                remembered = self.sessions.len(),
                "more sessions have ended than this server may remember: it refuses access tokens; raise \
                 limits.revocation_entries"
            );
        }
        self.missed_at = self.missed_at.max(Some(at));
        self.missed = self.missed.wrapping_add(1);
    }
}

/// Until when the ends at other servers have been seen.
#[derive(Clone, Copy, Debug)]
struct View {
    /// By any fetch.
    seen: Instant,
    /// By a fetch of all of them.
    loaded: Instant,
}

impl Revocations {
    /// Knows no session, and counts as up to date now: it is loaded next.
    pub(crate) fn new(access_seconds: i64, capacity: usize) -> Self {
        let keep_seconds = access_seconds.saturating_add(LEEWAY_SECONDS + CLOCK_SKEW_SECONDS);
        let now = Instant::now();
        let view = Mutex::new(View { seen: now, loaded: now });
        Self { ended: RwLock::default(), view, keep_seconds, capacity }
    }

    /// How long ago the database last showed which sessions had ended.
    pub(crate) fn age(&self) -> Duration {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).seen.elapsed()
    }

    /// Why this session's tokens are refused; `None` if they are not.
    pub(crate) fn reason(&self, sid: &str) -> Option<EndReason> {
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        ended.sessions.get(sid).map(|(reason, _)| *reason)
    }

    /// Whether every session is remembered that has ended and matters; if not, one without a reason
    /// may have ended too.
    pub(crate) fn is_complete(&self) -> bool {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).missed_at.is_none()
    }

    /// How many are remembered.
    pub(crate) fn count(&self) -> usize {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).sessions.len()
    }

    /// Refuses this session's tokens from now on.
    pub(crate) fn insert(&self, sid: String, reason: EndReason, at: UnixTime) {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).insert(sid, reason, at, self.capacity);
    }

    /// The same for several.
    pub(crate) fn extend(&self, sids: Vec<String>, reason: EndReason, at: UnixTime) {
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        for sid in sids {
            ended.insert(sid, reason, at, self.capacity);
        }
    }

    /// Fetches every session that still matters.
    pub(crate) async fn load(&self, database: &Database, now: UnixTime) -> Result<(), DatabaseError> {
        let started = Instant::now();
        self.fetch(database, now, self.keep_seconds).await?;
        self.saw(View { seen: started, loaded: started });
        Ok(())
    }

    /// Fetches the sessions that ended recently; all of them once a minute, and after a gap that
    /// the recent ones might not cover.
    pub(crate) async fn refresh(&self, database: &Database, now: UnixTime) -> Result<(), DatabaseError> {
        let (started, View { loaded, .. }) =
            (Instant::now(), *self.view.lock().unwrap_or_else(PoisonError::into_inner));
        if started - loaded >= LOAD_INTERVAL {
            return self.load(database, now).await;
        }
        self.fetch(database, now, CLOCK_SKEW_SECONDS).await?;
        self.saw(View { seen: started, loaded });
        Ok(())
    }

    fn saw(&self, view: View) {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
    }

    async fn fetch(&self, database: &Database, now: UnixTime, seconds: i64) -> Result<(), DatabaseError> {
        let (since, seen) = (now.plus(-seconds), now.plus(-self.keep_seconds));
        // One more than there is room for shows that there are more.
        let max = u32::try_from(self.capacity.saturating_add(1)).unwrap_or(u32::MAX);
        let is_load = seconds >= self.keep_seconds;
        let fetch = database.read(|connection| {
            work(async move {
                let fetched = sessions::ended_since(&mut *connection, since, seen, max).await?;
                self.merge(&fetched, now, is_load);
                // A standby may be behind, or cut off: what it shows is used, but is not the
                // present.
                database::check_primary(connection).await
            })
        });
        fetch.await
    }

    fn merge(&self, fetched: &[(String, EndReason, UnixTime)], now: UnixTime, is_load: bool) {
        let missed = {
            let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
            // Not at every fetch: with a million sessions it takes milliseconds, and requests wait.
            if now.since(ended.swept_at).saturating_abs() >= SWEEP_SECONDS {
                ended.sessions.retain(|_, (_, at)| now.since(*at) <= self.keep_seconds);
                ended.swept_at = now;
            }
            ended.missed
        };
        // Of more than there is room for, the last were fetched, and one too many: it is missed.
        fetched.chunks(CHUNK).for_each(|some| self.add(some));
        let matters =
            |at: UnixTime| now.since(at) <= if is_load { CLOCK_SKEW_SECONDS } else { self.keep_seconds };
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        // After the fetched ones are added: until then this server does not know all.
        if ended.missed == missed && ended.missed_at.is_some_and(|at| !matters(at)) {
            // A load shows every end except those of just now: it may have come before them.
            ended.missed_at = None;
        }
    }

    /// Adds fetched sessions. Nearly all of them are known from the fetch before: to see that,
    /// requests need not wait.
    fn add(&self, fetched: &[(String, EndReason, UnixTime)]) {
        let new: Vec<_> = {
            let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
            fetched.iter().filter(|(sid, ..)| !ended.sessions.contains_key(sid)).collect()
        };
        if !new.is_empty() {
            let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
            for (sid, reason, at) in new {
                ended.insert(sid.clone(), *reason, *at, self.capacity);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{self, NewAccount, Username};
    use crate::audit::{Entry, Event};
    use crate::database::{Limits, Opening};
    use crate::proven::Proven;
    use crate::sessions::{DeviceLabel, End, NewSession, Which};
    use crate::settings::CoreSettings;

    const START: UnixTime = UnixTime::new(1_800_000_000);

    /// A database with an account, and a session of it that starts at each of these times.
    async fn sessions_at(times: &[UnixTime]) -> (tempfile::TempDir, Database, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let mut settings = CoreSettings { database_url: url.into(), ..CoreSettings::default() };
        settings.passwords.min_length = 8;
        let account = NewAccount {
            username: Username::parse("sam").unwrap(),
            password: "autobots rule".into(),
            given_name: None,
            family_name: None,
            email: None,
            claims: Default::default(),
        };
        let account_id = accounts::add(&settings, account, START).await.unwrap();
        let limits = Limits::of(&settings).with(1);
        let database = Database::open(&settings.database_url, &limits, Opening::Existing).await.unwrap();
        let mut sids = Vec::new();
        for (number, time) in times.iter().enumerate() {
            let sid = format!("session-{number}");
            let session = NewSession {
                sid: &sid,
                account_id: &account_id,
                device_id: "device",
                jkt: None,
                label: &DeviceLabel::default(),
                address: Some("127.0.0.1"),
                proven: &Proven::password(),
                authenticated_at: None,
                lease_ends_at: None,
            };
            let (session, time) = (&session, *time);
            let started = database.write(|connection| work(sessions::start(connection, session, time)));
            started.await.unwrap();
            sids.push(sid);
        }
        (folder, database, sids)
    }

    async fn end(database: &Database, sid: &str, at: UnixTime) {
        let end = End::new(EndReason::SignedOut, Entry::operator(Event::SessionEnded), at);
        let ended = database.write(|connection| work(sessions::end(connection, Which::One(sid), end)));
        assert_eq!(ended.await.unwrap().leave_to_servers(), 1);
    }

    #[tokio::test]
    async fn an_ended_session_is_remembered_until_its_last_access_token_expires() {
        let (_folder, database, sids) = sessions_at(&[START, START]).await;
        let (sid, other) = (&sids[0], &sids[1]);
        let revocations = Revocations::new(900, 100);
        end(&database, sid, START).await;
        assert_eq!(revocations.reason(sid), None);
        revocations.refresh(&database, START.plus(1)).await.unwrap();
        assert_eq!(revocations.reason(sid), Some(EndReason::SignedOut));
        assert_eq!(revocations.reason(other), None);

        // A server that starts a quarter of an hour later still refuses it, and forgets it in the
        // end.
        let late = Revocations::new(900, 100);
        late.load(&database, START.plus(959)).await.unwrap();
        assert_eq!(late.reason(sid), Some(EndReason::SignedOut));
        late.refresh(&database, START.plus(1081)).await.unwrap();
        assert_eq!(late.reason(sid), None);
        assert_eq!(late.count(), 0);
    }

    #[tokio::test]
    async fn sessions_without_a_recent_contact_are_not_remembered() {
        let idle = vec![START; 500];
        let (_folder, database, sids) = sessions_at(&[idle, vec![START.plus(5000); 3]].concat()).await;
        for sid in &sids {
            end(&database, sid, START.plus(5100)).await;
        }
        let revocations = Revocations::new(900, 100);
        revocations.load(&database, START.plus(5101)).await.unwrap();
        assert_eq!(revocations.count(), 3, "the last access token of the others is long dead");
        assert_eq!(revocations.reason(&sids[500]), Some(EndReason::SignedOut));
    }

    #[tokio::test]
    async fn more_ends_than_there_is_room_for_are_noticed_and_forgotten_in_time() {
        let (_folder, database, sids) = sessions_at(&[START; 12]).await;
        for sid in &sids {
            end(&database, sid, START.plus(100)).await;
        }
        let revocations = Revocations::new(900, 10);
        revocations.load(&database, START.plus(101)).await.unwrap();
        assert!(revocations.count() <= 10 && !revocations.is_complete());
        revocations.load(&database, START.plus(500)).await.unwrap();
        assert!(!revocations.is_complete(), "the same sessions still matter");
        revocations.refresh(&database, START.plus(100 + 1081)).await.unwrap();
        assert!(revocations.is_complete(), "their last access tokens have expired");
        assert_eq!(revocations.count(), 0);
    }

    #[test]
    fn an_end_that_is_missed_again_is_not_forgotten_for_being_older() {
        let end = |number: i64| (number.to_string(), EndReason::SignedOut, START.plus(number));
        let revocations = Revocations::new(900, 2);
        revocations.merge(&[end(2), end(1), end(0)], START.plus(3), true);
        assert!(!revocations.is_complete());
        // Three matter still. The one that is missed now ended before the one that was missed then.
        let later = START.plus(3 + CLOCK_SKEW_SECONDS);
        revocations.merge(&[end(2), end(1), end(-1)], later, true);
        assert!(!revocations.is_complete());
        revocations.merge(&[end(2), end(1)], later, true);
        assert!(revocations.is_complete());
    }

    #[test]
    fn many_ends_are_remembered_once_each() {
        let count = i64::try_from(CHUNK).unwrap() * 3 + 1;
        let all: Vec<_> = (0..count)
            .map(|number| (format!("s{number}"), EndReason::SignedOut, START.plus(number % 60)))
            .collect();
        let revocations = Revocations::new(900, all.len());
        for _ in 0..2 {
            revocations.merge(&all, START.plus(60), true);
            assert_eq!(revocations.count(), all.len());
            assert!(revocations.is_complete());
        }
        assert!(all.iter().all(|(sid, ..)| revocations.reason(sid) == Some(EndReason::SignedOut)));
    }

    #[test]
    fn an_end_that_this_server_has_no_room_for_is_noticed() {
        let revocations = Revocations::new(900, 2);
        revocations.extend(vec!["a".into(), "b".into(), "a".into()], EndReason::SignedOut, START);
        assert!(revocations.is_complete());
        revocations.insert("c".into(), EndReason::SignedOut, START.plus(1));
        assert!(!revocations.is_complete());
        assert_eq!(revocations.reason("b"), Some(EndReason::SignedOut));
        // The database did not show the end of `c` yet: it may have been read before.
        revocations.merge(&[], START.plus(2), true);
        assert!(!revocations.is_complete());
        let all = ["b", "c"].map(|sid| (sid.to_owned(), EndReason::SignedOut, START.plus(1)));
        revocations.ended.write().unwrap().sessions.remove("a");
        revocations.merge(&all, START.plus(1 + 121), true);
        assert!(revocations.is_complete());
        assert_eq!(revocations.reason("c"), Some(EndReason::SignedOut));
    }
}
