//! A device that has lost its session learns why, when, and by which other device; nobody else
//! does.

use latchkey_testkit::{Device, PASSWORD, Server, Sql, ok, problem, text, wait_for};
use latchkey_token::DeviceKey;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{DAY, on_both};

on_both!(the_old_device_learns_which_device_ended_it_and_when, each_way_to_end_a_session_has_its_reason,);

async fn the_old_device_learns_which_device_ended_it_and_when(server: Server) {
    let (old, new, another) = (Device::new(1), Device::new(2), server.another().await);
    let lost = ok(old.sign_in_as(&server, "Old", "Linux").await).await;
    server.clock.advance(10);
    let tokens = ok(new.sign_in_as(&server, "New: http://evil.example", "Windows").await).await;
    server.clock.advance(5);
    let end = new.call(&server, Method::DELETE, "/api/sessions", text(&tokens, "token")).await;
    assert_eq!(end.status(), 204);
    let at = server.clock.now().seconds();
    server.clock.advance(100);

    for server in [&server, &another] {
        let told =
            problem(old.renew(server, text(&lost, "session_token")).await, 401, "session_revoked").await;
        assert_eq!((&told["reason"], &told["ended_at"]), (&json!("ended_by_device"), &json!(at)));
        assert_eq!(told["ended_by"], json!({ "name": "New http evil.example", "platform": "Windows" }));
    }
    // The access token alone says only that it is over.
    let bare = old.call(&server, Method::GET, "/", text(&lost, "token")).await;
    let bare = problem(bare, 401, "session_revoked").await;
    // Neither does the session token with another key's proof, or without one.
    let thief = Device { id: old.id.clone(), key: DeviceKey::derive(&[7; 32]).unwrap() };
    let stolen = thief.renew(&server, text(&lost, "session_token")).await;
    let stolen = problem(stolen, 401, "invalid_dpop_proof").await;
    for refused in [bare, stolen] {
        for member in ["ended_at", "ended_by", "reason"] {
            assert_eq!(refused.get(member), None, "{refused}");
        }
    }
}

#[tokio::test]
async fn the_end_is_told_for_thirty_days_past_the_absolute_limit_on_sqlite() {
    let server = Server::start().await;
    let url = format!("sqlite:{}", server.database_file().display());
    told_past_the_limit(&server, &url).await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_end_is_told_for_thirty_days_past_the_absolute_limit_on_postgresql() {
    let cluster = latchkey_testkit::Cluster::shared();
    let url = cluster.database().await;
    let server = Server::start_with(|settings| settings.database_url = url.as_str().into()).await;
    told_past_the_limit(&server, &url).await;
}

async fn told_past_the_limit(server: &Server, url: &str) {
    let (old, new) = (Device::new(1), Device::new(2));
    let mut lost = old.sign_in(server).await;
    for _ in 0..4 {
        server.clock.advance(22 * DAY);
        let renewed = ok(old.renew(server, text(&lost, "session_token")).await).await;
        lost["session_token"] = renewed["session_token"].clone();
    }
    let tokens = ok(new.sign_in_as(server, "New", "Linux").await).await;
    let end = new.call(server, Method::DELETE, "/api/sessions", text(&tokens, "token")).await;
    assert_eq!(end.status(), 204);
    server.clock.advance(29 * DAY);
    // A server deletes what has expired when it starts: sessions before used proofs. This one began
    // 117 days ago.
    let mut sql = Sql::connect(url).await;
    sql.execute("INSERT INTO used_proofs (id, expires_at) VALUES ('test', 1)").await;
    let started = server.another().await;
    wait_for("the expired rows are deleted", async || {
        let left = sql.texts("SELECT id FROM used_proofs WHERE id = 'test'").await;
        left.is_empty().then_some(())
    })
    .await;
    let told = old.renew(&started, text(&lost, "session_token")).await;
    let told = problem(told, 401, "session_revoked").await;
    assert_eq!((&told["reason"], &told["ended_by"]["name"]), (&json!("ended_by_device"), &json!("New")));
}

async fn each_way_to_end_a_session_has_its_reason(server: Server) {
    let reason = async |device: &Device, tokens: &Value, code: &'static str| {
        let refused = problem(device.renew(&server, text(tokens, "session_token")).await, 401, code).await;
        assert_eq!(refused["ended_at"], server.clock.now().seconds(), "{refused}");
        assert!(refused["ended_by"].is_null() == (refused["reason"] != "ended_by_device"), "{refused}");
        text(&refused, "reason").to_owned()
    };
    let (lost, other) = (Device::new(1), Device::new(2));
    let by = ok(other.sign_in_as(&server, "Other", "Linux").await).await;

    let tokens = lost.sign_in(&server).await;
    lost.call(&server, Method::DELETE, "/api/auth", text(&tokens, "token")).await;
    assert_eq!(reason(&lost, &tokens, "session_revoked").await, "signed_out");

    let tokens = lost.sign_in(&server).await;
    let body = json!({ "current": PASSWORD, "new": PASSWORD, "end_other_sessions": true });
    assert_eq!(other.put(&server, "/api/me/password", text(&by, "token"), &body).await.status(), 204);
    assert_eq!(reason(&lost, &tokens, "session_revoked").await, "ended_by_device");

    let tokens = lost.sign_in(&server).await;
    lost.sign_in(&server).await;
    assert_eq!(reason(&lost, &tokens, "session_revoked").await, "replaced");

    let tokens = lost.sign_in(&server).await;
    let sid = server.session_verifier(&lost).verify(text(&tokens, "session_token"), server.clock.now());
    let admin = server.admin().await;
    admin.end_session(&sid.unwrap().sid, server.clock.now()).await.unwrap();
    assert_eq!(reason(&lost, &tokens, "session_revoked").await, "revoked");
}
