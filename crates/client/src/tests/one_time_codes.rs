//! One-time codes, and the ways to sign in.

use std::sync::atomic::Ordering;

use super::fakes::{AWAY, OUT_OF_REACH, Step, World, sid, sign_in, state};
use crate::Consent;
use crate::api::{ApiError, CodeRedemption, ForgotWay, SignInWay};
use crate::error::SessionError;

fn redemption(code: &str) -> CodeRedemption {
    CodeRedemption {
        code: code.into(),
        new_password: Some("roll out, autobots".into()),
        username: Some(" Ladiesman217 ".into()),
    }
}

#[tokio::test]
async fn a_mailed_code_is_redeemed_by_the_key_that_asked() {
    let world = World::new();
    let session = world.start();
    session.forgot_password("Ladiesman217", Consent::default()).await.unwrap();
    let view = session.redeem_code(redemption("MAILED"), Consent::default()).await.unwrap();
    assert_eq!(state(&session), "signed-in");
    assert_eq!(view.device.key_fingerprint, world.server.account.keys.lock().unwrap().last().cloned());
    assert_eq!(state(&world.start()), "signed-in");
}

#[tokio::test]
async fn the_key_that_asked_is_in_the_keychain_after_a_restart() {
    let world = World::new();
    world.start().forgot_password("Ladiesman217", Consent::default()).await.unwrap();
    let session = world.start();
    session.redeem_code(redemption("MAILED"), Consent::default()).await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn without_a_place_for_the_key_a_restart_is_told_apart() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(crate::secret_error::SecretError::Missing);
    *world.device.key_file.lock().unwrap() = Err(crate::secret_error::SecretError::FileUnusable);
    let session = world.start();
    session.forgot_password("Ladiesman217", Consent::default()).await.unwrap();
    let wrong = session.redeem_code(redemption("WRONG"), Consent::default()).await.err();
    assert_eq!(wrong, Some(SessionError::InvalidCode { asked_here: true }));
    let restarted = world.start();
    let lost = restarted.redeem_code(redemption("MAILED"), Consent::default()).await.err();
    assert_eq!(lost, Some(SessionError::InvalidCode { asked_here: false }));
    session.redeem_code(redemption("MAILED"), Consent::default()).await.unwrap();
}

#[tokio::test]
async fn without_a_place_for_the_key_a_lost_answer_does_not_change_the_key() {
    let world = World::new();
    *world.device.keychain.lock().unwrap() = Err(crate::secret_error::SecretError::Missing);
    *world.device.key_file.lock().unwrap() = Err(crate::secret_error::SecretError::FileUnusable);
    let session = world.start();
    world.fail(AWAY);
    let lost = session.forgot_password("Ladiesman217", Consent::default()).await.err();
    assert_eq!(lost, Some(OUT_OF_REACH));
    world.fail(None);
    session.redeem_code(redemption("MAILED"), Consent::default()).await.unwrap();
    assert_eq!(state(&session), "signed-in");

    let session = world.start();
    world.fail(AWAY);
    session.redeem_code(redemption("INVITE"), Consent::default()).await.unwrap_err();
    world.fail(None);
    session.redeem_code(redemption("INVITE"), Consent::default()).await.unwrap();
    let redeemers = world.server.account.redeemers.lock().unwrap();
    assert_eq!(redeemers[1], redeemers[2], "only the same key gets the same session again");
}

#[tokio::test]
async fn with_a_second_factor_a_code_changes_nothing_before_that_is_proven() {
    let (world, session) = World::signed_in().await;
    let before = (sid(&session), world.disk.text());
    *world.server.account.step.lock().unwrap() = Step::Factor;
    let outcome = session.redeem_code(redemption("INVITE"), Consent::default()).await.err();
    assert_eq!(outcome, Some(SessionError::SecondFactorRequired));
    assert_eq!((sid(&session), world.disk.text()), before);
    session.second_factor("123456".into()).await.unwrap();
    assert_ne!(sid(&session), before.0);
}

#[tokio::test]
async fn a_refused_code_leaves_the_session_as_it_is() {
    let (world, session) = World::signed_in().await;
    let before = (sid(&session), world.disk.text());
    for (fault, error) in [
        (AWAY, OUT_OF_REACH),
        (ApiError::CodeUsed, SessionError::CodeUsed),
        (ApiError::MalformedCode, SessionError::MalformedCode),
        (ApiError::CodeForFactor, SessionError::CodeForFactor),
        (ApiError::AccountDisabled, SessionError::AccountDisabled),
        (ApiError::PasswordTooCommon, SessionError::PasswordTooCommon),
        (ApiError::ProofRequired, SessionError::ProofRequired),
    ] {
        world.fail(fault);
        assert_eq!(session.redeem_code(redemption("INVITE"), Consent::default()).await.err(), Some(error));
        assert_eq!((sid(&session), world.disk.text()), before.clone());
    }
}

#[tokio::test]
async fn nothing_is_sent_without_a_code_a_password_or_a_name() {
    let world = World::new();
    let session = world.start();
    for (code, new_password) in [("", "x"), (" ", "x"), ("x", "")] {
        let empty =
            CodeRedemption { code: code.into(), new_password: Some(new_password.into()), username: None };
        let outcome = session.redeem_code(empty, Consent::default()).await.err();
        assert_eq!(outcome, Some(SessionError::CredentialsMissing));
    }
    let outcome = session.forgot_password(" ", Consent::default()).await.err();
    assert_eq!(outcome, Some(SessionError::CredentialsMissing));
    assert_eq!(world.server.calls.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn the_ways_to_sign_in_are_asked_for_once_in_five_minutes_and_known_offline() {
    let world = World::new();
    let session = world.start();
    world.fail(AWAY);
    assert_eq!(session.sign_in_options().await.err(), Some(OUT_OF_REACH));
    world.fail(None);
    assert_eq!(session.sign_in_options().await.unwrap().forgot, ForgotWay::Mail);
    session.sign_in_options().await.unwrap();
    assert_eq!(world.server.count("options"), 2);
    world.clock.pass(301);
    world.fail(AWAY);
    session.sign_in_options().await.unwrap();
    assert_eq!(world.server.count("options"), 3);
}

#[tokio::test]
async fn where_no_passwords_are_accepted_a_code_signs_in_without_one() {
    let world = World::new();
    world.server.account.is_passwordless.store(true, Ordering::SeqCst);
    let session = world.start();
    assert!(!session.sign_in_options().await.unwrap().ways.contains(&SignInWay::Password));
    let without = CodeRedemption { new_password: None, ..redemption("INVITE") };
    session.redeem_code(without, Consent::default()).await.unwrap();
    assert_eq!(state(&session), "signed-in");
    assert_eq!(state(&world.start()), "signed-in", "and it is on disk");
}

#[tokio::test]
async fn the_ways_to_sign_in_are_asked_for_again_when_a_password_is_refused_or_missing() {
    let world = World::new();
    let session = world.start();
    let has_password = async || session.sign_in_options().await.unwrap().ways.contains(&SignInWay::Password);
    assert!(has_password().await);
    world.server.account.is_passwordless.store(true, Ordering::SeqCst);
    assert!(has_password().await, "from memory");
    let refused = session.redeem_code(redemption("INVITE"), Consent::default()).await.err();
    assert_eq!(refused, Some(SessionError::PasswordsDisabled));
    assert!(!has_password().await);
    world.server.account.is_passwordless.store(false, Ordering::SeqCst);
    let without = CodeRedemption { new_password: None, ..redemption("INVITE") };
    let refused = session.redeem_code(without, Consent::default()).await.err();
    assert_eq!(refused, Some(SessionError::ServerRefused));
    assert!(has_password().await);
    world.server.account.is_passwordless.store(true, Ordering::SeqCst);
    assert_eq!(sign_in(&session).await.err(), Some(SessionError::PasswordsDisabled));
    assert!(!has_password().await);
}
