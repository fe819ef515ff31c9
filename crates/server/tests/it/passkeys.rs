//! Passkeys: added in the window and in the browser, used to sign in and to confirm, and removed.
//! Each story runs on both databases, with a software authenticator.

use latchkey_server::Clock;
use latchkey_server::accounts::Username;
use latchkey_testkit::authenticator::SoftPasskey;
use latchkey_testkit::{Device, Server, USERNAME, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Browser, PasskeyPage, add_passkey, begin_passkey, begun, confirmed, finish, finish_passkey, passkeys,
    post, refused_by, requiring_factors, saying, sign_in_by, stands, with_passkeys,
};

with_passkeys!(
    a_passkey_is_added_used_renamed_and_removed,
    a_new_passkey_is_asked_for_without_personal_ids,
    a_passkey_needs_a_confirmation_a_name_and_a_place,
    a_passkey_confirms_in_place_of_password_and_code,
    a_passkey_is_enough_where_a_second_factor_is_required,
    two_servers_share_a_ceremony,
    a_removed_passkey_signs_nobody_in,
    a_disabled_or_removed_account_has_no_way_in_by_passkey,
    a_lost_answer_to_the_end_of_a_registration_is_given_again,
    a_new_passkey_waits_five_minutes_for_its_name,
);

fn sam() -> Username {
    Username::parse(USERNAME).unwrap()
}

async fn a_passkey_is_added_used_renamed_and_removed(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let token = confirmed(&server, &device).await;
    let listed = ok(device.call(&server, Method::GET, "/api/me/passkeys", &token).await).await;
    assert_eq!(listed, json!({ "passkeys": [], "available": true, "reason": null }));

    let (request, url) = begin_passkey(&server, &device, &token).await;
    let mut page = PasskeyPage::open(&server, &url).await;
    let (passkey, answer) = SoftPasskey::create(&page.options(&server).await, &saying());
    assert_eq!(passkeys(&server, &device, &token).await, [] as [Value; 0], "nothing is stored yet");
    let result = page.result(&server, &answer).await;
    assert_eq!(passkeys(&server, &device, &token).await, [] as [Value; 0], "nothing is stored yet");
    let state = stands(&server, &device, &request).await;
    assert_eq!((&state["state"], &state["suggested_name"]), (&json!("finished"), &json!("Passkey")));
    let added = finish_passkey(&server, &device, &token, (&request, &result)).await;
    assert_eq!(added.status(), 201);
    let added: Value = added.json().await.unwrap();
    let now = server.clock.now().seconds();
    let expected = json!({
        "id": added["id"], "name": "Key", "created_at": now, "last_used_at": null, "synced": false,
        "suspicious": false,
    });
    assert_eq!(added, expected);

    let tokens = ok(sign_in_by(&server, &other, &passkey, &saying()).await).await;
    let claims =
        server.access_verifier(&other.id).verify(text(&tokens, "token"), server.clock.now()).unwrap();
    assert_eq!((claims.acr.as_deref(), claims.amr), (Some("2fa"), Some(vec!["swk".into(), "mfa".into()])));
    assert_eq!(claims.profile.preferred_username, USERNAME);
    assert!(tokens["session_token"].is_string());

    let path = format!("/api/me/passkeys/{}", text(&added, "id"));
    let proof = device.proof(&server, &Method::PATCH, &path, Some(&token));
    let renaming = server.request(Method::PATCH, &path).header("x-client", &device.id).header("dpop", proof);
    let renaming = renaming.header("authorization", format!("DPoP {token}"));
    let renamed = ok(renaming.json(&json!({ "name": " My phone " })).send().await.unwrap()).await;
    assert_eq!((&renamed["name"], &renamed["last_used_at"]), (&json!("My phone"), &json!(now)));
    assert_eq!(device.call(&server, Method::DELETE, &path, &token).await.status(), 204);
    problem(device.call(&server, Method::DELETE, &path, &token).await, 404, "not_found").await;
    let audited = server.audited().await;
    for event in ["passkey_added", "passkey_renamed", "passkey_removed"] {
        assert!(audited.iter().any(|name| name == event), "{event}");
    }
}

async fn a_new_passkey_is_asked_for_without_personal_ids(server: Server) {
    let device = Device::new(1);
    let token = confirmed(&server, &device).await;
    let account = ok(device.call(&server, Method::GET, "/api/me", &token).await).await;
    let (_, url) = begin_passkey(&server, &device, &token).await;
    let options = PasskeyPage::open(&server, &url).await.options(&server).await;
    let handle = text(&options["user"], "id").to_owned();
    assert_eq!(handle.len(), 86, "64 bytes in base64url");
    assert!(!options.to_string().contains(text(&account, "sub")));
    assert_eq!(options["excludeCredentials"], json!([]));
    // The account keeps its handle, and each authenticator learns what it has already.
    let (passkey, _) = add_passkey(&server, &device, &token).await;
    assert_eq!(latchkey_testkit::authenticator::encode(&passkey.user_handle), handle);
    let (_, url) = begin_passkey(&server, &device, &token).await;
    let options = PasskeyPage::open(&server, &url).await.options(&server).await;
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
}

async fn a_passkey_needs_a_confirmation_a_name_and_a_place(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let body = json!({ "port": 4321 });
    let unconfirmed = device.post(&server, "/api/me/passkeys", text(&tokens, "token"), &body).await;
    let refused = problem(unconfirmed, 401, "insufficient_user_authentication").await;
    assert_eq!((&refused["needs"], &refused["max_age"]), (&json!(["password"]), &json!(300)));
    let bearer = server.sign_in("device-9").await;
    let bearer =
        server.request(Method::POST, "/api/me/passkeys").header("x-client", "device-9").bearer_auth(bearer);
    problem(bearer.json(&body).send().await.unwrap(), 401, "proof_required").await;

    let token = confirmed(&server, &device).await;
    for body in [json!({ "port": 80 }), json!({}), json!({ "port": 4321, "language": "fr" })] {
        problem(device.post(&server, "/api/me/passkeys", &token, &body).await, 400, "invalid_request").await;
    }
    let (request, url) = begin_passkey(&server, &device, &token).await;
    let mut page = PasskeyPage::open(&server, &url).await;
    let (_, answer) = SoftPasskey::create(&page.options(&server).await, &saying());
    let result = page.result(&server, &answer).await;
    for name in ["", " ", "two\nlines", &"x".repeat(65)] {
        let body = json!({ "request": request, "result": result, "name": name });
        let refused = device.post(&server, "/api/me/passkeys/finish", &token, &body).await;
        problem(refused, 400, "invalid_request").await;
    }
    let wrong = finish_passkey(&server, &device, &token, (&request, "wrong")).await;
    assert_eq!(problem(wrong, 403, "wrong_result").await["tries_left"], 4);
    assert_eq!(finish_passkey(&server, &device, &token, (&request, &result)).await.status(), 201);
}

async fn a_passkey_confirms_in_place_of_password_and_code(server: Server) {
    let device = Device::new(1);
    let token = confirmed(&server, &device).await;
    let (passkey, added) = add_passkey(&server, &device, &token).await;
    // Older than any confirmation that counts.
    server.clock.advance(400);
    let path = format!("/api/me/passkeys/{}", text(&added, "id"));
    let late = device.call(&server, Method::DELETE, &path, &token).await;
    let refused = problem(late, 401, "insufficient_user_authentication").await;
    assert_eq!((&refused["needs"], &refused["or_passkey"]), (&json!(["password"]), &json!(true)));

    let body = json!({ "mode": "here", "port": 4321, "purpose": "confirm" });
    let begun = ok(device.post(&server, "/api/auth/browser", &token, &body).await).await;
    let mut page = PasskeyPage::open(&server, text(&begun, "url")).await;
    let answer = passkey.assert(&page.options(&server).await, &saying());
    let result = page.result(&server, &answer).await;
    let answered = ok(finish(&device, &server, text(&begun, "request"), &result).await).await;
    let fresh = text(&answered, "token");
    assert_eq!(device.call(&server, Method::DELETE, &path, fresh).await.status(), 204);
}

async fn a_passkey_is_enough_where_a_second_factor_is_required(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let token = confirmed(&server, &device).await;
    let (passkey, _) = add_passkey(&server, &device, &token).await;
    let strict = requiring_factors(&server).await;
    problem(other.attempt(&strict, latchkey_testkit::PASSWORD).await, 401, "enrolment_required").await;
    let tokens = ok(sign_in_by(&strict, &other, &passkey, &saying()).await).await;
    // Past the grace period of those who have no second factor.
    ok(other.call(&strict, Method::GET, "/api/me", text(&tokens, "token")).await).await;
    strict.clock.advance(8 * crate::support::DAY);
    ok(other.renew(&strict, text(&tokens, "session_token")).await).await;
}

async fn two_servers_share_a_ceremony(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let second = server.another().await;
    let token = confirmed(&server, &device).await;
    let (request, url) = begin_passkey(&server, &device, &token).await;
    let mut page = PasskeyPage::open(&second, &url).await;
    let (passkey, answer) = SoftPasskey::create(&page.options(&server).await, &saying());
    let result = page.result(&second, &answer).await;
    assert_eq!(finish_passkey(&server, &device, &token, (&request, &result)).await.status(), 201);

    let (request, url) = begun(&other, &server, &json!({})).await;
    let mut page = PasskeyPage::open(&second, &url).await;
    let answer = passkey.assert(&page.options(&second).await, &saying());
    let result = page.result(&server, &answer).await;
    ok(finish(&other, &second, &request, &result).await).await;
}

async fn a_removed_passkey_signs_nobody_in(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let token = confirmed(&server, &device).await;
    let (passkey, added) = add_passkey(&server, &device, &token).await;
    // One sign-in waits for its result.
    let (request, url) = begun(&other, &server, &json!({})).await;
    let mut page = PasskeyPage::open(&server, &url).await;
    let answer = passkey.assert(&page.options(&server).await, &saying());
    let result = page.result(&server, &answer).await;
    let path = format!("/api/me/passkeys/{}", text(&added, "id"));
    assert_eq!(device.call(&server, Method::DELETE, &path, &token).await.status(), 204);
    problem(finish(&other, &server, &request, &result).await, 404, "request_unknown").await;
    let said = refused_by(&server, &other, &passkey, &saying()).await;
    assert!(said.starts_with("No account here has this passkey."), "{said}");
}

async fn a_disabled_or_removed_account_has_no_way_in_by_passkey(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let token = confirmed(&server, &device).await;
    let (passkey, _) = add_passkey(&server, &device, &token).await;
    let admin = server.admin().await;
    admin.disable(&sam(), server.clock.now()).await.unwrap();
    let said = refused_by(&server, &other, &passkey, &saying()).await;
    assert_eq!(said, "The account is disabled.");
    admin.enable(&sam(), server.clock.now()).await.unwrap();
    ok(sign_in_by(&server, &other, &passkey, &saying()).await).await;
    admin.remove(&sam(), server.clock.now()).await.unwrap();
    let said = refused_by(&server, &other, &passkey, &saying()).await;
    assert!(said.starts_with("No account here has this passkey."), "{said}");
}

async fn a_lost_answer_to_the_end_of_a_registration_is_given_again(server: Server) {
    let device = Device::new(1);
    let token = confirmed(&server, &device).await;
    let (request, url) = begin_passkey(&server, &device, &token).await;
    let mut page = PasskeyPage::open(&server, &url).await;
    let (_, answer) = SoftPasskey::create(&page.options(&server).await, &saying());
    let result = page.result(&server, &answer).await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let added = finish_passkey(&server, &device, &token, (&request, &result)).await;
        assert_eq!(added.status(), 201);
        answers.push(added.json::<Value>().await.unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(passkeys(&server, &device, &token).await.len(), 1);
}

#[tokio::test]
async fn a_server_without_a_name_says_why_it_has_no_passkeys() {
    for (public_url, reason) in [
        (None, "no_public_url"),
        (Some("http://127.0.0.1:5468"), "address"),
        (Some("https://192.0.2.7"), "address"),
        (Some("http://auth.example"), "plain_http"),
    ] {
        let server = Server::start_with(|settings| {
            settings.public_url = public_url.map(|url| url.parse().unwrap());
        })
        .await;
        let token = server.sign_in("device-1").await;
        let list = server.request(Method::GET, "/api/me/passkeys").header("x-client", "device-1");
        let listed = ok(list.bearer_auth(token).send().await.unwrap()).await;
        assert_eq!(listed, json!({ "passkeys": [], "available": false, "reason": reason }));
        let device = Device::new(2);
        if public_url.is_none() {
            let token = confirmed(&server, &device).await;
            let body = json!({ "port": 4321 });
            let refused = device.post(&server, "/api/me/passkeys", &token, &body).await;
            problem(refused, 403, "browser_unavailable").await;
        }
    }
}

#[tokio::test]
async fn the_page_of_passkeys_has_one_script_and_no_inline_one() {
    let server = Server::start_with(crate::support::offers_passkeys).await;
    let options = ok(server.request(Method::GET, "/api/auth/options").send().await.unwrap()).await;
    assert_eq!(options["browser"]["passkeys"], true);
    let (_, url) = begun(&Device::new(1), &server, &json!({ "language": "de" })).await;
    let mut browser = Browser::new();
    browser.get(&server, &url).await;
    let page = browser.get(&server, "/browser/passkey").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.split("; ").any(|given| given == part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.text.matches("<script").count(), 1);
    assert!(page.text.contains(r#"<html lang="de">"#) && page.text.contains("Passkey verwenden"));
    let script = browser.get(&server, "/browser/passkey.js").await;
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
    assert!(script.text.contains("navigator.credentials.get"));
    // Over without the cookie, as each page is.
    assert_eq!(Browser::new().get(&server, "/browser/passkey").await.status, 410);
}

#[tokio::test]
async fn related_origins_are_served_where_they_are_set() {
    let server = Server::start().await;
    let path = "/.well-known/webauthn";
    problem(server.request(Method::GET, path).send().await.unwrap(), 404, "not_found").await;
    let server = Server::start_with(|settings| {
        settings.passkeys.related_origins =
            ["https://login.example", "https://auth.example:8443"].map(|url| url.parse().unwrap()).into();
    })
    .await;
    let origins = ok(server.request(Method::GET, path).send().await.unwrap()).await;
    assert_eq!(origins, json!({ "origins": ["https://login.example", "https://auth.example:8443"] }));
}

#[tokio::test]
async fn a_public_url_that_loses_passkeys_is_refused() {
    let mut server = Server::start_with(crate::support::offers_passkeys).await;
    let device = Device::new(1);
    let token = confirmed(&server, &device).await;
    let (passkey, _) = add_passkey(&server, &device, &token).await;
    server.stop().await;
    let start = async |change: &dyn Fn(&mut latchkey_server::Settings)| {
        let mut settings = server.settings.clone();
        change(&mut settings);
        let built = latchkey_server::Application::build(settings, Clock::system()).await;
        built.err().map(|error| error.to_string())
    };
    for url in ["https://login.example.test", "https://example.test", "http://127.0.0.1:5468"] {
        let error = start(&|settings| settings.public_url = Some(url.parse().unwrap())).await.unwrap();
        assert!(error.starts_with("1 passkeys are bound to auth.example.test"), "{error}");
        assert!(error.contains("/.well-known/webauthn"), "{error}");
    }
    let unset = start(&|settings| settings.public_url = None).await.unwrap();
    assert!(unset.starts_with("1 passkeys are bound to auth.example.test"), "{unset}");
    let other = start(&|settings| settings.passkeys.rp_id = Some("example.test".into())).await.unwrap();
    assert!(other.contains("passkeys.rp_id is example.test"), "{other}");
    assert_eq!(start(&|settings| settings.passkeys.enabled = false).await, None);

    // A name below it, and a related origin, go on with the same passkeys.
    for (url, related) in
        [("https://a.auth.example.test", None), ("https://new.example", Some("https://new.example"))]
    {
        let moved = server.like(&server.clock, |settings| {
            settings.public_url = Some(url.parse().unwrap());
            settings.passkeys.related_origins = related.iter().map(|url| url.parse().unwrap()).collect();
        });
        let moved = moved.await;
        let (request, opened) = begun(&device, &moved, &json!({})).await;
        let mut browser = Browser::new();
        browser.get(&moved, &opened).await;
        let page = PasskeyPage::of(&moved, browser).await;
        let options = page.options(&moved).await;
        assert_eq!(options["rpId"], "auth.example.test");
        let at = latchkey_testkit::authenticator::Saying { origin: url.to_owned(), ..saying() };
        let answered = ok(page.answer(&moved, &passkey.assert(&options, &at)).await).await;
        assert!(answered["next"].is_string(), "{answered}");
        let state = ok(post(&device, &moved, "/api/auth/browser/poll", &json!({ "request": request })).await);
        assert_eq!(state.await["state"], "finished");
    }
    server.admin().await.remove_all_passkeys(server.clock.now()).await.unwrap();
    assert_eq!(
        start(&|settings| settings.public_url = Some("https://new.example".parse().unwrap())).await,
        None
    );
}

async fn a_new_passkey_waits_five_minutes_for_its_name(server: Server) {
    let device = Device::new(1);
    for (seconds, status) in [(299, 201), (300, 404)] {
        let token = confirmed(&server, &device).await;
        let (request, url) = begin_passkey(&server, &device, &token).await;
        let mut page = PasskeyPage::open(&server, &url).await;
        let (_, answer) = SoftPasskey::create(&page.options(&server).await, &saying());
        let result = page.result(&server, &answer).await;
        server.clock.advance(seconds);
        let finished = finish_passkey(&server, &device, &token, (&request, &result)).await;
        assert_eq!(finished.status(), status, "after {seconds} seconds");
    }
}
