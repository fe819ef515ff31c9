//! The device's secret: missing, locked, deleted, in a file. It is never replaced because it could
//! not be read.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::fakes::{SECRET_ERRORS, World, cause, lease, sign_in, state};
use crate::device::KeyPlace;
use crate::device::{Interaction, Secret};
use crate::error::SessionError;
use crate::offline_cache::OfflineCache;
use crate::reasons::HeldReason;
use crate::secret_error::SecretError;
use crate::storage::FileError;
use crate::storage_fault::StorageFault;
use crate::view::{SessionView, StateView};

#[tokio::test]
async fn a_missing_key_signs_out() {
    let (world, _) = World::signed_in().await;
    *world.device.keychain.lock().unwrap() = Ok(Vec::new());
    assert_eq!(state(&world.start()), "signed-out: device-key-missing");
}

#[tokio::test]
async fn another_key_opens_nothing() {
    let (world, _) = World::signed_in().await;
    *world.device.keychain.lock().unwrap() = Ok(vec![Secret::generate().unwrap()]);
    assert_eq!(state(&world.start()), "signed-out: store-damaged");
}

#[tokio::test]
async fn a_keychain_that_cannot_be_read_holds_the_session_with_the_reason() {
    let (world, _) = World::signed_in().await;
    let secret = world.device.keychain.lock().unwrap().clone();
    for cause in SECRET_ERRORS {
        let before = world.disk.text();
        *world.device.keychain.lock().unwrap() = Err(cause);
        let session = world.start();
        let reason =
            if cause.is_lock() { HeldReason::KeychainLocked } else { HeldReason::KeychainUnavailable };
        assert_eq!(session.snapshot().state, StateView::Held { reason, cause: Some(cause.into()) });
        assert_eq!(session.check_in().await, Err(cause.into()), "the reason of the failure");
        assert_eq!(session.get("/").await, Err(SessionError::SessionHeld));
        assert_eq!(world.disk.text(), before, "nothing was written");

        *world.device.keychain.lock().unwrap() = secret.clone();
        session.check_in().await.unwrap();
        assert_eq!(state(&session), "signed-in", "back without a new sign-in");
    }
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_starts_later_is_used_without_the_user() {
    let (world, _) = World::signed_in().await;
    let secret = world.device.keychain.lock().unwrap().clone();
    for cause in SECRET_ERRORS {
        *world.device.keychain.lock().unwrap() = Err(cause);
        let session = world.start();
        let background = tokio::spawn(session.background());
        let mut views = session.watch();
        views.mark_unchanged();
        *world.device.keychain.lock().unwrap() = secret.clone();
        let signed_in = |view: &Option<SessionView>| {
            view.as_ref().is_some_and(|view| matches!(view.state, StateView::SignedIn { .. }))
        };
        timeout(Duration::from_secs(15), views.wait_for(signed_in))
            .await
            .expect("noticed by itself")
            .unwrap();
        background.abort();
    }
}

#[tokio::test]
async fn a_user_may_unlock_it() {
    let (world, _) = World::signed_in().await;
    let secret = world.device.keychain.lock().unwrap().clone().unwrap();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Locked);
    let session = world.start();
    *world.device.unlocks_for_person.lock().unwrap() = secret.into_iter().next();
    session.check_in().await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn the_answer_to_the_prompt_is_remembered_while_the_keychain_stays_locked() {
    let (world, _) = World::signed_in().await;
    for found in [SecretError::NoPrompter, SecretError::Denied] {
        *world.device.keychain.lock().unwrap() = Err(found);
        let session = world.start();
        *world.device.keychain.lock().unwrap() = Err(SecretError::Locked);
        session.retry_unlock(Interaction::Silent).await;
        let (reason, cause) = (HeldReason::KeychainLocked, Some(found.into()));
        assert_eq!(session.snapshot().state, StateView::Held { reason, cause });
        *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
        session.retry_unlock(Interaction::Silent).await;
        let (reason, cause) = (HeldReason::KeychainUnavailable, Some(SecretError::Missing.into()));
        assert_eq!(session.snapshot().state, StateView::Held { reason, cause });
    }
}

#[tokio::test]
async fn of_several_entries_the_one_that_opens_the_session_is_taken() {
    let (world, _) = World::signed_in().await;
    let secret = world.device.keychain.lock().unwrap().clone().unwrap().remove(0);
    let [one, other] = [Secret::generate().unwrap(), Secret::generate().unwrap()];
    *world.device.keychain.lock().unwrap() = Ok(vec![one.clone(), secret, other.clone()]);
    let session = world.start();
    assert_eq!(state(&session), "signed-in");
    let before = session.snapshot().device.key_fingerprint;
    sign_in(&session).await.unwrap();
    assert_eq!(session.snapshot().device.key_fingerprint, before, "the same key again");

    *world.device.keychain.lock().unwrap() = Ok(vec![one, other]);
    let session = world.start();
    let (reason, cause) = (HeldReason::KeychainUnavailable, Some(SecretError::Ambiguous.into()));
    assert_eq!(session.snapshot().state, StateView::Held { reason, cause });
    sign_in(&session).await.unwrap();
    assert_eq!(state(&world.start()), "signed-in", "a new sign-in takes one of them");
}

#[tokio::test]
async fn without_a_keychain_the_key_is_in_a_file_and_the_view_reports_it() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let session = world.start();
    let view = sign_in(&session).await.unwrap();
    assert_eq!(view.device.key_place, Some(KeyPlace::File));
    assert!(view.device.key_fingerprint.is_some());
    assert_eq!(state(&world.start()), "signed-in");
    session.sign_out_and_settle().await;
    assert_eq!(*world.device.key_file.lock().unwrap(), Ok(Vec::new()));
    assert_eq!(session.snapshot().device.key_place, None);
}

#[tokio::test]
async fn a_key_file_that_cannot_be_used_lasts_until_the_window_closes() {
    for trouble in [None, Some(SecretError::FileUnusable)] {
        let world = World::new();
        *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
        *world.device.key_file.lock().unwrap() = trouble.map_or(Ok(Vec::new()), Err);
        *world.disk.full.lock().unwrap() = true;
        let session = world.start();
        sign_in(&session).await.unwrap();
        assert!(!lease(&session).1);
        assert_eq!(state(&world.start()), "signed-out: never-signed-in");
    }
}

#[tokio::test]
async fn a_key_file_that_cannot_be_read_holds_the_session() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    sign_in(&world.start()).await.unwrap();
    *world.device.key_file.lock().unwrap() = Err(SecretError::FileUnusable);
    let session = world.start();
    let (reason, cause) = (HeldReason::KeychainUnavailable, Some(SecretError::FileUnusable.into()));
    assert_eq!(session.snapshot().state, StateView::Held { reason, cause });
}

#[tokio::test]
async fn the_fault_of_the_key_file_is_reported() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    *world.device.key_file.lock().unwrap() = Err(SecretError::FileUnusable);
    for fault in [FileError::OwnedByRoot, FileError::DiskFull] {
        // Not to be read, and so not to be written either.
        *world.device.key_file_error.lock().unwrap() = fault;
        let session = world.start();
        sign_in(&session).await.unwrap();
        assert!(!lease(&session).1);
        assert_eq!(cause(&session), Some(fault.into()));
    }
    assert_eq!(state(&world.start()), "signed-out: never-signed-in");
}

#[tokio::test]
async fn a_machine_without_any_id_cannot_sign_in() {
    let world = World::new();
    *world.device.id.lock().unwrap() = None;
    let read_only = SessionError::NotKept { cause: StorageFault::ReadOnly };
    assert_eq!(sign_in(&world.start()).await.err(), Some(read_only));
}

#[tokio::test]
async fn a_session_that_another_process_writes_while_the_keychain_responds_is_opened_with_its_key() {
    for at_start in [true, false] {
        let (world, _) = World::signed_in().await;
        let before = world.device.keychain.lock().unwrap().clone();
        *world.device.keychain.lock().unwrap() = Err(SecretError::Locked);
        let client = world.start();
        *world.device.keychain.lock().unwrap() = before;

        let (other, _) = World::signed_in().await;
        let newer = other.disk.document.lock().unwrap().clone();
        let secret = other.device.keychain.lock().unwrap().clone();
        let (disk, keychain) = (Arc::clone(&world.disk), Arc::clone(&world.device.keychain));
        *world.device.while_keychain_responds.lock().unwrap() = Some(Box::new(move || {
            *disk.document.lock().unwrap() = newer;
            *keychain.lock().unwrap() = secret;
        }));
        let client = if at_start { world.start() } else { client };
        client.retry_unlock(Interaction::Silent).await;
        assert_eq!(state(&client), "signed-in", "at the start: {at_start}");
    }
}

#[tokio::test]
async fn cached_responses_stay_until_the_session_has_ended_for_certain() {
    let (world, client) = World::signed_in().await;
    let folder = tempfile::tempdir().unwrap();
    let copies = folder.path().join("copies");
    let cache = Arc::new(OfflineCache::new(copies.clone()));
    client.get_cached("/a", &cache).await.unwrap();
    let secret = world.device.keychain.lock().unwrap().clone();

    // As when the keychain's file was restored without the app's entry: it may come back.
    *world.device.keychain.lock().unwrap() = Ok(Vec::new());
    let client = world.start();
    assert_eq!(state(&client), "signed-out: device-key-missing");
    let clearing = tokio::spawn(client.clear_cache(Arc::clone(&cache)));
    tokio::task::yield_now().await;
    assert!(copies.exists(), "the session is still on disk");

    *world.device.keychain.lock().unwrap() = secret;
    let client = world.start();
    assert_eq!(state(&client), "signed-in");
    clearing.abort();
    let clearing = tokio::spawn(client.clear_cache(Arc::clone(&cache)));
    client.sign_out_and_settle().await;
    while copies.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    clearing.abort();
}
