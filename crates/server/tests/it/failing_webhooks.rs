//! Webhooks: receivers that fail in every way, and what follows from it.

use std::collections::BTreeSet;

use latchkey_server::AuditFilter;
use latchkey_server::settings::WebhookSettings;
use latchkey_testkit::webhook::{WebhookFault, WebhookSink};
use latchkey_testkit::{Server, wait_for};
use tempfile::TempDir;

use crate::support::{DAY, SECRET, connection, database, is_signed, on_both, webhook};

const HOUR: i64 = 3600;

/// A server that tells this receiver of sign-ins.
async fn telling(sink: &WebhookSink) -> (Server, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let webhook = of_sign_ins("crm", sink, &folder);
    (Server::start_with(|settings| settings.webhooks = vec![webhook]).await, folder)
}

fn of_sign_ins(name: &str, sink: &WebhookSink, folder: &TempDir) -> WebhookSettings {
    WebhookSettings { events: vec!["signed_in".to_owned()], ..webhook(name, sink, folder.path()) }
}

/// Waits until the query on the database of a server on SQLite returns this.
async fn wait_for_rows(server: &Server, query: &'static str, expected: &[&str]) {
    wait_for(query, async || (database(server).await.texts(query).await == expected).then_some(())).await;
}

/// Waits until there was this many attempts, and no server has the event.
async fn wait_for_attempts(server: &Server, attempts: &str) {
    let query = "SELECT CAST(attempts AS TEXT) FROM outbox WHERE lease_owner IS NULL AND done_at IS NULL";
    wait_for_rows(server, query, &[attempts]).await;
}

async fn audited(server: &Server, event: &str) -> Vec<String> {
    let filter = AuditFilter { max: 100, ..Default::default() };
    let events = server.admin().await.audit(&filter).await.unwrap();
    let of_name = events.into_iter().filter(|found| found.event == event);
    of_name.map(|found| format!("{} {}", found.actor, found.detail.unwrap_or_default())).collect()
}

#[tokio::test]
async fn an_event_that_is_not_taken_comes_again_with_the_same_id_and_the_time_of_the_attempt() {
    let mut sink = WebhookSink::start().await;
    let faults = [
        WebhookFault::Close,
        WebhookFault::Garbage,
        WebhookFault::Status(302),
        WebhookFault::Status(400),
        WebhookFault::Status(429),
        WebhookFault::Status(500),
        WebhookFault::Header(307, "location: http://127.0.0.1:9/elsewhere".to_owned()),
    ];
    for fault in &faults {
        sink.fail(fault.clone());
    }
    let (server, _folder) = telling(&sink).await;
    server.sign_in("device").await;
    for attempt in 1..=faults.len() {
        wait_for_attempts(&server, &attempt.to_string()).await;
        assert_eq!(sink.messages().len(), attempt, "{:?}", faults[attempt - 1]);
        if attempt == faults.len() {
            sink.stop().await;
        }
        server.clock.advance(HOUR);
    }
    // Nothing listens.
    wait_for_attempts(&server, &(faults.len() + 1).to_string()).await;
    sink.start_again().await;
    server.clock.advance(HOUR);
    wait_for_rows(&server, "SELECT COALESCE(outcome, 'waits') FROM outbox", &["sent"]).await;
    let messages = sink.messages();
    let distinct = |of: &dyn Fn(usize) -> String| (0..messages.len()).map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(&|at| messages[at].id().to_owned()), 1);
    assert_eq!(distinct(&|at| messages[at].body.clone()), 1);
    assert_eq!(distinct(&|at| messages[at].header("webhook-timestamp").to_owned()), messages.len());
    assert!(messages.iter().all(|message| is_signed(message, SECRET)));
}

#[tokio::test]
async fn a_body_after_the_status_is_ignored() {
    let sink = WebhookSink::start().await;
    sink.fail(WebhookFault::EndlessBody);
    let (server, _folder) = telling(&sink).await;
    server.sign_in("one").await;
    wait_for_rows(&server, "SELECT COALESCE(outcome, 'waits') FROM outbox", &["sent"]).await;
    sink.fail(WebhookFault::SlowBody);
    server.sign_in("two").await;
    wait_for_rows(&server, "SELECT COALESCE(outcome, 'waits') FROM outbox", &["sent", "sent"]).await;
    assert_eq!(sink.messages().len(), 2);
}

async fn a_slow_receiver_holds_up_no_other(server: Server) {
    let folder = tempfile::tempdir().unwrap();
    let (slow, quick) = (WebhookSink::start().await, WebhookSink::start().await);
    slow.always(Some(WebhookFault::Hold));
    let webhooks = vec![of_sign_ins("slow", &slow, &folder), of_sign_ins("quick", &quick, &folder)];
    let server = server.like(&server.clock, |settings| settings.webhooks = webhooks).await;
    for device in 0..20 {
        server.sign_in(&format!("device-{device}")).await;
    }
    quick.wait_for_taken(20).await;
    assert_eq!(slow.taken(), []);
    slow.release();
    // With their ids, each once at least: the first may have been given up after ten seconds.
    let ids = |sink: &WebhookSink| -> BTreeSet<String> {
        sink.taken().iter().map(|message| message.id().to_owned()).collect()
    };
    wait_for("all events", async || {
        server.clock.advance(60);
        (ids(&slow) == ids(&quick)).then_some(())
    })
    .await;
    let open = "SELECT id FROM outbox WHERE done_at IS NULL";
    wait_for("the end of the queue", async || {
        connection(&server).await.texts(open).await.is_empty().then_some(())
    })
    .await;
}
on_both!(a_slow_receiver_holds_up_no_other);

#[tokio::test]
async fn a_receiver_that_is_gone_is_stopped_until_an_operator_resumes_it() {
    let sink = WebhookSink::start().await;
    sink.fail(WebhookFault::Status(410));
    let (server, _folder) = telling(&sink).await;
    server.sign_in("one").await;
    wait_for_rows(&server, "SELECT COALESCE(stopped_why, '') FROM webhooks", &["gone"]).await;
    assert_eq!(audited(&server, "webhook_stopped").await, ["server crm gone"]);
    server.sign_in("two").await;
    server.clock.advance(DAY);
    let admin = server.admin().await;
    let state = admin.webhooks().await.unwrap().remove(0);
    assert_eq!((state.name.as_str(), state.queued), ("crm", 2));
    // Another server does not begin anew by itself.
    let another = server.another().await;
    assert_eq!(sink.messages().len(), 1);
    // More than one transaction makes due. The audit log does not have them.
    let mut database = connection(&server).await;
    let long = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200) \
        INSERT INTO outbox (id, kind, receiver, template, data, created_at, due_at, expires_at, attempts) \
        SELECT CAST(n AS TEXT), 'webhook', 'webhook:crm', 'x', '\"x\"', 0, 4000000000, 4000000000, 0 FROM numbers";
    database.execute(long).await;
    admin.resume_webhook("crm", server.clock.now()).await.unwrap();
    // The server may have sent some meanwhile.
    let left = "SELECT CAST(COUNT(*) AS TEXT) FROM outbox WHERE due_at = 4000000000 AND done_at IS NULL";
    assert_eq!(database.texts(left).await, ["0"]);
    sink.wait_for_taken(2).await;
    assert_eq!(audited(&server, "webhook_resumed").await, ["operator crm"]);
    let error = admin.resume_webhook("other", server.clock.now()).await.unwrap_err();
    assert!(error.to_string().contains("webhook with the name other"), "{error}");
    drop(another);
}

#[tokio::test]
async fn five_days_of_failure_stop_a_receiver_and_no_less() {
    let sink = WebhookSink::start().await;
    sink.always(Some(WebhookFault::Status(503)));
    let (server, _folder) = telling(&sink).await;
    server.sign_in("one").await;
    wait_for_attempts(&server, "1").await;
    server.clock.advance(5 * DAY - 1);
    wait_for_attempts(&server, "2").await;
    assert_eq!(audited(&server, "webhook_stopped").await, [""; 0]);
    server.clock.advance(HOUR);
    wait_for_rows(&server, "SELECT COALESCE(stopped_why, '') FROM webhooks", &["failing"]).await;
    assert_eq!(audited(&server, "webhook_stopped").await, ["server crm failing"]);
    // What waits has an end too.
    server.clock.advance(2 * HOUR);
    wait_for_rows(&server, "SELECT COALESCE(outcome, 'waits') FROM outbox", &["given_up"]).await;
}

#[tokio::test]
async fn one_success_ends_the_failure() {
    let sink = WebhookSink::start().await;
    sink.fail(WebhookFault::Close);
    sink.fail(WebhookFault::Status(500));
    let (server, _folder) = telling(&sink).await;
    server.sign_in("one").await;
    wait_for_attempts(&server, "1").await;
    server.clock.advance(4 * DAY);
    wait_for_attempts(&server, "2").await;
    server.clock.advance(HOUR);
    wait_for_rows(&server, "SELECT COALESCE(outcome, 'waits') FROM outbox", &["sent"]).await;
    let state = server.admin().await.webhooks().await.unwrap().remove(0);
    assert_eq!((state.failures, state.failing_since, state.queued), (0, None, 0));
}

#[tokio::test]
async fn a_receiver_that_asks_to_be_left_alone_is() {
    let sink = WebhookSink::start().await;
    sink.fail(WebhookFault::Header(429, "retry-after: 1800".to_owned()));
    let (server, _folder) = telling(&sink).await;
    server.sign_in("one").await;
    wait_for_attempts(&server, "1").await;
    server.sign_in("two").await;
    let until = "SELECT CAST(paused_until AS TEXT) FROM webhooks";
    let expected = server.clock.now().plus(1800).seconds().to_string();
    wait_for_rows(&server, until, &[&expected]).await;
    server.clock.advance(1799);
    // A sign of life of the sender: a second receiver would get it. Here the pause is what is read.
    server.admin().await.webhooks().await.unwrap();
    assert_eq!(sink.messages().len(), 1);
    server.clock.advance(1);
    sink.wait_for_taken(2).await;
}

#[tokio::test]
async fn a_clock_that_was_wrong_for_a_while_delays_nothing() {
    let sink = WebhookSink::start().await;
    sink.fail(WebhookFault::Status(500));
    let (server, _folder) = telling(&sink).await;
    server.clock.advance(30 * DAY);
    server.sign_in("one").await;
    wait_for_attempts(&server, "1").await;
    server.clock.advance(-30 * DAY);
    let message = sink.wait_for_taken(1).await.remove(0);
    assert_eq!(message.header("webhook-timestamp"), server.clock.now().seconds().to_string());
}
