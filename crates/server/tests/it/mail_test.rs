//! `mail test`: one sentence for everything that can be wrong. The texts of the settings in it.

use std::path::Path;
use std::process::Output;

use latchkey_testkit::smtp::{Fault, SmtpSink};
use tempfile::TempDir;

use crate::cli::{fails, program, succeeds};

const FROM: &str = "auth@example.com";
const PASSWORD: &str = "hunter2";

/// Runs `mail test` in a folder with these settings.
async fn test(folder: &Path, settings: &[(&str, &str)], to: &str) -> Output {
    let mut command = program(folder);
    command.env("LATCHKEY_MAIL_FROM", FROM).args(["mail", "test", to]);
    command.envs(settings.iter().map(|(name, value)| (format!("LATCHKEY_MAIL_{name}"), *value)));
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// The sentence of a failure. Never has the password in it.
async fn sentence(folder: &Path, settings: &[(&str, &str)], to: &str) -> String {
    let sentence = fails(&test(folder, settings, to).await, 1);
    assert!(!sentence.contains(PASSWORD), "{sentence}");
    sentence
}

/// A certificate for `name` and its key; the certificate is also in `ca.pem` of `folder`.
fn offer_tls(sink: &SmtpSink, folder: &TempDir, name: &str) -> String {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    sink.offer_tls(&made.cert.pem(), &made.signing_key.serialize_pem());
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, made.cert.pem()).unwrap();
    file.display().to_string()
}

#[tokio::test]
async fn a_mail_goes_out_with_starttls_and_with_tls_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for scheme in ["smtp+starttls", "smtps"] {
        let sink = SmtpSink::start().await;
        let ca_file = offer_tls(&sink, &folder, "localhost");
        sink.ask_for_login("bob@example.com", PASSWORD);
        if scheme == "smtps" {
            sink.begin_with_tls();
        }
        let url = format!("{scheme}://bob%40example.com@localhost:{}", sink.port());
        let secret = folder.path().join("password");
        std::fs::write(&secret, format!("{PASSWORD}\n")).unwrap();
        let secret = secret.display().to_string();
        let settings = [("SMTP_URL", url.as_str()), ("CA_FILE", &ca_file), ("PASSWORD_FILE", &secret)];
        let printed = succeeds(&test(folder.path(), &settings, "you@example.com").await);
        assert_eq!(printed, "the SMTP server has taken a mail for you@example.com\n");
        let mail = sink.mails().remove(0);
        assert!(mail.is_encrypted);
        assert_eq!(mail.header("Subject"), "Mail from latchkey arrives");
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_connection_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = SmtpSink::start().await;
    let port = sink.port();
    let at = |scheme: &str, host: &str| format!("{scheme}://{host}:{port}");
    let sentence = async |url: &str, ca_file: &str| {
        sentence(folder.path(), &[("SMTP_URL", url), ("CA_FILE", ca_file)], "you@example.com").await
    };
    let said = sentence(&at("smtps", "no-such-host.invalid"), "").await;
    assert!(said.contains("there is no host no-such-host.invalid"), "{said}");
    let said = sentence(&at("smtp+starttls", "localhost"), "").await;
    assert!(said.contains("the SMTP server has no STARTTLS"), "{said}");
    let said = sentence(&at("smtps", "localhost"), "").await;
    assert!(said.contains("TLS with the SMTP server failed"), "{said}");

    // Signed by nobody, then for another name.
    offer_tls(&sink, &folder, "localhost");
    let said = sentence(&at("smtp+starttls", "localhost"), "").await;
    assert!(said.contains("certificate is not accepted: ") && said.contains("mail.ca_file"), "{said}");
    let ca_file = offer_tls(&sink, &folder, "mail.example.com");
    let said = sentence(&at("smtp+starttls", "localhost"), &ca_file).await;
    assert!(said.contains("certificate is not accepted: ") && said.contains("mail.example.com"), "{said}");
    sink.begin_with_tls();
    let said = sentence(&at("smtps", "localhost"), &ca_file).await;
    assert!(said.contains("certificate is not accepted: ") && said.contains("mail.example.com"), "{said}");

    sink.stop().await;
    let said = sentence(&at("smtp", "127.0.0.1"), "").await;
    assert!(said.contains(&format!("127.0.0.1:{port} refuses connections")), "{said}");
}

#[tokio::test]
async fn what_the_smtp_server_refuses_is_said() {
    let (folder, sink) = (tempfile::tempdir().unwrap(), SmtpSink::start().await);
    let at = |login: &str| format!("smtp://{login}127.0.0.1:{}", sink.port());
    let sentence =
        async |login: &str, to: &str| sentence(folder.path(), &[("SMTP_URL", &at(login))], to).await;
    let to = "you@example.com";
    let said = sentence("bob:hunter2@", to).await;
    assert!(said.contains("offers no login"), "{said}");
    sink.ask_for_login("bob", "another");
    let said = sentence("bob:hunter2@", to).await;
    assert!(said.contains("refused user or password: 535"), "{said}");
    let said = sentence("", to).await;
    assert!(said.contains("refused the sender, mail.from: 530"), "{said}");
    sink.answer_sender("553 5.7.1 not yours");
    let said = sentence("bob:another@", to).await;
    assert!(said.contains("refused the sender, mail.from: 553") && said.contains("not yours"), "{said}");
    sink.answer_recipient("550 5.1.1 no such user");
    let said = sentence("bob:another@", to).await;
    assert!(said.contains("refused the recipient: 550") && said.contains("no such user"), "{said}");
    sink.fail(Fault::Answer("552 too large"));
    let said = sentence("bob:another@", to).await;
    assert!(said.contains("refused the message: 552"), "{said}");
    sink.fail(Fault::Drop);
    let said = sentence("bob:another@", to).await;
    assert!(said.contains("closed the connection") && said.contains("at the message"), "{said}");
    let said = sentence("bob:another@", "jürgen@example.com").await;
    assert!(said.contains("SMTPUTF8"), "{said}");
    for nonsense in ["nobody", "a@b\r\nBcc: c@d", "a b@example.com"] {
        let said = sentence("bob:another@", nonsense).await;
        assert!(said.contains("the recipient's address is not valid"), "{said}");
    }
    assert_eq!(sink.mails(), []);
}

#[tokio::test]
async fn settings_of_mail_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").display().to_string();
    for (settings, words) in [
        (&[][..], "the setting mail.smtp_url must be set if mail.from is"),
        (&[("SMTP_URL", "smtp://mail.example.com")], "LATCHKEY_MAIL_SMTP_URL has a value"),
        (&[("SMTP_URL", "smtps://bob@mail.example")], "names a user without a password"),
        (
            &[("SMTP_URL", "smtps://mail.example"), ("PASSWORD", PASSWORD)],
            "must name the user of the password",
        ),
        (
            &[("SMTP_URL", "smtps://bob:hunter2@mail.example"), ("PASSWORD", PASSWORD)],
            "must not be set beside another password",
        ),
        (
            &[("SMTP_URL", "smtps://bob@mail.example"), ("PASSWORD_FILE", &missing)],
            "password_file cannot be read",
        ),
        (&[("SMTP_URL", "smtps://mail.example"), ("CA_FILE", &missing)], "mail.ca_file cannot be read"),
        (&[("SMTP_URL", "smtps://mail.example"), ("TEMPLATES", &missing)], "cannot be read"),
        (&[("SMTP_URL", "smtps://mail.example"), ("LANGUAGE", "fr")], "it must be en or de"),
    ] {
        let said = sentence(folder.path(), settings, "you@example.com").await;
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_check_of_the_settings_says_what_does_not_work_without_mail_and_shows_no_password() {
    let folder = crate::cli::prepared();
    let printed = succeeds(&program(folder.path()).args(["config", "check"]).output().unwrap());
    assert!(printed.contains("\nnote: mail is not configured: "), "{printed}");
    let mut command = program(folder.path());
    command.env("LATCHKEY_MAIL_FROM", FROM).env("LATCHKEY_MAIL_SMTP_URL", "smtps://bob@mail.example");
    command.env("LATCHKEY_MAIL_PASSWORD", PASSWORD).args(["config", "check", "--json"]);
    let printed = succeeds(&command.output().unwrap());
    assert!(printed.contains(r#""smtp_url":"smtps://mail.example:465""#), "{printed}");
    assert!(!printed.contains(PASSWORD) && !printed.contains("mail is not"), "{printed}");
}
