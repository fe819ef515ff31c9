//! The device's secret: missing, locked, gone, in a file. It is never replaced because it could not be read.

use super::fakes::{World, lease, sign_in, state};
use crate::device::{KeyError, Secret};
use crate::error::SessionError;
use crate::view::KeyPlace;

#[tokio::test]
async fn a_key_that_is_gone_signs_out() {
    let (world, _) = World::signed_in().await;
    *world.device.keychain.lock().unwrap() = Ok(None);
    assert_eq!(state(&world.start()), "signed-out: device-key-missing");
}

#[tokio::test]
async fn another_key_opens_nothing() {
    let (world, _) = World::signed_in().await;
    *world.device.keychain.lock().unwrap() = Ok(Some(Secret::generate().unwrap()));
    assert_eq!(state(&world.start()), "signed-out: store-damaged");
}

#[tokio::test]
async fn a_keychain_out_of_reach_holds_the_session() {
    let (world, _) = World::signed_in().await;
    let secret = world.device.keychain.lock().unwrap().clone();
    for (trouble, expected) in [
        (KeyError::Locked, "held: keychain-locked"),
        (KeyError::Unavailable, "held: keychain-unavailable"),
        (KeyError::NoKeychain, "held: keychain-unavailable"),
    ] {
        let before = world.disk.text();
        *world.device.keychain.lock().unwrap() = Err(trouble);
        let session = world.start();
        assert_eq!(state(&session), expected);
        assert_eq!(session.check_in().await, Err(SessionError::SessionHeld));
        assert_eq!(session.call_api("/").await, Err(SessionError::SessionHeld));
        assert_eq!(world.disk.text(), before, "nothing was written");

        *world.device.keychain.lock().unwrap() = secret.clone();
        session.check_in().await.unwrap();
        assert_eq!(state(&session), "signed-in", "back without a new sign-in");
    }
}

#[tokio::test]
async fn a_person_may_unlock_it() {
    let (world, _) = World::signed_in().await;
    let secret = world.device.keychain.lock().unwrap().clone().unwrap();
    *world.device.keychain.lock().unwrap() = Err(KeyError::Locked);
    let session = world.start();
    *world.device.unlocks_for_person.lock().unwrap() = secret;
    session.check_in().await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn no_sign_in_behind_a_locked_keychain() {
    for (trouble, error) in [
        (KeyError::Locked, SessionError::KeychainLocked),
        (KeyError::Unavailable, SessionError::KeychainUnavailable),
    ] {
        let world = World::new();
        *world.device.keychain.lock().unwrap() = Err(trouble);
        let session = world.start();
        assert_eq!(sign_in(&session).await.err(), Some(error));
        assert_eq!(world.server.count("sign-in"), 0, "no password was sent");
        assert_eq!(*world.device.keychain.lock().unwrap(), Err(trouble));
        assert!(
            world.device.key_file.lock().unwrap().as_ref().unwrap().is_none(),
            "no quiet step down to a file"
        );
    }
}

#[tokio::test]
async fn without_a_keychain_a_file_and_the_view_says_so() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(KeyError::NoKeychain);
    let session = world.start();
    let view = sign_in(&session).await.unwrap();
    assert_eq!(view.device.key_place, Some(KeyPlace::File));
    assert!(view.device.key_fingerprint.is_some());
    assert_eq!(state(&world.start()), "signed-in");
    session.sign_out().await.unwrap();
    assert_eq!(*world.device.key_file.lock().unwrap(), Ok(None));
}

#[tokio::test]
async fn a_key_file_that_cannot_be_written_lasts_until_the_window_closes() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(KeyError::NoKeychain);
    *world.device.key_file.lock().unwrap() = Ok(None);
    *world.disk.full.lock().unwrap() = true;
    let session = world.start();
    sign_in(&session).await.unwrap();
    assert!(!lease(&session).1);
    assert_eq!(state(&world.start()), "signed-out: never-signed-in");
}

#[tokio::test]
async fn a_machine_without_any_id_cannot_sign_in() {
    let world = World::new();
    *world.device.id.lock().unwrap() = None;
    assert_eq!(sign_in(&world.start()).await.err(), Some(SessionError::NotKept));
}
