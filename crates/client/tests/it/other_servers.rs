//! Another server instead of the right one: with another database, or with other keys. Neither ends
//! the session with the right one. And the clock of another server.

use latchkey_client::error::SessionError;
use latchkey_server::keys;
use latchkey_testkit::app::{App, sign_in, sign_in_as};
use latchkey_testkit::{Server, TestClock, USERNAME};

use crate::support::bad_server::{Answer, BadServer};
use crate::support::state::state;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_database_does_not_end_the_session() {
    let right = Server::for_app().start().await;
    let wrong = Server::for_app().start().await;
    let device = App::new(&right.url);
    device.signed_in().await;
    let before = std::fs::read(device.file()).unwrap();
    let elsewhere = device.moved_to(&wrong.url).start();
    assert_eq!(elsewhere.check_in().await, Err(SessionError::SessionUnknown));
    assert_eq!(state(&elsewhere), "held: session-unknown");
    assert_eq!(std::fs::read(device.file()).unwrap(), before, "nothing was written");
    let back = device.start();
    assert_eq!(state(&back), "signed-in");
    back.check_in().await.unwrap();
    assert_eq!(back.get("/").await.unwrap().text(), "Hello World!");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_database_holds_the_session_and_a_sign_in_continues() {
    let mut server = Server::for_app().start().await;
    let device = App::new(&server.url);
    let session = device.signed_in().await;
    server.stop().await;
    server.lose_database().await;
    server.start_again().await;
    assert_eq!(session.check_in().await, Err(SessionError::SessionUnknown));
    assert_eq!(state(&session), "held: session-unknown");
    session.sign_out().await.unwrap();
    sign_in(&session).await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_key_is_an_error_with_both_key_ids_and_has_no_session_left() {
    let folder = tempfile::tempdir().unwrap();
    keys::generate(folder.path(), 2048).unwrap();
    let other_keys = folder.path().to_owned();
    let server = Server::for_app().settings(|settings| settings.keys = other_keys.clone()).start().await;
    let session = App::new(&server.url).start();
    let Err(SessionError::ServerKeyUnknown { carried, named }) = sign_in(&session).await else {
        panic!("the token of another server was taken")
    };
    let own = latchkey_testkit::app_keys();
    let own: Vec<_> = own.kids().map(ToString::to_string).collect();
    assert!(own.iter().any(|kid| kid.starts_with(&carried.to_string())), "{carried} of {own:?}");
    let pem = std::fs::read_to_string(folder.path().join("auth-public.key")).unwrap();
    let theirs = latchkey_token::KeySet::from_pem(&pem).unwrap();
    assert!(theirs.kids().any(|kid| kid.to_string().starts_with(&named.to_string())), "{named}");
    assert_eq!(state(&session), "signed-out: never-signed-in");
    assert_eq!(server.living_sessions().await, 0, "what it made for this sign-in is not left there");
}

#[tokio::test]
async fn a_throttled_sign_in_reports_how_long_to_wait() {
    // Its clock is frozen: the wait does not run out between two attempts.
    let server = Server::for_app().clock(&TestClock::frozen());
    let server = server.settings(|settings| settings.throttle.account_failures = 1).start().await;
    let session = App::new(&server.url).start();
    let mut last = Ok(session.snapshot());
    for _ in 0..4 {
        last = sign_in_as(&session, USERNAME, "decepticons rule").await;
    }
    let Err(SessionError::Throttled { retry_after_seconds: Some(seconds) }) = last else {
        panic!("{last:?}")
    };
    assert!((1..=16).contains(&seconds), "{seconds}");
}

/// A portal, a gateway and a proxy with wrong clocks, instead of the server, while the app is open.
#[tokio::test(flavor = "multi_thread")]
async fn a_date_from_another_server_changes_nothing() {
    let real = Server::for_app().start().await;
    let device = App::new(&real.url);
    device.signed_in().await;
    let before = std::fs::read(device.file()).unwrap();
    let stranger = BadServer::start(Answer::Close).await;
    let session = device.moved_to(&stranger.url).start();
    let background = tokio::spawn(session.background());
    for date in
        ["Thu, 01 Jan 1970 00:00:01 GMT", "Fri, 15 Jan 2010 08:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"]
    {
        for (status, media_type) in [
            (200, "text/html"),
            (502, "text/html"),
            (429, "text/html"),
            (401, "text/html"),
            (403, "application/json"),
        ] {
            let answer = format!(
                "HTTP/1.1 {status} X\r\ndate: {date}\r\ncontent-type: {media_type}\r\ncontent-length: 2\r\n\r\n{{}}"
            );
            stranger.say(Answer::Bytes(answer.into_bytes()));
            assert!(session.check_in().await.is_err());
            assert!(session.get("/").await.is_err());
            assert_eq!(state(&session), "signed-in", "{date} {status}");
        }
    }
    background.abort();
    assert_eq!(std::fs::read(device.file()).unwrap(), before);
    assert_eq!(state(&device.start()), "signed-in");
}
