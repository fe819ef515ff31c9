//! A newer sign-in with the same device key has replaced a session: by another process of this
//! profile, or by a copy of it. The session that is active at the server has to be on the disk.

use std::sync::Arc;

use super::fakes::{AWAY, FakeServer, World, lease, sid, sign_in, state};
use crate::auth_client::AuthClient;
use crate::error::SessionError;

/// Two processes of one profile; the first has its response held back by the server, which has
/// decided it.
struct Race {
    world: World,
    first: Arc<AuthClient<FakeServer>>,
    second: Arc<AuthClient<FakeServer>>,
    signing_in: tokio::task::JoinHandle<()>,
    let_go: Arc<tokio::sync::Notify>,
}

impl Race {
    async fn start() -> Self {
        let world = World::new();
        // The secret is there already: who makes it first is another question.
        sign_in(&world.start()).await.unwrap();
        let (first, second) = (world.start(), world.start());
        let let_go = world.server.hold_back("sign-in");
        let signing_in = tokio::spawn({
            let first = Arc::clone(&first);
            async move { drop(sign_in(&first).await.unwrap()) }
        });
        while world.server.replaced.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        Self { world, first, second, signing_in, let_go }
    }

    async fn end(self) -> (World, Arc<AuthClient<FakeServer>>, Arc<AuthClient<FakeServer>>) {
        self.let_go.notify_one();
        self.signing_in.await.unwrap();
        (self.world, self.first, self.second)
    }
}

#[tokio::test]
async fn the_valid_session_stays_on_disk_when_the_ended_one_is_written_later() {
    let race = Race::start().await;
    sign_in(&race.second).await.unwrap();
    let (world, first, second) = race.end().await;
    assert_eq!(*world.server.replaced.lock().unwrap(), ["session-0", "session-1"]);
    for session in [&first, &second, &world.start()] {
        assert_eq!((state(session).as_str(), sid(session).as_deref()), ("signed-in", Some("session-2")));
        session.check_in().await.unwrap();
    }
    first.deliver().await.unwrap();
    second.deliver().await.unwrap();
    let delivered = world.server.calls.lock().unwrap().clone();
    let ends =
        |name: &str| delivered.iter().any(|call| call.starts_with("deliver") && names_session(call, name));
    assert!(!ends("session-2"), "no sign-out token ends the valid one");
}

/// Whether a delivery ends this session.
fn names_session(call: &str, sid: &str) -> bool {
    let token = call.trim_start_matches("deliver ");
    latchkey_token::proof::verify_sign_out_token(token, "issuer").unwrap().sid == sid
}

#[tokio::test]
async fn the_valid_session_replaces_the_ended_one_on_disk() {
    let world = World::new();
    sign_in(&world.start()).await.unwrap();
    let (first, second) = (world.start(), world.start());
    let let_go = world.server.hold_back("sign-in");
    let signing_in = tokio::spawn({
        let second = Arc::clone(&second);
        async move { drop(sign_in(&second).await.unwrap()) }
    });
    while world.server.replaced.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    // Another process signs in and is replaced at the server, but writes its session in between.
    sign_in(&first).await.unwrap();
    *world.server.replaced.lock().unwrap() = vec!["session-0".into(), "session-2".into()];
    let_go.notify_one();
    signing_in.await.unwrap();
    assert_eq!(sid(&world.start()).as_deref(), Some("session-1"));
    assert!(lease(&second).1, "and it is on disk");
    first.get("/").await.unwrap();
    assert_eq!(sid(&first).as_deref(), Some("session-1"));
}

#[tokio::test]
async fn while_the_server_is_unreachable_neither_concurrent_session_is_ended() {
    let race = Race::start().await;
    sign_in(&race.second).await.unwrap();
    race.world.fail(AWAY);
    let (world, first, _) = race.end().await;
    assert_eq!(sid(&world.start()).as_deref(), Some("session-1"));
    world.fail(None);
    first.deliver().await.unwrap();
    let delivered = world.server.calls.lock().unwrap().clone();
    let is_ended =
        delivered.iter().any(|call| call.starts_with("deliver") && names_session(call, "session-2"));
    assert!(!is_ended, "the other session may be the valid one");
}

#[tokio::test]
async fn a_process_continues_with_the_session_that_another_wrote_to_the_disk() {
    let (world, first) = World::signed_in().await;
    let second = world.start();
    sign_in(&second).await.unwrap();
    assert_eq!(first.get("/").await.unwrap().text(), "Hello World!");
    assert_eq!((state(&first).as_str(), sid(&first).as_deref()), ("signed-in", Some("session-1")));

    let third = world.start();
    sign_in(&third).await.unwrap();
    first.check_in().await.unwrap();
    assert_eq!(sid(&first).as_deref(), Some("session-2"));
    assert!(
        world.device.keychain.lock().unwrap().as_ref().is_ok_and(|secrets| !secrets.is_empty()),
        "the key is in use"
    );
}

#[tokio::test]
async fn a_replaced_copy_of_the_profile_reports_it_and_leaves_the_key() {
    let (world, session) = World::signed_in().await;
    let copy = World { server: world.server.clone(), clock: Arc::clone(&world.clock), ..World::new() };
    *copy.disk.document.lock().unwrap() = world.disk.document.lock().unwrap().clone();
    *copy.device.keychain.lock().unwrap() = world.device.keychain.lock().unwrap().clone();
    let copied = copy.start();
    assert_eq!(state(&copied), "signed-in");
    sign_in(&copied).await.unwrap();

    assert_eq!(session.check_in().await, Err(SessionError::SessionOver));
    assert_eq!(state(&session), "signed-out: replaced");
    assert_eq!(state(&world.start()), "signed-out: replaced", "and the next start says so");
    assert!(world.device.keychain.lock().unwrap().as_ref().is_ok_and(|secrets| !secrets.is_empty()));
    sign_in(&session).await.unwrap();
    assert_eq!(copied.get("/").await, Err(SessionError::SessionOver));
    assert_eq!(state(&copied), "signed-out: replaced");
}

#[tokio::test]
async fn the_previous_session_is_ended_when_another_process_has_changed_the_disk() {
    let (world, client) = World::signed_in().await;
    let mut document = world.disk.json();
    document["theme"] = "another process was here".into();
    *world.disk.overtaken_by.lock().unwrap() = Some(document.to_string().into_bytes());
    sign_in(&client).await.unwrap();
    assert!(lease(&client).1);
    assert_eq!(world.disk.json()["theme"], document["theme"]);
    client.deliver().await.unwrap();
    let calls = world.server.calls.lock().unwrap().clone();
    let delivered: Vec<_> = calls.iter().filter(|call| call.starts_with("deliver")).collect();
    assert!(delivered.len() == 1 && names_session(delivered[0], "session-0"), "{delivered:?}");
    client.deliver().await.unwrap();
    assert_eq!(world.server.count("deliver"), 1);
}
