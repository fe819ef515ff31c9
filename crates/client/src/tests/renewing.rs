//! Renewal, and the effects of the server's responses on the session.

use std::sync::Arc;

use serde_json::json;

use super::fakes::{AWAY, DAY, START, World, lease, sign_in, state};
use crate::api::{ApiError, EndReason, NetworkCause};
use crate::error::SessionError;
use crate::view::{ConnectionView, StateView};

fn connection(session: &crate::auth_client::AuthClient<super::fakes::FakeServer>) -> ConnectionView {
    match session.snapshot().state {
        StateView::SignedIn { connection, .. } => connection,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_fault_ends_the_session() {
    let (world, session) = World::signed_in().await;
    let before = world.disk.text();
    for fault in [
        AWAY,
        ApiError::Unreachable(NetworkCause::TimedOut),
        ApiError::Unavailable,
        ApiError::Throttled { retry_after_seconds: None },
        ApiError::InvalidResponse,
        ApiError::TokenRefused,
        ApiError::Refused,
        ApiError::NoProof,
    ] {
        world.fail(fault.clone());
        assert!(session.check_in().await.is_err());
        assert!(session.get("/").await.is_err());
        assert_eq!(state(&session), "signed-in", "{fault:?}");
        assert_eq!(state(&world.start()), "signed-in", "{fault:?}");
    }
    assert_eq!(world.disk.text(), before);
}

#[tokio::test]
async fn a_session_that_the_server_has_ended_is_signed_out_on_disk_too() {
    for (end, reason) in
        [(EndReason::Revoked, "signed-out: revoked"), (EndReason::Expired, "signed-out: session-ended")]
    {
        let (world, session) = World::signed_in().await;
        world.end_at_server(end);
        assert_eq!(session.check_in().await, Err(SessionError::SessionOver));
        session.keychain_settled().await;
        assert_eq!(state(&session), reason);
        assert_eq!(state(&world.start()), reason, "and the next start says why");
        assert_eq!(world.disk.json().get("sealed"), None);
        assert_eq!(*world.device.keychain.lock().unwrap(), Ok(Vec::new()));
    }
}

#[tokio::test]
async fn an_api_call_to_an_ended_session_signs_out() {
    let (world, session) = World::signed_in().await;
    world.end_at_server(EndReason::Revoked);
    assert_eq!(session.get("/").await, Err(SessionError::SessionOver));
    assert_eq!(state(&session), "signed-out: revoked");
}

#[tokio::test]
async fn an_ended_session_is_signed_out_even_if_the_disk_refuses_to_remove_it() {
    let (world, session) = World::signed_in().await;
    world.end_at_server(EndReason::Revoked);
    *world.disk.full.lock().unwrap() = true;
    assert_eq!(session.check_in().await, Err(SessionError::SessionOver));
    assert_eq!(state(&session), "signed-out: revoked");
}

#[tokio::test]
async fn the_session_token_is_replaced_when_it_has_aged() {
    let (world, session) = World::signed_in().await;
    world.clock.pass(3600);
    session.check_in().await.unwrap();
    assert_eq!(lease(&session).0, START + 14 * DAY, "still the first one");
    world.clock.pass(2 * DAY);
    session.check_in().await.unwrap();
    assert_eq!(lease(&session).0, START + 3600 + 16 * DAY);
    assert_eq!(lease(&world.start()).0, START + 3600 + 16 * DAY, "and it is on disk");
}

#[tokio::test]
async fn a_renewal_of_another_session_is_refused() {
    let (world, session) = World::signed_in().await;
    *world.server.always_new_session.lock().unwrap() = true;
    let tampers: [fn(&mut serde_json::Value); 2] =
        [|claims| claims["sid"] = json!("session-9"), |claims| claims["sub"] = json!("account-2")];
    for tamper in tampers {
        *world.server.tamper.lock().unwrap() = Some(tamper);
        assert_eq!(session.check_in().await, Err(SessionError::ServerAnswerInvalid));
        assert_eq!(state(&session), "signed-in");
    }
}

#[tokio::test]
async fn eight_concurrent_renewals_share_one_request() {
    let (world, session) = World::signed_in().await;
    world.server.gate.forget_permits(1000);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let session = Arc::clone(&session);
            tokio::spawn(async move { session.check_in().await })
        })
        .collect();
    while world.server.count("renew") == 0 {
        tokio::task::yield_now().await;
    }
    world.server.gate.add_permits(1000);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(world.server.count("renew"), 1);
    session.check_in().await.unwrap();
    assert_eq!(world.server.count("renew"), 2, "a later one asks again");
}

#[tokio::test]
async fn two_processes_renew_one_session() {
    let (world, first) = World::signed_in().await;
    let second = world.start();
    *world.server.always_new_session.lock().unwrap() = true;
    world.clock.pass(DAY);
    first.check_in().await.unwrap();
    second.check_in().await.unwrap();
    assert_eq!(
        (state(&first), state(&second), state(&world.start())),
        ("signed-in".into(), "signed-in".into(), "signed-in".into())
    );
    first.sign_out_and_settle().await;
    assert_eq!(state(&world.start()), "signed-out: signed-out", "what the second wrote is no obstacle");
    assert_eq!(second.check_in().await, Err(SessionError::NotSignedIn));
    assert_eq!(state(&second), "signed-out: signed-out");
}

#[tokio::test]
async fn a_process_that_renews_after_a_sign_out_does_not_restore_the_session() {
    let (world, first) = World::signed_in().await;
    let second = world.start();
    *world.server.always_new_session.lock().unwrap() = true;
    first.sign_out_and_settle().await;
    let _ = second.check_in().await;
    assert_eq!(state(&world.start()), "signed-out: signed-out");
}

#[tokio::test]
async fn a_failed_write_keeps_the_old_token_on_disk_and_the_new_one_in_memory() {
    let (world, session) = World::signed_in().await;
    let before = world.disk.text();
    *world.disk.full.lock().unwrap() = true;
    world.clock.pass(2 * DAY);
    session.check_in().await.unwrap();
    assert_eq!(lease(&session), (START + 16 * DAY, true), "the older one on disk is a session too");
    assert_eq!(world.disk.text(), before);
}

#[tokio::test]
async fn an_access_token_is_renewed_before_it_expires() {
    let (world, session) = World::signed_in().await;
    assert_eq!(session.get("/").await.unwrap().text(), "Hello World!");
    assert_eq!(world.server.count("renew"), 0, "the sign-in brought one");
    world.clock.pass(841);
    session.get("/api/me").await.unwrap();
    assert_eq!(world.server.count("renew"), 1);
    assert_eq!(session.get("//evil.example").await, Err(SessionError::PathNotAllowed));
}

#[tokio::test]
async fn the_connection_is_the_one_of_the_last_response() {
    let (world, session) = World::signed_in().await;
    assert_eq!(connection(&session), ConnectionView::Online);
    let restarted = world.start();
    assert_eq!(connection(&restarted), ConnectionView::Checking);
    world.fail(ApiError::InvalidResponse);
    let _ = restarted.check_in().await;
    assert_eq!(connection(&restarted), ConnectionView::Offline);
    world.fail(ApiError::Throttled { retry_after_seconds: None });
    let _ = restarted.check_in().await;
    assert_eq!(connection(&restarted), ConnectionView::Online);
}

#[tokio::test(start_paused = true)]
async fn the_background_task_renews_delivers_and_tries_again() {
    let (world, session) = World::signed_in().await;
    world.fail(AWAY);
    world.clock.pass(900);
    let background = tokio::spawn(session.background());
    let mut views = session.watch();
    while connection(&session) != ConnectionView::Offline {
        views.changed().await.unwrap();
    }
    let tries = world.server.count("renew");
    world.fail(None);
    while connection(&session) != ConnectionView::Online {
        views.changed().await.unwrap();
    }
    assert!(world.server.count("renew") > tries);
    session.sign_out_and_settle().await;
    while world.disk.json().get("notices").is_some() {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    background.abort();
    sign_in(&session).await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_know_the_session_holds_it_and_ends_nothing() {
    let (world, session) = World::signed_in().await;
    let before = world.disk.text();
    world.fail(ApiError::SessionUnknown);
    assert_eq!(session.check_in().await, Err(SessionError::SessionUnknown));
    assert_eq!(state(&session), "held: session-unknown");
    assert_eq!(world.disk.text(), before);
    assert!(world.device.keychain.lock().unwrap().as_ref().is_ok_and(|secrets| !secrets.is_empty()));
    assert_eq!(session.get("/").await, Err(SessionError::SessionUnknown), "its access token is gone");
    assert_eq!(state(&world.start()), "signed-in", "a restart asks again");
    // The right server is back.
    world.fail(None);
    session.check_in().await.unwrap();
    assert_eq!(state(&session), "signed-in");
    world.fail(ApiError::SessionUnknown);
    let _ = session.check_in().await;
    session.sign_out_and_settle().await;
    assert_eq!(state(&session), "signed-out: signed-out", "the person may leave it");
}

#[tokio::test]
async fn a_provider_that_asks_for_a_new_sign_in_holds_the_session_until_there_is_one() {
    let (world, session) = World::signed_in().await;
    let before = world.disk.text();
    world.fail(ApiError::ProviderSignInRequired);
    assert_eq!(session.check_in().await, Err(SessionError::ProviderSignInRequired));
    assert_eq!(state(&session), "held: provider-sign-in-required");
    assert_eq!(world.disk.text(), before);
    assert_eq!(session.get("/").await, Err(SessionError::ProviderSignInRequired), "its access token is gone");
    assert_eq!(state(&world.start()), "signed-in", "offline the app starts as ever");
    // The provider answers again.
    world.fail(None);
    session.check_in().await.unwrap();
    assert_eq!(state(&session), "signed-in");
    world.fail(ApiError::ProviderSignInRequired);
    let _ = session.check_in().await;
    world.fail(None);
    sign_in(&session).await.unwrap();
    assert_eq!(state(&session), "signed-in", "a new sign-in takes its place");
    world.fail(ApiError::ProviderSignInRequired);
    let _ = session.check_in().await;
    session.sign_out_and_settle().await;
    assert_eq!(state(&session), "signed-out: signed-out", "the person may leave it");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_session_is_renewed_by_itself_when_the_server_knows_it() {
    let (world, session) = World::signed_in().await;
    world.fail(ApiError::SessionUnknown);
    let _ = session.check_in().await;
    let background = tokio::spawn(session.background());
    let tries = world.server.count("renew");
    while world.server.count("renew") < tries + 3 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(state(&session), "held: session-unknown");
    world.fail(None);
    while state(&session) != "signed-in" {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    background.abort();
}

#[tokio::test]
async fn a_429_that_is_not_the_servers_is_no_contact() {
    let (world, session) = World::signed_in().await;
    *world.server.throttled_by_stranger.lock().unwrap() = true;
    world.fail(ApiError::Throttled { retry_after_seconds: None });
    let _ = session.check_in().await;
    assert_eq!(connection(&session), ConnectionView::Offline);
}
