//! Portals, proxies and broken gateways instead of the server: their responses sign no account in
//! or out, write nothing, redirect nothing, and end in time with an error.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use latchkey_client::api::{NetworkCause, RequestHeaders, SendMethod, SendRequest};
use latchkey_client::error::SessionError;
use latchkey_testkit::Server;
use latchkey_testkit::app::{App, sign_in};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::bad_server::{Answer, BadServer};
use crate::support::state::state;

/// The app gives up after 15 s; the rest is for a slow machine.
const BOUND: Duration = Duration::from_secs(30);

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

fn no_answer(cause: NetworkCause) -> SessionError {
    SessionError::ServerUnreachable { cause }
}

fn http(status: u16, media_type: &str, body: impl AsRef<[u8]>) -> Answer {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status} Whatever\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Answer::Bytes([head.as_bytes(), body].concat())
}

fn head(lines: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n").into_bytes()
}

fn zipped(body: &[u8]) -> Answer {
    let head =
        head(&format!("content-type: {JSON}\r\ncontent-encoding: gzip\r\ncontent-length: {}", body.len()));
    Answer::Bytes([head.as_slice(), body].concat())
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// A gzip file of a thousand members (RFC 1952 §2.2), each a megabyte of spaces.
fn bomb() -> Vec<u8> {
    gzip(&[b' '; 1024 * 1024]).repeat(1024)
}

/// Responses, and the error of a sign-in that gets them.
fn answers() -> Vec<(&'static str, Answer, SessionError)> {
    use SessionError::{
        ServerAnswerInvalid as Invalid, ServerRefused as Refused, ServerUnavailable as Unavailable,
    };
    let throttled = SessionError::Throttled { retry_after_seconds: None };
    let [lost, not_http, timed_out] =
        [NetworkCause::ConnectionLost, NetworkCause::NotHttp, NetworkCause::TimedOut].map(no_answer);
    let mut answers = vec![
        ("a portal's page", http(200, "text/html", "<html>Welcome to our hotel</html>"), Invalid),
        ("a portal's page that says it is JSON", http(200, JSON, "<html>"), Invalid),
        ("nothing", http(200, JSON, ""), Invalid),
        ("no content", http(204, JSON, ""), Invalid),
        ("another document", http(200, JSON, r#"{"hello":"world"}"#), Invalid),
        ("a list", http(200, JSON, "[1,2,3]"), Invalid),
        ("a number for a token", http(200, JSON, r#"{"token":1,"session_token":2}"#), Invalid),
        ("tokens that are none", http(200, JSON, r#"{"token":"a.b.c","session_token":"a.b.c"}"#), Invalid),
        ("tokens in plain text", http(200, "text/plain", r#"{"token":"a.b.c"}"#), Invalid),
        ("a deep document", http(200, JSON, "[".repeat(200_000)), Invalid),
        ("no text at all", http(200, JSON, [0xff, 0xfe, 0, 0, 0xff]), Invalid),
        // A gigabyte of spaces in a megabyte: the client has not asked for gzip and does not unpack
        // it.
        ("a gzip bomb", zipped(&bomb()), Invalid),
        ("a small document, zipped", zipped(&gzip(br#"{"hello":"world"}"#)), Invalid),
        (
            "a page that says that all is revoked",
            http(401, "text/html", r#"{"code":"session_revoked"}"#),
            Invalid,
        ),
        ("JSON that says so", http(401, JSON, r#"{"code":"session_revoked"}"#), Invalid),
        ("forbidden by a proxy", http(403, "text/html", "no"), Invalid),
        ("a problem of another kind", http(403, PROBLEM, r#"{"code":"session_revoked"}"#), Refused),
        ("a proxy's password", http(407, "text/html", "who are you?"), Invalid),
        ("too many", http(429, "text/html", "slow down"), throttled),
        ("a crash", http(500, "text/html", "Traceback"), Unavailable),
        (
            "a crash that says that all is revoked",
            http(500, PROBLEM, r#"{"code":"session_revoked"}"#),
            Unavailable,
        ),
        ("a gateway's error", http(502, "text/html", "bad gateway"), Unavailable),
        ("closed for now", http(503, PROBLEM, r#"{"code":"busy"}"#), Unavailable),
        ("an unknown status", http(799, "text/html", ""), Invalid),
        ("closed at once", Answer::Close, lost),
        ("no HTTP", Answer::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), not_http),
        ("TLS in the clear", Answer::Bytes(vec![0x15, 3, 1, 0, 2, 2, 40]), not_http),
        (
            "half a document",
            Answer::Bytes(
                head("content-type: application/json\r\ncontent-length: 900")
                    .into_iter()
                    .chain(*b"{\"token\":")
                    .collect(),
            ),
            lost,
        ),
        ("half a head", Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-ty".to_vec()), lost),
        ("a head without end", Answer::Bytes(head(&"x: y\r\n".repeat(200_000))), not_http),
        ("silence", Answer::Stall(Vec::new()), timed_out),
        (
            "silence after the head",
            Answer::Stall(head("content-type: application/json\r\ncontent-length: 900")),
            timed_out,
        ),
        (
            "drop by drop",
            Answer::Drip(head("content-type: application/json\r\ncontent-length: 90000")),
            timed_out,
        ),
        (
            "two gigabytes",
            Answer::Flood(head("content-type: application/json\r\ncontent-length: 2147483648")),
            Invalid,
        ),
        ("an answer without end", Answer::Flood(head("content-type: application/json")), Invalid),
    ];
    for status in [301, 302, 303, 307, 308] {
        answers.push(("a redirect within", http(status, "text/html", "elsewhere"), Invalid));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn no_invalid_response_signs_in() {
    let mut cases = JoinSet::new();
    for (name, answer, expected) in answers() {
        cases.spawn(async move {
            let server = BadServer::start(answer).await;
            let app = App::new(&server.url);
            let session = app.start();
            let outcome =
                timeout(BOUND, sign_in(&session)).await.unwrap_or_else(|_| panic!("{name}: no end"));
            assert_eq!(outcome, Err(expected), "{name}");
            assert!(!expected.to_string().is_empty());
            assert_eq!(state(&session), "signed-out: never-signed-in", "{name}");
            assert!(!app.file().exists(), "{name}: something was written");
            assert!(server.sent() < 32 * 1024 * 1024, "{name}: {} bytes were taken", server.sent());
        });
    }
    all(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_invalid_response_signs_out() {
    let real = Server::for_app().start().await;
    let mut cases = JoinSet::new();
    for (name, answer, expected) in answers() {
        let device = App::new(&real.url);
        device.signed_in().await;
        cases.spawn(async move {
            let before = std::fs::read(device.file()).unwrap();
            let server = BadServer::start(answer).await;
            let app = device.moved_to(&server.url);
            let session = app.start();
            let outcome =
                timeout(BOUND, session.check_in()).await.unwrap_or_else(|_| panic!("{name}: no end"));
            assert_eq!(outcome, Err(expected), "{name}");
            assert_eq!(
                (state(&session), state(&app.start())),
                ("signed-in".into(), "signed-in".into()),
                "{name}"
            );
            assert_eq!(std::fs::read(device.file()).unwrap(), before, "{name}");
        });
    }
    all(cases).await;
}

#[tokio::test]
async fn no_status_alone_signs_in_or_out() {
    let real = Server::for_app().start().await;
    let device = App::new(&real.url);
    device.signed_in().await;
    let server = BadServer::start(Answer::Close).await;
    let (stranger, known) = (App::new(&server.url).start(), device.moved_to(&server.url).start());
    for status in (200..600).chain([600, 799, 999]) {
        for (media_type, body) in [("text/html", "<html>"), (PROBLEM, r#"{"code":"unheard_of"}"#)] {
            server.say(http(status, media_type, body));
            let told = (sign_in(&stranger).await.err(), known.check_in().await.err());
            assert!(matches!(told, (Some(_), Some(_))), "{status} {media_type}: {told:?}");
            assert_eq!(state(&stranger), "signed-out: never-signed-in", "{status} {media_type}");
            assert_eq!(state(&known), "signed-in", "{status} {media_type}");
        }
    }
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let other = BadServer::start(http(200, JSON, "{}")).await;
    let real = Server::for_app().start().await;
    let device = App::new(&real.url);
    device.signed_in().await;
    for status in [301, 302, 303, 307, 308] {
        let redirect = format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {}/api/auth\r\ncontent-length: 0\r\n\r\n",
            other.url
        );
        let server = BadServer::start(Answer::Bytes(redirect.into_bytes())).await;
        let session = App::new(&server.url).start();
        assert_eq!(sign_in(&session).await, Err(SessionError::ServerAnswerInvalid), "{status}");
        let session = device.moved_to(&server.url).start();
        assert_eq!(session.check_in().await, Err(SessionError::ServerAnswerInvalid), "{status}");
        assert_eq!(session.get("/").await, Err(SessionError::ServerAnswerInvalid), "{status}");
        assert_eq!(state(&session), "signed-in", "{status}");
        assert_eq!((server.requests(), other.requests()), (3, 0), "{status}");
    }
}

#[tokio::test]
async fn a_server_without_tls_at_an_https_address_is_refused() {
    let server = BadServer::start(http(200, JSON, "{}")).await;
    let session = App::new(&server.url.replace("http:", "https:")).start();
    // It waits for the end of a response head that never arrives, as a server may.
    assert_eq!(sign_in(&session).await, Err(no_answer(NetworkCause::TimedOut)));
    assert_eq!(server.sent(), 0);
}

/// What a screen sends may have been done, although no valid response came back. The session has
/// its access token from a server that something else then replaces: a session that was just opened
/// would ask for a token first.
#[tokio::test(flavor = "multi_thread")]
async fn a_screens_request_is_not_repeated() {
    // At once, because two of them wait for the end of the client's patience.
    let mut cases = JoinSet::new();
    for (name, answer, expected) in [
        ("a redirect", http(307, "text/html", ""), Err(SessionError::ServerAnswerInvalid)),
        ("a portal", http(200, "text/html", "<html>"), Err(SessionError::ServerAnswerInvalid)),
        ("a portal's own 401", http(401, "text/html", ""), Err(SessionError::ServerAnswerInvalid)),
        ("a gateway", http(502, "text/html", ""), Err(SessionError::ServerUnavailable)),
        ("patience", http(429, "text/html", ""), Err(SessionError::Throttled { retry_after_seconds: None })),
        (
            "a route's own 401",
            http(401, PROBLEM, r#"{"code":"not_yours"}"#),
            Err(SessionError::ServerRefused),
        ),
        ("a conflict", http(409, "text/plain", "taken"), Ok(409)),
        ("closed at once", Answer::Close, Err(no_answer(NetworkCause::ConnectionLost))),
        ("silence", Answer::Stall(Vec::new()), Err(no_answer(NetworkCause::TimedOut))),
        (
            "half an answer",
            Answer::Stall(b"HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\n{".to_vec()),
            Err(no_answer(NetworkCause::TimedOut)),
        ),
    ] {
        cases.spawn(async move {
            let bad = BadServer::start(Answer::Close).await;
            let url = bad.url.clone();
            let real = Server::for_app()
                .settings(|settings| settings.public_url = Some(url.parse().unwrap()))
                .start()
                .await;
            bad.say(Answer::Pass(real.address()));
            let session = App::new(&bad.url).signed_in().await;
            bad.say(answer);
            let before = bad.requests();
            let headers = RequestHeaders::default();
            let request =
                SendRequest { method: SendMethod::Post, path: "/api/notes", headers, body: Some(b"a") };
            let outcome = timeout(BOUND, session.send(&request)).await;
            let outcome = outcome.unwrap_or_else(|_| panic!("{name}: no end"));
            assert_eq!(outcome.map(|response| response.status), expected, "{name}");
            assert_eq!((bad.requests() - before, state(&session)), (1, "signed-in".into()), "{name}");
        });
    }
    all(cases).await;
}

async fn all(mut cases: JoinSet<()>) {
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
}
