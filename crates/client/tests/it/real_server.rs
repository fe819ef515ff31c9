//! The session against the real server: what preserves it, what ends it, and the effects of a wrong
//! clock.

use latchkey_client::error::SessionError;
use latchkey_testkit::app::{AWAY, App, AppSession, sign_in, sign_in_as};
use latchkey_testkit::{Server, TestClock, USERNAME, wait_for};

use crate::support::state::state;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A server, and an app that is signed in.
async fn signed_in() -> (Server, TestClock, App, AppSession) {
    let ahead = TestClock::running();
    let server = Server::for_app().clock(&ahead).start().await;
    let app = App::new(&server.url);
    let session = app.signed_in().await;
    (server, ahead, app, session)
}

#[tokio::test]
async fn a_session_is_signed_in_again_without_the_server() {
    let (mut server, _, app, session) = signed_in().await;
    assert_eq!(session.get("/").await.unwrap().text(), "Hello World!");
    server.stop().await;
    let session = app.start();
    assert_eq!(state(&session), "signed-in");
    assert_eq!(session.get("/").await, Err(AWAY));
    assert_eq!(state(&session), "signed-in");
    server.start_again().await;
    assert_eq!(session.get("/").await.unwrap().text(), "Hello World!");
}

#[tokio::test]
async fn a_wrong_password_changes_nothing() {
    let (_server, _, app, session) = signed_in().await;
    let before = std::fs::read(app.file()).unwrap();
    assert_eq!(sign_in_as(&session, USERNAME, "decepticons rule").await, Err(SessionError::WrongCredentials));
    assert_eq!(state(&session), "signed-in");
    assert_eq!(std::fs::read(app.file()).unwrap(), before);
    let stranger = App::new("http://127.0.0.1:1").start();
    assert_eq!(sign_in(&stranger).await, Err(AWAY));
    assert_eq!(state(&stranger), "signed-out: never-signed-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_concurrent_renewals_in_two_processes() {
    let (_server, _, app, first) = signed_in().await;
    let second = app.start();
    let renewals: Vec<_> = (0..8)
        .map(|number| {
            let session = if number % 2 == 0 { first.clone() } else { second.clone() };
            tokio::spawn(async move { session.check_in().await })
        })
        .collect();
    for renewal in renewals {
        renewal.await.unwrap().unwrap();
    }
    assert_eq!(
        (state(&first), state(&second), state(&app.start())),
        ("signed-in".into(), "signed-in".into(), "signed-in".into())
    );
}

#[tokio::test]
async fn after_three_weeks_away_one_contact_restores_the_session() {
    let (mut server, ahead, app, _) = signed_in().await;
    server.stop().await;
    ahead.advance(21 * DAY);
    app.clock.advance(21 * DAY);
    let session = app.start();
    assert_eq!(state(&session), "held: lease-expired");
    assert_eq!(session.check_in().await, Err(AWAY));
    assert_eq!(state(&session), "held: lease-expired");
    server.start_again().await;
    session.check_in().await.unwrap();
    assert_eq!((state(&session), state(&app.start())), ("signed-in".into(), "signed-in".into()));
}

#[tokio::test]
async fn thirty_one_days_away_end_the_session() {
    let (_server, ahead, app, _) = signed_in().await;
    ahead.advance(31 * DAY);
    app.clock.advance(31 * DAY);
    let session = app.start();
    assert_eq!(session.check_in().await, Err(SessionError::SessionOver));
    assert_eq!(state(&session), "signed-out: session-ended");
    assert_eq!(state(&app.start()), "signed-out: session-ended");
    sign_in(&session).await.unwrap();
    assert_eq!(state(&app.start()), "signed-in");
}

#[tokio::test]
async fn ninety_days_end_a_session_that_was_renewed_all_the_time() {
    let (_server, ahead, app, session) = signed_in().await;
    for _ in 0..4 {
        ahead.advance(20 * DAY);
        app.clock.advance(20 * DAY);
        session.check_in().await.unwrap();
    }
    ahead.advance(11 * DAY);
    app.clock.advance(11 * DAY);
    assert_eq!(session.check_in().await, Err(SessionError::SessionOver));
    assert_eq!(state(&app.start()), "signed-out: session-ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_without_the_server_is_delivered_at_the_next_start() {
    let (mut server, _, app, session) = signed_in().await;
    let thief = app.copied();
    let copy = thief.start();
    server.stop().await;
    session.sign_out().await.unwrap();
    assert_eq!(state(&session), "signed-out: signed-out");
    server.start_again().await;
    copy.check_in().await.unwrap();

    // The next start delivers it.
    let background = tokio::spawn(app.start().background());
    wait_for("the sign-out is delivered", async || {
        (!std::fs::read_to_string(app.file()).unwrap().contains("notice")).then_some(())
    })
    .await;
    background.abort();
    assert_eq!(copy.check_in().await, Err(SessionError::SessionOver));
    assert_eq!(state(&copy), "signed-out: revoked");
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_hours_allows_a_sign_in() {
    let server = Server::for_app().start().await;
    for wrong in [-300 * DAY, -5 * HOUR, 5 * HOUR, 300 * DAY] {
        let app = App::new(&server.url);
        app.clock.advance(wrong);
        let session = app.signed_in().await;
        assert_eq!(session.get("/").await.unwrap().text(), "Hello World!", "{wrong}");
        session.check_in().await.unwrap();
        assert_eq!(state(&session), "signed-in", "{wrong}");
    }
}

#[tokio::test]
async fn a_clock_set_back_holds_it_until_one_contact() {
    let (mut server, _, app, _) = signed_in().await;
    server.stop().await;
    app.clock.advance(-2 * HOUR);
    let session = app.start();
    assert_eq!(state(&session), "held: clock-moved-back");
    server.start_again().await;
    session.check_in().await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn a_mistaken_jump_forward_costs_one_contact() {
    let (mut server, _, app, session) = signed_in().await;
    server.stop().await;
    app.clock.advance(10 * DAY);
    let later = app.start();
    assert_eq!(state(&later), "signed-in");
    // Ten days ahead for long enough to be written down, and then set right.
    let background = tokio::spawn(later.background());
    let before = std::fs::read(app.file()).unwrap();
    wait_for("the newest time is written", async || {
        (std::fs::read(app.file()).unwrap() != before).then_some(())
    })
    .await;
    background.abort();
    app.clock.advance(-10 * DAY);
    let session_again = app.start();
    assert_eq!(state(&session_again), "held: clock-moved-back");
    server.start_again().await;
    session_again.check_in().await.unwrap();
    assert_eq!((state(&session_again), state(&app.start())), ("signed-in".into(), "signed-in".into()));
    drop(session);
}

/// The two clocks of a computer whose wall clock was set back by two hours while the app was open
/// and the server was reachable.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_while_the_app_is_open_is_corrected_automatically() {
    let (_server, _, app, session) = signed_in().await;
    let background = tokio::spawn(session.background());
    app.clock.advance(-2 * HOUR);
    assert_eq!(state(&session), "held: clock-moved-back");
    wait_for("the session is signed in again", async || (state(&session) == "signed-in").then_some(())).await;
    background.abort();
}

/// Each of these has stopped a program somewhere.
#[tokio::test]
async fn an_impossible_clock_holds_the_session_and_one_contact_restores_it() {
    let (_server, _, app, _) = signed_in().await;
    let real = latchkey_server::Clock::system().now().seconds();
    for odd in [-86_400, 0, 2_147_483_648, 4_102_444_800, 253_402_300_800, i64::MAX / 2, i64::MIN / 2] {
        let mut app = app.clone();
        app.clock = TestClock::running();
        app.clock.advance(odd - real);
        let session = app.start();
        assert!(state(&session).starts_with("held: "), "{odd}: {}", state(&session));
        session.check_in().await.unwrap();
        assert_eq!(state(&session), "signed-in", "{odd}");
    }
}
