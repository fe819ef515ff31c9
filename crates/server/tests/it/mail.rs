//! Mail: what the SMTP server of the test gets.

use latchkey_server::accounts::{NewAccount, Username};
use latchkey_server::{Language, Settings};
use latchkey_testkit::smtp::{Fault, SmtpSink};
use latchkey_testkit::{START, Server, account, sam, wait_for};

use crate::support::{database, sql};

const HOUR: i64 = 3600;

/// Settings that send mail to `sink`, without TLS.
pub(crate) fn to(sink: &SmtpSink) -> impl Fn(&mut Settings) + use<> {
    let url = sink.url();
    move |settings| {
        settings.mail.smtp_url = Some(url.parse().unwrap());
        settings.mail.from = Some("Example <auth@example.com>".parse().unwrap());
    }
}

/// Queues the mail that tells of a new password from an operator.
pub(crate) async fn queue(server: &Server, username: &str) {
    let admin = server.admin().await;
    let name = Username::parse(username).unwrap();
    let password = "decepticons drool ☂".into();
    admin.set_password(&name, password, false, server.clock.now()).await.unwrap();
    admin.close().await;
}

/// What came of the mails, in no order.
async fn outcomes(server: &Server) -> Vec<String> {
    let query = "SELECT COALESCE(outcome, 'waits') FROM outbox ORDER BY 1";
    database(server).await.texts(query).await
}

/// Waits until each mail has this outcome.
async fn wait_for_outcomes(server: &Server, expected: &[&str]) {
    wait_for("the outcomes", async || (outcomes(server).await == expected).then_some(())).await;
}

/// Waits until a mail was tried this often, and nobody tries it now.
async fn wait_for_attempts(server: &Server, attempts: &str) {
    let query = "SELECT CAST(attempts AS TEXT) FROM outbox WHERE lease_owner IS NULL";
    wait_for("the attempts", async || {
        (database(server).await.texts(query).await == [attempts]).then_some(())
    })
    .await;
}

/// The details of the events with this name.
async fn audited(server: &Server, event: &str) -> Vec<String> {
    let filter = latchkey_server::AuditFilter { max: 100, ..Default::default() };
    let events = server.admin().await.audit(&filter).await.unwrap();
    let of_name = events.into_iter().filter(|found| found.event == event);
    of_name.map(|found| format!("{} {}", found.actor, found.detail.unwrap_or_default())).collect()
}

fn with_email(username: &str, email: &str) -> NewAccount {
    NewAccount { email: Some(email.to_owned()), ..account(username) }
}

#[tokio::test]
async fn a_mail_says_what_happened_and_answers_nobody() {
    let sink = SmtpSink::start().await;
    let server = Server::start_with(|settings| {
        to(&sink)(settings);
        settings.public_url = Some("https://auth.example/prefix".parse().unwrap());
        settings.mail.reply_to = Some("help@example.com".parse().unwrap());
        settings.contact = Some("the desk, room 7".to_owned());
    })
    .await;
    queue(&server, "ladiesman217").await;
    let mail = sink.wait_for_mails(1).await.remove(0);
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("auth@example.com", "sam@example.com"));
    for (header, value) in [
        ("From", "Example <auth@example.com>"),
        ("To", "sam@example.com"),
        ("Reply-To", "help@example.com"),
        ("Subject", "Your password at auth.example was changed"),
        ("Date", "Fri, 15 Jan 2027 08:00:00 +0000"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(mail.header(header), value);
    }
    let text = mail.text();
    assert!(
        text.contains("Ladiesman217 at auth.example was changed,\nby an operator, on 2027-01-15 08:00 UTC.")
    );
    assert!(text.ends_with("or ask: the desk, room 7\n"), "{text}");
    wait_for_outcomes(&server, &["sent"]).await;
    assert_eq!(audited(&server, "mail_sent").await, ["server password_changed"]);
}

#[tokio::test]
async fn a_mail_is_in_the_language_of_the_account_or_of_the_settings() {
    let sink = SmtpSink::start().await;
    let accounts = [with_email("one", "one@example.com"), with_email("two", "two@example.com")];
    let german = |settings: &mut Settings| {
        to(&sink)(settings);
        settings.mail.language = Language::German;
    };
    let server = Server::builder().accounts(accounts).settings(german).start().await;
    sql(&server, "UPDATE accounts SET language = 'en' WHERE username = 'two'").await;
    for name in ["one", "two"] {
        queue(&server, name).await;
    }
    let mut mails = sink.wait_for_mails(2).await;
    mails.sort_by_key(|mail| mail.to.clone());
    assert!(mails[0].raw.is_ascii() && mails[0].header("Subject").contains("=?utf-8?"), "{}", mails[0].raw);
    assert!(mails[0].text().contains("durch den Betreiber, am 2027-01-15 08:00 UTC."));
    assert!(mails[0].text().contains("die zuständige Stelle bei latchkey"), "{}", mails[0].text());
    assert!(mails[1].text().contains("by an operator, on 2027-01-15 08:00 UTC."));
}

#[tokio::test]
async fn an_operators_text_replaces_the_built_in_one() {
    let (sink, folder) = (SmtpSink::start().await, tempfile::tempdir().unwrap());
    let text = "Subject: Hello {username}\n\n.\nYour account at {server}.\n";
    std::fs::write(folder.path().join("password_changed.en.txt"), text).unwrap();
    let server = Server::start_with(|settings| {
        to(&sink)(settings);
        settings.mail.templates = Some(folder.path().to_owned());
    })
    .await;
    queue(&server, "Ladiesman217").await;
    let mail = sink.wait_for_mails(1).await.remove(0);
    assert_eq!(mail.header("Subject"), "Hello Ladiesman217");
    assert_eq!(mail.text(), ".\nYour account at latchkey.\n");
}

#[tokio::test]
async fn nothing_is_queued_without_mail() {
    let server = Server::start().await;
    queue(&server, "Ladiesman217").await;
    assert_eq!(outcomes(&server).await, [""; 0]);
}

#[tokio::test]
async fn who_has_no_address_gets_no_mail_and_the_operator_learns_why() {
    let sink = SmtpSink::start().await;
    let accounts = [account("nobody"), with_email("odd", "a..b@example.com")];
    let server = Server::builder().accounts(accounts).settings(to(&sink)).start().await;
    queue(&server, "nobody").await;
    queue(&server, "odd").await;
    wait_for_outcomes(&server, &["refused", "refused"]).await;
    let mut refused = audited(&server, "mail_refused").await;
    refused.sort();
    assert_eq!(refused, ["server password_changed invalid_address", "server password_changed no_address"]);
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn a_removed_account_is_told_nothing_any_more() {
    let mut sink = SmtpSink::start().await;
    sink.stop().await;
    let server = Server::start_with(to(&sink)).await;
    queue(&server, "Ladiesman217").await;
    wait_for_attempts(&server, "1").await;
    let admin = server.admin().await;
    admin.remove(&Username::parse("Ladiesman217").unwrap(), START).await.unwrap();
    sink.start_again().await;
    server.clock.advance(60);
    wait_for_outcomes(&server, &["dropped"]).await;
    assert_eq!(sink.mails(), []);
}

#[tokio::test]
async fn an_address_outside_ascii_needs_a_server_that_takes_it() {
    let sink = SmtpSink::start().await;
    let accounts = [
        with_email("domain", "post@bücher.example"),
        with_email("local", "jürgen@example.com"),
        with_email("later", "jürgen@bücher.example"),
    ];
    let server = Server::builder().accounts(accounts).settings(to(&sink)).start().await;
    queue(&server, "domain").await;
    assert_eq!(sink.wait_for_mails(1).await[0].to, "post@xn--bcher-kva.example");
    queue(&server, "local").await;
    wait_for_outcomes(&server, &["refused", "sent"]).await;
    assert_eq!(audited(&server, "mail_refused").await, ["server password_changed no_smtputf8"]);
    sink.take_utf8();
    queue(&server, "later").await;
    assert_eq!(sink.wait_for_mails(2).await[1].to, "jürgen@xn--bcher-kva.example");
}

#[tokio::test]
async fn a_mail_that_is_not_taken_now_is_sent_later_with_the_same_id() {
    let sink = SmtpSink::start().await;
    sink.answer_recipient("451 4.7.1 greylisted, come back");
    sink.fail(Fault::Drop);
    sink.fail(Fault::Answer("452 4.3.1 no room"));
    sink.fail(Fault::Hold);
    let server = Server::start_with(to(&sink)).await;
    queue(&server, "Ladiesman217").await;
    for attempt in ["1", "2", "3"] {
        wait_for_attempts(&server, attempt).await;
        assert_eq!(sink.mails(), [], "{attempt}");
        server.clock.advance(60);
    }
    let first = sink.wait_for_mails(1).await[0].header("Message-ID").to_owned();
    sink.release();
    wait_for_outcomes(&server, &["sent"]).await;
    let id = database(&server).await.texts("SELECT id FROM outbox").await.remove(0);
    assert_eq!(first, format!("<{id}@example.com>"));
    assert_eq!(audited(&server, "mail_sent").await, ["server password_changed"]);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_not_tried_again_and_holds_no_other() {
    let sink = SmtpSink::start().await;
    let accounts = [with_email("gone", "gone@example.com"), sam(), with_email("full", "full@example.com")];
    let server = Server::builder().accounts(accounts).settings(to(&sink)).start().await;
    sink.answer_recipient("550 5.1.1 no such user <gone@example.com>");
    queue(&server, "gone").await;
    wait_for_outcomes(&server, &["refused"]).await;
    sink.fail(Fault::Answer("554 5.6.0 not this"));
    queue(&server, "full").await;
    wait_for_outcomes(&server, &["refused", "refused"]).await;
    queue(&server, "Ladiesman217").await;
    wait_for_outcomes(&server, &["refused", "refused", "sent"]).await;
    let mut refused = audited(&server, "mail_refused").await;
    refused.sort();
    assert_eq!(
        refused,
        ["server password_changed message_refused", "server password_changed recipient_refused"]
    );
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_is_away_for_an_hour_gets_the_mail_then() {
    let mut sink = SmtpSink::start().await;
    sink.stop().await;
    let server = Server::start_with(to(&sink)).await;
    queue(&server, "Ladiesman217").await;
    for attempt in ["1", "2", "3", "4"] {
        wait_for_attempts(&server, attempt).await;
        server.clock.advance(HOUR / 4);
    }
    wait_for_attempts(&server, "5").await;
    sink.start_again().await;
    server.clock.advance(HOUR / 4);
    sink.wait_for_mails(1).await;
    wait_for_outcomes(&server, &["sent"]).await;
}

#[tokio::test]
async fn a_mail_is_given_up_after_a_day_and_the_operator_learns_of_it() {
    let mut sink = SmtpSink::start().await;
    sink.stop().await;
    let server = Server::start_with(to(&sink)).await;
    queue(&server, "Ladiesman217").await;
    wait_for_attempts(&server, "1").await;
    server.clock.advance(24 * HOUR);
    wait_for_outcomes(&server, &["given_up"]).await;
    assert_eq!(audited(&server, "mail_given_up").await, ["server password_changed"]);
    sink.start_again().await;
    queue(&server, "Ladiesman217").await;
    wait_for_outcomes(&server, &["given_up", "sent"]).await;
    assert_eq!(sink.mails().len(), 1);
}

/// Two mails are leased at once; the SMTP server is slow with the first. Returns the server while
/// the second one waits.
async fn while_one_of_two_is_sent(sink: &mut SmtpSink) -> Server {
    sink.stop().await;
    let accounts = [with_email("one", "one@example.com"), with_email("two", "two@example.com")];
    let server = Server::builder().accounts(accounts).settings(to(sink)).start().await;
    queue(&server, "one").await;
    queue(&server, "two").await;
    let query = "SELECT id FROM outbox WHERE attempts > 0 AND lease_owner IS NULL";
    wait_for("the attempts", async || (database(&server).await.texts(query).await.len() == 2).then_some(()))
        .await;
    sink.fail(Fault::Hold);
    sink.start_again().await;
    server.clock.advance(60);
    sink.wait_for_mails(1).await;
    server
}

#[tokio::test]
async fn an_address_that_changes_in_the_last_moment_gets_the_mail() {
    let mut sink = SmtpSink::start().await;
    let server = while_one_of_two_is_sent(&mut sink).await;
    sql(&server, "UPDATE accounts SET email = 'new-' || email").await;
    sink.release();
    let mails = sink.wait_for_mails(2).await;
    assert!(mails[1].to.starts_with("new-"), "{}", mails[1].to);
    wait_for_outcomes(&server, &["sent", "sent"]).await;
    assert_eq!(sink.mails().len(), 2);
}

#[tokio::test]
async fn an_account_that_is_removed_in_the_last_moment_gets_no_mail() {
    let mut sink = SmtpSink::start().await;
    let server = while_one_of_two_is_sent(&mut sink).await;
    for name in ["one", "two"] {
        server.admin().await.remove(&Username::parse(name).unwrap(), START).await.unwrap();
    }
    sink.release();
    wait_for_outcomes(&server, &["dropped", "sent"]).await;
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_from_before_the_clock_was_set_back_does_not_wait_for_that_time() {
    let mut sink = SmtpSink::start().await;
    sink.stop().await;
    let server = Server::start_with(to(&sink)).await;
    server.clock.advance(30 * 24 * HOUR);
    queue(&server, "Ladiesman217").await;
    wait_for_attempts(&server, "1").await;
    // A lease of a server that was killed then.
    sql(&server, "UPDATE outbox SET lease_owner = 'gone', lease_until = due_at + 300").await;
    sink.start_again().await;
    server.clock.advance(-30 * 24 * HOUR);
    sink.wait_for_mails(1).await;
    wait_for_outcomes(&server, &["sent"]).await;
}
