//! Webhooks: what a receiver is told, on both databases.

use latchkey_server::accounts::Username;
use latchkey_server::settings::WebhookSettings;
use latchkey_testkit::webhook::{SunkMessage, WebhookSink};
use latchkey_testkit::{Server, USERNAME};
use serde_json::{Value, json};

use crate::support::{SECRET, connection, invite, is_signed, on_both, secret_file, webhook};

const SAM: &str = "Ladiesman217";
const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDQkqUWs8WLAE=";

on_both!(
    an_event_is_told_thin_and_signed,
    only_the_events_that_were_asked_for_are_told,
    names_and_addresses_are_told_if_the_settings_say_so,
    two_secrets_sign_while_one_is_replaced,
    no_code_and_no_secret_is_told_or_stored,
    a_webhook_that_is_no_longer_set_is_told_nothing,
);

/// Another server on the same database, with these webhooks.
async fn telling(server: &Server, webhooks: Vec<WebhookSettings>) -> Server {
    server.like(&server.clock, |settings| settings.webhooks = webhooks).await
}

fn body(message: &SunkMessage) -> Value {
    serde_json::from_str(&message.body).unwrap()
}

/// Waits until the receiver has got a message about this event.
async fn told(sink: &WebhookSink, event: &str) -> SunkMessage {
    let find = async || sink.taken().into_iter().find(|message| message.event() == event);
    latchkey_testkit::wait_for(event, find).await
}

async fn an_event_is_told_thin_and_signed(server: Server) {
    let (sink, folder) = (WebhookSink::start().await, tempfile::tempdir().unwrap());
    let server = telling(&server, vec![webhook("crm", &sink, folder.path())]).await;
    server.attempt("device", USERNAME, "wrong").await;
    server.sign_in("device").await;
    let message = told(&sink, "signed_in").await;
    assert_eq!(message.request, "POST /events");
    assert_eq!(message.header("content-type"), "application/json");
    assert_eq!(message.header("webhook-timestamp"), server.clock.now().seconds().to_string());
    assert!(is_signed(&message, SECRET));
    assert!(!is_signed(&message, OTHER_SECRET));
    let mut database = connection(&server).await;
    let id = database.texts("SELECT id FROM audit_events WHERE event = 'signed_in'").await;
    let account = database.texts("SELECT id FROM accounts").await;
    let sid = database.texts("SELECT sid FROM audit_events WHERE event = 'signed_in'").await;
    assert_eq!(message.id(), id[0]);
    let data = json!({
        "actor": "person", "account_id": account[0], "session_id": sid[0], "device_id": "device",
    });
    let expected = json!({ "type": "signed_in", "timestamp": "2027-01-15T08:00:00Z", "data": data });
    assert_eq!(body(&message), expected);
    for message in sink.messages() {
        assert!(!message.body.contains(SAM) && !message.body.contains("127.0.0.1"), "{}", message.body);
    }
}

async fn only_the_events_that_were_asked_for_are_told(server: Server) {
    let (sink, folder) = (WebhookSink::start().await, tempfile::tempdir().unwrap());
    let mut picky = webhook("picky", &sink, folder.path());
    picky.events = vec!["account_disabled".to_owned(), "signed_in".to_owned()];
    let server = telling(&server, vec![picky]).await;
    server.attempt("device", USERNAME, "wrong").await;
    server.sign_in("device").await;
    let admin = server.admin().await;
    let sam = Username::parse(SAM).unwrap();
    admin.disable(&sam, server.clock.now()).await.unwrap();
    sink.wait_for_taken(2).await;
    let queued = connection(&server).await.texts("SELECT template FROM outbox ORDER BY 1").await;
    assert_eq!(queued, ["account_disabled", "signed_in"]);
}

async fn names_and_addresses_are_told_if_the_settings_say_so(server: Server) {
    let (sink, folder) = (WebhookSink::start().await, tempfile::tempdir().unwrap());
    let personal = WebhookSettings { personal: true, ..webhook("siem", &sink, folder.path()) };
    let server = telling(&server, vec![personal]).await;
    server.attempt("device", USERNAME, "wrong").await;
    let data = body(&told(&sink, "sign_in_failed").await)["data"].clone();
    assert_eq!(data["username"], SAM);
    assert_eq!(data["address"], "127.0.0.1");
    assert_eq!(data["detail"], "invalid_credentials");
}

async fn two_secrets_sign_while_one_is_replaced(server: Server) {
    let (sink, folder) = (WebhookSink::start().await, tempfile::tempdir().unwrap());
    let mut rotated = webhook("crm", &sink, folder.path());
    rotated.secret_files.push(secret_file(folder.path(), "new.secret", OTHER_SECRET));
    let server = telling(&server, vec![rotated]).await;
    server.sign_in("one").await;
    let both = told(&sink, "signed_in").await;
    assert!(is_signed(&both, SECRET) && is_signed(&both, OTHER_SECRET));
    assert_eq!(both.header("webhook-signature").split(' ').count(), 2);
    // The file is read again for each message.
    let newest = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    secret_file(folder.path(), "webhook.secret", newest);
    server.sign_in("two").await;
    let next = sink.wait_for_taken(2).await.remove(1);
    assert!(is_signed(&next, newest) && is_signed(&next, OTHER_SECRET) && !is_signed(&next, SECRET));
}

async fn no_code_and_no_secret_is_told_or_stored(server: Server) {
    let (sink, folder) = (WebhookSink::start().await, tempfile::tempdir().unwrap());
    let personal = WebhookSettings { personal: true, ..webhook("siem", &sink, folder.path()) };
    let server = telling(&server, vec![personal]).await;
    let code = invite(&server, "wasp").await;
    let message = told(&sink, "code_made").await;
    let code = code.replace('-', "");
    let secret = SECRET.strip_prefix("whsec_").unwrap();
    let headers = message.headers.join(" ");
    for text in [&message.body, &headers] {
        assert!(!text.replace('-', "").contains(&code) && !text.contains(secret), "{text}");
    }
    let mut database = connection(&server).await;
    let rows = database.texts("SELECT id || template || data || COALESCE(secret, '') FROM outbox").await;
    assert!(!rows.is_empty());
    assert!(
        rows.iter().all(|row| !row.replace('-', "").contains(&code) && !row.contains("wasp")),
        "{rows:?}"
    );
    let known = database.texts("SELECT name || events FROM webhooks").await;
    assert_eq!(known, ["siem"]);
}

async fn a_webhook_that_is_no_longer_set_is_told_nothing(server: Server) {
    let (sink, folder) = (WebhookSink::start().await, tempfile::tempdir().unwrap());
    let mut telling_once = telling(&server, vec![webhook("crm", &sink, folder.path())]).await;
    server.sign_in("one").await;
    sink.wait_for_taken(1).await;
    telling_once.stop().await;
    // As long as another server may have it, its events are queued.
    let silent = telling(&server, Vec::new()).await;
    silent.sign_in("two").await;
    let mut database = connection(&server).await;
    let queued = "SELECT COALESCE(outcome, 'waits') FROM outbox ORDER BY 1";
    assert_eq!(database.texts(queued).await, ["sent", "waits"]);
    server.clock.advance(3600);
    let later = telling(&server, Vec::new()).await;
    assert!(database.texts("SELECT name FROM webhooks").await.is_empty());
    later.sign_in("three").await;
    assert_eq!(database.texts(queued).await, ["sent", "waits"]);
    assert_eq!(sink.messages().len(), 1);
}
