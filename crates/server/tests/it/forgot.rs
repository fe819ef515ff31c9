//! `POST /api/auth/forgot` and `GET /api/auth/options`: asking for a code, without telling who has
//! an account.

use latchkey_server::Settings;
use latchkey_testkit::{Device, Server, USERNAME, ok, problem};
use reqwest::Method;
use serde_json::json;

use crate::support::{database, invite, post, scalar};

/// Mail to a port at which nobody listens: it is queued.
fn with_mail(settings: &mut Settings) {
    settings.mail.smtp_url = Some("smtp://127.0.0.1:1".parse().unwrap());
    settings.mail.from = Some("auth@example.com".parse().unwrap());
}

async fn counts(server: &Server) -> [String; 3] {
    [
        scalar(server, "SELECT CAST(COUNT(*) AS TEXT) FROM pending WHERE kind = 'forgot'").await,
        scalar(server, "SELECT CAST(COUNT(*) AS TEXT) FROM outbox WHERE template = 'code_asked_for'").await,
        scalar(server, "SELECT CAST(COUNT(*) AS TEXT) FROM audit_events WHERE event = 'code_asked_for'")
            .await,
    ]
}

#[tokio::test]
async fn without_mail_somebody_is_to_be_asked() {
    let server = Server::start().await;
    let refused = post(&Device::new(1), &server, "/api/auth/forgot", &json!({ "username": USERNAME })).await;
    problem(refused, 403, "forgot_unavailable").await;
    let options = server.request(Method::GET, "/api/auth/options").send().await.unwrap();
    assert_eq!(options.headers()["cache-control"], "max-age=300");
    let options = ok(options).await;
    assert_eq!(options["forgot"], "contact");
    assert_eq!(options["ways"], json!(["password", "code"]));
    assert_eq!(options["password"]["min_length"], 13);
    assert!(options["contact"].is_null());
}

#[tokio::test]
async fn every_name_gets_the_same_answer_for_the_same_rows() {
    let server = Server::start_with(with_mail).await;
    invite(&server, "bee").await;
    let options = ok(server.request(Method::GET, "/api/auth/options").send().await.unwrap()).await;
    assert_eq!(options["forgot"], "mail");
    let names =
        [USERNAME, "bee", "nobody", "sam@example.com", "nobody@example.com", "a password, not a name"];
    for (number, name) in (1..).zip(names) {
        let answer = post(&Device::new(1), &server, "/api/auth/forgot", &json!({ "username": name })).await;
        assert_eq!(answer.status(), 202);
        assert_eq!(answer.text().await.unwrap(), r#"{"expires_in":900}"#);
        assert_eq!(counts(&server).await, [(); 3].map(|()| number.to_string()), "{name}");
    }
    let mut sql = database(&server).await;
    let query = "SELECT CAST(COUNT(*) AS TEXT) FROM pending WHERE account_id IS NOT NULL AND kind = 'forgot'";
    assert_eq!(sql.texts(query).await, ["3"], "by name, invited, and by address");
    for body in [json!({}), json!({ "username": "" }), json!(["a"]), json!({ "username": "x".repeat(1025) })]
    {
        let refused = post(&Device::new(1), &server, "/api/auth/forgot", &body).await;
        problem(refused, 400, "invalid_request").await;
    }
    let request = server.request(Method::POST, "/api/auth/forgot").header("x-client", "device-1");
    let refused = request.json(&json!({ "username": USERNAME })).send().await.unwrap();
    problem(refused, 401, "proof_required").await;
}

#[tokio::test]
async fn a_mailbox_is_not_filled_and_nobody_is_told_so() {
    let server = Server::start_with(with_mail).await;
    let mut sql = database(&server).await;
    let mails = "SELECT CAST(COUNT(*) AS TEXT) FROM outbox WHERE account_id IS NOT NULL";
    for number in 1..=30_u8 {
        let body = json!({ "username": USERNAME });
        let answer = post(&Device::new(number), &server, "/api/auth/forgot", &body).await;
        assert_eq!(answer.status(), 202);
        // Three an hour for this account and address.
        assert_eq!(sql.texts(mails).await, [number.min(3).to_string()]);
    }
    assert_eq!(counts(&server).await[0], "20", "of this address in an hour");
    for hour in 1..=9 {
        server.clock.advance(3600);
        for number in 1..=4_u8 {
            let body = json!({ "username": USERNAME });
            post(&Device::new(number), &server, "/api/auth/forgot", &body).await;
        }
        assert_eq!(sql.texts(mails).await, [(3 + 3 * hour).min(10).to_string()], "ten a day");
    }
}
