//! Signing in with a second factor: the challenge and its key wait in memory.

use super::fakes::{AWAY, OUT_OF_REACH, Step, World, sid, sign_in, sign_in_with, state};
use crate::api::ApiError;
use crate::error::SessionError;
use crate::factor_method::FactorMethod;
use crate::view::{PendingKind, PendingView};

async fn world(
    step: Step,
) -> (World, std::sync::Arc<crate::auth_client::AuthClient<super::fakes::FakeServer>>) {
    let world = World::new();
    *world.server.account.step.lock().unwrap() = step;
    let session = world.start();
    (world, session)
}

#[tokio::test]
async fn a_right_password_leaves_the_sign_in_pending_and_the_code_completes_it() {
    let (world, session) = world(Step::Factor).await;
    assert_eq!(sign_in(&session).await.err(), Some(SessionError::SecondFactorRequired));
    assert_eq!(state(&session), "signed-out: never-signed-in");
    let expected = PendingView {
        kind: PendingKind::SecondFactor,
        authorized: true,
        methods: vec![FactorMethod::Totp, FactorMethod::RecoveryCode],
        expires_at: super::fakes::START + 300,
    };
    assert_eq!(session.snapshot().pending, Some(expected));
    let view = session.second_factor("123456".into()).await.unwrap();
    assert_eq!((state(&session).as_str(), view.pending), ("signed-in", None));
    let asked = world.server.account.keys.lock().unwrap().last().cloned();
    assert_eq!(view.device.key_fingerprint, asked, "the key that asked is the key of the session");
    assert_eq!(state(&world.start()), "signed-in", "and it is on disk");
}

#[tokio::test]
async fn neither_disk_nor_view_has_the_challenge() {
    let (world, session) = world(Step::Factor).await;
    sign_in(&session).await.unwrap_err();
    let document = world.disk.document.lock().unwrap().clone().unwrap_or_default();
    assert!(!String::from_utf8_lossy(&document).contains("challenge"));
    assert!(!format!("{:?}", session.snapshot()).contains("challenge-"));
}

#[tokio::test]
async fn a_wrong_code_and_every_fault_leave_it_pending() {
    let (world, session) = world(Step::Factor).await;
    sign_in(&session).await.unwrap_err();
    let wrong = SessionError::WrongCode { tries_left: Some(4) };
    assert_eq!(session.second_factor("000000".into()).await.err(), Some(wrong));
    for (fault, error) in [
        (AWAY, OUT_OF_REACH),
        (ApiError::Unavailable, SessionError::ServerUnavailable),
        (ApiError::InvalidResponse, SessionError::ServerAnswerInvalid),
        (ApiError::CodeUsed, SessionError::CodeUsed),
        (
            ApiError::Throttled { retry_after_seconds: Some(9) },
            SessionError::Throttled { retry_after_seconds: Some(9) },
        ),
    ] {
        world.fail(fault);
        assert_eq!(session.second_factor("123456".into()).await.err(), Some(error));
        assert!(session.snapshot().pending.is_some(), "{error:?}");
        assert_eq!(state(&session), "signed-out: never-signed-in");
    }
    world.fail(None);
    session.second_factor("123456".into()).await.unwrap();
}

#[tokio::test]
async fn a_challenge_that_the_server_has_forgotten_is_dropped() {
    for (fault, error) in [
        (ApiError::ChallengeExpired, SessionError::ChallengeExpired),
        (ApiError::AccountDisabled, SessionError::AccountDisabled),
    ] {
        let (world, session) = world(Step::Factor).await;
        sign_in(&session).await.unwrap_err();
        world.fail(fault);
        assert_eq!(session.second_factor("123456".into()).await.err(), Some(error));
        assert_eq!(session.snapshot().pending, None);
        assert_eq!(session.second_factor("123456".into()).await.err(), Some(SessionError::NothingPending));
    }
}

#[tokio::test]
async fn after_a_restart_nothing_is_pending() {
    let (world, session) = world(Step::Factor).await;
    sign_in(&session).await.unwrap_err();
    drop(session);
    let session = world.start();
    assert_eq!(session.snapshot().pending, None);
    assert_eq!(session.second_factor("123456".into()).await.err(), Some(SessionError::NothingPending));
    sign_in(&session).await.unwrap_err();
    session.second_factor("123456".into()).await.unwrap();
}

#[tokio::test]
async fn without_a_place_for_the_secret_the_key_that_asked_completes_the_sign_in() {
    let (world, session) = world(Step::Factor).await;
    *world.device.keychain.lock().unwrap() = Err(crate::secret_error::SecretError::Missing);
    *world.device.key_file.lock().unwrap() = Err(crate::secret_error::SecretError::FileUnusable);
    sign_in(&session).await.unwrap_err();
    let view = session.second_factor("123456".into()).await.unwrap();
    assert_eq!(state(&session), "signed-in");
    assert_eq!(view.device.key_fingerprint, world.server.account.keys.lock().unwrap().last().cloned());
}

#[tokio::test]
async fn signing_out_gives_the_pending_sign_in_up() {
    let (_, session) = world(Step::Factor).await;
    sign_in(&session).await.unwrap_err();
    session.sign_out().await.unwrap();
    assert_eq!(session.snapshot().pending, None);
    assert_eq!(session.second_factor("123456".into()).await.err(), Some(SessionError::NothingPending));
}

#[tokio::test]
async fn a_cancelled_sign_in_is_forgotten() {
    let (_, session) = world(Step::Factor).await;
    sign_in(&session).await.unwrap_err();
    assert_eq!(session.cancel_sign_in().pending, None);
    assert_eq!(session.second_factor("123456".into()).await.err(), Some(SessionError::NothingPending));
}

#[tokio::test]
async fn a_session_stays_until_the_second_factor_has_replaced_it() {
    let (world, session) = World::signed_in().await;
    let before = (sid(&session), world.disk.text());
    *world.server.account.step.lock().unwrap() = Step::Factor;
    assert_eq!(sign_in_with(&session, "autobots rule").await.err(), Some(SessionError::SecondFactorRequired));
    session.second_factor("000000".into()).await.unwrap_err();
    assert_eq!((sid(&session), world.disk.text()), before);
    assert_eq!(state(&session), "signed-in");
    session.second_factor("123456".into()).await.unwrap();
    assert_ne!(sid(&session), before.0);
}

#[tokio::test]
async fn a_pending_sign_in_is_not_shown_after_its_end() {
    let (world, session) = world(Step::Factor).await;
    sign_in(&session).await.unwrap_err();
    world.clock.pass(301);
    assert_eq!(session.snapshot().pending, None);
}
