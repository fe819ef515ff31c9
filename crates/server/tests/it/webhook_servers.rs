//! Webhooks: several servers on one queue, and a server that is killed.

use std::collections::BTreeSet;

use latchkey_testkit::webhook::{SunkMessage, WebhookFault, WebhookSink};
use latchkey_testkit::{Server, TestClock, USERNAME};

use crate::cli::{Running, prepared, program, run, succeeds};
use crate::support::{connection, on_both, webhook};

on_both!(two_servers_tell_no_event_twice, a_server_with_other_settings_takes_no_webhook_away);

fn ids(messages: &[SunkMessage]) -> BTreeSet<String> {
    messages.iter().map(|message| message.id().to_owned()).collect()
}

async fn two_servers_tell_no_event_twice(server: Server) {
    let (sink, folder) = (WebhookSink::start().await, tempfile::tempdir().unwrap());
    let telling = webhook("crm", &sink, folder.path());
    let first = server.like(&server.clock, |settings| settings.webhooks = vec![telling]).await;
    let second = first.another().await;
    for number in 0..12 {
        let device = format!("device-{number}");
        if number % 2 == 0 { &first } else { &second }.sign_in(&device).await;
        server.attempt(&device, USERNAME, "wrong").await;
    }
    let told = sink.wait_for_taken(24).await;
    assert_eq!((told.len(), ids(&told).len()), (24, 24));
    let audited = connection(&server).await.texts("SELECT id FROM audit_events").await;
    // The accounts were there before the webhook.
    assert!(ids(&told).is_subset(&audited.into_iter().collect()));
}

async fn a_server_with_other_settings_takes_no_webhook_away(server: Server) {
    let (sink, folder) = (WebhookSink::start().await, tempfile::tempdir().unwrap());
    let crm = webhook("crm", &sink, folder.path());
    let mut first = server.like(&server.clock, |settings| settings.webhooks = vec![crm]).await;
    let other = webhook("siem", &sink, folder.path());
    let second = first.like(&server.clock, |settings| settings.webhooks = vec![other]).await;
    let third = first.like(&server.clock, |settings| settings.webhooks = Vec::new()).await;
    third.sign_in("one").await;
    let told = sink.wait_for_taken(2).await;
    assert_eq!((told.len(), ids(&told).len()), (2, 1), "one event, for both");
    // The clock is set forward: the second server, which names its own again, forgets the other.
    first.stop().await;
    server.clock.advance(3600);
    let mut database = connection(&server).await;
    let restarted = second.another().await;
    assert_eq!(database.texts("SELECT name FROM webhooks").await, ["siem"]);
    restarted.sign_in("two").await;
    sink.wait_for_taken(3).await;
}

/// A program with a webhook, in a folder of [`prepared`].
fn with_webhook(folder: &std::path::Path, sink: &WebhookSink) {
    let telling = webhook("crm", sink, folder);
    let file = telling.secret_files[0].display();
    let text = format!("[[webhooks]]\nname = \"crm\"\nurl = '{}'\nsecret_files = ['{file}']\n", sink.url());
    std::fs::write(folder.join("config/server.toml"), text).unwrap();
}

/// The receiver has the events, and its answers never come back.
#[tokio::test]
async fn events_of_a_server_that_was_killed_come_again_with_the_same_ids() {
    let (sink, folder) = (WebhookSink::start().await, prepared());
    with_webhook(folder.path(), &sink);
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]).stderr(std::process::Stdio::null());
    let killed = Running::start(command);
    sink.always(Some(WebhookFault::Hold));
    // A command at the command line queues as the server does.
    succeeds(&run(folder.path(), &["user", "disable", USERNAME], ""));
    succeeds(&run(folder.path(), &["user", "enable", USERNAME], ""));
    let first = sink.wait_for_messages(1).await;
    // Kills it.
    drop(killed);
    sink.release();
    // Another one, for which the lease is over.
    let clock = TestClock::running();
    clock.advance(600);
    let mut settings = latchkey_testkit::settings(folder.path());
    settings.webhooks = vec![webhook("crm", &sink, folder.path())];
    settings.database_url = format!("sqlite:{}", folder.path().join("data/latchkey.db").display()).into();
    settings.keys = folder.path().join("config");
    let second = latchkey_server::Application::build(settings, clock.for_server()).await.unwrap();
    let running = tokio::spawn(second.run_until_stopped(std::future::pending()));
    let expected = ["account_disabled", "account_enabled"];
    latchkey_testkit::wait_for("both events, the first of them again", async || {
        let messages = sink.messages();
        let events: BTreeSet<_> = messages.iter().map(SunkMessage::event).collect();
        let again = messages.iter().filter(|message| message.id() == first[0].id()).count() > 1;
        (again && expected.iter().all(|event| events.contains(*event))).then_some(())
    })
    .await;
    let messages = sink.messages();
    let again = messages.iter().rfind(|message| message.id() == first[0].id()).unwrap();
    assert_eq!(again.body, first[0].body);
    assert_ne!(again.header("webhook-timestamp"), first[0].header("webhook-timestamp"));
    running.abort();
}

#[tokio::test]
async fn a_server_that_does_not_start_changes_nothing_for_one_that_runs() {
    let (sink, folder) = (WebhookSink::start().await, prepared());
    with_webhook(folder.path(), &sink);
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]).stderr(std::process::Stdio::null());
    let running = Running::start(command);
    let text = std::fs::read_to_string(folder.path().join("config/server.toml")).unwrap();
    std::fs::write(folder.path().join("config/other.toml"), text + "events = [\"signed_in\"]\n").unwrap();
    let address = running.url.strip_prefix("http://").unwrap();
    let other = ["--config", "config/other.toml", "serve", "--listen", address];
    let output = run(folder.path(), &other, "");
    assert_eq!(output.status.code(), Some(1), "the address is in use");
    succeeds(&run(folder.path(), &["user", "disable", USERNAME], ""));
    let told = sink.wait_for_taken(1).await;
    assert_eq!(told[0].event(), "account_disabled");
    let listed = succeeds(&run(folder.path(), &["webhook", "list"], ""));
    assert!(listed.starts_with("crm  ") && listed.ends_with("good\n"), "{listed}");
}
