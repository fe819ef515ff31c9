//! Signing in and out.

use serde_json::json;

use super::fakes::{AWAY, DAY, OUT_OF_REACH, World, cause, lease, sign_in, sign_in_with, state};
use crate::Consent;
use crate::api::{ApiError, Credentials, NetworkCause};
use crate::error::SessionError;
use crate::storage_fault::StorageFault;

#[tokio::test]
async fn a_failed_sign_in_changes_nothing() {
    let world = World::new();
    let session = world.start();
    assert_eq!(sign_in_with(&session, "wrong").await.err(), Some(SessionError::WrongCredentials));
    for (fault, error) in [
        (AWAY, OUT_OF_REACH),
        (
            ApiError::Unreachable(NetworkCause::TimedOut),
            SessionError::ServerUnreachable { cause: NetworkCause::TimedOut },
        ),
        (ApiError::Unavailable, SessionError::ServerUnavailable),
        (
            ApiError::Throttled { retry_after_seconds: Some(2) },
            SessionError::Throttled { retry_after_seconds: Some(2) },
        ),
        (ApiError::InvalidResponse, SessionError::ServerAnswerInvalid),
        (ApiError::Refused, SessionError::ServerRefused),
    ] {
        world.fail(fault);
        assert_eq!(sign_in(&session).await.err(), Some(error));
        assert_eq!(state(&session), "signed-out: never-signed-in");
        assert!(world.disk.document.lock().unwrap().is_none());
    }
}

#[tokio::test]
async fn nothing_is_sent_without_credentials() {
    let world = World::new();
    let session = world.start();
    for (username, password) in [("", "x"), (" \t", "x"), ("x", "")] {
        let credentials = Credentials { username: username.into(), password: password.into() };
        assert_eq!(
            session.sign_in(credentials, Consent::default()).await.err(),
            Some(SessionError::CredentialsMissing)
        );
    }
    assert_eq!(world.server.calls.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn tokens_that_do_not_verify_are_neither_stored_nor_shown() {
    let tampers: [fn(&mut serde_json::Value); 8] = [
        |claims| claims["iss"] = json!("another issuer"),
        |claims| claims["aud"] = json!("device-2"),
        |claims| claims["cnf"]["jkt"] = json!("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        |claims| claims["sub"] = json!(7),
        |claims| claims["sid"] = json!(claims["aud"].to_string()),
        |claims| claims["preferred_username"] = json!(null),
        |claims| claims["cnf"] = json!(null),
        |claims| claims["exp"] = json!("never"),
    ];
    for tamper in tampers {
        let world = World::new();
        *world.server.tamper.lock().unwrap() = Some(tamper);
        let session = world.start();
        assert_eq!(sign_in(&session).await.err(), Some(SessionError::ServerAnswerInvalid));
        assert_eq!(state(&session), "signed-out: never-signed-in");
        assert!(world.disk.document.lock().unwrap().is_none());
    }
}

#[tokio::test]
async fn the_session_on_disk_is_sealed() {
    let (world, _) = World::signed_in().await;
    let text = world.disk.text();
    // Sealed data is base64, which can contain any three letters by chance, but no dot and no
    // quote.
    for trace in [".eyJ", "Ladiesman217", "\"Sam\"", "session-0", "device-1"] {
        assert!(!text.contains(trace), "{trace} in {text}");
    }
}

#[tokio::test]
async fn a_full_disk_keeps_the_old_session_and_is_reported() {
    let (world, session) = World::signed_in().await;
    let before = world.disk.text();
    *world.disk.full.lock().unwrap() = true;
    sign_in(&session).await.unwrap();
    assert!(!lease(&session).1, "signed in, in memory only");
    assert_eq!(cause(&session), Some(StorageFault::DiskFull));
    assert_eq!(world.disk.text(), before);
    assert_eq!(state(&world.start()), "signed-in", "the old one");
}

#[tokio::test]
async fn a_session_that_a_full_disk_refused_is_written_when_there_is_space() {
    let world = World::new();
    let session = world.start();
    *world.disk.full.lock().unwrap() = true;
    sign_in(&session).await.unwrap();
    assert!(!lease(&session).1);
    *world.disk.full.lock().unwrap() = false;
    session.remember_time();
    assert!(lease(&session).1);
    assert_eq!(state(&world.start()), "signed-in");
}

#[tokio::test]
async fn a_session_in_memory_only_can_be_signed_out() {
    let world = World::new();
    let session = world.start();
    *world.disk.full.lock().unwrap() = true;
    sign_in(&session).await.unwrap();
    session.sign_out_and_settle().await;
    assert_eq!(state(&session), "signed-out: signed-out");
    assert_eq!(*world.device.keychain.lock().unwrap(), Ok(Vec::new()), "the secret is gone");
}

#[tokio::test]
async fn signing_in_again_ends_the_previous_session() {
    let (world, session) = World::signed_in().await;
    sign_in(&session).await.unwrap();
    session.deliver().await.unwrap();
    assert_eq!(world.server.count("deliver"), 1);
    assert_eq!(world.disk.json().get("notices"), None);
}

#[tokio::test]
async fn signing_out_works_offline_and_is_delivered_later() {
    let (world, session) = World::signed_in().await;
    world.fail(AWAY);
    session.sign_out_and_settle().await;
    assert_eq!(state(&session), "signed-out: signed-out");
    let left = world.disk.json();
    // The record remembers that the key was in the keychain: the next key is not stored in a weaker
    // place without consent.
    assert_eq!((left.get("sealed"), left["key_place"].as_str()), (None, Some("keychain")));
    assert_eq!(*world.device.keychain.lock().unwrap(), Ok(Vec::new()), "the secret is gone");
    assert_eq!(session.get("/").await, Err(SessionError::NotSignedIn));
    assert_eq!(session.check_in().await, Err(SessionError::NotSignedIn));

    world.clock.pass(20 * DAY);
    let later = world.start();
    assert_eq!(state(&later), "signed-out: signed-out");
    assert!(later.deliver().await.is_err());
    assert_eq!(world.disk.json()["notices"].as_array().unwrap().len(), 1, "it waits");
    world.fail(None);
    later.deliver().await.unwrap();
    assert_eq!(world.disk.json().get("notices"), None);
}

#[tokio::test]
async fn a_sign_out_token_that_the_server_refuses_is_dropped() {
    let (world, session) = World::signed_in().await;
    session.sign_out_and_settle().await;
    world.fail(ApiError::Refused);
    session.deliver().await.unwrap();
    assert_eq!(world.disk.json().get("notices"), None);
}

#[tokio::test]
async fn a_sign_out_that_the_disk_refuses_is_an_error_and_stays_signed_in() {
    let (world, session) = World::signed_in().await;
    *world.disk.full.lock().unwrap() = true;
    let full = SessionError::NotKept { cause: StorageFault::DiskFull };
    assert_eq!(session.sign_out().await, Err(full));
    assert_eq!(state(&session), "signed-in");
    *world.disk.full.lock().unwrap() = false;
    session.sign_out_and_settle().await;
    assert_eq!(state(&session), "signed-out: signed-out");
}

#[tokio::test]
async fn signing_out_without_a_session_changes_nothing() {
    let world = World::new();
    let later = br#"{ "format": 2, "sessions": [] }"#;
    *world.disk.document.lock().unwrap() = Some(later.to_vec());
    let session = world.start();
    session.sign_out_and_settle().await;
    assert_eq!(state(&session), "held: store-newer");
    assert_eq!(world.disk.text().as_bytes(), later);
}

#[tokio::test]
async fn signing_out_of_a_held_session_works() {
    let (world, _) = World::signed_in().await;
    world.clock.pass(20 * DAY);
    let session = world.start();
    assert_eq!(state(&session), "held: lease-expired");
    session.sign_out_and_settle().await;
    assert_eq!(state(&session), "signed-out: signed-out");
    assert_eq!(world.disk.json()["notices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_that_cannot_be_used_is_not_left_at_the_server() {
    let world = World::new();
    *world.server.tamper.lock().unwrap() = Some(|claims| claims["iss"] = json!("another issuer"));
    let session = world.start();
    assert_eq!(sign_in(&session).await.err(), Some(SessionError::ServerAnswerInvalid));
    assert_eq!(world.server.count("give-back"), 1);
    assert_eq!(*world.server.living.lock().unwrap(), []);
}

#[tokio::test]
async fn a_sign_out_token_that_the_disk_refused_is_delivered_from_memory() {
    let (world, session) = World::signed_in().await;
    *world.disk.full.lock().unwrap() = true;
    world.fail(None);
    sign_in(&session).await.unwrap();
    assert!(!lease(&session).1);
    session.deliver().await.ok();
    assert_eq!(world.server.count("deliver"), 1, "the session before is ended at the server");
}
