//! Setting up a second factor: in a sign-in, and in a session that is held until it has one.

use super::fakes::{AWAY, DAY, OUT_OF_REACH, Step, World, sid, sign_in, state};
use crate::api::EnrolmentProof;
use crate::error::SessionError;
use crate::view::PendingKind;

fn code(code: &str) -> EnrolmentProof {
    EnrolmentProof { code: Some(code.into()), password: None }
}

fn password(password: &str) -> EnrolmentProof {
    EnrolmentProof { code: None, password: Some(password.into()) }
}

#[tokio::test]
async fn a_sign_in_sets_up_a_factor_with_an_operators_code() {
    let world = World::new();
    *world.server.account.step.lock().unwrap() = Step::EnrolWithCode;
    let session = world.start();
    assert_eq!(sign_in(&session).await.err(), Some(SessionError::EnrolmentRequired));
    let pending = session.snapshot().pending.unwrap();
    assert_eq!((pending.kind, pending.authorized), (PendingKind::Enrolment, false));
    let wrong = session.enrol(code("WRONG")).await.err();
    assert_eq!(wrong, Some(SessionError::WrongCode { tries_left: None }));
    assert_eq!(session.enrol(code("FACTOR")).await.unwrap().recovery_codes.len(), 1);
    let pending = session.snapshot().pending.unwrap();
    assert!(pending.authorized);
    assert_eq!(pending.expires_at, super::fakes::START + 600, "as long as the proposal");
    session.second_factor("123456".into()).await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn an_operators_code_in_place_of_the_factor_leads_to_a_new_one() {
    let world = World::new();
    *world.server.account.step.lock().unwrap() = Step::Factor;
    let session = world.start();
    sign_in(&session).await.unwrap_err();
    let outcome = session.second_factor("FACTOR".into()).await.err();
    assert_eq!(outcome, Some(SessionError::EnrolmentRequired));
    let pending = session.snapshot().pending.unwrap();
    assert_eq!((pending.kind, pending.authorized), (PendingKind::Enrolment, true));
    session.enrol(EnrolmentProof::default()).await.unwrap();
    session.second_factor("123456".into()).await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn a_session_without_a_required_factor_is_held_and_continues_after_the_enrolment() {
    let (world, session) = World::signed_in().await;
    let before = sid(&session);
    *world.server.account.step.lock().unwrap() = Step::Enrol;
    assert_eq!(session.check_in().await.err(), Some(SessionError::FactorRequired));
    assert_eq!(state(&session), "held: factor-required");
    assert_eq!(session.snapshot().pending.unwrap().kind, PendingKind::Enrolment);
    assert_eq!(session.enrol(password("wrong")).await.err(), Some(SessionError::WrongCredentials));
    session.enrol(password("autobots rule")).await.unwrap();
    session.second_factor("123456".into()).await.unwrap();
    assert_eq!((state(&session).as_str(), sid(&session)), ("signed-in", before.clone()));
    assert_eq!((state(&world.start()).as_str(), sid(&world.start())), ("signed-in", before));
}

#[tokio::test]
async fn offline_and_after_a_restart_a_session_without_a_factor_works() {
    let (world, session) = World::signed_in().await;
    *world.server.account.step.lock().unwrap() = Step::Enrol;
    session.check_in().await.unwrap_err();
    world.fail(AWAY);
    let session = world.start();
    assert_eq!(state(&session), "signed-in", "nothing is lost");
    assert_eq!(session.check_in().await.err(), Some(OUT_OF_REACH));
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn no_renewal_replaces_the_challenge_of_an_enrolment_in_progress() {
    let (world, session) = World::signed_in().await;
    *world.server.account.step.lock().unwrap() = Step::Enrol;
    session.check_in().await.unwrap_err();
    session.enrol(password("autobots rule")).await.unwrap();
    let renewals = world.server.count("renew");
    assert_eq!(session.check_in().await.err(), Some(SessionError::FactorRequired));
    assert_eq!(world.server.count("renew"), renewals);
    session.second_factor("123456".into()).await.unwrap();
}

#[tokio::test]
async fn an_expired_challenge_of_a_held_session_is_replaced() {
    let (world, session) = World::signed_in().await;
    *world.server.account.step.lock().unwrap() = Step::Enrol;
    session.check_in().await.unwrap_err();
    world.clock.pass(400);
    session.enrol(password("autobots rule")).await.unwrap();
    assert_eq!(world.server.count("enrol challenge-2"), 1);
}

#[tokio::test]
async fn a_lifted_requirement_ends_the_wait() {
    let (world, session) = World::signed_in().await;
    *world.server.account.step.lock().unwrap() = Step::Enrol;
    session.check_in().await.unwrap_err();
    *world.server.account.step.lock().unwrap() = Step::None;
    session.check_in().await.unwrap();
    assert_eq!(state(&session), "signed-in");
    assert_eq!(session.snapshot().pending, None);
    world.clock.pass(DAY);
    session.check_in().await.unwrap();
}
