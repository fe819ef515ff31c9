//! Back-channel logout (OpenID Connect Back-Channel Logout 1.0): a provider ends the sessions that
//! it has begun, by a token that is as good as an ID token, once.

use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, ok, problem, text, wait_for};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{
    Browser, PUBLIC, begun, connection, finish, make_code, on_both, post, requiring_factors, second_factor,
    totp,
};

on_both!(
    a_logout_token_ends_its_sessions_once_and_says_why,
    a_logout_that_names_no_person_ends_a_sign_in_that_is_not_finished,
);

async fn provider(server: &Server) -> (TestProvider, Server) {
    let provider = TestProvider::start(&server.clock).await;
    provider.behave(|behaviour| {
        behaviour.userinfo.insert("preferred_username".into(), json!("sam.at.work"));
    });
    let text = format!(
        "id = \"company\"\nname = \"Company\"\nissuer = \"{}\"\nclient_id = \"latchkey\"\n\
         algorithms = [\"ES256\"]\ncreate = true",
        provider.issuer
    );
    let server = server.like(&server.clock, |settings| {
        settings.public_url = Some(PUBLIC.parse().unwrap());
        settings.providers = vec![toml::from_str(&text).unwrap()];
    });
    (provider, server.await)
}

/// Signs in by the provider. Returns the tokens.
async fn sign_in(device: &Device, server: &Server, provider: &TestProvider) -> Value {
    let wanted = json!({ "way": "provider", "provider": "company" });
    let (request, url) = begun(device, server, &wanted).await;
    let mut browser = Browser::new();
    let away = browser.follow(server, &url).await.location.unwrap();
    let page = browser.follow(server, &provider.consent(&away)).await;
    ok(finish(device, server, &request, &page.result()).await).await
}

async fn send(server: &Server, provider: &str, form: &[(&str, &str)]) -> Response {
    let path = format!("/browser/backchannel/{provider}");
    server.request(Method::POST, &path).form(form).send().await.unwrap()
}

async fn log_out(server: &Server, token: &str) -> u16 {
    let answer = send(server, "company", &[("logout_token", token)]).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap();
    let expected = if status == 200 { "" } else { r#"{"error":"invalid_request"}"# };
    assert_eq!(body, expected);
    status
}

async fn a_logout_token_ends_its_sessions_once_and_says_why(server: Server) {
    let (provider, server) = provider(&server).await;
    let (one, other) = (Device::new(1), Device::new(2));
    let first = sign_in(&one, &server, &provider).await;
    // Another session at the provider, of the same person.
    provider.behave(|behaviour| drop(behaviour.claims.insert("sid".into(), json!("second"))));
    sign_in(&other, &server, &provider).await;
    let by_password = Device::new(3);
    by_password.sign_in(&server).await;
    assert_eq!(server.living_sessions().await, 3);
    let token = provider.logout_token(&json!({}), &json!({}));
    assert_eq!(log_out(&server, &token).await, 200);
    assert_eq!(server.living_sessions().await, 2, "the one with this sid");
    let refused = problem(one.renew(&server, text(&first, "session_token")).await, 401, "session_revoked");
    assert_eq!(text(&refused.await, "reason"), "provider_logout");
    let hello = one.call(&server, Method::GET, "/", text(&first, "token")).await;
    problem(hello, 401, "session_revoked").await;
    server.clock.advance(1);
    // The person signs in again: the token that was used ends nothing any more.
    provider.behave(|behaviour| behaviour.claims.clear());
    sign_in(&one, &server, &provider).await;
    assert_eq!(log_out(&server, &token).await, 400, "a replayed token");
    assert_eq!(server.living_sessions().await, 3);
    // Without a sid, all sessions of the person.
    let all = provider.logout_token(&json!({ "sid": null }), &json!({ "typ": "JWT" }));
    assert_eq!(log_out(&server, &all).await, 200);
    assert_eq!(server.living_sessions().await, 1, "the one by password");
    // There is none any more, which is what the provider wants.
    assert_eq!(log_out(&server, &provider.logout_token(&json!({}), &json!({}))).await, 200);
    let audited = server.audited().await;
    let count = |name: &str| audited.iter().filter(|event| *event == name).count();
    assert_eq!((count("provider_logout"), count("session_ended")), (3, 3));
}

#[tokio::test]
async fn each_rule_of_a_logout_token_is_checked() {
    let server = Server::start().await;
    let (provider, server) = provider(&server).await;
    sign_in(&Device::new(1), &server, &provider).await;
    let now = server.clock.now().seconds();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for claims in [
        json!({ "iss": "https://evil.test" }),
        json!({ "aud": "other" }),
        json!({ "aud": ["latchkey", "other"] }),
        json!({ "azp": "other" }),
        json!({ "iat": now + 61 }),
        json!({ "iat": now - 301, "exp": now + 60 }),
        json!({ "iat": null }),
        json!({ "exp": now - 60 }),
        json!({ "exp": null }),
        json!({ "events": null }),
        json!({ "events": {} }),
        json!({ "events": { event: true } }),
        json!({ "events": [event] }),
        json!({ "events": { "http://schemas.openid.net/event/other": {} } }),
        json!({ "nonce": "n" }),
        json!({ "nonce": null, "jti": null }),
        json!({ "jti": 7 }),
        json!({ "sub": null, "sid": null }),
        json!({ "sub": 7 }),
        json!({ "sid": 7 }),
        json!({ "sid": "" }),
    ] {
        assert_eq!(log_out(&server, &provider.logout_token(&claims, &json!({}))).await, 400, "{claims}");
    }
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "RS256" }),
        json!({ "typ": "at+jwt" }),
        json!({ "crit": ["exp"] }),
        json!({ "kid": "unknown" }),
    ] {
        assert_eq!(log_out(&server, &provider.logout_token(&json!({}), &header)).await, 400, "{header}");
    }
    provider.behave(|behaviour| behaviour.foreign_key = true);
    assert_eq!(log_out(&server, &provider.logout_token(&json!({}), &json!({}))).await, 400);
    provider.behave(|behaviour| behaviour.foreign_key = false);
    // An ID token, which every app of the person has, is no logout token.
    let id_token = json!({ "events": null, "nonce": "n", "auth_time": now });
    assert_eq!(log_out(&server, &provider.logout_token(&id_token, &json!({ "typ": "JWT" }))).await, 400);
    for garbage in ["", "a.b.c", &"x".repeat(15_000)] {
        assert_eq!(log_out(&server, garbage).await, 400);
    }
    let good = provider.logout_token(&json!({}), &json!({}));
    for form in [&[][..], &[("token", good.as_str())], &[("logout_token", &good), ("logout_token", &good)]] {
        assert_eq!(send(&server, "company", form).await.status(), 400);
    }
    problem(send(&server, "other", &[("logout_token", &good)]).await, 404, "provider_unknown").await;
    problem(send(&server, "company", &[("a", &"x".repeat(20_000))]).await, 413, "payload_too_large").await;
    let path = "/browser/backchannel/company";
    let json =
        server.request(Method::POST, path).json(&json!({ "logout_token": good })).send().await.unwrap();
    problem(json, 415, "unsupported_media_type").await;
    problem(server.request(Method::GET, path).send().await.unwrap(), 401, "token_missing").await;
    assert_eq!(server.living_sessions().await, 1, "nothing was ended");
    assert_eq!(log_out(&server, &good).await, 200);
    assert_eq!(server.living_sessions().await, 0);
}

#[tokio::test]
async fn a_token_of_a_provider_that_is_away_may_be_sent_again() {
    let server = Server::start().await;
    let (provider, server) = provider(&server).await;
    let token = provider.logout_token(&json!({}), &json!({}));
    provider.behave(|behaviour| behaviour.nonsense = Some("<html>portal</html>".into()));
    let answer = send(&server, "company", &[("logout_token", &token)]).await;
    problem(answer, 503, "unavailable").await;
    provider.behave(|behaviour| behaviour.nonsense = None);
    server.clock.advance(10);
    sign_in(&Device::new(1), &server, &provider).await;
    assert_eq!(log_out(&server, &token).await, 200);
    assert_eq!(server.living_sessions().await, 0);
}

#[tokio::test]
async fn keys_are_fetched_to_the_end_although_the_caller_hangs_up() {
    let server = Server::start().await;
    let (provider, server) = provider(&server).await;
    sign_in(&Device::new(1), &server, &provider).await;
    server.clock.advance(61);
    provider.rotate();
    provider.behave(|behaviour| behaviour.holds_keys = true);
    let fetched = provider.calls("jwks");
    let unknown = provider.logout_token(&json!({}), &json!({ "kid": "unknown" }));
    let form = [("logout_token", unknown.as_str())];
    tokio::select! {
        _ = send(&server, "company", &form) => panic!("the keys are held"),
        () = wait_for("the keys are asked for", async || (provider.calls("jwks") > fetched).then_some(())) => {}
    }
    provider.behave(|behaviour| behaviour.holds_keys = false);
    provider.release();
    // The next fetch is a minute away, by a clock that stands still.
    wait_for("the new key is known", async || {
        let token = provider.logout_token(&json!({}), &json!({}));
        (log_out(&server, &token).await == 200).then_some(())
    })
    .await;
    assert_eq!((provider.calls("jwks"), server.living_sessions().await), (fetched + 1, 0));
}

#[tokio::test]
async fn a_logout_ends_a_sign_in_that_is_not_finished() {
    let server = Server::start().await;
    let (provider, server) = provider(&server).await;
    let device = Device::new(1);
    sign_in(&device, &server, &provider).await;
    let wanted = json!({ "way": "provider", "provider": "company" });
    let (request, url) = begun(&device, &server, &wanted).await;
    let mut browser = Browser::new();
    let away = browser.follow(&server, &url).await.location.unwrap();
    let page = browser.follow(&server, &provider.consent(&away)).await;
    let token = provider.logout_token(&json!({ "sid": null }), &json!({}));
    assert_eq!(log_out(&server, &token).await, 200);
    let finished = finish(&device, &server, &request, &page.result()).await;
    problem(finished, 404, "request_unknown").await;
    assert_eq!(server.living_sessions().await, 0);
}

async fn a_logout_that_names_no_person_ends_a_sign_in_that_is_not_finished(server: Server) {
    let (provider, server) = provider(&server).await;
    let device = Device::new(1);
    for is_protected in [false, true] {
        let strict = if is_protected { requiring_factors(&server).await } else { server.another().await };
        let wanted = json!({ "way": "provider", "provider": "company" });
        let (request, url) = begun(&device, &strict, &wanted).await;
        let mut browser = Browser::new();
        let away = browser.follow(&strict, &url).await.location.unwrap();
        let page = browser.follow(&strict, &provider.consent(&away)).await;
        let token = provider.logout_token(&json!({ "sub": null }), &json!({}));
        if is_protected {
            // The challenge that comes after the browser remembers the provider's session.
            let answer = finish(&device, &strict, &request, &page.result()).await;
            let refused = problem(answer, 401, "enrolment_required").await;
            let challenge = text(&refused, "challenge");
            let username = connection(&server)
                .await
                .texts("SELECT username FROM accounts JOIN account_links ON account_id = accounts.id")
                .await
                .remove(0);
            let code = make_code(&server, &username, CodeKind::Factor).await;
            let body = json!({ "challenge": challenge, "code": code });
            let enrol = post(&device, &strict, "/api/auth/second-factor/enrol", &body).await;
            let proposal = ok(enrol).await;
            assert_eq!(log_out(&server, &token).await, 200);
            let code = totp(text(&proposal, "secret"), server.clock.now());
            problem(second_factor(&device, &strict, challenge, &code).await, 401, "challenge_expired").await;
        } else {
            assert_eq!(log_out(&server, &token).await, 200);
            let finished = finish(&device, &strict, &request, &page.result()).await;
            problem(finished, 404, "request_unknown").await;
        }
        assert_eq!(server.living_sessions().await, 0);
        // Who signs in at the provider again, signs in here.
        server.clock.advance(2);
    }
    sign_in(&device, &server, &provider).await;
}
