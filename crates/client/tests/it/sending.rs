//! A screen's requests: what is sent, to where, and by which session.

use latchkey_client::api::{
    ApiResponse, MAX_BODY_BYTES, RequestHeader, RequestHeaders, SendMethod, SendRequest,
};
use latchkey_client::error::SessionError;
use latchkey_testkit::app::{AWAY, App, AppSession};
use latchkey_testkit::{Server, TestClock};

use crate::support::bad_server::{Answer, BadServer};
use crate::support::state::state;

async fn post(session: &AppSession, path: &str) -> Result<u16, SessionError> {
    let sent = send(session, SendMethod::Post, path, Some(("text/plain; charset=utf-8", b"buy a car"))).await;
    sent.map(|response| response.status)
}

/// Sends `body`, with its media type.
async fn send(
    session: &AppSession,
    method: SendMethod,
    path: &str,
    body: Option<(&str, &[u8])>,
) -> Result<ApiResponse, SessionError> {
    let mut headers = RequestHeaders::default();
    if let Some((media_type, _)) = body {
        headers.set(RequestHeader::ContentType, media_type).unwrap();
    }
    let body = body.map(|(_, bytes)| bytes);
    session.send(&SendRequest { method, path, headers, body }).await
}

/// An app that is signed in at a real server, and gets `answer` from its address at the next call.
async fn then(answer: Answer) -> ((Server, App), BadServer, AppSession) {
    let real = Server::for_app().start().await;
    let device = App::new(&real.url);
    device.signed_in().await;
    let bad = BadServer::start(answer).await;
    let session = device.moved_to(&bad.url).start();
    ((real, device), bad, session)
}

fn answer(status: u16, media_type: &str, body: &str) -> Answer {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    Answer::Bytes(text.into_bytes())
}

#[tokio::test]
async fn every_method_comes_to_the_route_with_a_proof_of_its_own() {
    let server = Server::for_app().start().await;
    let app = App::new(&server.url);
    let session = app.signed_in().await;
    for method in [SendMethod::Post, SendMethod::Put, SendMethod::Patch, SendMethod::Delete] {
        for body in [None, Some(("application/json", &br#"{"a":1}"#[..])), Some(("text/plain", &b"a"[..]))] {
            // Past the guard, which refuses a missing token or a proof for another method.
            let here = send(&session, method, "/", body).await.unwrap();
            assert_eq!(here.status, 405, "{method:?}");
            let nowhere = send(&session, method, "/api/notes/1", body).await.unwrap();
            assert_eq!(nowhere.status, 404, "{method:?}: {}", nowhere.text());
        }
    }
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn nothing_is_sent_to_the_servers_own_routes_or_to_other_hosts() {
    let (_real, bad, session) = then(answer(200, "application/json", "{}")).await;
    for path in [
        "/api/auth",
        "/api/auth/renew",
        "/api/auth/sign-out",
        "/api/me/password",
        "/api/sessions",
        "/api/sessions/1",
        "/API//%61uth/renew",
        "/api/notes/..%2fauth",
        "//evil.example/",
        "https://evil.example/",
        "api/notes",
        "/api\\auth",
    ] {
        for method in [SendMethod::Post, SendMethod::Put, SendMethod::Patch, SendMethod::Delete] {
            let outcome = send(&session, method, path, None).await;
            assert_eq!(outcome, Err(SessionError::PathNotAllowed), "{path}");
        }
    }
    assert_eq!((bad.requests(), state(&session)), (0, "signed-in".into()));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_sent() {
    let (_real, bad, session) = then(answer(200, "application/json", "{}")).await;
    let much = vec![b'x'; MAX_BODY_BYTES + 1];
    let outcome = send(&session, SendMethod::Post, "/api/notes", Some(("text/plain", &much))).await;
    assert_eq!(outcome, Err(SessionError::BodyTooLarge));
    assert_eq!(bad.requests(), 0);

    let server = Server::for_app().start().await;
    let app = App::new(&server.url);
    let session = app.signed_in().await;
    let just = vec![b'x'; MAX_BODY_BYTES];
    assert_eq!(send(&session, SendMethod::Post, "/", Some(("text/plain", &just))).await.unwrap().status, 405);
}

#[tokio::test]
async fn without_a_session_nothing_is_sent() {
    let server = Server::for_app().start().await;
    let app = App::new(&server.url);
    let session = app.start();
    assert_eq!(post(&session, "/api/notes").await, Err(SessionError::NotSignedIn));
    let session = app.signed_in().await;
    assert_eq!(post(&session, "/api/notes").await, Ok(404));
    session.sign_out().await.unwrap();
    assert_eq!(post(&session, "/api/notes").await, Err(SessionError::NotSignedIn));
}

#[tokio::test]
async fn a_session_that_was_ended_elsewhere_ends_here() {
    let server = Server::for_app().start().await;
    let apps = [App::new(&server.url), App::new(&server.url)];
    let (first, second) = (apps[0].signed_in().await, apps[1].signed_in().await);
    first.end_other_sessions().await.unwrap();
    assert_eq!(post(&second, "/api/notes").await, Err(SessionError::SessionOver));
    assert_eq!(state(&second), "signed-out: ended-by-device");
}

#[tokio::test]
async fn a_lease_that_has_run_out_is_confirmed_first() {
    let ahead = TestClock::running();
    let mut server = Server::for_app().clock(&ahead).start().await;
    let app = App::new(&server.url);
    app.signed_in().await;
    server.stop().await;
    ahead.advance(21 * 86_400);
    app.clock.advance(21 * 86_400);
    let session = app.start();
    assert_eq!(post(&session, "/api/notes").await, Err(AWAY));
    assert_eq!(state(&session), "held: lease-expired");
    server.start_again().await;
    assert_eq!(post(&session, "/api/notes").await, Ok(404));
    assert_eq!(state(&session), "signed-in");
}
