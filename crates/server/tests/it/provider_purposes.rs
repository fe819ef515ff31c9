//! What a provider's word is good for beside a first sign-in: a confirmation, a link, a second
//! factor. Each from the beginning to the end, and as it would be abused.

use latchkey_server::accounts::{self, NewAccount, Role, Username};
use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, sam, text};
use reqwest::{Method, Response};
use serde_json::json;

use crate::support::provider::{account_of, browse, claims, failure, needs, says, sign_in, start};
use crate::support::{Browser, begin_passkey, begun, confirmed, finish, give_sam_a_factor};

/// Begins a request for a purpose that needs a session.
async fn begin(device: &Device, server: &Server, token: &str, purpose: &str) -> Response {
    let body = json!({
        "purpose": purpose, "mode": "here", "port": 4321, "way": "provider", "provider": "company",
    });
    device.post(server, "/api/auth/browser", token, &body).await
}

/// The same, of which it is known that it begins. Returns the request and its URL.
async fn begun_for(device: &Device, server: &Server, token: &str, purpose: &str) -> (String, String) {
    let begun = ok(begin(device, server, token, purpose).await).await;
    (text(&begun, "request").to_owned(), text(&begun, "url").to_owned())
}

#[tokio::test]
async fn who_has_no_password_confirms_by_the_provider_for_one_token() {
    let (server, provider) = start("create = true").await;
    let (device, port) = (Device::new(1), json!({ "port": 4321 }));
    let tokens = ok(sign_in(&device, &server, &provider).await).await;
    let (token, began) = (text(&tokens, "token"), server.clock.now());
    server.clock.advance(120);
    let passkey = device.post(&server, "/api/me/passkeys", token, &port).await;
    assert_eq!(needs(passkey).await, json!(["browser"]));

    let (request, url) = begun_for(&device, &server, token, "confirm").await;
    let (page, away) = browse(&server, &provider, &url).await;
    assert!(away.contains("&max_age=0"), "the provider is asked to authenticate anew: {away}");
    let result = page.result();
    for stranger in [Device::new(2), Device { id: "device-2".into(), key: Device::new(1).key }] {
        problem(finish(&stranger, &server, &request, &result).await, 404, "request_unknown").await;
    }
    let answer = ok(finish(&device, &server, &request, &result).await).await;
    let mut members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["expires_in", "token", "token_type"], "no session token");
    let (before, after) = (claims(&server, &device, token), claims(&server, &device, text(&answer, "token")));
    assert_eq!((before.auth_time, after.auth_time), (began, server.clock.now()));
    assert_eq!((after.sid, after.acr.as_deref()), (before.sid, Some("1fa")));
    begin_passkey(&server, &device, text(&answer, "token")).await;
    // A lost answer is given again for a minute, and the session is as old as before.
    ok(finish(&device, &server, &request, &result).await).await;
    let renewed = ok(device.renew(&server, text(&tokens, "session_token")).await).await;
    assert_eq!(claims(&server, &device, text(&renewed, "token")).auth_time, began);
    server.clock.advance(60);
    problem(finish(&device, &server, &request, &result).await, 404, "request_unknown").await;
    assert_eq!(server.living_sessions().await, 1);
    assert!(server.audited().await.iter().any(|event| event == "confirmed"));
}

#[tokio::test]
async fn a_confirmation_needs_a_new_sign_in_at_the_provider_by_the_same_person() {
    let (server, provider) = start("create = true").await;
    let (device, other) = (Device::new(1), Device::new(2));
    let tokens = ok(sign_in(&device, &server, &provider).await).await;
    says(&provider, &json!({ "sub": "eve-at-work" }));
    ok(sign_in(&other, &server, &provider).await).await;
    server.clock.advance(600);
    let (now, token) = (server.clock.now().seconds(), text(&tokens, "token"));
    for (said, expected) in [
        // A browser that was signed in there already, or a provider that does not say when.
        (json!({ "auth_time": now - 61 }), "provider_refused"),
        (json!({ "auth_time": now - 600 }), "provider_refused"),
        (json!({ "auth_time": null }), "provider_refused"),
        (json!({ "auth_time": now + 61 }), "provider_refused"),
        // Another account here, or none.
        (json!({ "sub": "eve-at-work" }), "not_allowed"),
        (json!({ "sub": "nobody" }), "not_allowed"),
    ] {
        says(&provider, &said);
        let begun = begun_for(&device, &server, token, "confirm").await;
        assert_eq!(failure(&device, &server, &provider, begun).await, expected, "{said}");
    }
    // Without a session, with the token of another device, or with one without a key.
    problem(begin(&other, &server, token, "confirm").await, 401, "invalid_token").await;
    let bearer = server.sign_in("device-9").await;
    let body = json!({ "purpose": "confirm", "mode": "here", "port": 4321 });
    let call = server.request(Method::POST, "/api/auth/browser").header("x-client", "device-9");
    problem(call.bearer_auth(bearer).json(&body).send().await.unwrap(), 401, "proof_required").await;
    // The session ends while the browser is open.
    says(&provider, &json!({}));
    let (request, url) = begun_for(&device, &server, token, "confirm").await;
    let (page, _) = browse(&server, &provider, &url).await;
    let ended = device.call(&server, Method::DELETE, "/api/auth", text(&tokens, "session_token")).await;
    assert_eq!(ended.status(), 204);
    let finished = finish(&device, &server, &request, &page.result()).await;
    assert!(finished.status().is_client_error(), "{}", finished.status());
}

#[tokio::test]
async fn a_provider_does_not_stand_in_for_the_second_factor_of_an_account() {
    let (server, provider) = start("factor = \"theirs\"\namr = [\"mfa\"]").await;
    let device = Device::new(1);
    link_sam(&server, &provider, &device).await;
    let (_, tokens) = give_sam_a_factor(&server, &device).await;
    let token = text(&tokens, "token");
    server.clock.advance(600);
    let now = server.clock.now();
    let name = Username::parse(USERNAME).unwrap();
    server.admin().await.grant(&name, Role::Desk, now).await.unwrap();
    let begun = begun_for(&device, &server, token, "confirm").await;
    assert_eq!(failure(&device, &server, &provider, begun).await, "not_allowed");
    // With a second factor there that the settings list, it does.
    says(&provider, &json!({ "amr": ["pwd", "swk", "mfa"] }));
    let (request, url) = begun_for(&device, &server, token, "confirm").await;
    let (page, _) = browse(&server, &provider, &url).await;
    let answer = ok(finish(&device, &server, &request, &page.result()).await).await;
    let confirmed = claims(&server, &device, text(&answer, "token"));
    assert_eq!((confirmed.acr.as_deref(), confirmed.auth_time), (Some("2fa"), now));
    assert_eq!(confirmed.custom["latchkey_role"], "desk");
    // But not for the password, which changes of the factor need too.
    let removing = device.call(&server, Method::DELETE, "/api/me/totp", text(&answer, "token")).await;
    assert_eq!(needs(removing).await, json!(["password", "code"]));
}

/// Links the provider's account to Sam's, with the password as the confirmation.
async fn link_sam(server: &Server, provider: &TestProvider, device: &Device) {
    let token = confirmed(server, device).await;
    let (request, url) = begun_for(device, server, &token, "link").await;
    let (page, away) = browse(server, provider, &url).await;
    assert!(away.contains("&max_age=0"), "{away}");
    assert_eq!(finish(device, server, &request, &page.result()).await.status(), 204);
}

#[tokio::test]
async fn a_linked_provider_signs_in_to_the_same_account_and_is_told_to_its_devices() {
    let (server, provider) = start("").await;
    let (device, other) = (Device::new(1), Device::new(2));
    let unlinked = begun(&other, &server, &json!({ "way": "provider", "provider": "company" })).await;
    assert_eq!(failure(&other, &server, &provider, unlinked).await, "account_unknown");
    let older = ok(Device::new(3).attempt(&server, PASSWORD).await).await;
    link_sam(&server, &provider, &device).await;
    let tokens = ok(sign_in(&other, &server, &provider).await).await;
    let sam = account_of(&other, &server, &tokens).await;
    assert_eq!(sam, account_of(&Device::new(3), &server, &older).await);
    let told = Device::new(3).call(&server, Method::GET, "/api/me/notices", text(&older, "token")).await;
    let told = ok(told).await.to_string();
    assert!(told.contains("account_linked"), "{told}");
    // Once more changes nothing.
    let links = server.audited().await.iter().filter(|event| *event == "account_linked").count();
    link_sam(&server, &provider, &device).await;
    let again = server.audited().await.iter().filter(|event| *event == "account_linked").count();
    assert_eq!((links, again), (1, 1));
}

#[tokio::test]
async fn a_link_needs_a_confirmation_and_its_session() {
    let (server, provider) = start("").await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let early = begin(&device, &server, text(&tokens, "token"), "link").await;
    assert_eq!(needs(early).await, json!(["password"]), "a sign-in is not enough");
    let without = crate::support::begin(&device, &server, &json!({ "purpose": "link" })).await;
    problem(without, 401, "token_missing").await;
    let token = confirmed(&server, &device).await;
    server.clock.advance(400);
    let late = begin(&device, &server, &token, "link").await;
    assert_eq!(needs(late).await, json!(["password"]));

    let token = confirmed(&server, &device).await;
    // Another person was signed in at the provider in this browser, and still is.
    says(&provider, &json!({ "auth_time": server.clock.now().seconds() - 61 }));
    let silent = begun_for(&device, &server, &token, "link").await;
    assert_eq!(failure(&device, &server, &provider, silent).await, "provider_refused");
    // A provider that does not say when.
    says(&provider, &json!({ "auth_time": null }));
    let (request, url) = begun_for(&device, &server, &token, "link").await;
    let mut browser = Browser::new();
    browser.get(&server, &url).await;
    let page = browser.get(&server, "/browser/passkey").await;
    assert_ne!(page.status, 200, "a passkey is nothing to link");
    let (request_again, url) = begun_for(&device, &server, &token, "link").await;
    let (page, _) = browse(&server, &provider, &url).await;
    problem(finish(&device, &server, &request, &page.result()).await, 404, "request_unknown").await;
    // The session is over before the result comes: nothing is linked.
    assert_eq!(device.call(&server, Method::DELETE, "/api/auth", &token).await.status(), 204);
    let finished = finish(&device, &server, &request_again, &page.result()).await;
    assert!(finished.status().is_client_error(), "{}", finished.status());
    let unlinked = begun(&device, &server, &json!({ "way": "provider", "provider": "company" })).await;
    assert_eq!(failure(&device, &server, &provider, unlinked).await, "account_unknown");
}

#[tokio::test]
async fn a_providers_account_belongs_to_one_account_here() {
    let (server, provider) = start("").await;
    let eve = NewAccount { username: Username::parse("eve").unwrap(), email: None, ..sam() };
    accounts::add(&server.settings, eve, server.clock.now()).await.unwrap();
    let (device, other) = (Device::new(1), Device::new(2));
    let proof = other.proof(&server, &Method::POST, "/api/auth", None);
    let call = server.request(Method::POST, "/api/auth").header("x-client", &other.id).header("dpop", proof);
    let body = json!({ "username": "eve", "password": PASSWORD });
    let eves = ok(call.json(&body).send().await.unwrap()).await;
    let eves = crate::support::confirm(&server, &other, text(&eves, "token")).await;
    // Both are at the provider's at the same time, with the same account there.
    let token = confirmed(&server, &device).await;
    let (sams, url) = begun_for(&device, &server, &token, "link").await;
    let (page, _) = browse(&server, &provider, &url).await;
    let (request, url) = begun_for(&other, &server, &eves, "link").await;
    let (later, _) = browse(&server, &provider, &url).await;
    assert_eq!(finish(&other, &server, &request, &later.result()).await.status(), 204);
    for _ in 0..2 {
        let finished = finish(&device, &server, &sams, &page.result()).await;
        problem(finished, 409, "linked_elsewhere").await;
    }
    // From now on the browser says it.
    let begun = begun_for(&device, &server, &token, "link").await;
    assert_eq!(failure(&device, &server, &provider, begun).await, "linked_elsewhere");
    let tokens = ok(sign_in(&Device::new(3), &server, &provider).await).await;
    let me = ok(Device::new(3).call(&server, Method::GET, "/api/me", text(&tokens, "token")).await).await;
    assert_eq!(me["preferred_username"], "eve");
}
