//! Confirming who the user is, and what needs it.

use super::fakes::{AWAY, World, sid, state};
use crate::api::{ApiError, Confirmation, RequestHeaders, SendMethod, SendRequest};
use crate::error::SessionError;
use crate::factor_method::Needs;

fn both() -> Confirmation {
    Confirmation { password: Some("autobots rule".into()), code: Some("123456".into()) }
}

const REQUIRED: SessionError = SessionError::ConfirmationRequired { needs: Needs::Both, or_passkey: false };

#[tokio::test]
async fn a_confirmed_token_is_used_by_the_next_calls() {
    let (world, session) = World::signed_in().await;
    assert_eq!(session.start_totp().await.err(), Some(REQUIRED));
    session.confirm(both()).await.unwrap();
    session.start_totp().await.unwrap();
    session.new_recovery_codes().await.unwrap();
    session.enable_totp("123456".into()).await.unwrap();
    session.disable_totp().await.unwrap();
    assert_eq!(world.server.count("renew"), 0, "no renewal follows a missing confirmation");
}

#[tokio::test]
async fn a_renewal_does_not_take_a_confirmation_away_before_its_token_expires() {
    let (world, session) = World::signed_in().await;
    session.confirm(both()).await.unwrap();
    session.check_in().await.unwrap();
    session.disable_totp().await.unwrap();
    world.clock.pass(870);
    assert_eq!(session.disable_totp().await.err(), Some(REQUIRED), "the next token carries none");
}

#[tokio::test]
async fn a_missing_confirmation_neither_ends_nor_holds_nor_renews() {
    let (world, session) = World::signed_in().await;
    let before = (sid(&session), world.disk.text());
    world.fail(ApiError::ConfirmationRequired { needs: Needs::Password, or_passkey: false });
    let required = SessionError::ConfirmationRequired { needs: Needs::Password, or_passkey: false };
    assert_eq!(session.get("/notes").await.err(), Some(required));
    let request = SendRequest {
        method: SendMethod::Delete,
        path: "/notes",
        headers: RequestHeaders::default(),
        body: None,
    };
    assert_eq!(session.send(&request).await.err(), Some(required));
    assert_eq!(session.end_other_sessions().await.err(), Some(required));
    assert_eq!(world.server.count("renew"), 0);
    assert_eq!((sid(&session), world.disk.text()), before);
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn a_refused_confirmation_says_what_is_wrong_or_missing() {
    let (world, session) = World::signed_in().await;
    let outcome = session.confirm(Confirmation::default()).await.err();
    assert_eq!(outcome, Some(SessionError::CredentialsMissing));
    let wrong = Confirmation { password: Some("wrong".into()), code: None };
    assert_eq!(session.confirm(wrong).await.err(), Some(SessionError::WrongCredentials));
    let half = Confirmation { password: Some("autobots rule".into()), code: None };
    assert_eq!(session.confirm(half).await.err(), Some(REQUIRED));
    world.fail(AWAY);
    assert!(session.confirm(both()).await.is_err());
    world.fail(None);
    assert_eq!(session.disable_totp().await.err(), Some(REQUIRED));
}

#[tokio::test]
async fn a_confirmed_token_of_another_session_is_refused() {
    let (world, session) = World::signed_in().await;
    *world.server.tamper.lock().unwrap() = Some(|claims| claims["sid"] = "another".into());
    assert_eq!(session.confirm(both()).await.err(), Some(SessionError::ServerAnswerInvalid));
    *world.server.tamper.lock().unwrap() = None;
    assert_eq!(session.disable_totp().await.err(), Some(REQUIRED));
}
