//! `webhook test`, `list` and `resume`, and what `config check` finds: one sentence for everything
//! that can be wrong, without the path of the URL, which may be a secret.

use std::path::Path;
use std::process::Output;

use latchkey_testkit::webhook::{WebhookFault, WebhookSink};
use tempfile::TempDir;

use crate::cli::{fails, prepared, program, succeeds};
use crate::support::{SECRET, is_signed, secret_file};

/// A folder with keys, an account and a webhook `crm`; `more` are further lines of it.
fn with_webhook(url: &str, more: &str) -> TempDir {
    let folder = prepared();
    let file = secret_file(folder.path(), "webhook.secret", SECRET);
    let text =
        format!("[[webhooks]]\nname = \"crm\"\nurl = '{url}'\nsecret_files = ['{}']\n{more}", file.display());
    std::fs::write(folder.path().join("config/server.toml"), text).unwrap();
    folder
}

async fn command(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = program(folder);
    command.args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn test(folder: &Path) -> Output {
    command(folder, &["webhook", "test", "crm"]).await
}

#[tokio::test]
async fn a_test_goes_out_signed_and_says_that_it_is_one() {
    let sink = WebhookSink::start().await;
    let folder = with_webhook(&sink.url(), "");
    let printed = succeeds(&test(folder.path()).await);
    let message = sink.messages().remove(0);
    assert_eq!(printed, format!("the webhook crm has taken a message with the id {}\n", message.id()));
    assert_eq!(message.event(), "test");
    assert!(is_signed(&message, SECRET));
    let unknown = fails(&command(folder.path(), &["webhook", "test", "other"]).await, 1);
    assert_eq!(unknown, "error: there is no webhook other in the settings\n");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_one_sentence() {
    let mut sink = WebhookSink::start().await;
    let folder = with_webhook(&sink.url(), "");
    for (fault, expected) in [
        (WebhookFault::Status(500), "it answers 500"),
        (WebhookFault::Status(302), "redirects are not followed"),
        (WebhookFault::Status(401), "does it have the same secret?"),
        (WebhookFault::Status(410), "it says that it is gone"),
        (WebhookFault::Close, "closed the connection, or does not speak HTTP"),
        (WebhookFault::Garbage, "closed the connection, or does not speak HTTP"),
    ] {
        sink.fail(fault);
        let sentence = fails(&test(folder.path()).await, 1);
        assert!(sentence.contains(expected) && !sentence.contains("/events"), "{sentence}");
    }
    sink.stop().await;
    let sentence = fails(&test(folder.path()).await, 1);
    assert!(sentence.contains("refuses connections"), "{sentence}");
}

#[tokio::test]
async fn a_certificate_is_checked_for_its_name_and_its_authority() {
    for (name, by_file, expected) in [
        ("localhost", true, None),
        ("other.example", true, Some("its certificate is not accepted")),
        ("localhost", false, Some("its certificate is not accepted")),
    ] {
        let (sink, folder) = (WebhookSink::start().await, tempfile::tempdir().unwrap());
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        sink.speak_tls(&made.cert.pem(), &made.signing_key.serialize_pem());
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, if by_file { made.cert.pem() } else { other.cert.pem() }).unwrap();
        let folder = with_webhook(&sink.url(), &format!("ca_file = '{}'\n", file.display()));
        let output = test(folder.path()).await;
        match expected {
            None => assert!(succeeds(&output).contains("has taken a message")),
            Some(expected) => {
                let sentence = fails(&output, 1);
                assert!(sentence.contains(expected), "{sentence}");
            }
        }
    }
    // Plain HTTP where TLS is expected.
    let sink = WebhookSink::start().await;
    let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.cert.pem()).unwrap();
    let url = sink.url().replace("http:", "https:");
    let folder = with_webhook(&url, &format!("ca_file = '{}'\n", file.display()));
    let sentence = fails(&test(folder.path()).await, 1);
    assert!(sentence.contains("TLS failed"), "{sentence}");
    assert_eq!(sink.messages(), []);
}

#[tokio::test]
async fn config_check_finds_what_a_server_would() {
    let check = async |folder: &Path| fails(&command(folder, &["config", "check"]).await, 1);
    for (url, more, expected) in [
        ("http://events.example/secret", "", "must begin with https://"),
        ("https://169.254.169.254/secret", "", "no server has this address"),
        ("https://user:secret@events.example/", "", "must not have a user name"),
        ("https://events.example/", "events = ['signed-in']", "webhooks.events must be names of events"),
        ("https://events.example/", "ca_file = '/missing/ca.pem'", "cannot be read"),
        ("https://events.example/", "token = 'secret'", "unknown field"),
    ] {
        let folder = with_webhook(url, more);
        let sentence = check(folder.path()).await;
        assert!(sentence.contains(expected) && !sentence.contains("secret\""), "{url} {more}: {sentence}");
    }
    let folder = with_webhook("http://localhost:9/path", "");
    let file = folder.path().join("webhook.secret");
    let json = succeeds(&command(folder.path(), &["config", "check", "--json"]).await);
    assert!(json.contains(r#""url":"http://localhost:9""#) && !json.contains("/path"), "{json}");
    secret_file(folder.path(), "webhook.secret", "whsec_short");
    assert!(check(folder.path()).await.contains("it must be one line, whsec_ and 24 to 64 random bytes"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let sentence = check(folder.path()).await;
        assert!(sentence.contains("can be read by other users"), "{sentence}");
    }
    std::fs::remove_file(&file).unwrap();
    assert!(check(folder.path()).await.contains("cannot be read"));
    let twice =
        "[[webhooks]]\nname = 'crm'\nurl = 'https://events.example/'\nsecret_files = ['a', 'b', 'c']\n";
    let folder = with_webhook("https://events.example/", twice);
    assert!(check(folder.path()).await.contains("must be another one for each webhook"));
}

#[tokio::test]
async fn webhooks_are_set_in_the_file_only() {
    let folder = prepared();
    let mut check = program(folder.path());
    check.args(["config", "check"]).env("LATCHKEY_WEBHOOKS", "[]");
    let sentence = fails(&tokio::task::spawn_blocking(move || check.output().unwrap()).await.unwrap(), 1);
    assert!(sentence.contains("LATCHKEY_WEBHOOKS is not a setting"), "{sentence}");
}

#[tokio::test]
async fn the_webhooks_are_listed_and_resumed() {
    let sink = WebhookSink::start().await;
    let folder = with_webhook(&sink.url(), "");
    let none = command(folder.path(), &["webhook", "list", "--json"]).await;
    assert_eq!(succeeds(&none), "[]\n", "no server has started with it");
    let sentence = fails(&command(folder.path(), &["webhook", "resume", "crm"]).await, 1);
    assert!(sentence.contains("servers register those of their settings when they start"), "{sentence}");
    let mut serve = program(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]).stderr(std::process::Stdio::null());
    drop(crate::cli::Running::start(serve));
    let listed = succeeds(&command(folder.path(), &["webhook", "list"]).await);
    assert_eq!(listed, "crm  0 waiting  good\n");
    succeeds(&command(folder.path(), &["webhook", "resume", "crm"]).await);
    let resumed = succeeds(&command(folder.path(), &["audit", "list", "--limit", "1"]).await);
    assert!(resumed.contains("webhook_resumed  operator  detail=crm"), "{resumed}");
}
