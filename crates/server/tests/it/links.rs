//! `/api/me/links`: the providers' accounts that sign in to an account. Each story runs on both
//! databases.

use latchkey_server::accounts::Username;
use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, TestClock, USERNAME, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Browser, add_passkey, begin_link, begun, by_provider, confirm, confirmed, connection, finish, invite,
    link, on_both, post, provider, redeem, state,
};

on_both!(
    a_link_is_listed_used_and_removed,
    a_removed_account_leaves_no_link,
    a_link_is_made_and_removed_only_by_a_confirmed_user_of_its_account,
    a_provider_that_is_no_longer_in_the_settings_is_no_way_in,
    the_last_way_in_stays,
    not_me_removes_the_links_that_the_other_device_has_made,
);

/// The same server with a provider, whose user is `sam-at-work`.
async fn with(server: &Server) -> (Server, TestProvider) {
    let provider = TestProvider::start(&server.clock).await;
    let with = server.like(&server.clock, |settings| provider::with(settings, &provider, "")).await;
    (with, provider)
}

async fn links(server: &Server, device: &Device, token: &str) -> Value {
    ok(device.call(server, Method::GET, "/api/me/links", token).await).await
}

/// The path of the account's only link.
async fn path(server: &Server, device: &Device, token: &str) -> String {
    let listed = links(server, device, token).await;
    assert_eq!(listed["links"].as_array().unwrap().len(), 1, "{listed}");
    format!("/api/me/links/{}", text(&listed["links"][0], "id"))
}

async fn a_link_is_listed_used_and_removed(server: Server) {
    let (server, provider) = with(&server).await;
    let device = Device::new(1);
    let token = confirmed(&server, &device).await;
    let may_link = json!([{ "id": "company", "name": "Company" }]);
    let none = json!({ "links": [], "may_link": may_link });
    assert_eq!(links(&server, &device, &token).await, none);
    link(&server, &device, &token, &provider).await;
    let linked_at = server.clock.now().seconds();
    let listed = links(&server, &device, &token).await;
    let id = text(&listed["links"][0], "id").to_owned();
    let expected = json!({
        "links": [{
            "id": id, "provider": "company", "name": "Company", "linked_at": linked_at, "last_used_at": null,
        }],
        "may_link": may_link,
    });
    assert_eq!(listed, expected);
    assert!(id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    assert!(!listed.to_string().contains("sam-at-work"), "{listed}");
    server.clock.advance(10);
    ok(provider::sign_in(&Device::new(2), &server, &provider).await).await;
    let listed = links(&server, &device, &token).await;
    assert_eq!(listed["links"][0]["last_used_at"], linked_at + 10);
    let path = format!("/api/me/links/{id}");
    assert_eq!(device.call(&server, Method::DELETE, &path, &token).await.status(), 204);
    problem(device.call(&server, Method::DELETE, &path, &token).await, 404, "link_unknown").await;
    assert_eq!(links(&server, &device, &token).await, none);
    let events = server.audited().await;
    for event in ["account_linked", "link_removed"] {
        assert!(events.iter().any(|known| known == event), "{event} in {events:?}");
    }
}

async fn a_removed_account_leaves_no_link(server: Server) {
    let (server, provider) = with(&server).await;
    let device = Device::new(1);
    let token = confirmed(&server, &device).await;
    link(&server, &device, &token, &provider).await;
    let admin = server.admin().await;
    admin.remove(&Username::parse(USERNAME).unwrap(), server.clock.now()).await.unwrap();
    assert!(connection(&server).await.texts("SELECT sub FROM account_links").await.is_empty());
}

async fn a_link_is_made_and_removed_only_by_a_confirmed_user_of_its_account(server: Server) {
    let (server, provider) = with(&server).await;
    let (device, stranger) = (Device::new(1), Device::new(2));
    let tokens = device.sign_in(&server).await;
    let bare = text(&tokens, "token");
    let refused =
        problem(begin_link(&server, &device, bare, "link").await, 401, "insufficient_user_authentication");
    assert_eq!(refused.await["needs"], json!(["password"]));
    let token = confirm(&server, &device, bare).await;
    link(&server, &device, &token, &provider).await;
    let path = path(&server, &device, &token).await;
    let unconfirmed = device.call(&server, Method::DELETE, &path, bare).await;
    problem(unconfirmed, 401, "insufficient_user_authentication").await;
    let bearer = server.sign_in("device-9").await;
    let bearer = server.request(Method::DELETE, &path).header("x-client", "device-9").bearer_auth(bearer);
    problem(bearer.send().await.unwrap(), 401, "proof_required").await;

    // Another account neither sees it nor removes it, and cannot have the same one.
    let code = invite(&server, "bee").await;
    let other = ok(redeem(&stranger, &server, &code, "decepticons drool ☂", None).await).await;
    let body = json!({ "password": "decepticons drool ☂" });
    let other = stranger.post(&server, "/api/auth/confirm", text(&other, "token"), &body).await;
    let other = text(&ok(other).await, "token").to_owned();
    assert_eq!(links(&server, &stranger, &other).await["links"], json!([]));
    problem(stranger.call(&server, Method::DELETE, &path, &other).await, 404, "link_unknown").await;
    let begun = ok(begin_link(&server, &stranger, &other, "link").await).await;
    let mut browser = Browser::new();
    let away = browser.follow(&server, text(&begun, "url")).await.location.unwrap();
    browser.follow(&server, &provider.consent(&away)).await;
    let stands = state(&stranger, &server, text(&begun, "request")).await;
    assert_eq!(stands["reason"], "linked_elsewhere", "{stands}");
    assert_eq!(device.call(&server, Method::DELETE, &path, &token).await.status(), 204);
}

async fn a_provider_that_is_no_longer_in_the_settings_is_no_way_in(server: Server) {
    let (with, provider) = with(&server).await;
    let device = Device::new(1);
    let token = confirmed(&with, &device).await;
    link(&with, &device, &token, &provider).await;
    let listed = links(&server, &device, &token).await;
    assert_eq!(listed["may_link"], json!([]));
    let (provider_id, name) = (&listed["links"][0]["provider"], &listed["links"][0]["name"]);
    assert_eq!((provider_id, name), (&Value::Null, &json!(provider.issuer)));
    assert_eq!(listed["links"][0]["id"], links(&with, &device, &token).await["links"][0]["id"]);
    let path = path(&server, &device, &token).await;
    assert_eq!(device.call(&server, Method::DELETE, &path, &token).await.status(), 204);
}

async fn the_last_way_in_stays(server: Server) {
    let (with, provider) = with(&server).await;
    let (device, owner) = (Device::new(1), Device::new(2));
    // The account of a person who comes by the provider has nothing else.
    let creating = |settings: &mut latchkey_server::Settings| {
        provider::with(settings, &provider, "create = true");
    };
    let creates = server.like(&server.clock, creating).await;
    provider.behave(|behaviour| {
        behaviour.userinfo.insert("preferred_username".into(), json!("sam.at.work"));
    });
    ok(provider::sign_in(&owner, &creates, &provider).await).await;
    let tokens = ok(provider::sign_in(&owner, &creates, &provider).await).await;
    let token = text(&tokens, "token");
    let path = path(&creates, &owner, token).await;
    let required = owner.call(&creates, Method::DELETE, &path, token).await;
    let required = problem(required, 401, "insufficient_user_authentication").await;
    assert_eq!(required["needs"], json!(["browser"]));
    with.clock.advance(1);
    let now = with.clock.now().seconds();
    provider.behave(|behaviour| drop(behaviour.claims.insert("auth_time".into(), json!(now))));
    let fresh = ok(by_provider(&creates, &owner, (token, "confirm"), &provider).await).await;
    let fresh = text(&fresh, "token");
    problem(owner.call(&creates, Method::DELETE, &path, fresh).await, 409, "last_way").await;
    assert_eq!(links(&creates, &owner, fresh).await["links"].as_array().unwrap().len(), 1);

    // With a passkey beside it, one of the two may go.
    let (_, added) = add_passkey(&creates, &owner, fresh).await;
    assert_eq!(owner.call(&creates, Method::DELETE, &path, fresh).await.status(), 204);
    let passkey = format!("/api/me/passkeys/{}", text(&added, "id"));
    problem(owner.call(&creates, Method::DELETE, &passkey, fresh).await, 409, "last_way").await;
    // An account with a password has always another one.
    let token = confirmed(&with, &device).await;
    let (_, added) = add_passkey(&with, &device, &token).await;
    let passkey = format!("/api/me/passkeys/{}", text(&added, "id"));
    assert_eq!(device.call(&with, Method::DELETE, &passkey, &token).await.status(), 204);
}

async fn not_me_removes_the_links_that_the_other_device_has_made(server: Server) {
    let (server, provider) = with(&server).await;
    let (owner, thief) = (Device::new(1), Device::new(2));
    let tokens = owner.sign_in(&server).await;
    let token = text(&tokens, "token");
    server.clock.advance(10);
    let stolen = confirmed(&server, &thief).await;
    link(&server, &thief, &stolen, &provider).await;
    let notices = ok(owner.call(&server, Method::GET, "/api/me/notices", token).await).await;
    let notices = notices["notices"].as_array().unwrap();
    let linked = notices.iter().find(|notice| notice["kind"] == "account_linked").unwrap();
    // By another key of the thief, with the link, and not finished.
    let other = Device::new(3);
    let wanted = json!({ "way": "provider", "provider": "company" });
    let (request, url) = begun(&other, &server, &wanted).await;
    let (page, _) = provider::browse(&server, &provider, &url).await;
    let path = format!("/api/me/notices/{}", text(linked, "id"));
    ok(owner.post(&server, &path, token, &json!({ "answer": "not_mine" })).await).await;
    assert_eq!(links(&server, &owner, token).await["links"], json!([]));
    problem(finish(&other, &server, &request, &page.result()).await, 404, "request_unknown").await;
}

#[tokio::test]
async fn of_two_that_remove_the_last_two_ways_at_the_same_time_one_stays() {
    let clock = TestClock::frozen();
    let provider = TestProvider::start(&clock).await;
    let server = Server::builder().clock(&clock);
    let server = server.settings(|settings| {
        provider::with(settings, &provider, "");
        settings.passwords.enabled = false;
    });
    let server = server.start().await;
    let device = Device::new(1);
    let code = invite(&server, "bee").await;
    let body = json!({ "code": code });
    let tokens = ok(post(&device, &server, "/api/auth/code", &body).await).await;
    let token = text(&tokens, "token");
    link(&server, &device, token, &provider).await;
    let (_, added) = add_passkey(&server, &device, token).await;
    server.clock.advance(1);
    let now = server.clock.now().seconds();
    provider.behave(|behaviour| drop(behaviour.claims.insert("auth_time".into(), json!(now))));
    let fresh = ok(by_provider(&server, &device, (token, "confirm"), &provider).await).await;
    let fresh = text(&fresh, "token");
    let (link, passkey) =
        (path(&server, &device, fresh).await, format!("/api/me/passkeys/{}", text(&added, "id")));
    let (one, other) = tokio::join!(
        device.call(&server, Method::DELETE, &link, fresh),
        device.call(&server, Method::DELETE, &passkey, fresh)
    );
    let mut statuses = [one.status().as_u16(), other.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
}
