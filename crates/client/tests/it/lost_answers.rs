//! Answers that are lost on the way during a sign-in: the server has done what it was asked,
//! and the same call once more leads to the same session and to nothing else.

use std::sync::atomic::Ordering;

use latchkey_client::Consent;
use latchkey_client::api::{CodeRedemption, Confirmation, EnrolmentProof};
use latchkey_client::error::SessionError;
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::app::{App, AppSession, sign_in, sign_in_as};
use latchkey_testkit::{PASSWORD, Server, USERNAME};

use crate::support::lossy_relay::LossyRelay;
use crate::support::people::{NEW_PASSWORD, code, now, redemption, totp, with_factor_at};
use crate::support::state::state;

const OTHER_PASSWORD: &str = "autobots, roll out quietly";

/// The ids of the sessions at the server, in order.
async fn sids(server: &Server) -> Vec<String> {
    let admin = server.admin().await;
    let mut sids: Vec<_> =
        admin.sessions(None, now()).await.unwrap().into_iter().map(|session| session.sid).collect();
    admin.close().await;
    sids.sort();
    sids
}

fn is_unreachable<T>(outcome: &Result<T, SessionError>) -> bool {
    matches!(outcome, Err(SessionError::ServerUnreachable { .. }))
}

/// Makes a call whose answer is lost.
async fn lost<T>(relay: &LossyRelay, call: impl Future<Output = Result<T, SessionError>>) {
    relay.loses.store(true, Ordering::SeqCst);
    let outcome = call.await;
    relay.loses.store(false, Ordering::SeqCst);
    assert!(is_unreachable(&outcome), "the answer arrived: {:?}", outcome.err());
}

/// Whether the app has a session that works now and after a start.
async fn assert_in(app: &App, session: &AppSession) {
    assert_eq!(session.get("/").await.unwrap().text(), "Hello World!");
    let later = app.start();
    later.check_in().await.unwrap();
    assert_eq!((state(session), state(&later)), ("signed-in".into(), "signed-in".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_whose_answer_was_lost_leads_to_the_same_session_with_the_same_password_only() {
    let (server, relay) = LossyRelay::before(Server::for_app()).await;
    let app = App::new(&relay.url());
    let session = app.start();
    let code = code(&server, CodeKind::Password).await;
    lost(&relay, session.redeem_code(redemption(&code), Consent::default())).await;
    let made = sids(&server).await;
    assert_eq!((made.len(), state(&session)), (1, "signed-out: never-signed-in".into()));

    let other = CodeRedemption { new_password: Some(OTHER_PASSWORD.into()), ..redemption(&code) };
    assert_eq!(session.redeem_code(other, Consent::default()).await.err(), Some(SessionError::CodeUsed));
    let thief = App::new(&relay.url()).start();
    let stolen = thief.redeem_code(redemption(&code), Consent::default()).await.err();
    assert!(matches!(stolen, Some(SessionError::CodeUsed | SessionError::InvalidCode { .. })), "{stolen:?}");
    assert_eq!(sids(&server).await, made);

    // A restart of the app in between: the device's key is the same.
    let session = app.start();
    session.redeem_code(redemption(&code), Consent::default()).await.unwrap();
    assert_eq!(sids(&server).await, made);
    assert_in(&app, &session).await;
    let later = App::new(&relay.url()).start();
    sign_in_as(&later, USERNAME, NEW_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_whose_answer_was_lost_leads_to_the_same_session() {
    let (server, relay) = LossyRelay::before(Server::for_app()).await;
    let (_other, _session, proposal) = with_factor_at(&relay.url()).await;
    let app = App::new(&relay.url());
    let session = app.start();
    lost(&relay, sign_in(&session)).await;
    assert_eq!(sign_in(&session).await.err(), Some(SessionError::SecondFactorRequired));
    let code = totp(&proposal, &app.clock, 0);
    lost(&relay, session.second_factor(code.clone())).await;
    let made = sids(&server).await;
    assert_eq!(made.len(), 2);
    assert!(session.snapshot().pending.is_some(), "it can be tried again");
    session.second_factor(code).await.unwrap();
    assert_eq!(sids(&server).await, made);
    assert_in(&app, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_whose_answer_was_lost_is_spent_once() {
    let (_server, relay) = LossyRelay::before(Server::for_app()).await;
    let (_other, _session, proposal) = with_factor_at(&relay.url()).await;
    let app = App::new(&relay.url());
    let session = app.start();
    sign_in(&session).await.unwrap_err();
    lost(&relay, session.second_factor(proposal.recovery_codes[0].clone())).await;
    session.second_factor(proposal.recovery_codes[0].clone()).await.unwrap();
    assert_eq!(session.account().await.unwrap().factor.recovery_codes_left, 9);
    assert_in(&app, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_whose_answers_are_lost_completes_once() {
    let builder = Server::for_app().settings(|settings| {
        settings.factors.required = serde_json::from_value("always".into()).unwrap();
        settings.factors.grace = serde_json::from_value("0s".into()).unwrap();
    });
    let (server, relay) = LossyRelay::before(builder).await;
    let app = App::new(&relay.url());
    let session = app.start();
    assert_eq!(sign_in(&session).await.err(), Some(SessionError::EnrolmentRequired));
    let code = code(&server, CodeKind::Factor).await;
    let proof = || EnrolmentProof { code: Some(code.clone()), password: None };
    lost(&relay, session.enrol(proof())).await;
    let proposal = session.enrol(proof()).await.unwrap();
    let first = totp(&proposal, &app.clock, 0);
    lost(&relay, session.second_factor(first.clone())).await;
    let made = sids(&server).await;
    session.second_factor(first).await.unwrap();
    assert_eq!((made.len(), sids(&server).await), (1, made));
    assert_in(&app, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_is_switched_on_once_when_the_answer_was_lost() {
    let (_server, relay) = LossyRelay::before(Server::for_app()).await;
    let app = App::new(&relay.url());
    let session = app.signed_in().await;
    session.confirm(Confirmation { password: Some(PASSWORD.into()), code: None }).await.unwrap();
    let proposal = session.start_totp().await.unwrap();
    let code = totp(&proposal, &app.clock, 0);
    lost(&relay, session.enable_totp(code.clone())).await;
    session.enable_totp(code.clone()).await.unwrap();
    session.enable_totp(code).await.unwrap();
    let factor = session.account().await.unwrap().factor;
    assert_eq!((factor.totp, factor.recovery_codes_left), (true, 10));
    assert_in(&app, &session).await;
}
