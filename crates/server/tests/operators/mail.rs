//! Mail through a real SMTP server: aiosmtpd, from Python's package index.

use std::path::Path;

use latchkey_server::Settings;
use latchkey_server::accounts::{NewAccount, Username};
use latchkey_server::mail::{SendError, TestMailError, send_test};
use latchkey_testkit::{START, Server, account, sam, wait_for};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::neighbour::{Neighbour, free_address};
use crate::python::{SCRIPTS, program};

const PASSWORD: &str = "hunter2";

/// A running aiosmtpd, and settings that send mail to it.
struct Aiosmtpd {
    folder: TempDir,
    settings: Settings,
    _running: Neighbour,
}

impl Aiosmtpd {
    /// With STARTTLS, for `name`, and a login.
    async fn with_starttls(name: &str, options: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let mut options = options;
        options["certificate"] = certificate.display().to_string().into();
        options["key"] = key.display().to_string().into();
        options["user"] = "bob@example.com".into();
        options["password"] = PASSWORD.into();
        let mut server = Self::start(folder, options).await;
        server.settings.mail.ca_file = Some(certificate);
        server.settings.mail.password = Some(PASSWORD.into());
        server
    }

    async fn start(folder: TempDir, mut options: Value) -> Self {
        let address = free_address();
        options["port"] = address.port().into();
        let (python, script) = (program("python3"), format!("{SCRIPTS}/smtp_server.py"));
        let arguments = [python.to_str().unwrap(), &script, &options.to_string()];
        let mut running = Neighbour::start(folder.path(), &arguments);
        running.until_listening(address).await;
        let mut settings = Settings::default();
        let url = format!("smtp+starttls://bob%40example.com@localhost:{}", address.port());
        settings.mail.smtp_url = Some(url.parse().unwrap());
        settings.mail.from = Some("auth@example.com".parse().unwrap());
        settings.mail.password = Some(PASSWORD.into());
        Self { folder, settings, _running: running }
    }

    /// Why the mail of a test does not go out.
    async fn refusal(&self) -> SendError {
        match send_test(&self.settings, "you@example.com", START).await {
            Err(TestMailError::Send(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    /// The mail with this number.
    async fn mail(&self, number: usize) -> String {
        let file = self.folder.path().join(format!("{number}.eml"));
        let text = wait_for("the mail", async || std::fs::read_to_string(&file).ok()).await;
        assert!(!text.is_empty());
        text
    }
}

async fn server(smtp: &Aiosmtpd) -> Server {
    let gone = NewAccount { email: Some("gone@example.com".into()), ..account("gone") };
    let mail = smtp.settings.mail.clone();
    Server::builder().accounts([sam(), gone]).settings(|settings| settings.mail = mail).start().await
}

async fn queue(server: &Server, username: &str) {
    let (admin, name) = (server.admin().await, Username::parse(username).unwrap());
    let password = "decepticons drool ☂".into();
    admin.set_password(&name, password, false, server.clock.now()).await.unwrap();
}

async fn wait_for_event(server: &Server, event: &str) {
    wait_for(event, async || server.audited().await.iter().any(|found| found == event).then_some(())).await;
}

fn message_id(mail: &str) -> &str {
    mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap()
}

#[tokio::test]
async fn a_mail_goes_out_with_starttls_and_a_login() {
    let smtp = Aiosmtpd::with_starttls("localhost", json!({})).await;
    send_test(&smtp.settings, "you@example.com", START).await.unwrap();
    assert!(smtp.mail(1).await.contains("Subject: Mail from latchkey arrives\r\n"));
    let server = server(&smtp).await;
    queue(&server, "Ladiesman217").await;
    let mail = smtp.mail(2).await;
    assert!(mail.contains("To: sam@example.com\r\n") && mail.contains("by an operator"), "{mail}");
    wait_for_event(&server, "mail_sent").await;
}

#[tokio::test]
async fn a_missing_starttls_a_wrong_certificate_and_a_wrong_password_are_told_apart() {
    let plain = Aiosmtpd::start(tempfile::tempdir().unwrap(), json!({})).await;
    assert!(matches!(plain.refusal().await, SendError::StartTlsMissing));

    let other = Aiosmtpd::with_starttls("mail.example.com", json!({})).await;
    assert!(matches!(other.refusal().await, SendError::Certificate(_)));

    let mut smtp = Aiosmtpd::with_starttls("localhost", json!({})).await;
    smtp.settings.mail.password = Some("another".into());
    assert!(matches!(smtp.refusal().await, SendError::LoginRefused(reply) if reply.code == 535));
    smtp.settings.mail.password = Some(PASSWORD.into());
    smtp.settings.mail.ca_file = None;
    assert!(matches!(smtp.refusal().await, SendError::Certificate(_)), "the system does not know it");
}

#[tokio::test]
async fn a_mail_that_is_greylisted_and_then_dropped_is_taken_later_with_the_same_id() {
    let smtp = Aiosmtpd::with_starttls("localhost", json!({ "later": 1, "drop": 1 })).await;
    let server = server(&smtp).await;
    queue(&server, "gone").await;
    wait_for_event(&server, "mail_refused").await;
    queue(&server, "Ladiesman217").await;
    let taken = Path::new("1.eml");
    wait_for("the third attempt", async || {
        server.clock.advance(60);
        smtp.folder.path().join(taken).exists().then_some(())
    })
    .await;
    let mail = smtp.mail(1).await;
    assert!(message_id(&mail).ends_with("@example.com>"), "{mail}");
    wait_for_event(&server, "mail_sent").await;
    assert!(!smtp.folder.path().join("2.eml").exists());
}
