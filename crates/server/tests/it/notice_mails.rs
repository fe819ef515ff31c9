//! What an account's devices do is told by mail too: in the account's language, with facts of the
//! server only.

use latchkey_server::Settings;
use latchkey_testkit::smtp::{SmtpSink, SunkMail};
use latchkey_testkit::{
    Device, PASSWORD, Server, Sql, TestClock, USERNAME, ok, problem, sam, text, wait_for,
};
use reqwest::Method;
use serde_json::json;

use crate::mail::to;
use crate::support::{challenge, give_sam_a_factor, post, redeem, second_factor, sql};

/// Starts a server that mails, with a database of its own; the account reads German.
async fn german(url: Option<String>) -> (SmtpSink, Server, Sql) {
    let sink = SmtpSink::start().await;
    let settings = |settings: &mut Settings| {
        to(&sink)(settings);
        if let Some(url) = &url {
            settings.database_url = url.as_str().into();
        }
    };
    let server = Server::builder().accounts([sam()]).settings(settings).start().await;
    let url = url.unwrap_or_else(|| format!("sqlite:{}", server.database_file().display()));
    let mut sql = Sql::connect(&url).await;
    sql.execute("UPDATE accounts SET language = 'de'").await;
    (sink, server, sql)
}

/// The mail whose text has these words.
async fn mail_with(sink: &SmtpSink, words: &str) -> SunkMail {
    wait_for("the mail", async || sink.mails().into_iter().find(|mail| mail.text().contains(words))).await
}

/// The names of the mails that were queued, in no order.
async fn queued(sql: &mut Sql) -> Vec<String> {
    sql.texts("SELECT template FROM outbox ORDER BY template").await
}

async fn each_event_is_mailed_once(url: Option<String>) {
    let (sink, server, mut sql) = german(url).await;
    let (owner, new) = (Device::new(1), Device::new(2));
    owner.sign_in(&server).await;
    assert_eq!(queued(&mut sql).await, [""; 0], "nobody is told of the first sign-in");
    server.clock.advance(60);
    let name = "Support, call 0800";
    let tokens = ok(new.sign_in_as(&server, name, name).await).await;
    let told = mail_with(&sink, "2027-01-15 08:01 UTC").await;
    assert!(told.text().contains("von der Adresse 127.0.0.1") && told.to == "sam@example.com");
    new.sign_in(&server).await;
    assert_eq!(queued(&mut sql).await, ["new_sign_in"], "the key is known");

    let token = text(&tokens, "token");
    problem(new.call(&server, Method::DELETE, "/api/sessions", token).await, 401, "session_revoked").await;
    let tokens = new.sign_in(&server).await;
    let token = text(&tokens, "token");
    assert_eq!(new.call(&server, Method::DELETE, "/api/sessions", token).await.status(), 204);
    mail_with(&sink, "Ein Gerät wurde abgemeldet").await;
    let body = json!({ "current": PASSWORD, "new": PASSWORD });
    assert_eq!(new.put(&server, "/api/me/password", token, &body).await.status(), 204);
    wait_for("the mail", async || (sink.mails().len() == 3).then_some(())).await;
    assert_eq!(queued(&mut sql).await, ["new_sign_in", "password_changed", "sessions_ended"]);
    for mail in sink.mails() {
        assert!(!mail.text().contains("0800"), "{}", mail.text());
    }
}

async fn guesses_of_the_factor_are_mailed_once_an_hour_as_long_as_they_go_on(url: Option<String>) {
    let (sink, server, mut sql) = german(url).await;
    let (owner, thief) = (Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &owner).await;
    sql.execute("DELETE FROM outbox").await;
    let begun = challenge(&thief, &server, PASSWORD).await;
    for (minutes, mails) in [(0, 1), (30, 1), (29, 1), (1, 2), (45, 2), (20, 3)] {
        server.clock.advance(60 * minutes);
        let begun = if minutes == 0 { begun.clone() } else { challenge(&thief, &server, PASSWORD).await };
        let wrong = factor.wrong_code(&server);
        problem(second_factor(&thief, &server, &begun, &wrong).await, 401, "wrong_code").await;
        assert_eq!(queued(&mut sql).await, vec!["wrong_factor"; mails], "{minutes}");
    }
    let mail = mail_with(&sink, "von der Adresse 127.0.0.1").await;
    assert!(mail.header("Subject").contains("Jemand kennt Ihr Passwort"), "{}", mail.raw);
}

mod on_sqlite {
    #[tokio::test]
    async fn each_event_is_mailed_once() {
        super::each_event_is_mailed_once(None).await;
    }

    #[tokio::test]
    async fn guesses_of_the_factor_are_mailed_once_an_hour_as_long_as_they_go_on() {
        super::guesses_of_the_factor_are_mailed_once_an_hour_as_long_as_they_go_on(None).await;
    }
}

#[cfg(unix)]
mod on_postgresql {
    use latchkey_testkit::Cluster;

    #[tokio::test]
    async fn each_event_is_mailed_once() {
        let cluster = Cluster::shared();
        super::each_event_is_mailed_once(Some(cluster.database().await)).await;
    }

    #[tokio::test]
    async fn guesses_of_the_factor_are_mailed_once_an_hour_as_long_as_they_go_on() {
        let cluster = Cluster::shared();
        let url = Some(cluster.database().await);
        super::guesses_of_the_factor_are_mailed_once_an_hour_as_long_as_they_go_on(url).await;
    }
}

/// Signs in with two keys; the first one answers "not me" of the second one.
async fn not_me(server: &Server, owner: &Device, token: &str) -> bool {
    let told = ok(owner.call(server, Method::GET, "/api/me/notices", token).await).await;
    let path = format!("/api/me/notices/{}", text(&told["notices"][0], "id"));
    let answered = ok(owner.post(server, &path, token, &json!({ "answer": "not_mine" })).await).await;
    answered["change_password"].as_bool().unwrap()
}

#[tokio::test]
async fn what_a_disowned_key_has_asked_for_is_over() {
    let sink = SmtpSink::start().await;
    let server = Server::start_with(to(&sink)).await;
    let (owner, thief) = (Device::new(1), Device::new(2));
    let tokens = owner.sign_in(&server).await;
    thief.sign_in(&server).await;
    let asked = post(&thief, &server, "/api/auth/forgot", &json!({ "username": USERNAME })).await;
    assert_eq!(asked.status(), 202);
    let mail = mail_with(&sink, "within 15 minutes").await.text();
    // Another server, on which a request goes on that came before the answer.
    let earlier = server.like(&TestClock::frozen(), |_| {}).await;
    server.clock.advance(10);
    assert!(not_me(&server, &owner, text(&tokens, "token")).await, "nobody has changed the password");
    let code = mail.lines().next().unwrap();
    let refused = redeem(&thief, &server, code, "decepticons drool ☂", Some(USERNAME)).await;
    problem(refused, 401, "invalid_code").await;
    let refused = redeem(&thief, &earlier, code, "decepticons drool ☂", Some(USERNAME)).await;
    problem(refused, 401, "invalid_code").await;
}

#[tokio::test]
async fn a_changed_password_is_known_without_the_audit_log() {
    let server = Server::start().await;
    let (owner, thief) = (Device::new(1), Device::new(2));
    let tokens = owner.sign_in(&server).await;
    thief.sign_in(&server).await;
    // A second later than the notice, which is a second later than both.
    server.clock.advance(2);
    let token = text(&tokens, "token");
    let body = json!({ "current": PASSWORD, "new": "decepticons drool" });
    assert_eq!(owner.put(&server, "/api/me/password", token, &body).await.status(), 204);
    sql(&server, "DELETE FROM audit_events").await;
    assert!(!not_me(&server, &owner, token).await);
}
