//! Sign-ins by a provider: the good story on both databases, and each rule that an answer can
//! break.

use latchkey_server::Settings;
use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, TestClock, ok, problem, text};
use serde_json::{Value, json};

use crate::support::{Browser, PUBLIC, begun, finish, give_sam_a_factor, second_factor, state};

/// The settings of a provider on this computer.
fn with(settings: &mut Settings, provider: &TestProvider, more: &str) {
    settings.public_url = Some(PUBLIC.parse().unwrap());
    let id = format!("company-{}", settings.providers.len());
    let text = format!(
        "id = \"{id}\"\nname = \"Company\"\nissuer = \"{}\"\nclient_id = \"latchkey\"\n\
         algorithms = [\"ES256\"]\n{more}",
        provider.issuer
    );
    settings.providers.push(toml::from_str(&text).unwrap());
}

/// A server with one provider, which makes accounts.
async fn start(more: &str) -> (Server, TestProvider) {
    let clock = TestClock::frozen();
    let provider = TestProvider::start(&clock).await;
    provider.behave(|behaviour| {
        behaviour.userinfo.insert("preferred_username".into(), json!("sam.at.work"));
    });
    let server =
        Server::builder().clock(&clock).settings(|settings| with(settings, &provider, more)).start().await;
    (server, provider)
}

/// Opens a request in a new browser, and goes to the provider. Returns where the browser is sent.
async fn depart(device: &Device, server: &Server) -> (String, Browser, String) {
    let wanted = json!({ "way": "provider", "provider": "company-0" });
    let (request, url) = begun(device, server, &wanted).await;
    let mut browser = Browser::new();
    let visit = browser.follow(server, &url).await;
    let away = visit.location.unwrap_or_else(|| panic!("{}", visit.text));
    (request, browser, away)
}

/// The whole way: the request's id, and the last page.
async fn visit(device: &Device, server: &Server, provider: &TestProvider) -> (String, crate::support::Visit) {
    let (request, mut browser, away) = depart(device, server).await;
    let page = browser.follow(server, &provider.consent(&away)).await;
    (request, page)
}

/// Why a sign-in failed, as the device hears it.
async fn reason(device: &Device, server: &Server, request: &str) -> String {
    let state = state(device, server, request).await;
    assert_eq!(state["state"], "failed", "{state}");
    text(&state, "reason").to_owned()
}

#[tokio::test]
async fn a_person_signs_in_and_is_the_same_account_the_next_time() {
    let (server, provider) = start("create = true").await;
    let device = Device::new(1);
    let (request, page) = visit(&device, &server, &provider).await;
    let link = page.location.clone().unwrap();
    assert!(link.starts_with(&format!("http://127.0.0.1:4321/latchkey?request={request}&result=")), "{link}");
    assert_eq!(state(&device, &server, &request).await["state"], "finished");
    problem(finish(&Device::new(2), &server, &request, &page.result()).await, 404, "request_unknown").await;
    let tokens = ok(finish(&device, &server, &request, &page.result()).await).await;
    let again = ok(finish(&device, &server, &request, &page.result()).await).await;
    assert_eq!(server.living_sessions().await, 1, "the same outcome once more");
    let mut ids = Vec::new();
    for tokens in [&tokens, &again] {
        let me = device.call(&server, reqwest::Method::GET, "/api/me", text(tokens, "token")).await;
        let me = ok(me).await;
        assert!(me.to_string().contains("sam.at.work"), "{me}");
        ids.push(me["sub"].clone());
    }
    assert!(ids[0].is_string() && ids[0] == ids[1], "{ids:?}");
    server.clock.advance(60);
    problem(finish(&device, &server, &request, &page.result()).await, 404, "request_unknown").await;
    let (request, page) = visit(&Device::new(3), &server, &provider).await;
    ok(finish(&Device::new(3), &server, &request, &page.result()).await).await;
    let audited = server.audited().await;
    let added = audited.iter().filter(|event| event.contains("account_added"));
    assert_eq!(added.count(), 2, "one, beside the account of the test server");
}

#[tokio::test]
async fn each_rule_of_an_id_token_is_checked() {
    let (server, provider) = start("create = true").await;
    let now = server.clock.now().seconds();
    for (name, value) in [
        ("iss", json!("https://evil.test")),
        ("aud", json!("other")),
        ("aud", json!(["latchkey", "other"])),
        ("azp", json!("other")),
        ("nonce", json!("other")),
        ("nonce", Value::Null),
        ("exp", json!(now - 61)),
        ("iat", json!(now + 61)),
        ("sub", Value::Null),
    ] {
        provider
            .behave(|behaviour| behaviour.claims = [(name.to_owned(), value.clone())].into_iter().collect());
        let device = Device::new(1);
        let (request, page) = visit(&device, &server, &provider).await;
        assert_eq!(reason(&device, &server, &request).await, "provider_refused", "{name} {value}");
        assert!(page.status == 200 && page.text.contains("did not confirm"), "{}", page.text);
    }
    provider.behave(|behaviour| behaviour.claims.clear());
    for header in [json!({ "alg": "none" }), json!({ "alg": "RS256" }), json!({ "typ": "logout+jwt" })] {
        provider.behave(|behaviour| behaviour.header = header.as_object().unwrap().clone());
        let device = Device::new(1);
        let (request, _) = visit(&device, &server, &provider).await;
        assert_eq!(reason(&device, &server, &request).await, "provider_refused", "{header}");
    }
    provider.behave(|behaviour| {
        behaviour.header.clear();
        behaviour.foreign_key = true;
    });
    let (request, _) = visit(&Device::new(1), &server, &provider).await;
    assert_eq!(reason(&Device::new(1), &server, &request).await, "provider_refused");
    assert_eq!(server.living_sessions().await, 0);
}

#[tokio::test]
async fn an_answer_is_taken_once_by_the_browser_that_asked() {
    let (server, provider) = start("create = true").await;
    let device = Device::new(1);
    let (request, mut browser, away) = depart(&device, &server).await;
    let back = provider.consent(&away);
    // Login CSRF: the answer of another person's sign-in, in a browser that has not asked for it.
    let (_, mut other, _) = depart(&Device::new(2), &server).await;
    assert_eq!(other.get_from(&server, &back, "cross-site").await.status, 403);
    assert_eq!(Browser::new().get_from(&server, &back, "cross-site").await.status, 410);
    // Another site sends the browser there with a state of its own: what has begun goes on.
    let forged = format!("{PUBLIC}/browser/callback/company-0?code=x&state=forged");
    assert_eq!(browser.get_from(&server, &forged, "cross-site").await.status, 403);
    for broken in ["", "?code=a", "?state=a", "?code=a&code=b&state=c"] {
        let url = format!("{PUBLIC}/browser/callback/company-0{broken}");
        assert_eq!(browser.get(&server, &url).await.status, 403, "{broken}");
    }
    let first = browser.get_from(&server, &back, "cross-site").await;
    assert_eq!(first.location.as_deref(), Some("https://auth.example.test/browser/done"));
    assert_eq!(browser.get_from(&server, &back, "cross-site").await.status, 403, "a replayed callback");
    assert_eq!(provider.calls("token"), 1);
    assert_eq!(state(&device, &server, &request).await["state"], "finished");
}

#[tokio::test]
async fn the_answer_of_another_provider_is_refused() {
    let clock = TestClock::frozen();
    let (honest, evil) = (TestProvider::start(&clock).await, TestProvider::start(&clock).await);
    let server = Server::builder().clock(&clock);
    let server = server.settings(|settings| {
        with(settings, &honest, "create = true");
        with(settings, &evil, "create = true");
    });
    let server = server.start().await;
    let device = Device::new(1);
    // Mix-up (RFC 9700 §4.4): the code of one provider at the callback of the other.
    let (request, mut browser, away) = depart(&device, &server).await;
    let back = honest.consent(&away);
    let mixed = back.replace("/callback/company-0", "/callback/company-1");
    assert_eq!(browser.get_from(&server, &mixed, "cross-site").await.status, 403);
    assert_eq!(evil.calls("token") + honest.calls("token"), 0, "no code was sent anywhere");
    // The right callback with the issuer of another one, or with none where it is promised.
    let (named, _) = back.split_once("&iss=").unwrap();
    for other in [format!("{named}&iss=http%3A%2F%2Fevil.test"), named.to_owned()] {
        let (request, mut browser, away) = depart(&device, &server).await;
        let back = honest.consent(&away);
        let state_of = |url: &str| url.split_once("&state=").unwrap().1.split('&').next().unwrap().to_owned();
        let url = other.replace(&state_of(&other), &state_of(&back));
        browser.follow(&server, &url).await;
        assert_eq!(reason(&device, &server, &request).await, "provider_refused");
    }
    assert_eq!(honest.calls("token"), 0);
    let _ = request;
}

#[tokio::test]
async fn a_provider_that_is_away_or_answers_nonsense_keeps_nobody_else_out() {
    let (server, provider) = start("create = true").await;
    let device = Device::new(1);
    type Break = fn(&mut latchkey_testkit::provider::Behaviour, &str);
    let breaks: [Break; 6] = [
        |behaviour, _| behaviour.nonsense = Some("<html>portal</html>".into()),
        |behaviour, _| behaviour.nonsense = Some("x".repeat(300 * 1024)),
        |behaviour, _| drop(behaviour.metadata.insert("issuer".into(), json!("https://evil.test"))),
        |behaviour, _| drop(behaviour.metadata.insert("token_endpoint".into(), json!("http://evil.test/"))),
        |behaviour, _| drop(behaviour.metadata.insert("jwks_uri".into(), json!("file:///etc/passwd"))),
        |behaviour, _| {
            drop(behaviour.metadata.insert("require_pushed_authorization_requests".into(), json!(true)));
        },
    ];
    for spoil in breaks {
        provider.behave(|behaviour| {
            behaviour.nonsense = None;
            behaviour.metadata.clear();
            spoil(behaviour, "");
        });
        server.clock.advance(10);
        let wanted = json!({ "way": "provider", "provider": "company-0" });
        let (request, url) = begun(&device, &server, &wanted).await;
        let page = Browser::new().follow(&server, &url).await;
        assert!(page.status == 200 && page.text.contains("does not answer"), "{}", page.text);
        assert_eq!(reason(&device, &server, &request).await, "provider_away");
    }
    device.sign_in(&server).await;
    provider.behave(|behaviour| {
        behaviour.nonsense = None;
        behaviour.metadata.clear();
    });
    server.clock.advance(10);
    let (request, page) = visit(&device, &server, &provider).await;
    ok(finish(&device, &server, &request, &page.result()).await).await;
}

#[tokio::test]
async fn keys_may_rotate_and_unknown_ones_are_looked_for_once_a_minute() {
    let (server, provider) = start("create = true").await;
    let device = Device::new(1);
    visit(&device, &server, &provider).await;
    assert_eq!(provider.calls("jwks"), 1);
    provider.rotate();
    server.clock.advance(60);
    let (request, page) = visit(&device, &server, &provider).await;
    ok(finish(&device, &server, &request, &page.result()).await).await;
    assert_eq!(provider.calls("jwks"), 2, "in the middle of a sign-in");
    provider.behave(|behaviour| drop(behaviour.header.insert("kid".into(), json!("unknown"))));
    for _ in 0..5 {
        let (request, _) = visit(&device, &server, &provider).await;
        assert_eq!(reason(&device, &server, &request).await, "provider_refused");
    }
    assert_eq!(provider.calls("jwks"), 2, "a flood of unknown keys");
}

#[tokio::test]
async fn a_phished_link_signs_in_nobody_but_its_own_device() {
    let (server, provider) = start("create = true").await;
    // The attacker begins, knows all that the server has answered, and sends the link.
    let (attacker, bystander) = (Device::new(1), Device::new(2));
    let (request, page) = visit(&attacker, &server, &provider).await;
    // The victim's browser brings the result to the victim's own computer, where nobody waits.
    assert!(page.location.unwrap().starts_with("http://127.0.0.1:4321/"));
    let polled = state(&attacker, &server, &request).await;
    let members: Vec<&String> = polled.as_object().unwrap().keys().collect();
    assert_eq!(members, ["expires_in", "state"], "no secret in {polled}");
    for guess in [request.as_str(), "", "AAAA-AAAA", &"A".repeat(43)] {
        problem(finish(&attacker, &server, &request, guess).await, 403, "wrong_result").await;
    }
    problem(finish(&bystander, &server, &request, "x").await, 404, "request_unknown").await;
    server.clock.advance(60);
    problem(finish(&attacker, &server, &request, "x").await, 404, "request_unknown").await;
    assert_eq!(server.living_sessions().await, 0);
}

#[tokio::test]
async fn an_account_with_a_factor_is_linked_and_signed_in_by_its_code() {
    let more = "link = \"email\"\nauthoritative_domains = [\"example.com\"]";
    let (server, provider) = start(more).await;
    let device = Device::new(1);
    let email = latchkey_testkit::sam().email.unwrap();
    let domain = email.split_once('@').unwrap().1.to_owned();
    let claims = json!({ "email": email, "email_verified": true });
    provider.behave(|behaviour| behaviour.claims = claims.as_object().unwrap().clone());
    assert_eq!(domain, "example.com", "the account's address is of the authoritative domain");
    // With a password alone, the owner signs in first.
    let (request, _) = visit(&device, &server, &provider).await;
    assert_eq!(reason(&device, &server, &request).await, "link_needed");
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let (request, page) = visit(&device, &server, &provider).await;
    let refused = finish(&device, &server, &request, &page.result()).await;
    let refused = problem(refused, 401, "second_factor_required").await;
    let challenge = text(&refused, "challenge").to_owned();
    server.clock.advance(30);
    ok(second_factor(&device, &server, &challenge, &factor.code(&server)).await).await;
    assert!(server.audited().await.iter().any(|event| event.contains("account_linked")));
    problem(finish(&device, &server, &request, &page.result()).await, 404, "request_unknown").await;
    // Not verified, or of another domain: no account is found by it.
    for other in [
        json!({ "sub": "eve", "email": email, "email_verified": false }),
        json!({ "sub": "eve", "email": "sam@evil.test", "email_verified": true }),
    ] {
        provider.behave(|behaviour| behaviour.claims = other.as_object().unwrap().clone());
        let (request, _) = visit(&Device::new(2), &server, &provider).await;
        assert_eq!(reason(&Device::new(2), &server, &request).await, "account_unknown");
    }
}

#[tokio::test]
async fn a_refusal_of_the_provider_is_said_and_another_try_is_possible() {
    let (server, provider) = start("create = true").await;
    let device = Device::new(1);
    let (request, mut browser, away) = depart(&device, &server).await;
    let back = provider.consent(&away);
    let (base, query) = back.split_once("?code=").unwrap();
    let (_, rest) = query.split_once('&').unwrap();
    let denied = format!("{base}?error=access_denied&error_description=%3Cscript%3E&{rest}");
    let page = browser.follow(&server, &denied).await;
    assert!(page.text.contains("did not confirm") && !page.text.contains("script"), "{}", page.text);
    assert_eq!(reason(&device, &server, &request).await, "provider_refused");
    assert_eq!(
        browser.get_from(&server, &back, "cross-site").await.status,
        403,
        "one use, also after an error"
    );
    let away =
        browser.get_from(&server, "/browser/provider/company-0", "same-origin").await.location.unwrap();
    let page = browser.follow(&server, &provider.consent(&away)).await;
    ok(finish(&device, &server, &request, &page.result()).await).await;
}
