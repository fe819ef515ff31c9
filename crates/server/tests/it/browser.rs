//! Requests to a browser, without a provider: what the device and the page may do. Each story runs
//! on both databases.

use latchkey_server::settings::OtherDevice;
use latchkey_testkit::{Device, Server, problem, text};
use reqwest::Method;
use serde_json::json;

use crate::support::{Browser, PUBLIC, begin, begun, finish, post, state};

/// A provider that is never called.
const PROVIDER: &str = r#"
id = "company"
name = "Example Company"
issuer = "https://id.example.test"
client_id = "latchkey"
"#;

/// A server with a provider, behind a proxy that speaks TLS.
async fn start(more: impl FnOnce(&mut latchkey_server::Settings)) -> Server {
    Server::start_with(|settings| {
        settings.public_url = Some(PUBLIC.parse().unwrap());
        settings.providers = vec![toml::from_str(PROVIDER).unwrap()];
        settings.passkeys.enabled = false;
        more(settings);
    })
    .await
}

#[tokio::test]
async fn a_request_is_opened_by_one_browser_and_its_url_is_good_once() {
    let (server, device) = (start(|_| ()).await, Device::new(1));
    let (request, url) = begun(&device, &server, &json!({})).await;
    assert_eq!((request.len(), url.len()), (22, PUBLIC.len() + "/browser/".len() + 43));
    assert_eq!(state(&device, &server, &request).await["state"], "waiting");
    let (mut browser, mut thief) = (Browser::new(), Browser::new());
    let visit = browser.get(&server, &url).await;
    assert_eq!((visit.status, visit.location.as_deref()), (303, Some("https://auth.example.test/browser")));
    let cookie = visit.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-latchkey-browser="), "{cookie}");
    for part in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=300"] {
        assert!(cookie.split("; ").any(|given| given == part), "{cookie}");
    }
    assert_eq!(state(&device, &server, &request).await["state"], "opened");
    assert_eq!(thief.get(&server, &url).await.status, 410);
    assert_eq!(browser.get(&server, &url).await.status, 410, "the ticket is spent");
    let page = browser.get(&server, "/browser").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Continue with Example Company") && !page.text.contains("<script"));
    assert_eq!(thief.get(&server, "/browser").await.status, 410, "no cookie");
    server.clock.advance(300);
    assert_eq!(browser.get(&server, "/browser").await.status, 410, "it is over");
    let late = post(&device, &server, "/api/auth/browser/poll", &json!({ "request": request })).await;
    problem(late, 404, "request_unknown").await;
}

#[tokio::test]
async fn a_page_cannot_be_framed_stored_or_scripted() {
    let (server, device) = (start(|_| ()).await, Device::new(1));
    let (_, url) = begun(&device, &server, &json!({})).await;
    let mut browser = Browser::new();
    let opened = browser.get(&server, &url).await;
    let page = browser.get(&server, "/browser").await;
    let none = Browser::new().get(&server, "/browser").await;
    for visit in [opened, page, none] {
        let header = |name: &str| visit.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"]
        {
            assert!(policy.split("; ").any(|given| given == part), "{policy}");
        }
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
    }
}

#[tokio::test]
async fn another_device_says_first_whose_computer_asks() {
    let server = start(|settings| settings.browser.other_device = OtherDevice::On).await;
    let device = Device::new(1);
    let other =
        json!({ "mode": "other", "port": null, "platform": "Linux", "device_name": "<b>\"Help\"</b>" });
    let (request, url) = begun(&device, &server, &other).await;
    let mut browser = Browser::new();
    let page = browser.follow(&server, &url).await;
    assert!(page.text.contains("Is this your computer?") && page.text.contains("127.0.0.1"));
    assert!(page.text.contains("“b Help b”") && !page.text.contains("Example Company"), "{}", page.text);
    let (no, yes) = (page.text.find("No, stop").unwrap(), page.text.find("Yes, I").unwrap());
    assert!(no < yes && page.text[..no].contains("autofocus"), "No is what the Enter key does");
    let early = browser.get(&server, "/browser/provider/company").await;
    assert_eq!(early.status, 410, "not before Yes");
    let token = page.token().to_owned();
    for (site, origin) in
        [("cross-site", PUBLIC), ("same-origin", "https://evil.test"), ("same-site", "null")]
    {
        let forged = browser.submit_from(&server, "/browser/allow", &token, (site, origin)).await;
        assert_eq!(forged.status, 403, "{site} {origin}");
    }
    assert_eq!(browser.submit(&server, "/browser/allow", "forged").await.status, 403);
    let said = browser.submit(&server, "/browser/allow", &token).await;
    assert_eq!(said.status, 303);
    assert!(browser.get(&server, "/browser").await.text.contains("Continue with Example Company"));
    let refused = browser.submit(&server, "/browser/refuse", &token).await;
    assert!(refused.status == 200 && refused.text.contains("Stopped"));
    assert_eq!(state(&device, &server, &request).await["state"], "refused");
}

#[tokio::test]
async fn a_form_of_an_earlier_request_does_not_act_on_a_later_one() {
    let server = start(|settings| settings.browser.other_device = OtherDevice::On).await;
    let other = json!({ "mode": "other", "port": null });
    let mut browser = Browser::new();
    let (_, url) = begun(&Device::new(1), &server, &other).await;
    let token = browser.follow(&server, &url).await.token().to_owned();
    let (request, url) = begun(&Device::new(2), &server, &other).await;
    browser.follow(&server, &url).await;
    assert_eq!(browser.submit(&server, "/browser/allow", &token).await.status, 403);
    assert_eq!(state(&Device::new(2), &server, &request).await["state"], "opened");
}

#[tokio::test]
async fn a_device_learns_nothing_of_another_ones_request() {
    let (server, device, thief) = (start(|_| ()).await, Device::new(1), Device::new(2));
    let (request, _) = begun(&device, &server, &json!({})).await;
    let renamed = Device { id: "device-9".into(), key: Device::new(1).key };
    for other in [&thief, &renamed] {
        for id in [request.as_str(), "", "x", "\0", &"y".repeat(65)] {
            let poll = post(other, &server, "/api/auth/browser/poll", &json!({ "request": id })).await;
            problem(poll, 404, "request_unknown").await;
            problem(finish(other, &server, id, "x").await, 404, "request_unknown").await;
        }
        let proof = other.proof(&server, &Method::DELETE, "/api/auth/browser", None);
        let cancel = server.request(Method::DELETE, "/api/auth/browser").header("x-client", &other.id);
        let cancel = cancel.header("dpop", proof).json(&json!({ "request": request })).send().await.unwrap();
        assert_eq!(cancel.status().as_u16(), 204);
    }
    assert_eq!(state(&device, &server, &request).await["state"], "waiting");
    for left in (0..5).rev() {
        let wrong = problem(finish(&device, &server, &request, "guess").await, 403, "wrong_result").await;
        assert_eq!(wrong["tries_left"], left);
    }
    problem(finish(&device, &server, &request, "guess").await, 404, "request_unknown").await;
}

#[tokio::test]
async fn a_second_request_of_a_key_replaces_the_first() {
    let (server, device) = (start(|_| ()).await, Device::new(1));
    let (first, url) = begun(&device, &server, &json!({})).await;
    let (second, _) = begun(&device, &server, &json!({})).await;
    assert_eq!(Browser::new().get(&server, &url).await.status, 410);
    let poll = post(&device, &server, "/api/auth/browser/poll", &json!({ "request": first })).await;
    problem(poll, 404, "request_unknown").await;
    assert_eq!(state(&device, &server, &second).await["state"], "waiting");
}

#[tokio::test]
async fn an_address_has_twenty_open_requests() {
    let server = start(|_| ()).await;
    for number in 0..20 {
        begun(&Device::new(number), &server, &json!({})).await;
    }
    problem(begin(&Device::new(20), &server, &json!({})).await, 429, "too_many_requests_open").await;
    // One of its own is replaced.
    begun(&Device::new(3), &server, &json!({})).await;
    server.clock.advance(300);
    begun(&Device::new(20), &server, &json!({})).await;
}

#[tokio::test]
async fn what_cannot_be_begun_says_why() {
    let server = start(|settings| {
        settings.browser.other_device = OtherDevice::Off;
        settings.passkeys.enabled = false;
    })
    .await;
    let device = Device::new(1);
    let other = begin(&device, &server, &json!({ "mode": "other", "port": null })).await;
    problem(other, 403, "other_device_off").await;
    let unknown = begin(&device, &server, &json!({ "way": "provider", "provider": "other" })).await;
    problem(unknown, 404, "provider_unknown").await;
    let passkey = begin(&device, &server, &json!({ "way": "passkey" })).await;
    problem(passkey, 403, "browser_unavailable").await;
    let confirm = begin(&device, &server, &json!({ "purpose": "confirm" })).await;
    problem(confirm, 401, "token_missing").await;
    problem(begin(&device, &server, &json!({ "port": 80 })).await, 400, "invalid_request").await;
    let nothing = Server::start().await;
    problem(begin(&device, &nothing, &json!({})).await, 403, "browser_unavailable").await;
    let options = |server: &Server| server.request(Method::GET, "/api/auth/options").send();
    let answer: serde_json::Value = options(&nothing).await.unwrap().json().await.unwrap();
    assert_eq!((&answer["browser"], &answer["ways"]), (&json!(null), &json!(["password", "code"])));
    let answer: serde_json::Value = options(&server).await.unwrap().json().await.unwrap();
    assert_eq!(answer["ways"], json!(["password", "code", "browser"]));
    let providers = json!([{ "id": "company", "name": "Example Company" }]);
    let expected = json!({ "passkeys": false, "providers": providers, "other_device": "off" });
    assert_eq!(answer["browser"], expected);
}

#[tokio::test]
async fn a_device_waits_for_a_change_on_another_server() {
    let (server, device) = (start(|_| ()).await, Device::new(1));
    let other = server.another().await;
    let (request, url) = begun(&device, &server, &json!({})).await;
    let body = json!({ "request": request, "seen": "waiting" });
    let waiting = post(&device, &server, "/api/auth/browser/poll", &body);
    let opening = async { Browser::new().follow(&other, &url).await };
    let (polled, page) = tokio::join!(waiting, opening);
    assert_eq!(page.status, 200);
    let polled: serde_json::Value = polled.json().await.unwrap();
    assert_eq!(text(&polled, "state"), "opened");
}

#[tokio::test]
async fn another_device_helps_only_a_key_that_an_account_knows() {
    let server = start(|_| ()).await;
    let (device, fresh) = (Device::new(1), Device::new(2));
    let other = json!({ "mode": "other", "port": null });
    // The same for a key that was never there, and for one whose owner said "Not me".
    problem(begin(&fresh, &server, &other).await, 403, "other_device_off").await;
    let owner = device.sign_in(&server).await;
    server.clock.advance(1);
    fresh.sign_in(&server).await;
    for known in [&device, &fresh] {
        assert_eq!(begin(known, &server, &other).await.status(), 200);
    }
    let token = text(&owner, "token");
    let listed = device.call(&server, Method::GET, "/api/me/notices", token).await;
    let listed = latchkey_testkit::ok(listed).await;
    let path = format!("/api/me/notices/{}", text(&listed["notices"][0], "id"));
    let answered = device.post(&server, &path, token, &json!({ "answer": "not_mine" })).await;
    assert_eq!(answered.status(), 200);
    problem(begin(&fresh, &server, &other).await, 403, "other_device_off").await;
    assert_eq!(begin(&fresh, &server, &json!({})).await.status(), 200, "on this device it may");
}
