//! When the device's key is stored in a file: never without consent if there was a keychain, and
//! never in a file that the app did not make.

use super::fakes::{AWAY, OUT_OF_REACH, SECRET_ERRORS, World, sign_in, sign_in_with_key_file, state};
use crate::Consent;
use crate::api::Credentials;
use crate::device::{KeyPlace, Secret};
use crate::error::SessionError;
use crate::key_file_policy::KeyFilePolicy;
use crate::secret_error::SecretError;
use crate::storage::FileError;

#[tokio::test]
async fn with_a_keychain_that_fails_the_user_is_asked_before_anything_is_sent() {
    for cause in SECRET_ERRORS.into_iter().filter(|trouble| *trouble != SecretError::Missing) {
        let world = World::new();
        *world.device.keychain.lock().unwrap() = Err(cause);
        let session = world.start();
        assert_eq!(sign_in(&session).await.err(), Some(SessionError::KeyFileConsent { cause }));
        assert_eq!(world.server.count("sign-in"), 0, "no password was sent");
        assert_eq!(*world.device.keychain.lock().unwrap(), Err(cause));
        assert_eq!(*world.device.key_file.lock().unwrap(), Ok(Vec::new()), "no quiet step down to a file");

        let view = sign_in_with_key_file(&session).await.unwrap();
        assert_eq!(view.device.key_place, Some(KeyPlace::File), "{cause}");
        assert_eq!(state(&world.start()), "signed-in");
    }
}

#[tokio::test]
async fn a_keychain_that_was_never_set_up_is_set_up_with_the_user() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::NeverSetUp);
    *world.device.set_up.lock().unwrap() = Ok(());
    let view = sign_in(&world.start()).await.unwrap();
    assert_eq!(view.device.key_place, Some(KeyPlace::Keychain));
}

#[tokio::test]
async fn a_missing_keychain_does_not_move_the_key_to_a_file_without_consent() {
    for signed_out in [false, true] {
        let (world, session) = World::signed_in().await;
        if signed_out {
            session.sign_out_and_settle().await;
        }
        let (before, secret) = (world.disk.json(), world.device.keychain.lock().unwrap().clone());
        let cause = SecretError::Missing;
        *world.device.keychain.lock().unwrap() = Err(cause);
        let session = world.start();
        let unchanged = state(&session);
        assert_eq!(sign_in(&session).await.err(), Some(SessionError::KeyFileConsent { cause }));
        assert_eq!(*world.device.key_file.lock().unwrap(), Ok(Vec::new()));
        assert_eq!(world.disk.json(), before);

        // Agreed, but the server is unreachable: the old session and its place stay.
        world.fail(AWAY);
        assert_eq!(sign_in_with_key_file(&session).await.err(), Some(OUT_OF_REACH));
        assert_eq!(state(&world.start()), unchanged);
        assert_eq!(world.disk.json()["sealed"], before["sealed"]);
        assert_eq!(world.disk.json()["key_place"], "keychain");
        *world.device.keychain.lock().unwrap() = secret.clone();
        assert_eq!(state(&world.start()), if signed_out { "signed-out: signed-out" } else { "signed-in" });

        *world.device.keychain.lock().unwrap() = Err(cause);
        world.fail(None);
        let view = sign_in_with_key_file(&session).await.unwrap();
        assert_eq!(view.device.key_place, Some(KeyPlace::File));
        sign_in(&session).await.expect("the key is in a file already: nothing is left to ask");
    }
}

#[tokio::test]
async fn when_the_keychain_is_back_the_next_sign_in_leaves_the_file() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let session = world.start();
    let weaker = sign_in(&session).await.unwrap().device.key_fingerprint;
    *world.device.keychain.lock().unwrap() = Ok(Vec::new());
    let view = sign_in(&session).await.unwrap();
    assert_eq!(view.device.key_place, Some(KeyPlace::Keychain));
    assert_ne!(view.device.key_fingerprint, weaker, "a new key");
    assert_eq!(*world.device.key_file.lock().unwrap(), Ok(Vec::new()), "and no file");
    assert_eq!(state(&world.start()), "signed-in");
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let asked = sign_in(&world.start()).await.err();
    assert_eq!(asked, Some(SessionError::KeyFileConsent { cause: SecretError::Missing }));
}

#[tokio::test]
async fn a_key_file_that_the_record_does_not_name_is_set_aside() {
    for signed_in_before in [false, true] {
        let world = World::new();
        *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
        let session = world.start();
        if signed_in_before {
            sign_in(&session).await.unwrap();
            session.sign_out_and_settle().await;
        }
        let planted = Secret::generate().unwrap();
        *world.device.key_file.lock().unwrap() = Ok(vec![planted.clone()]);
        let view = sign_in(&session).await.unwrap();
        assert_ne!(world.device.key_file.lock().unwrap().as_ref().unwrap().first(), Some(&planted));
        assert_eq!(world.device.set_aside.lock().unwrap().first(), Some(&planted), "it is not destroyed");
        let fingerprint = planted.device_key().unwrap().thumbprint().to_string();
        assert_ne!(view.device.key_fingerprint, Some(fingerprint));
        assert_eq!(state(&world.start()), "signed-in");
    }
}

#[tokio::test]
async fn a_failed_sign_in_leaves_the_key_file_of_a_session_that_was_not_read() {
    for is_newer in [false, true] {
        let world = World::new();
        *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
        sign_in(&world.start()).await.unwrap();
        let (document, key_file) =
            (world.disk.document.lock().unwrap().clone(), world.device.key_file.lock().unwrap().clone());
        if is_newer {
            *world.disk.document.lock().unwrap() = Some(br#"{ "format": 2 }"#.to_vec());
        } else {
            world.disk.make_unreadable(FileError::Locked);
        }
        let session = world.start();
        world.fail(AWAY);
        let consent = Consent { key_file: true, set_aside_newer_store: true };
        let credentials = Credentials { username: "Ladiesman217".into(), password: "autobots rule".into() };
        assert_eq!(session.sign_in(credentials, consent).await.err(), Some(OUT_OF_REACH));
        assert_eq!(*world.device.key_file.lock().unwrap(), key_file, "newer: {is_newer}");
        assert_eq!(*world.device.set_aside.lock().unwrap(), []);

        // The disk is well again, or the newer version has left its document to this one.
        *world.disk.unreadable.lock().unwrap() = false;
        *world.disk.document.lock().unwrap() = document;
        assert_eq!(state(&world.start()), "signed-in");
    }
}

#[tokio::test]
async fn a_sign_in_that_sets_a_newer_store_aside_uses_the_key_file_that_is_there() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    sign_in(&world.start()).await.unwrap();
    let key_file = world.device.key_file.lock().unwrap().clone();
    *world.disk.document.lock().unwrap() = Some(br#"{ "format": 2 }"#.to_vec());
    let consent = Consent { key_file: true, set_aside_newer_store: true };
    let credentials = Credentials { username: "Ladiesman217".into(), password: "autobots rule".into() };
    world.start().sign_in(credentials, consent).await.unwrap();
    assert_eq!(*world.device.key_file.lock().unwrap(), key_file);
    assert_eq!(state(&world.start()), "signed-in");
}

#[tokio::test]
async fn a_key_file_that_was_to_be_deleted_is_neither_used_nor_stored() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let session = world.start();
    sign_in(&session).await.unwrap();
    let old = world.device.key_file.lock().unwrap().clone();
    session.sign_out_and_settle().await;
    // As when the app was killed between the two, or the file comes back from a backup.
    *world.device.key_file.lock().unwrap() = old.clone();
    sign_in(&world.start()).await.unwrap();
    assert_ne!(*world.device.key_file.lock().unwrap(), old);
    assert_eq!(*world.device.set_aside.lock().unwrap(), []);
}

#[tokio::test]
async fn a_key_file_of_a_sign_in_that_was_refused_is_used_by_the_next() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let session = world.start();
    world.fail(AWAY);
    sign_in(&session).await.unwrap_err();
    let made = world.device.key_file.lock().unwrap().clone();
    world.fail(None);
    sign_in(&world.start()).await.unwrap();
    assert_eq!(*world.device.key_file.lock().unwrap(), made);
    assert_eq!(*world.device.set_aside.lock().unwrap(), []);
}

#[tokio::test]
async fn a_key_file_of_an_earlier_version_opens_its_session_and_is_used_again() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    sign_in(&world.start()).await.unwrap();
    let mut document = world.disk.json();
    document.as_object_mut().unwrap().remove("key_file").unwrap();
    *world.disk.document.lock().unwrap() = Some(document.to_string().into_bytes());
    let before = world.device.key_file.lock().unwrap().clone();
    let session = world.start();
    assert_eq!(state(&session), "signed-in");
    sign_in(&session).await.unwrap();
    assert_eq!(*world.device.key_file.lock().unwrap(), before);
}

#[tokio::test]
async fn settings_that_forbid_a_key_file_refuse_the_sign_in_with_the_reason() {
    let mut world = World::new();
    world.key_file = Some(KeyFilePolicy::Never);
    let cause = SecretError::Missing;
    *world.device.keychain.lock().unwrap() = Err(cause);
    let session = world.start();
    let refused = Some(SessionError::KeyFileForbidden { cause });
    assert_eq!(sign_in(&session).await.err(), refused);
    assert_eq!(sign_in_with_key_file(&session).await.err(), refused, "agreeing changes nothing");
    assert_eq!(world.server.count("sign-in"), 0);
    assert_eq!(*world.device.key_file.lock().unwrap(), Ok(Vec::new()));
}
