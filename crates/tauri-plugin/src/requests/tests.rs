//! Repeated calls and their outcomes.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use latchkey_token::UnixTime;
use tokio::sync::oneshot;

use super::*;
use table::{MAX_ENTRIES, REMEMBERED};

/// A steady clock that tests set.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn wall(&self) -> UnixTime {
        UnixTime::new(0)
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst).try_into().unwrap())
    }
}

/// A page whose calls are counted, and the session while it makes them.
struct Page {
    clock: Arc<Hand>,
    requests: Requests,
    session: Mutex<Option<String>>,
    runs: AtomicU32,
}

type Outcome = Result<u32, Error>;

impl Page {
    fn new() -> Self {
        let clock = Arc::new(Hand::default());
        let requests = Requests::new(Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        Self { clock, requests, session: Mutex::new(Some("sam".to_owned())), runs: AtomicU32::new(0) }
    }

    fn signed_in(&self, sid: Option<&str>) {
        *self.session.lock().unwrap() = sid.map(str::to_owned);
    }

    /// Calls `command` with `argument`; the outcome is the number of the run.
    async fn call(&self, id: u128, command: &'static str, argument: &str, owner: Owner) -> Outcome {
        self.call_that(id, command, argument, owner, async { Ok(()) }).await
    }

    async fn call_that(
        &self,
        id: u128,
        command: &'static str,
        argument: &str,
        owner: Owner,
        work: impl Future<Output = Result<(), Error>>,
    ) -> Outcome {
        let call = self.requests.call(command, RequestId(Uuid::from_u128(id))).with(argument);
        let work = async {
            let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
            work.await.map(|()| run)
        };
        call.once(owner, || self.session.lock().unwrap().clone(), work).await
    }
}

const UNAVAILABLE: Error = Error::Client(latchkey_client::error::SessionError::ServerUnavailable);
const BEFORE: Owner = Owner::SessionBefore;
const REUSED: Outcome = Err(Error::RequestIdReused);

#[tokio::test]
async fn a_repeat_gets_the_outcome_of_the_first_run() {
    let page = Page::new();
    assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, Ok(1));
    assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, Ok(1));
    assert_eq!(page.call(2, "send_api", "a note", BEFORE).await, Ok(2), "another id is another call");
    let failing = || async { Err(UNAVAILABLE) };
    for _ in 0..2 {
        let outcome = page.call_that(3, "send_api", "a note", BEFORE, failing()).await;
        assert_eq!(outcome, Err(UNAVAILABLE));
    }
    assert_eq!(page.runs.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_repeat_waits_for_a_run_in_progress() {
    let page = Page::new();
    let (answer, answered) = oneshot::channel::<()>();
    let slow = async { answered.await.map_err(|_| UNAVAILABLE) };
    let first = page.call_that(1, "send_api", "a note", BEFORE, slow);
    let repeat = async {
        let mut repeat = std::pin::pin!(page.call(1, "send_api", "a note", BEFORE));
        tokio::select! {
            biased;
            outcome = &mut repeat => panic!("it did not wait: {outcome:?}"),
            () = async {} => {}
        }
        page.clock.0.store(600, Ordering::SeqCst);
        let late = page.call(1, "send_api", "a note", BEFORE);
        answer.send(()).unwrap();
        tokio::join!(repeat, late)
    };
    assert_eq!(tokio::join!(first, repeat), (Ok(1), (Ok(1), Ok(1))), "also after a long time");
}

#[tokio::test]
async fn a_known_id_with_another_command_or_argument_is_refused() {
    let page = Page::new();
    assert_eq!(page.call(1, "sign_in", "autobots rule", Owner::SessionAfter).await, Ok(1));
    assert_eq!(page.call(1, "sign_in", "autobots rul", Owner::SessionAfter).await, REUSED);
    assert_eq!(page.call(1, "send_api", "autobots rule", Owner::SessionAfter).await, REUSED);
    assert_eq!(page.call(1, "sign_in", "autobots rule", Owner::SessionAfter).await, Ok(1));
}

#[test]
fn arguments_of_the_same_text_but_other_lengths_are_different_calls() {
    let requests = Page::new().requests;
    let id = RequestId(Uuid::from_u128(1));
    let began = |call: Call<'_>| requests.begin(id, call.fingerprint()).is_ok();
    assert!(began(requests.call("sign_in", id).with("sam").with("autobots")));
    assert!(!began(requests.call("sign_in", id).with("sama").with("utobots")));
    assert!(!began(requests.call("sign_in", id).with("samautobots")));
    assert!(!began(requests.call("sign_in", id).with("sam").with("autobots").with("")));
    assert!(began(requests.call("sign_in", id).with("sam").with("autobots")));
}

#[test]
fn each_process_hashes_with_a_key_of_its_own() {
    let id = RequestId(Uuid::from_u128(1));
    let hash = |page: &Page| page.requests.call("sign_in", id).with("autobots rule").fingerprint();
    let (one, other) = (Page::new(), Page::new());
    assert_eq!(hash(&one), hash(&one));
    assert_ne!(hash(&one), hash(&other));
}

#[tokio::test]
async fn a_call_is_forgotten_after_a_minute() {
    let page = Page::new();
    let minute = i64::try_from(REMEMBERED.as_secs()).unwrap();
    assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, Ok(1));
    page.clock.0.store(minute - 1, Ordering::SeqCst);
    assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, Ok(1));
    page.clock.0.store(minute, Ordering::SeqCst);
    assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, Ok(2));
}

#[tokio::test]
async fn another_session_gets_no_outcome_and_runs_nothing() {
    let page = Page::new();
    assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, Ok(1));
    for other in [None, Some("mikaela")] {
        page.signed_in(other);
        assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, REUSED);
    }
    page.signed_in(Some("sam"));
    assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, REUSED, "the outcome is deleted");
    assert_eq!(page.runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_outcome_of_the_session_before_is_not_returned_to_the_next_one() {
    let page = Page::new();
    let change = || async {
        page.signed_in(Some("mikaela"));
        Ok(())
    };
    assert_eq!(page.call_that(1, "send_api", "a note", BEFORE, change()).await, Ok(1));
    assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, REUSED);
    page.signed_in(Some("sam"));
    let view = Owner::SessionAfter;
    assert_eq!(page.call_that(2, "sign_in", "mikaela", view, change()).await, Ok(2));
    assert_eq!(
        page.call(2, "sign_in", "mikaela", view).await,
        Ok(2),
        "the outcome of a sign-in belongs to its own session"
    );
}

#[tokio::test]
async fn a_full_table_drops_the_oldest_call_that_has_ended() {
    let page = Page::new();
    let ids = 1..=u128::try_from(MAX_ENTRIES).unwrap();
    for id in ids.clone() {
        assert!(page.call(id, "send_api", "a note", BEFORE).await.is_ok());
    }
    let runs = || page.runs.load(Ordering::SeqCst);
    assert!(page.call(1000, "send_api", "a note", BEFORE).await.is_ok());
    let before = runs();
    for id in ids.skip(1).chain([1000]) {
        assert!(page.call(id, "send_api", "a note", BEFORE).await.is_ok());
    }
    assert_eq!(runs(), before, "all but the oldest are known");
    assert!(page.call(1, "send_api", "a note", BEFORE).await.is_ok());
    assert_eq!(runs(), before + 1);
}

#[tokio::test]
async fn a_table_full_of_calls_in_progress_refuses_more() {
    let page = Page::new();
    let id = |number: usize| RequestId(Uuid::from_u128(number.try_into().unwrap()));
    let begin =
        |number| page.requests.begin(id(number), page.requests.call("send_api", id(number)).fingerprint());
    let under_way: Vec<_> = (0..MAX_ENTRIES).map(|number| begin(number).unwrap()).collect();
    assert_eq!(page.call(1000, "send_api", "a note", BEFORE).await, Err(Error::TooManyRequests));
    assert!(matches!(begin(0), Ok(Begun::Repeat(_))), "a call in progress is still known");
    drop(under_way);
}

#[tokio::test]
async fn a_run_that_was_dropped_is_not_run_again() {
    let page = Page::new();
    let endless = page.call_that(1, "send_api", "a note", BEFORE, std::future::pending());
    tokio::select! {
        biased;
        outcome = endless => panic!("it ended: {outcome:?}"),
        () = async {} => {}
    }
    assert_eq!(page.call(1, "send_api", "a note", BEFORE).await, REUSED);
}

#[test]
fn only_a_uuid_is_an_id() {
    let parsed = |text: &str| serde_json::from_value::<RequestId>(text.into());
    assert!(parsed("0191d2a4-7b1c-4c55-9d0e-7a4a2f6f1b11").is_ok());
    for other in ["", "1", "0191d2a4-7b1c-4c55-9d0e-7a4a2f6f1b1", "a note that is far too long to be an id"] {
        assert!(parsed(other).is_err(), "{other}");
    }
}

#[tokio::test]
async fn an_outcome_with_secrets_is_stored_nowhere_and_its_repeat_is_refused() {
    let page = Page::new();
    let call = |id| page.requests.call("enrol", RequestId(Uuid::from_u128(id)));
    assert_eq!(call(1).once_unstored(async { Ok(7) }).await, Ok(7));
    assert_eq!(call(1).once_unstored(async { Ok(8) }).await, Err(Error::RequestIdReused));
    assert_eq!(call(2).once_unstored(async { Ok(9) }).await, Ok(9));
}

#[tokio::test]
async fn a_missing_argument_is_another_call_than_an_empty_one() {
    let page = Page::new();
    let call = |argument: Option<&str>| {
        let call = page.requests.call("redeem_code", RequestId(Uuid::from_u128(1)));
        call.with_option(argument).once(Owner::SessionAfter, || None, async { Ok(1) })
    };
    assert_eq!(call(None).await, Ok(1));
    assert_eq!(call(Some("")).await, Err(Error::RequestIdReused));
    assert_eq!(call(None).await, Ok(1));
}
