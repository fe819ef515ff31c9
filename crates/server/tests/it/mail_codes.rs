//! Codes that are mailed: asked for by who forgot the password.

use latchkey_server::Language;
use latchkey_server::accounts::Username;
use latchkey_server::admin::{CodeOptions, Invitation};
use latchkey_testkit::smtp::{Fault, SmtpSink, SunkMail};
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, wait_for};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::mail::to;
use crate::support::database;

const NEW: &str = "decepticons drool ☂";
const MINUTE: i64 = 60;

async fn post(device: &Device, server: &Server, path: &str, body: &Value) -> Response {
    let proof = device.proof(server, &Method::POST, path, None);
    let request = server.request(Method::POST, path).header("x-client", &device.id);
    request.header("dpop", proof).json(body).send().await.unwrap()
}

async fn ask(device: &Device, server: &Server, username: &str) {
    let asked = post(device, server, "/api/auth/forgot", &json!({ "username": username })).await;
    assert_eq!(asked.status(), 202);
}

async fn redeem(device: &Device, server: &Server, code: &str) -> Response {
    let body = json!({ "username": USERNAME, "code": code, "new_password": NEW });
    post(device, server, "/api/auth/code", &body).await
}

/// The code in the mail of this number that has one: its first line. Other mails tell that a code
/// was used.
async fn mailed(sink: &SmtpSink, number: usize) -> String {
    let has_code = |mail: &SunkMail| mail.header("Subject").starts_with("Your code for ");
    let text = wait_for("the code", async || {
        sink.mails().into_iter().filter(has_code).nth(number - 1).map(|mail| mail.text())
    })
    .await;
    text.lines().next().unwrap().to_owned()
}

async fn outcomes(server: &Server) -> Vec<String> {
    database(server).await.texts("SELECT COALESCE(outcome, 'waits') FROM outbox ORDER BY 1").await
}

/// Waits until every mail that waits was tried this often, and none is being tried.
async fn wait_for_attempts(server: &Server, attempts: &str) {
    let query =
        "SELECT CAST(attempts AS TEXT) || COALESCE(lease_owner, '') FROM outbox WHERE done_at IS NULL";
    wait_for("the attempts", async || {
        let tried = database(server).await.texts(query).await;
        tried.iter().all(|tried| tried == attempts).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_mailed_code_is_redeemed_by_the_key_that_asked_only() {
    let sink = SmtpSink::start().await;
    let server = Server::start_with(to(&sink)).await;
    let (asking, thief) = (Device::new(1), Device::new(2));
    ask(&asking, &server, USERNAME).await;
    let mail = sink.wait_for_mails(1).await.remove(0);
    assert_eq!((mail.to.as_str(), mail.header("Subject")), ("sam@example.com", "Your code for latchkey"));
    let text = mail.text();
    assert!(text.contains("within 15 minutes"), "{text}");
    let code = mailed(&sink, 1).await;
    problem(redeem(&thief, &server, &code).await, 401, "invalid_code").await;
    ok(redeem(&asking, &server, &code).await).await;
    problem(server.attempt("device-9", USERNAME, PASSWORD).await, 401, "invalid_credentials").await;
    ok(server.attempt("device-9", USERNAME, NEW).await).await;
}

#[tokio::test]
async fn the_code_is_nowhere_in_the_database() {
    let sink = SmtpSink::start().await;
    sink.fail(Fault::Hold);
    let server = Server::start_with(to(&sink)).await;
    ask(&Device::new(1), &server, USERNAME).await;
    let code = mailed(&sink, 1).await.replace('-', "");
    for file in ["latchkey.db", "latchkey.db-wal"] {
        let bytes = std::fs::read(server.folder().join(file)).unwrap();
        let plain = &code.as_bytes()[..8];
        assert!(!bytes.windows(8).any(|part| part.eq_ignore_ascii_case(plain)), "{file}");
    }
    sink.release();
}

#[tokio::test]
async fn the_life_of_a_code_begins_when_its_mail_is_handed_over() {
    let mut sink = SmtpSink::start().await;
    sink.stop().await;
    let server = Server::start_with(to(&sink)).await;
    let device = Device::new(1);
    ask(&device, &server, USERNAME).await;
    wait_for_attempts(&server, "1").await;
    // The SMTP server is away for an hour.
    sink.answer_recipient("451 4.7.1 greylisted");
    sink.start_again().await;
    server.clock.advance(60 * MINUTE);
    wait_for_attempts(&server, "2").await;
    server.clock.advance(10 * MINUTE);
    let code = mailed(&sink, 1).await;
    server.clock.advance(14 * MINUTE);
    ok(redeem(&device, &server, &code).await).await;

    ask(&device, &server, USERNAME).await;
    let code = mailed(&sink, 2).await;
    server.clock.advance(15 * MINUTE);
    problem(redeem(&device, &server, &code).await, 401, "invalid_code").await;
}

#[tokio::test]
async fn a_repeated_mail_has_the_same_code_and_says_how_long_it_still_lives() {
    let sink = SmtpSink::start().await;
    sink.fail(Fault::Answer("451 4.3.0 later"));
    let server = Server::start_with(to(&sink)).await;
    let device = Device::new(1);
    ask(&device, &server, USERNAME).await;
    wait_for("a pause", async || {
        let waits = "SELECT id FROM outbox WHERE handed_over_at IS NOT NULL AND lease_owner IS NULL";
        (!database(&server).await.texts(waits).await.is_empty()).then_some(())
    })
    .await;
    server.clock.advance(5 * MINUTE);
    let mail = sink.wait_for_mails(1).await.remove(0);
    assert!(mail.text().contains("within 10 minutes"), "{}", mail.text());
    ok(redeem(&device, &server, &mailed(&sink, 1).await).await).await;
}

#[tokio::test]
async fn a_code_that_is_over_or_for_nobody_is_not_mailed() {
    let mut sink = SmtpSink::start().await;
    sink.stop().await;
    let server = Server::start_with(to(&sink)).await;
    let device = Device::new(1);
    ask(&device, &server, "nobody").await;
    wait_for("dropped", async || (outcomes(&server).await == ["dropped"]).then_some(())).await;
    // Replaced by a newer request of the same key.
    ask(&device, &server, USERNAME).await;
    ask(&device, &server, USERNAME).await;
    wait_for_attempts(&server, "1").await;
    sink.start_again().await;
    server.clock.advance(2 * MINUTE);
    wait_for("sent", async || (outcomes(&server).await == ["dropped", "dropped", "sent"]).then_some(()))
        .await;
    assert_eq!(sink.mails().len(), 1);
    ok(redeem(&device, &server, &mailed(&sink, 1).await).await).await;
}

#[tokio::test]
async fn an_operators_code_lies_sealed_in_the_queue_and_is_deleted_when_it_is_sent() {
    let mut sink = SmtpSink::start().await;
    sink.stop().await;
    let server = Server::start_with(to(&sink)).await;
    let invitation = Invitation {
        username: Username::parse("bee").unwrap(),
        given_name: None,
        family_name: None,
        email: Some("bee@example.com".to_owned()),
        claims: serde_json::Map::new(),
        language: Some(Language::German),
    };
    let options = CodeOptions { valid_seconds: 24 * 60 * MINUTE, send: true };
    let made = server.admin().await.invite(&invitation, options, server.clock.now()).await.unwrap();
    let code = made.code.shown().to_string();
    wait_for_attempts(&server, "1").await;
    let stored = "SELECT data || COALESCE(secret, 'none') FROM outbox";
    let waiting = database(&server).await.texts(stored).await.remove(0);
    assert!(!waiting.contains(&code) && !waiting.ends_with("none"), "{waiting}");
    sink.start_again().await;
    server.clock.advance(MINUTE);
    let mail = sink.wait_for_mails(1).await.remove(0);
    assert!(mail.text().starts_with(&format!("{code}\n\nDas ist Ihr Code")), "{}", mail.text());
    wait_for("sent", async || (outcomes(&server).await == ["sent"]).then_some(())).await;
    assert!(database(&server).await.texts(stored).await.remove(0).ends_with("none"));
    let body = json!({ "code": code, "new_password": NEW });
    ok(post(&Device::new(3), &server, "/api/auth/code", &body).await).await;
}
