//! Responses that arrive after their session was left: none changes anything.

use std::sync::Arc;

use serde_json::json;

use super::fakes::{AWAY, FakeServer, OUT_OF_REACH, World, sid, sign_in, state};
use crate::api::{EndReason, PasswordChange, RequestHeaders, SendMethod, SendRequest};
use crate::auth_client::AuthClient;
use crate::device::Interaction;
use crate::error::SessionError;
use crate::offline_cache::OfflineCache;
use crate::storage::FileError;

pub(super) type Client = Arc<AuthClient<FakeServer>>;

/// An operation whose response the server holds back.
pub(super) struct Late<T> {
    task: tokio::task::JoinHandle<T>,
    let_go: Arc<tokio::sync::Notify>,
}

impl<T: Send + 'static> Late<T> {
    /// Begins `work`, and returns when the server has decided the response to `call`.
    pub(super) async fn begin<F>(
        world: &World,
        client: &Client,
        call: &str,
        work: impl FnOnce(Client) -> F,
    ) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let before = world.server.count(call);
        let let_go = world.server.hold_back(call);
        let task = tokio::spawn(work(Arc::clone(client)));
        while world.server.count(call) == before {
            tokio::task::yield_now().await;
        }
        Self { task, let_go }
    }

    pub(super) async fn end(self) -> T {
        self.let_go.notify_one();
        self.task.await.unwrap()
    }
}

#[tokio::test]
async fn a_renewal_after_the_sign_out_is_dropped() {
    let (world, client) = World::signed_in().await;
    *world.server.always_new_session.lock().unwrap() = true;
    let late = Late::begin(&world, &client, "renew", |client| async move { client.check_in().await }).await;
    client.sign_out_and_settle().await;
    assert_eq!(late.end().await, Err(SessionError::NotSignedIn));
    assert_eq!(state(&client), "signed-out: signed-out");
    assert_eq!(state(&world.start()), "signed-out: signed-out");
    assert_eq!(world.disk.json().get("sealed"), None);
}

#[tokio::test]
async fn a_renewal_of_the_previous_session_does_not_change_the_current_one() {
    let (world, client) = World::signed_in().await;
    *world.server.always_new_session.lock().unwrap() = true;
    let late = Late::begin(&world, &client, "renew", |client| async move { client.check_in().await }).await;
    sign_in(&client).await.unwrap();
    late.end().await.unwrap();
    assert_eq!(sid(&client).as_deref(), Some("session-1"));
    assert_eq!(sid(&world.start()).as_deref(), Some("session-1"));
}

#[tokio::test]
async fn the_end_of_the_previous_session_does_not_end_the_current_one() {
    for call in ["renew", "get"] {
        let (world, client) = World::signed_in().await;
        world.end_at_server(EndReason::Revoked);
        let late = Late::begin(&world, &client, call, |client| async move {
            if call == "renew" { client.check_in().await.map(drop) } else { client.get("/").await.map(drop) }
        });
        let late = late.await;
        world.fail(None);
        sign_in(&client).await.unwrap();
        assert_eq!(late.end().await, Err(SessionError::NotSignedIn), "{call}");
        client.keychain_settled().await;
        assert_eq!(state(&client), "signed-in", "{call}");
        assert_eq!(state(&world.start()), "signed-in", "{call}: its key is there, too");
    }
}

#[tokio::test]
async fn a_response_for_the_account_before_is_not_returned() {
    for signs_in_again in [false, true] {
        let (world, client) = World::signed_in().await;
        let late = Late::begin(&world, &client, "get", |client| async move { client.get("/").await }).await;
        client.sign_out_and_settle().await;
        if signs_in_again {
            sign_in(&client).await.unwrap();
        }
        assert_eq!(late.end().await.map(drop), Err(SessionError::NotSignedIn));
    }
}

async fn post(client: &Client) -> Result<(), SessionError> {
    let headers = RequestHeaders::default();
    client.send(&SendRequest { method: SendMethod::Post, path: "/a", headers, body: None }).await.map(drop)
}

async fn change_password(client: &Client) -> Result<(), SessionError> {
    let change =
        PasswordChange { current: "autobots rule".into(), new: "decepticons rule".into(), end_others: true };
    client.change_password(change).await
}

/// From here on, each sign-in is with another account.
fn change_account(world: &World) {
    *world.server.tamper.lock().unwrap() = Some(|claims| claims["sub"] = json!("account-2"));
}

/// How another account comes to be signed in.
#[derive(Clone, Copy, Debug)]
enum Comes {
    AfterSignOut,
    InItsPlace,
    InAnotherProcess,
}

impl Comes {
    const ALL: [Self; 3] = [Self::AfterSignOut, Self::InItsPlace, Self::InAnotherProcess];

    async fn happen(self, world: &World, client: &Client) {
        change_account(world);
        match self {
            Self::AfterSignOut => {
                client.sign_out_and_settle().await;
                sign_in(client).await.unwrap();
            }
            Self::InItsPlace => drop(sign_in(client).await.unwrap()),
            Self::InAnotherProcess => {
                sign_in(&world.start()).await.unwrap();
                client.reload().await;
                client.check_in().await.unwrap();
            }
        }
        assert_eq!(state(client), "signed-in", "{self:?}");
    }
}

#[tokio::test]
async fn a_call_whose_renewal_is_late_is_not_sent_for_another_account() {
    for comes in Comes::ALL {
        for call in ["get", "send", "change-password", "end-others", "end session", "sessions"] {
            let (world, client) = World::signed_in().await;
            world.clock.pass(900);
            let late = Late::begin(&world, &client, "renew", |client| async move {
                match call {
                    "get" => client.get("/").await.map(drop),
                    "send" => post(&client).await,
                    "change-password" => change_password(&client).await,
                    "end-others" => client.end_other_sessions().await.map(drop),
                    "sessions" => client.sessions().await.map(drop),
                    _ => client.end_session("session-9").await.map(drop),
                }
            });
            let late = late.await;
            comes.happen(&world, &client).await;
            assert_eq!(late.end().await, Err(SessionError::NotSignedIn), "{call} {comes:?}");
            assert_eq!(world.server.count(call), 0, "{call} {comes:?} was sent");
        }
    }
}

#[tokio::test]
async fn a_call_before_the_sign_out_is_not_sent_after_the_next_sign_in() {
    let (world, client) = World::signed_in().await;
    world.clock.pass(900);
    let late = Late::begin(&world, &client, "renew", |client| async move { post(&client).await }).await;
    client.sign_out_and_settle().await;
    sign_in(&client).await.unwrap();
    assert_eq!(late.end().await, Err(SessionError::NotSignedIn));
    assert_eq!(world.server.count("send"), 0);
}

#[tokio::test]
async fn two_calls_go_on_with_the_session_by_which_another_process_replaces_theirs() {
    let (world, client) = World::signed_in().await;
    sign_in(&world.start()).await.unwrap();
    let get = |path| move |client: Client| async move { client.get(path).await.map(drop) };
    let one = Late::begin(&world, &client, "get /a", get("/a")).await;
    let two = Late::begin(&world, &client, "get /b", get("/b")).await;
    one.end().await.unwrap();
    two.end().await.unwrap();
    assert_eq!(sid(&client).as_deref(), Some("session-1"));
}

#[tokio::test]
async fn a_request_that_times_out_does_not_return_the_cached_response_of_another_account() {
    for comes in Comes::ALL {
        let (world, client) = World::signed_in().await;
        let folder = tempfile::tempdir().unwrap();
        let cache = Arc::new(OfflineCache::new(folder.path().join("copies")));
        world.fail(AWAY);
        let of_task = Arc::clone(&cache);
        let late = Late::begin(&world, &client, "get", |client| async move {
            client.get_cached("/a", &of_task).await.map(drop)
        });
        let late = late.await;
        world.fail(None);
        comes.happen(&world, &client).await;
        client.get_cached("/a", &cache).await.unwrap();
        let expected =
            if let Comes::InAnotherProcess = comes { OUT_OF_REACH } else { SessionError::NotSignedIn };
        assert_eq!(late.end().await, Err(expected), "{comes:?}");
    }
}

#[tokio::test]
async fn a_response_after_the_sign_out_is_not_cached() {
    let (world, client) = World::signed_in().await;
    let folder = tempfile::tempdir().unwrap();
    let cache = Arc::new(OfflineCache::new(folder.path().join("copies")));
    client.get_cached("/a", &cache).await.unwrap();
    cache.clear();
    let of_task = Arc::clone(&cache);
    let late = Late::begin(&world, &client, "get", |client| async move {
        client.get_cached("/a", &of_task).await.map(drop)
    });
    let late = late.await;
    client.sign_out_and_settle().await;
    assert_eq!(late.end().await, Err(SessionError::NotSignedIn));
    assert!(!folder.path().join("copies").exists(), "nothing is on disk");
}

#[tokio::test]
async fn a_sign_in_is_superseded_by_a_sign_out_and_its_session_is_ended() {
    for signed_in_before in [false, true] {
        let world = World::new();
        let client = world.start();
        if signed_in_before {
            sign_in(&client).await.unwrap();
        }
        let late = Late::begin(&world, &client, "sign-in", |client| async move { sign_in(&client).await });
        let late = late.await;
        client.sign_out_and_settle().await;
        assert_eq!(late.end().await, Err(SessionError::Superseded));
        client.keychain_settled().await;
        let expected =
            if signed_in_before { "signed-out: signed-out" } else { "signed-out: never-signed-in" };
        assert_eq!((&*state(&client), &*state(&world.start())), (expected, expected));
        assert_eq!(*world.device.keychain.lock().unwrap(), Ok(Vec::new()), "its secret is gone");
        client.deliver().await.unwrap();
        let last = world.server.calls.lock().unwrap().pop().unwrap();
        let token = last.strip_prefix("deliver ").unwrap();
        let ended = latchkey_token::proof::verify_sign_out_token(token, "issuer").unwrap().sid;
        assert_eq!(ended, if signed_in_before { "session-1" } else { "session-0" });
        sign_in(&client).await.expect("the next one is made");
    }
}

#[tokio::test]
async fn a_superseded_sign_in_leaves_a_session_that_was_not_read_and_its_key() {
    for is_damaged in [false, true] {
        let (world, _) = World::signed_in().await;
        let keychain = world.device.keychain.lock().unwrap().clone();
        let document = world.disk.document.lock().unwrap().clone();
        if is_damaged {
            *world.disk.document.lock().unwrap() = Some(b"damaged".to_vec());
        } else {
            world.disk.make_unreadable(FileError::Locked);
        }
        let client = world.start();
        let late = Late::begin(&world, &client, "sign-in", |client| async move { sign_in(&client).await });
        let late = late.await;
        client.sign_out_and_settle().await;
        assert_eq!(late.end().await, Err(SessionError::Superseded));
        client.keychain_settled().await;
        assert_eq!(*world.device.keychain.lock().unwrap(), keychain, "damaged: {is_damaged}");
        if is_damaged {
            assert_eq!(world.disk.text(), "damaged");
        }

        client.retry_unlock(Interaction::Silent).await;
        client.deliver().await.unwrap();
        assert_eq!(world.server.count("deliver"), 1, "damaged: {is_damaged}");
        client.deliver().await.unwrap();
        assert_eq!(world.server.count("deliver"), 1, "it is delivered once");

        *world.disk.unreadable.lock().unwrap() = false;
        *world.disk.document.lock().unwrap() = document;
        assert_eq!(state(&world.start()), "signed-in");
    }
}

#[tokio::test]
async fn a_second_sign_in_is_refused_while_one_is_in_progress() {
    let world = World::new();
    let client = world.start();
    let late = Late::begin(&world, &client, "sign-in", |client| async move { sign_in(&client).await }).await;
    assert_eq!(sign_in(&client).await, Err(SessionError::SignInInProgress));
    assert_eq!(world.server.count("sign-in"), 1, "nothing was sent");
    late.end().await.unwrap();
    sign_in(&client).await.expect("the first one has ended");
}

#[tokio::test]
async fn a_renewal_continues_when_its_caller_is_dropped() {
    let (world, client) = World::signed_in().await;
    world.clock.pass(900);
    let late = Late::begin(&world, &client, "renew", |client| async move { client.get("/").await }).await;
    late.task.abort();
    let joined = tokio::spawn({
        let client = Arc::clone(&client);
        async move { client.get("/").await }
    });
    tokio::task::yield_now().await;
    late.let_go.notify_one();
    joined.await.unwrap().unwrap();
    assert_eq!(world.server.count("renew"), 1, "the second caller has joined the first one's renewal");
}
