//! Signing out and the keychain: the user does not wait for it, and the secret is still deleted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::fakes::{World, sign_in, state};
use crate::error::SessionError;
use crate::secret_error::SecretError;

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_does_not_wait_for_a_slow_keychain_and_the_next_sign_in_does() {
    let (world, client) = World::signed_in().await;
    let before = client.snapshot().device.key_fingerprint;
    *world.device.forgetting_takes.lock().unwrap() = Duration::from_millis(700);
    let started = Instant::now();
    client.sign_out().await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(300), "{:?}", started.elapsed());
    assert_eq!(state(&client), "signed-out: signed-out");
    let view = sign_in(&client).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(700), "{:?}", started.elapsed());
    assert_ne!(view.device.key_fingerprint, before, "a new secret");
    assert_eq!(state(&world.start()), "signed-in");
}

#[tokio::test]
async fn a_secret_that_could_not_be_deleted_goes_at_the_next_start() {
    let (world, client) = World::signed_in().await;
    let secret = world.device.keychain.lock().unwrap().clone();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Locked);
    client.sign_out_and_settle().await;
    assert_eq!(world.disk.json()["delete_secret"], true);
    *world.device.keychain.lock().unwrap() = secret;

    let later = world.start();
    let background = tokio::spawn(later.background());
    while world.disk.json().get("delete_secret").is_some() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    background.abort();
    assert_eq!(*world.device.keychain.lock().unwrap(), Ok(Vec::new()));
    assert_eq!(state(&world.start()), "signed-out: signed-out");
}

#[tokio::test]
async fn a_secret_that_is_in_use_again_is_not_deleted() {
    let (world, client) = World::signed_in().await;
    let secret = world.device.keychain.lock().unwrap().clone();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Locked);
    client.sign_out_and_settle().await;
    *world.device.keychain.lock().unwrap() = secret;
    let other = world.start();
    sign_in(&world.start()).await.unwrap();
    // The other process was started before that.
    let background = tokio::spawn(other.background());
    other.keychain_settled().await;
    background.abort();
    assert_eq!(state(&world.start()), "signed-in");
    assert_eq!(world.disk.json().get("delete_secret"), None);
}

#[tokio::test]
async fn a_key_file_that_another_process_uses_again_is_not_deleted() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let client = world.start();
    sign_in(&client).await.unwrap();
    let key_file = world.device.key_file.lock().unwrap().clone();
    // Another process signs in with the same key before this one has the lock.
    let (disk, document) = (Arc::clone(&world.disk), world.disk.document.lock().unwrap().clone());
    *world.device.before_lock.lock().unwrap() =
        Some(Box::new(move || (*disk.document.lock().unwrap()).clone_from(&document)));
    client.sign_out_and_settle().await;
    assert_eq!(*world.device.key_file.lock().unwrap(), key_file);
    assert_eq!(state(&world.start()), "signed-in");
}

#[tokio::test]
async fn a_key_file_that_was_in_use_when_the_app_ended_goes_at_the_next_start() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let client = world.start();
    sign_in(&client).await.unwrap();
    let key_file = world.device.key_file.lock().unwrap().clone();
    client.sign_out_and_settle().await;
    assert_eq!(*world.device.key_file.lock().unwrap(), Ok(Vec::new()));
    *world.device.key_file.lock().unwrap() = key_file;
    let later = world.start();
    let background = tokio::spawn(later.background());
    while *world.device.key_file.lock().unwrap() != Ok(Vec::new()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    background.abort();
}

#[tokio::test]
async fn a_sign_in_writes_no_key_file_after_another_process_has_signed_out() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let (disk, key_file) = (Arc::clone(&world.disk), Arc::clone(&world.device.key_file));
    *world.device.before_lock.lock().unwrap() = Some(Box::new(move || {
        if disk.text().contains("\"sealed\"") {
            let signed_out = br#"{ "format": 1, "ended": "signed-out" }"#;
            *disk.document.lock().unwrap() = Some(signed_out.to_vec());
            *key_file.lock().unwrap() = Ok(Vec::new());
        }
    }));
    let client = world.start();
    sign_in(&client).await.unwrap();
    client.keychain_settled().await;
    assert_eq!(*world.device.key_file.lock().unwrap(), Ok(Vec::new()));
    assert_eq!(state(&client), "signed-out: signed-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_superseded_during_the_keychains_dialogue_sends_no_password() {
    let (world, client) = World::signed_in().await;
    *world.device.prompting_takes.lock().unwrap() = Duration::from_millis(500);
    let late = tokio::spawn({
        let client = Arc::clone(&client);
        async move { sign_in(&client).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    client.sign_out().await.unwrap();
    assert_eq!(late.await.unwrap().err(), Some(SessionError::Superseded));
    assert_eq!(world.server.count("sign-in"), 1, "the first sign-in only");
    client.keychain_settled().await;
    assert_eq!(*world.device.keychain.lock().unwrap(), Ok(Vec::new()));
}

#[tokio::test]
async fn another_process_that_writes_at_the_same_time_does_not_keep_a_user_signed_in() {
    let (world, client) = World::signed_in().await;
    let before = world.disk.document.lock().unwrap().clone();
    // Another process signs in, and its session gets on disk between this one's read and write.
    let other = world.start();
    sign_in(&other).await.unwrap();
    let newer = std::mem::replace(&mut *world.disk.document.lock().unwrap(), before);
    *world.disk.overtaken_by.lock().unwrap() = newer;
    client.sign_out().await.unwrap();
    assert_eq!(state(&client), "signed-out: signed-out");
    assert_eq!(state(&world.start()), "signed-out: signed-out");
}
