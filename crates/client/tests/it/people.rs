//! Getting in and getting back in against the real server: one-time codes, a second factor, the
//! confirmation, notices, and who has ended a session.

use std::sync::Arc;

use latchkey_client::Consent;
use latchkey_client::api::{
    CodeRedemption, Confirmation, EnrolmentProof, ForgotWay, NoticeAnswer, NoticeKind,
};
use latchkey_client::auth_client::AuthClient;
use latchkey_client::error::SessionError;
use latchkey_client::factor_method::Needs;
use latchkey_client::lease_warning::WarningKind;
use latchkey_client::view::{PendingKind, StateView};
use latchkey_server::accounts::Username;
use latchkey_server::admin::{CodeOptions, Invitation};
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::app::{App, sign_in};
use latchkey_testkit::{PASSWORD, Server, TestClock, USERNAME, wait_for};

use crate::support::people::{NEW_PASSWORD, both, code, now, redemption, totp, with_factor};
use crate::support::state::state;

const DAY: i64 = 86_400;

fn notices<A: latchkey_client::api::Api>(session: &Arc<AuthClient<A>>) -> u32 {
    match session.snapshot().state {
        StateView::SignedIn { notices, .. } => notices,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sign_in_takes_two_steps_with_a_second_factor() {
    let server = Server::for_app().start().await;
    let (_app, _session, proposal) = with_factor(&server).await;
    let other = App::new(&server.url);
    let session = other.start();
    assert_eq!(sign_in(&session).await.err(), Some(SessionError::SecondFactorRequired));
    assert_eq!(session.snapshot().pending.unwrap().kind, PendingKind::SecondFactor);
    let wrong = session.second_factor("000000".into()).await.err();
    assert!(matches!(wrong, Some(SessionError::WrongCode { .. })), "{wrong:?}");
    session.second_factor(totp(&proposal, &other.clock, 0)).await.unwrap();
    assert_eq!((state(&session), state(&other.start())), ("signed-in".into(), "signed-in".into()));
    assert_eq!(session.get("/").await.unwrap().text(), "Hello World!");
}

#[tokio::test]
async fn a_recovery_code_counts_once() {
    let server = Server::for_app().start().await;
    let (_app, _session, proposal) = with_factor(&server).await;
    let recovery = proposal.recovery_codes[0].clone();
    let app = App::new(&server.url);
    let session = app.start();
    sign_in(&session).await.unwrap_err();
    session.second_factor(recovery.clone()).await.unwrap();
    assert_eq!(session.account().await.unwrap().factor.recovery_codes_left, 9);
    let again_app = App::new(&server.url);
    let again = again_app.start();
    sign_in(&again).await.unwrap_err();
    let refused = again.second_factor(recovery).await.err();
    assert!(matches!(refused, Some(SessionError::WrongCode { .. } | SessionError::CodeUsed)), "{refused:?}");
    assert_eq!(state(&again), "signed-out: never-signed-in");
}

#[tokio::test]
async fn an_invited_person_chooses_the_password_and_is_in() {
    let server = Server::for_app().start().await;
    let admin = server.admin().await;
    let invitation = Invitation {
        username: Username::parse("bumblebee").unwrap(),
        given_name: None,
        family_name: None,
        email: None,
        claims: serde_json::Map::new(),
        language: None,
    };
    let options = CodeOptions { valid_seconds: DAY, send: false };
    let made = admin.invite(&invitation, options, now()).await.unwrap();
    admin.close().await;
    let app = App::new(&server.url);
    let session = app.start();
    let typed = made.code.shown().to_string().to_lowercase().replace('-', " ");
    let short =
        CodeRedemption { code: typed.clone().into(), new_password: Some("short".into()), username: None };
    let refused = session.redeem_code(short, Consent::default()).await.err();
    assert!(matches!(refused, Some(SessionError::PasswordTooShort { .. })), "{refused:?}");
    let redeem = CodeRedemption {
        code: typed.clone().into(),
        new_password: Some(NEW_PASSWORD.into()),
        username: None,
    };
    session.redeem_code(redeem, Consent::default()).await.unwrap();
    assert_eq!(state(&app.start()), "signed-in");
    let thief_app = App::new(&server.url);
    let thief = thief_app.start();
    let again =
        CodeRedemption { code: typed.into(), new_password: Some(NEW_PASSWORD.into()), username: None };
    let refused = thief.redeem_code(again, Consent::default()).await.err();
    assert!(
        matches!(refused, Some(SessionError::CodeUsed | SessionError::InvalidCode { .. })),
        "{refused:?}"
    );
    let slip = CodeRedemption {
        code: "0000-0000-0000-0000-A".into(),
        new_password: Some(NEW_PASSWORD.into()),
        username: None,
    };
    assert_eq!(thief.redeem_code(slip, Consent::default()).await.err(), Some(SessionError::MalformedCode));
}

#[tokio::test]
async fn a_new_password_by_code_tells_the_other_device_why_it_is_signed_out() {
    let server = Server::for_app().start().await;
    let app = App::new(&server.url);
    let old = app.signed_in().await;
    let other = App::new(&server.url);
    let session = other.start();
    let code = code(&server, CodeKind::Password).await;
    session.redeem_code(redemption(&code), Consent::default()).await.unwrap();
    assert_eq!(state(&session), "signed-in");
    assert_eq!(old.check_in().await.err(), Some(SessionError::SessionOver));
    assert_eq!(state(&old), "signed-out: password-reset");
    match app.start().snapshot().state {
        StateView::SignedOut { ended, .. } => assert!(ended.is_some(), "the time is on disk"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_password_code_does_not_go_past_a_second_factor() {
    let server = Server::for_app().start().await;
    let (_old_app, old, proposal) = with_factor(&server).await;
    let code = code(&server, CodeKind::Password).await;
    let app = App::new(&server.url);
    let session = app.start();
    let outcome = session.redeem_code(redemption(&code), Consent::default()).await.err();
    assert_eq!(outcome, Some(SessionError::SecondFactorRequired));
    old.check_in().await.unwrap();
    let unchanged = App::new(&server.url);
    assert_eq!(sign_in(&unchanged.start()).await.err(), Some(SessionError::SecondFactorRequired));
    session.second_factor(totp(&proposal, &app.clock, 0)).await.unwrap();
    assert_eq!(state(&session), "signed-in");
    assert_eq!(old.check_in().await.err(), Some(SessionError::SessionOver));
    assert_eq!(state(&old), "signed-out: password-reset");
}

#[tokio::test]
async fn a_factor_code_in_place_of_a_lost_phone_leads_to_a_new_factor() {
    let server = Server::for_app().start().await;
    let _first = with_factor(&server).await;
    let code = code(&server, CodeKind::Factor).await;
    let app = App::new(&server.url);
    let session = app.start();
    let misplaced = session.redeem_code(redemption(&code), Consent::default()).await.err();
    assert_eq!(misplaced, Some(SessionError::CodeForFactor));
    sign_in(&session).await.unwrap_err();
    assert_eq!(session.second_factor(code).await.err(), Some(SessionError::EnrolmentRequired));
    let proposal = session.enrol(EnrolmentProof::default()).await.unwrap();
    session.second_factor(totp(&proposal, &app.clock, 0)).await.unwrap();
    assert_eq!(state(&app.start()), "signed-in");
}

#[tokio::test]
async fn who_must_have_a_factor_sets_it_up_with_an_operators_code_and_not_with_the_password_alone() {
    let server = Server::for_app()
        .settings(|settings| {
            settings.factors.required = serde_json::from_value("always".into()).unwrap();
            settings.factors.grace = serde_json::from_value("0s".into()).unwrap();
        })
        .start()
        .await;
    let app = App::new(&server.url);
    let session = app.start();
    assert_eq!(sign_in(&session).await.err(), Some(SessionError::EnrolmentRequired));
    let missing = session.enrol(EnrolmentProof::default()).await.err();
    assert_eq!(missing, Some(SessionError::EnrolmentRequired), "the password alone is not enough");
    let code = code(&server, CodeKind::Factor).await;
    let proof = EnrolmentProof { code: Some(code), password: None };
    let proposal = session.enrol(proof).await.unwrap();
    session.second_factor(totp(&proposal, &app.clock, 0)).await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn a_session_older_than_the_requirement_is_held_after_the_grace_period_and_enrols_in_place() {
    let clock = TestClock::running();
    let mut server = Server::for_app().clock(&clock).start().await;
    let mut app = App::new(&server.url);
    app.clock = clock.clone();
    let session = app.signed_in().await;
    let sid = sid(&server, &clock).await;
    server.stop().await;
    server.settings.factors.required = serde_json::from_value("always".into()).unwrap();
    server.settings.factors.grace = serde_json::from_value("2h".into()).unwrap();
    server.start_again().await;

    session.check_in().await.unwrap();
    let factor = session.account().await.unwrap().factor;
    let until = factor.required_from.map(|from| from - clock.now().seconds());
    assert!(factor.required && until.is_some_and(|left| (7_100..=7_200).contains(&left)), "{factor:?}");
    assert_eq!(state(&session), "signed-in");

    server.stop().await;
    clock.advance(3 * 3_600);
    let offline = app.start();
    assert_eq!(state(&offline), "signed-in", "offline nothing is asked");
    assert!(matches!(offline.check_in().await, Err(SessionError::ServerUnreachable { .. })));
    assert_eq!((state(&offline), offline.snapshot().pending.is_none()), ("signed-in".into(), true));

    server.start_again().await;
    assert_eq!(offline.check_in().await.err(), Some(SessionError::FactorRequired));
    assert_eq!(state(&offline), "held: factor-required");
    let wrong = EnrolmentProof { code: None, password: Some(NEW_PASSWORD.into()) };
    assert_eq!(offline.enrol(wrong).await.err(), Some(SessionError::WrongCredentials));
    assert_eq!(state(&offline), "held: factor-required");

    // A start in between: what is pending was in memory, the session is not lost.
    let session = app.start();
    assert_eq!(session.check_in().await.err(), Some(SessionError::FactorRequired));
    let proof = EnrolmentProof { code: None, password: Some(PASSWORD.into()) };
    let proposal = session.enrol(proof).await.unwrap();
    session.second_factor(totp(&proposal, &clock, 0)).await.unwrap();
    assert_eq!(state(&session), "signed-in");
    assert_eq!(self::sid(&server, &clock).await, sid, "it is the same session");
    assert_eq!(session.get("/").await.unwrap().text(), "Hello World!");
    app.start().check_in().await.unwrap();
}

/// The id of the only session at the server.
async fn sid(server: &Server, clock: &TestClock) -> String {
    let admin = server.admin().await;
    let sessions = admin.sessions(None, clock.now()).await.unwrap();
    admin.close().await;
    assert_eq!(sessions.len(), 1);
    sessions[0].sid.clone()
}

#[tokio::test]
async fn removing_the_factor_needs_password_and_code_confirmed() {
    let server = Server::for_app().start().await;
    let (app, session, proposal) = with_factor(&server).await;
    let required = Some(SessionError::ConfirmationRequired { needs: Needs::Both, or_passkey: false });
    assert_eq!(session.disable_totp().await.err(), required);
    assert_eq!(session.new_recovery_codes().await.err(), required);
    assert_eq!(state(&session), "signed-in");
    session.confirm(both(totp(&proposal, &app.clock, 0))).await.unwrap();
    assert_eq!(session.new_recovery_codes().await.unwrap().len(), 10);
    session.disable_totp().await.unwrap();
    assert!(!session.account().await.unwrap().factor.totp);
}

#[tokio::test]
async fn not_me_ends_the_new_sign_in_and_both_devices_know() {
    let server = Server::for_app().start().await;
    let mine_app = App::new(&server.url);
    let mine = mine_app.signed_in().await;
    // A notice is about what happens after a session began, in whole seconds.
    let began = now();
    wait_for("the next second", async || (now() > began).then_some(())).await;
    let thief_app = App::new(&server.url);
    let thief = thief_app.signed_in().await;
    mine.check_in().await.unwrap();
    assert_eq!(notices(&mine), 1);
    let listed = mine.notices().await.unwrap();
    assert_eq!(listed[0].kind, NoticeKind::NewSignIn);
    let answered = mine.answer_notice(listed[0].id.as_str(), NoticeAnswer::NotMine).await.unwrap();
    assert_eq!((answered.ended, answered.change_password), (1, true));
    assert_eq!(notices(&mine), 0);
    assert_eq!(thief.check_in().await.err(), Some(SessionError::SessionOver));
    assert_eq!(state(&thief), "signed-out: not-me");
    assert_eq!(state(&thief_app.start()), "signed-out: not-me");
}

#[tokio::test]
async fn a_device_that_is_ended_by_another_learns_by_which() {
    let server = Server::for_app().start().await;
    let (old_app, app) = (App::new(&server.url), App::new(&server.url));
    let (old, session) = (old_app.signed_in().await, app.signed_in().await);
    if let Err(SessionError::ConfirmationRequired { .. }) = session.end_other_sessions().await {
        session.confirm(Confirmation { password: Some(PASSWORD.into()), code: None }).await.unwrap();
        session.end_other_sessions().await.unwrap();
    }
    assert_eq!(old.check_in().await.err(), Some(SessionError::SessionOver));
    assert_eq!(state(&old), "signed-out: ended-by-device");
    match old.snapshot().state {
        StateView::SignedOut { ended: Some(ended), .. } => assert!(ended.by.is_some()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_ways_to_sign_in_and_the_absolute_limit_are_known() {
    let server = Server::for_app()
        .settings(|settings| {
            settings.sessions.lease_seconds = 5 * DAY;
            settings.sessions.idle_seconds = 5 * DAY;
            settings.sessions.absolute_seconds = 6 * DAY;
        })
        .start()
        .await;
    let app = App::new(&server.url);
    let session = app.start();
    let options = session.sign_in_options().await.unwrap();
    assert_eq!(options.forgot, ForgotWay::Contact, "no mail is configured");
    let outcome = session.forgot_password(USERNAME, Consent::default()).await.err();
    assert_eq!(outcome, Some(SessionError::ForgotUnavailable));
    sign_in(&session).await.unwrap();
    match session.snapshot().state {
        StateView::SignedIn { warning: Some(warning), .. } => {
            assert_eq!((warning.kind, warning.within), (WarningKind::Absolute, 7 * 86_400));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_lost_factor_is_given_up_a_day_after_the_first_sign_in_and_kept_after_all() {
    let clock = TestClock::running();
    let server = Server::for_app().clock(&clock).start().await;
    let (app, session, _) = with_factor(&server).await;
    let refused = session.request_factor_removal(Some(PASSWORD.into())).await;
    assert_eq!(refused, Err(SessionError::ConfirmationRequired { needs: Needs::Both, or_passkey: false }));
    clock.advance(DAY);
    app.clock.advance(DAY);
    let empty = session.request_factor_removal(Some("".into())).await;
    assert_eq!(empty, Err(SessionError::CredentialsMissing));
    let wrong = session.request_factor_removal(Some(NEW_PASSWORD.into())).await;
    assert_eq!(wrong, Err(SessionError::WrongCredentials));
    let due = session.request_factor_removal(Some(PASSWORD.into())).await.unwrap();
    assert!((due - clock.now().plus(3 * DAY).seconds()).abs() < 60);
    assert_eq!(session.account().await.unwrap().factor.removal_at, Some(due));
    session.cancel_factor_removal().await.unwrap();
    let factor = session.account().await.unwrap().factor;
    assert_eq!((factor.totp, factor.removal_at), (true, None));
}
