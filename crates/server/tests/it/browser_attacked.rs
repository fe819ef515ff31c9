//! The browser's part as another site, another page of the host, or the sender of a link would use
//! it: forms and links across sites, frames, redirects elsewhere, cookies that were set by others.

use std::collections::BTreeSet;

use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, TestClock};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Browser, PUBLIC, PasskeyPage, begun, finish, state};

const COOKIE: &str = "__Host-latchkey-browser";

/// A server with passkeys and one provider, at which a browser on another device may sign in.
async fn start() -> (Server, TestProvider) {
    let clock = TestClock::frozen();
    let provider = TestProvider::start(&clock).await;
    let section = format!(
        "id = \"company\"\nname = \"Company\"\nissuer = \"{}\"\nclient_id = \"latchkey\"\n\
         algorithms = [\"ES256\"]\ncreate = true",
        provider.issuer
    );
    provider.behave(|behaviour| drop(behaviour.userinfo.insert("preferred_username".into(), json!("pat"))));
    let server = Server::builder().clock(&clock).settings(|settings| {
        settings.public_url = Some(PUBLIC.parse().unwrap());
        settings.browser.other_device = latchkey_server::settings::OtherDevice::On;
        settings.providers.push(toml::from_str(&section).unwrap());
    });
    (server.start().await, provider)
}

fn by_provider() -> Value {
    json!({ "way": "provider", "provider": "company" })
}

/// Every route of the pages: method and path, from the description of the API.
fn routes() -> Vec<(Method, String)> {
    let description: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        if path == "/browser" || path.starts_with("/browser/") {
            for method in methods.as_object().unwrap().keys() {
                let method = method.to_ascii_uppercase().parse().unwrap();
                let path = path.replace("{id}", "company").replace("{provider}", "company");
                routes.push((method, path.replace("{ticket}", &"A".repeat(43))));
            }
        }
    }
    assert!(routes.len() >= 9, "{routes:?}");
    routes
}

async fn send(server: &Server, method: &Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = server.request(method.clone(), path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let form = method == Method::POST;
    let request = if form { request.form(&[("token", "x")]) } else { request };
    request.send().await.unwrap()
}

#[tokio::test]
async fn no_answer_of_the_pages_can_be_framed_stored_or_read_by_another_site() {
    let (server, _provider) = start().await;
    let mut browser = Browser::new();
    let (_, url) = begun(&Device::new(1), &server, &json!({ "mode": "other", "port": null })).await;
    browser.get(&server, &url).await;
    let cookie = format!("{COOKIE}={}", browser.cookies[COOKIE]);
    for (method, path) in routes() {
        for headers in [&[][..], &[("cookie", cookie.as_str())], &[("origin", "https://evil.test")]] {
            let answer = send(&server, &method, &path, headers).await;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let what = format!("{method} {path} {status}");
            assert!(headers.get("access-control-allow-origin").is_none(), "{what}");
            let kind = headers.get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
            let is_page = kind.is_some_and(|kind| kind.starts_with("text/html"));
            if !is_page && !(300..400).contains(&status) {
                continue;
            }
            let policy = headers["content-security-policy"].to_str().unwrap();
            for part in
                ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"]
            {
                assert!(policy.split("; ").any(|given| given == part), "{what}: {policy}");
            }
            assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
            for (name, value) in [
                ("x-frame-options", "DENY"),
                ("cache-control", "no-store"),
                ("referrer-policy", "no-referrer"),
            ] {
                assert_eq!(headers[name], value, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn another_site_begins_allows_and_answers_nothing() {
    let (server, provider) = start().await;
    let device = Device::new(1);
    let (request, url) = begun(&device, &server, &by_provider()).await;
    let mut browser = Browser::new();
    // The link of a mail, or of another site: the page asks, and does not go to the provider.
    let opened = browser.get_from(&server, &url, "cross-site").await;
    assert_eq!(opened.location.as_deref(), Some("https://auth.example.test/browser"));
    let page = browser.get_from(&server, "/browser", "cross-site").await;
    assert!(page.status == 200 && page.text.contains("Continue with Company"), "{}", page.text);
    // An image, a frame or a link of another site does not begin it either.
    for site in ["cross-site", "same-site"] {
        assert_eq!(browser.get_from(&server, "/browser/provider/company", site).await.status, 403, "{site}");
    }
    assert_eq!(provider.calls("metadata"), 0);
    assert_eq!(state(&device, &server, &request).await["state"], "opened");
    // Every route that changes something refuses another site, whatever it sends.
    let cookie = format!("{COOKIE}={}", browser.cookies[COOKIE]);
    let mut changing = 0;
    for (method, path) in routes() {
        // The provider itself calls this one, without a cookie.
        if method != Method::POST || path.contains("backchannel") {
            continue;
        }
        changing += 1;
        for (site, origin) in [
            ("cross-site", "https://evil.test"),
            ("cross-site", "null"),
            ("same-site", "https://other.example.test"),
            ("same-origin", "https://auth.example.test.evil.test"),
        ] {
            for body in [r#"{"token":"x"}"#, "token=x"] {
                let kind =
                    if body.starts_with('{') { "text/plain" } else { "application/x-www-form-urlencoded" };
                let call = server.request(Method::POST, &path).header("cookie", &cookie);
                let call = call.header("sec-fetch-site", site).header("origin", origin);
                let answer = call.header("content-type", kind).body(body).send().await.unwrap();
                let status = answer.status().as_u16();
                assert!(matches!(status, 403 | 415), "{path} {site} {origin} {body}: {status}");
            }
        }
    }
    assert!(changing >= 4, "{changing}");
    assert_eq!(state(&device, &server, &request).await["state"], "opened");
}

#[tokio::test]
async fn nothing_that_a_caller_sends_decides_where_the_browser_goes() {
    let (server, provider) = start().await;
    let device = Device::new(1);
    let mut places = BTreeSet::new();
    let mut note = |location: &Option<String>| {
        if let Some(url) = location {
            let url = reqwest::Url::parse(url).unwrap();
            places.insert(url.origin().ascii_serialization());
        }
    };
    let elsewhere = "https%3A%2F%2Fevil.test%2F";
    let more = format!(
        "next={elsewhere}&redirect={elsewhere}&return_to={elsewhere}&url={elsewhere}&redirect_uri={elsewhere}&\
         continue={elsewhere}&iss={elsewhere}&port=80&host=evil.test"
    );
    let (request, url) = begun(&device, &server, &by_provider()).await;
    let mut browser = Browser::new();
    for path in [format!("{url}?{more}"), format!("/browser?{more}"), format!("/browser/done?{more}")] {
        note(&browser.get(&server, &path).await.location);
    }
    for id in
        ["evil.test", "..%2f..%2fevil.test", "%2f%2fevil.test", "https:%2f%2fevil.test", "%00", "company%2f"]
    {
        for way in ["provider", "callback"] {
            let visit = browser.get(&server, &format!("/browser/{way}/{id}?{more}&code=a&state=b")).await;
            assert!(visit.location.is_none(), "{way} {id}: {:?}", visit.location);
        }
    }
    // Headers that proxies set are no addresses either.
    let cookie = format!("{COOKIE}={}", browser.cookies[COOKIE]);
    for name in ["host", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-original-url", "referer"] {
        let call = server.request(Method::GET, "/browser").header("cookie", &cookie);
        let answer = call.header(name, "evil.test").send().await.unwrap();
        note(&answer.headers().get("location").map(|url| url.to_str().unwrap().to_owned()));
        assert!(!answer.text().await.unwrap().contains("evil"), "{name}");
    }
    let away = browser.get(&server, &format!("/browser/provider/company?{more}")).await;
    note(&away.location);
    let away = away.location.unwrap();
    assert!(
        away.contains("redirect_uri=https%3A%2F%2Fauth.example.test%2Fbrowser%2Fcallback%2Fcompany&"),
        "{away}"
    );
    assert!(!away.contains("evil"), "{away}");
    let back = format!("{}&{}", provider.consent(&away), more.replace(&format!("&iss={elsewhere}"), ""));
    note(&browser.get_from(&server, &back, "cross-site").await.location);
    let done = browser.get(&server, &format!("/browser/done?{more}")).await;
    note(&done.location);
    let link = done.location.unwrap();
    assert!(link.starts_with(&format!("http://127.0.0.1:4321/latchkey?request={request}&result=")), "{link}");
    let expected = [PUBLIC, "http://127.0.0.1:4321", provider.issuer.as_str()];
    assert_eq!(places, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn a_cookie_that_another_page_has_set_leads_to_no_request() {
    let (server, provider) = start().await;
    let (attacker, victim) = (Device::new(1), Device::new(2));
    // The attacker's own browser, with a request of the attacker.
    let (theirs, url) = begun(&attacker, &server, &by_provider()).await;
    let mut evil = Browser::new();
    evil.get(&server, &url).await;
    let fixed = evil.cookies[COOKIE].clone();
    // A page of the host, or of a domain above it, sets the same cookie in the victim's browser. It
    // cannot take the name that only https and this host may set; two of that name are refused.
    for cookies in [
        format!("latchkey-browser={fixed}"),
        format!("__Secure-latchkey-browser={fixed}"),
        format!("{COOKIE}={fixed}; {COOKIE}={}", "B".repeat(43)),
        format!("{COOKIE}={}; {COOKIE}={fixed}", "B".repeat(43)),
    ] {
        for path in ["/browser", "/browser/done", "/browser/provider/company", "/browser/passkey"] {
            let answer = server.request(Method::GET, path).header("cookie", &cookies).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 410, "{path} {cookies}");
        }
    }
    // Where it is there all the same, opening the own link replaces it with a new value.
    let mut browser = Browser::new();
    browser.cookies.insert(COOKIE.to_owned(), fixed.clone());
    let (own, url) = begun(&victim, &server, &by_provider()).await;
    let opened = browser.get(&server, &url).await;
    let set: Vec<_> = opened.headers.get_all("set-cookie").iter().collect();
    assert_eq!(set.len(), 1);
    let value = browser.cookies[COOKIE].clone();
    assert!(value != fixed && value.len() == 43, "a value of the server's own");
    let away = browser.follow(&server, "/browser").await.location.unwrap();
    let page = browser.follow(&server, &provider.consent(&away)).await;
    assert!(page.location.as_ref().unwrap().contains(&format!("request={own}&")));
    assert_eq!(
        state(&attacker, &server, &theirs).await["state"],
        "opened",
        "nothing of it is the attacker's"
    );
    assert_eq!(evil.get(&server, "/browser/done").await.status, 410);
    // Nor is the ticket, which the attacker may know, once it was opened.
    assert_eq!(evil.get(&server, &url).await.status, 410);
    assert_eq!(finish(&victim, &server, &own, &page.result()).await.status(), 200);
}

#[tokio::test]
async fn a_passkey_page_of_one_browser_answers_for_no_other() {
    let (server, _provider) = start().await;
    let (_, url) = begun(&Device::new(1), &server, &json!({})).await;
    let page = PasskeyPage::open(&server, &url).await;
    let (_, url) = begun(&Device::new(2), &server, &json!({})).await;
    let mut other = PasskeyPage::open(&server, &url).await;
    // The token of one page with the cookie of the other, as a frame or a second tab has them.
    other.browser.cookies.clone_from(&page.browser.cookies);
    let answer = other.call(&server, "/browser/passkey/options", json!({})).await;
    assert_eq!(answer.status().as_u16(), 403);
    let answer = page.call(&server, "/browser/passkey/options", json!({})).await;
    assert_eq!(answer.status().as_u16(), 200);
}

#[tokio::test]
async fn a_code_of_another_request_is_refused() {
    let (server, provider) = start().await;
    let code_of = |url: &str| url.split_once("?code=").unwrap().1.split('&').next().unwrap().to_owned();
    let (attacker, victim) = (Device::new(1), Device::new(2));
    // The attacker stops before the callback: the code is fresh, and of the attacker's account.
    let (_, url) = begun(&attacker, &server, &by_provider()).await;
    let away = Browser::new().follow(&server, &url).await.location.unwrap();
    let theirs = provider.consent(&away);
    // It is put into the answer to the victim's browser, whose state is right.
    let (request, url) = begun(&victim, &server, &by_provider()).await;
    let mut browser = Browser::new();
    let away = browser.follow(&server, &url).await.location.unwrap();
    let own = provider.consent(&away);
    let injected = own.replace(&code_of(&own), &code_of(&theirs));
    let page = browser.get_from(&server, &injected, "cross-site").await;
    assert_eq!(page.location.as_deref(), Some("https://auth.example.test/browser"));
    let polled = state(&victim, &server, &request).await;
    assert_eq!((&polled["state"], &polled["reason"]), (&json!("failed"), &json!("provider_refused")));
    assert_eq!(provider.calls("token"), 1, "with the verifier of the victim's request");
    // The right answer comes too late: an attempt is over with its first answer.
    assert_eq!(browser.get_from(&server, &own, "cross-site").await.status, 403);
    assert_eq!(server.living_sessions().await, 0);
}
