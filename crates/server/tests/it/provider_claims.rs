//! What the claims of a provider are good for: a second factor, a recent sign-in, an address, an
//! identity. Each only as far as the settings and the token say.

use latchkey_server::settings::FactorsRequired;
use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, TestClock, ok, problem, text};
use reqwest::Method;
use serde_json::json;

use crate::support::provider::{account_of, browse, claims, failure, needs, says, sign_in, start, with};
use crate::support::{begun, finish, requiring_factors};

#[tokio::test]
async fn the_providers_second_factor_counts_where_it_is_listed_and_nowhere_else() {
    let listed = "factor = \"theirs\"\nacr = [\"gold\"]\namr = [\"hwk\"]\ncreate = true";
    for (settings, said, counts) in [
        (listed, json!({ "acr": "gold" }), true),
        (listed, json!({ "amr": ["pwd", "hwk"] }), true),
        (listed, json!({ "acr": "silver", "amr": ["pwd", "otp"] }), false),
        (listed, json!({ "acr": ["gold"], "amr": "hwk" }), false),
        (listed, json!({}), false),
        ("create = true", json!({ "acr": "gold", "amr": ["hwk", "mfa"] }), false),
    ] {
        let (server, provider) = start(settings).await;
        let strict = requiring_factors(&server).await;
        let device = Device::new(1);
        says(&provider, &said);
        let answer = sign_in(&device, &strict, &provider).await;
        if counts {
            let tokens = ok(answer).await;
            let token = claims(&strict, &device, text(&tokens, "token"));
            assert_eq!(token.acr.as_deref(), Some("2fa"), "{said}");
            let methods = token.amr.unwrap();
            assert!(
                methods.iter().any(|it| it == "mfa") && !methods.iter().any(|it| it == "pwd"),
                "{methods:?}"
            );
        } else {
            let refused = problem(answer, 401, "enrolment_required").await;
            assert_eq!(refused["authorized"], false, "{said}");
            assert_eq!(strict.living_sessions().await, 0, "{said}");
        }
    }
}

#[tokio::test]
async fn a_session_by_the_providers_second_factor_goes_on_where_one_is_required() {
    let (server, provider) = start("factor = \"theirs\"\namr = [\"mfa\"]\ncreate = true").await;
    let strict = requiring_factors(&server).await;
    let device = Device::new(1);
    says(&provider, &json!({ "amr": ["mfa"] }));
    let mut tokens = ok(sign_in(&device, &strict, &provider).await).await;
    // Longer than the time in which an account may set one up here.
    for _ in 0..4 {
        server.clock.advance(5 * 86_400);
        let renewed = ok(device.renew(&strict, text(&tokens, "session_token")).await).await;
        if renewed["session_token"].is_string() {
            tokens = renewed;
        }
    }
    // With the word of a provider whose factor does not count, it does not.
    let ours = server.like(&server.clock, |settings| {
        settings.factors.required = FactorsRequired::Always;
        settings.providers.clear();
        with(settings, &provider, "create = true");
    });
    problem(device.renew(&ours.await, text(&tokens, "session_token")).await, 401, "factor_required").await;
}

#[tokio::test]
async fn a_silent_sign_in_at_the_provider_is_not_a_recent_one() {
    let (server, provider) = start("create = true").await;
    let now = server.clock.now().seconds();
    for said in [json!({ "auth_time": now - 3600 }), json!({ "auth_time": null })] {
        says(&provider, &said);
        let device = Device::new(1);
        let tokens = ok(sign_in(&device, &server, &provider).await).await;
        let ending = device.call(&server, Method::DELETE, "/api/sessions", text(&tokens, "token")).await;
        assert_eq!(needs(ending).await, json!(["browser"]), "{said}");
    }
}

#[tokio::test]
async fn an_address_is_verified_only_where_both_are_said_in_one_place() {
    let more = "create = true\ndomains = [\"example.com\"]";
    for (token, userinfo, is_in) in [
        (json!({ "email": "pat@example.com" }), json!({ "email_verified": true }), false),
        (
            json!({ "email": "pat@example.com" }),
            json!({ "email": "pat@evil.test", "email_verified": true }),
            false,
        ),
        (
            json!({ "email_verified": true }),
            json!({ "email": "pat@example.com", "email_verified": false }),
            false,
        ),
        (json!({ "email_verified": true }), json!({ "email": "pat@example.com" }), false),
        (
            json!({ "email": "pat@example.com" }),
            json!({ "email": "pat@example.com", "email_verified": true }),
            true,
        ),
        (json!({}), json!({ "email": "pat@example.com", "email_verified": true }), true),
        (
            json!({ "email": "pat@example.com", "email_verified": true }),
            json!({ "email": "pat@evil.test", "email_verified": false }),
            true,
        ),
    ] {
        let (server, provider) = start(more).await;
        says(&provider, &token);
        provider.behave(|behaviour| behaviour.userinfo.extend(userinfo.as_object().unwrap().clone()));
        let device = Device::new(1);
        let begun = begun(&device, &server, &json!({ "way": "provider", "provider": "company" })).await;
        if is_in {
            let (page, _) = browse(&server, &provider, &begun.1).await;
            ok(finish(&device, &server, &begun.0, &page.result()).await).await;
        } else {
            let reason = failure(&device, &server, &provider, begun).await;
            assert_eq!(reason, "not_allowed", "{token} {userinfo}");
        }
    }
}

#[tokio::test]
async fn the_same_id_at_two_providers_is_two_people() {
    let clock = TestClock::frozen();
    let (one, other) = (TestProvider::start(&clock).await, TestProvider::start(&clock).await);
    let server = Server::builder().clock(&clock).settings(|settings| {
        with(settings, &one, "create = true");
        with(settings, &other, "create = true");
        settings.providers[1].id = "other".to_owned();
    });
    let server = server.start().await;
    let mut accounts = Vec::new();
    for (id, provider, name) in [("company", &one, "pat"), ("other", &other, "eve"), ("company", &one, "pat")]
    {
        let userinfo = json!({ "preferred_username": name });
        provider.behave(|behaviour| behaviour.userinfo = userinfo.as_object().unwrap().clone());
        let device = Device::new(1);
        let (request, url) = begun(&device, &server, &json!({ "way": "provider", "provider": id })).await;
        let (page, _) = browse(&server, provider, &url).await;
        let tokens = ok(finish(&device, &server, &request, &page.result()).await).await;
        accounts.push(account_of(&device, &server, &tokens).await);
    }
    assert!(accounts[0] != accounts[1] && accounts[0] == accounts[2], "{accounts:?}");
}
