//! The audit log records security events, and no secrets.

use latchkey_server::AuditFilter;
use latchkey_server::accounts::Username;
use latchkey_testkit::{Device, PASSWORD, START, Server, USERNAME, ok, problem, text, wait_for};
use reqwest::Method;
use serde_json::json;

use crate::support::{DAY, on_both};

on_both!(security_events_are_recorded_without_secrets, old_events_are_deleted_at_the_start);

const NEW: &str = "decepticons drool ☂";

async fn security_events_are_recorded_without_secrets(server: Server) {
    let (device, admin) = (Device::new(1), server.admin().await);
    let name = Username::parse(USERNAME).unwrap();
    server.attempt("device-0", USERNAME, "hunter2 in the wrong place").await;
    server.attempt("device-0", "hunter2 in the wrong field", PASSWORD).await;
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    ok(device.renew(&server, text(&tokens, "session_token")).await).await;
    let body = json!({ "current": "wrong", "new": NEW });
    problem(device.put(&server, "/api/me/password", token, &body).await, 403, "wrong_password").await;
    let other = Device::new(2).sign_in(&server).await;
    let body = json!({ "current": PASSWORD, "new": NEW, "end_other_sessions": true });
    assert_eq!(device.put(&server, "/api/me/password", token, &body).await.status(), 204);
    assert_eq!(device.call(&server, Method::DELETE, "/api/auth", token).await.status(), 204);
    assert_eq!(device.call(&server, Method::DELETE, "/api/auth", token).await.status(), 204);
    admin.disable(&name, server.clock.now()).await.unwrap();
    admin.enable(&name, server.clock.now()).await.unwrap();
    admin.set_password(&name, PASSWORD.into(), true, server.clock.now()).await.unwrap();
    let id = admin.find(&name).await.unwrap().id;
    admin.remove(&name, server.clock.now()).await.unwrap();

    let expected = [
        "account_added",
        "sign_in_failed",
        "sign_in_failed",
        "signed_in",
        "renewed",
        "password_refused",
        "signed_in",
        "password_changed",
        "session_ended",
        "signed_out",
        "account_disabled",
        "account_enabled",
        "password_changed",
        "account_removed",
    ];
    assert_eq!(server.audited().await, expected);

    let filter = AuditFilter { account_id: Some(id.clone()), max: 1000, ..AuditFilter::default() };
    let events = admin.audit(&filter).await.unwrap();
    assert_eq!(events.len(), expected.len() - 1, "a failure for an unknown name belongs to no account");
    let signed_in = events.iter().find(|event| event.event == "signed_in").unwrap();
    assert_eq!((signed_in.at, signed_in.actor.as_str()), (START.seconds(), "person"));
    assert_eq!(signed_in.username.as_deref(), Some(USERNAME));
    assert_eq!(signed_in.device_id.as_deref(), Some("device-1"));
    assert_eq!(signed_in.address.as_deref(), Some("127.0.0.1"));
    let claims = server.session_verifier(&device).verify(text(&tokens, "session_token"), START).unwrap();
    assert_eq!(signed_in.sid.as_deref(), Some(claims.sid.as_str()));
    let ended = events.iter().find(|event| event.event == "session_ended").unwrap();
    let ended_sid =
        server.session_verifier(&Device::new(2)).verify(text(&other, "session_token"), START).unwrap().sid;
    assert_eq!((ended.sid.as_ref(), ended.detail.as_deref()), (Some(&ended_sid), Some("password_changed")));
    let removed = events.last().unwrap();
    assert_eq!((removed.actor.as_str(), removed.address.as_deref()), ("operator", None));

    let all = admin.audit(&AuditFilter { max: 1000, ..AuditFilter::default() }).await.unwrap();
    let text = serde_json::to_string(&all).unwrap();
    for secret in ["hunter2", PASSWORD, NEW, token] {
        assert!(!text.contains(secret), "{text}");
    }
    let newest = admin.audit(&AuditFilter { max: 2, ..AuditFilter::default() }).await.unwrap();
    assert_eq!(newest, all[all.len() - 2..]);
    let none = AuditFilter { since: Some(START.plus(1).seconds()), max: 9, ..AuditFilter::default() };
    assert_eq!(admin.audit(&none).await.unwrap(), []);
}

async fn old_events_are_deleted_at_the_start(server: Server) {
    server.clock.advance(89 * DAY);
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    // A server deletes old events when it starts.
    server.another().await.stop().await;
    assert_eq!(server.audited().await, ["account_added", "signed_in"]);
    server.clock.advance(2 * DAY);
    let mut other = server.another().await;
    let is_deleted = async || (server.audited().await == ["signed_in"]).then_some(());
    wait_for("the old event is deleted", is_deleted).await;
    other.stop().await;
}
