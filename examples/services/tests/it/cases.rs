//! The requests that each service must accept or refuse: the same cases for all of them.

use axum::http::StatusCode;
use latchkey_server::keys;
use latchkey_testkit::{Device, Server, TestClock, USERNAME, text};
use latchkey_token::proof::WINDOW_SECONDS;
use serde_json::{Value, json};

use crate::latchkey::{Front, bound_token, now, proof_for, start, start_with_other_key};
use crate::service::{Kind, Service};
use crate::tokens::Forge;

const OK: StatusCode = StatusCode::OK;
const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;

/// Makes each case a test of each service.
macro_rules! for_each_service {
    ($($case:ident)*) => {
        mod axum_service { $(#[tokio::test] async fn $case() { super::$case(super::Kind::Axum).await; })* }
        mod node { $(
            #[tokio::test]
            #[cfg_attr(windows, ignore = "the tests for Windows run under Wine, which has no Node")]
            async fn $case() { super::$case(super::Kind::Node).await; }
        )* }
        mod python { $(
            #[tokio::test]
            #[cfg_attr(windows, ignore = "the tests for Windows run under Wine, which has no Python")]
            async fn $case() { super::$case(super::Kind::Python).await; }
        )* }
    };
}

for_each_service! {
    a_bearer_token_is_accepted
    a_bound_token_is_accepted_only_with_its_proof
    a_proof_for_another_request_is_refused
    another_spelling_of_the_path_is_the_same_path
    a_request_without_a_valid_token_is_refused
    other_tokens_of_the_server_are_refused
    forged_tokens_are_refused
    tokens_of_old_and_new_key_are_accepted_after_a_rotation
    many_unknown_key_ids_cause_one_fetch
    without_the_keys_the_service_is_unavailable
}

async fn a_bearer_token_is_accepted(kind: Kind) {
    let latchkey = start().await;
    let service = Service::start(kind, &latchkey.url).await;
    let token = latchkey.sign_in("device-1").await;
    let response = service.get().bearer_auth(&token).send().await.unwrap();
    assert_eq!(response.status(), OK);
    assert_eq!(response.json::<Value>().await.unwrap()["hello"], USERNAME);
    assert_eq!(
        service.with_device(&token, &Device::new(1).key).await,
        REFUSED,
        "an unbound token sent as a bound one"
    );
}

async fn a_bound_token_is_accepted_only_with_its_proof(kind: Kind) {
    let latchkey = start().await;
    let service = Service::start(kind, &latchkey.url).await;
    let device = Device::new(1);
    let token = bound_token(&latchkey, &device).await;
    assert_eq!(service.with_device(&token, &device.key).await, OK);
    assert_eq!(service.with_bearer(&token).await, REFUSED, "a bound token sent as a bearer token");
    assert_eq!(
        service.get().header("authorization", format!("DPoP {token}")).send().await.unwrap().status(),
        REFUSED
    );
    let proof = proof_for(&device.key, "GET", &format!("{}/", service.url), Some(&token), now());
    assert_eq!(service.with_proof(&token, &proof).await, OK);
    assert_eq!(service.with_proof(&token, &proof).await, REFUSED, "a second time");
}

async fn a_proof_for_another_request_is_refused(kind: Kind) {
    let latchkey = start().await;
    let service = Service::start(kind, &latchkey.url).await;
    let (device, url) = (Device::new(1), format!("{}/", service.url));
    let other_token = bound_token(&latchkey, &device).await;
    let token = bound_token(&latchkey, &device).await;
    let (key, other_key) = (&device.key, &Device::new(2).key);
    let another = "http://127.0.0.1:9/";
    let (late, early) = (now().plus(-WINDOW_SECONDS - 30), now().plus(WINDOW_SECONDS + 30));
    for (what, proof) in [
        ("another method", proof_for(key, "POST", &url, Some(&token), now())),
        ("another URL", proof_for(key, "GET", another, Some(&token), now())),
        ("another path", proof_for(key, "GET", &format!("{url}x"), Some(&token), now())),
        ("another token", proof_for(key, "GET", &url, Some(&other_token), now())),
        ("no token", proof_for(key, "GET", &url, None, now())),
        ("another key", proof_for(other_key, "GET", &url, Some(&token), now())),
        ("an old one", proof_for(key, "GET", &url, Some(&token), late)),
        ("one from the future", proof_for(key, "GET", &url, Some(&token), early)),
        ("the token itself", token.clone()),
        ("nonsense", "nonsense".to_owned()),
    ] {
        assert_eq!(service.with_proof(&token, &proof).await, REFUSED, "{what}");
    }
    let proof = proof_for(key, "GET", &url, Some(&token), now());
    let (message, signature) = proof.rsplit_once('.').unwrap();
    let changed = format!(
        "{message}.{}",
        if signature.starts_with('A') { "B" } else { "A" }.to_owned() + &signature[1..]
    );
    assert_eq!(service.with_proof(&token, &changed).await, REFUSED, "another signature");
    let twice = service.get().header("authorization", format!("DPoP {token}")).header("dpop", &proof);
    let other = proof_for(key, "GET", &url, Some(&token), now());
    assert_eq!(twice.header("dpop", other).send().await.unwrap().status(), REFUSED, "two proofs");
    assert_eq!(service.with_proof(&token, &proof).await, OK, "the refused requests did not use the proof");
}

async fn another_spelling_of_the_path_is_the_same_path(kind: Kind) {
    let latchkey = start().await;
    let service = Service::start_at(kind, &latchkey.url, "https://example.com/%7esam/a%2fb").await;
    let device = Device::new(1);
    let token = bound_token(&latchkey, &device).await;
    for (url, status) in [
        ("https://example.com/%7esam/a%2fb/", OK),
        ("https://EXAMPLE.com:443/~sam/a%2Fb/", OK),
        ("https://example.com/%7Es%61m/a%2Fb/?x", OK),
        ("https://example.com/~sam/a/b/", REFUSED),
        ("https://example.com/%257esam/a%2fb/", REFUSED),
        ("https://example.com/~sam/a%%32Fb/", REFUSED),
    ] {
        let proof = proof_for(&device.key, "GET", url, Some(&token), now());
        assert_eq!(service.with_proof(&token, &proof).await, status, "{url}");
    }
}

async fn a_request_without_a_valid_token_is_refused(kind: Kind) {
    let latchkey = start().await;
    let service = Service::start(kind, &latchkey.url).await;
    let response = service.get().send().await.unwrap();
    assert_eq!(response.status(), REFUSED);
    assert!(response.headers().contains_key("www-authenticate"));
    let token = latchkey.sign_in("device-1").await;
    for value in ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer x", "Bearer a.b.c", &token] {
        let response = service.get().header("authorization", value).send().await.unwrap();
        assert_eq!(response.status(), REFUSED, "{value}");
    }
    let twice = service.get().bearer_auth(&token).bearer_auth(&token);
    assert_eq!(twice.send().await.unwrap().status(), REFUSED, "two headers");
}

async fn other_tokens_of_the_server_are_refused(kind: Kind) {
    let latchkey = start().await;
    let service = Service::start(kind, &latchkey.url).await;

    let clock = &latchkey.clock;
    let other = latchkey.like(clock, |settings| settings.tokens.audience = "another-api".into()).await;
    assert_eq!(service.with_bearer(&other.sign_in("device-1").await).await, REFUSED, "another audience");
    // On a database of its own: one has one issuer.
    let other =
        Server::builder().clock(clock).settings(|settings| settings.tokens.issuer = Some("another".into()));
    let other = other.start().await;
    assert_eq!(service.with_bearer(&other.sign_in("device-1").await).await, REFUSED, "another issuer");
    for (seconds, what) in [(-3600, "expired"), (3600, "issued in the future")] {
        let clock = TestClock::running();
        clock.advance(seconds);
        let other = latchkey.like(&clock, |_| {}).await;
        assert_eq!(service.with_bearer(&other.sign_in("device-1").await).await, REFUSED, "{what}");
    }

    let device = Device::new(1);
    let tokens = device.sign_in(&latchkey).await;
    let session_token = text(&tokens, "session_token");
    assert_eq!(service.with_device(session_token, &device.key).await, REFUSED, "a session token");
    assert_eq!(service.with_bearer(session_token).await, REFUSED, "a session token");
    assert_eq!(service.with_bearer(&latchkey.sign_in("device-1").await).await, OK, "a valid token");
}

async fn forged_tokens_are_refused(kind: Kind) {
    let latchkey = start().await;
    let service = Service::start(kind, &latchkey.url).await;
    let token = latchkey.sign_in("device-1").await;
    let forge = || Forge::of(&token, &latchkey);
    assert_eq!(service.with_bearer(&forge().signed()).await, OK, "a token with the server's own contents");
    for (what, forged) in [
        ("alg none", forge().unsigned()),
        ("HS256 with the public key", forge().signed_with_the_public_key()),
        ("alg RS384", forge().header("alg", "RS384".into()).signed()),
        ("another type", forge().header("typ", "session+jwt".into()).signed()),
        ("a plain type", forge().header("typ", "JWT".into()).signed()),
        ("an extension", forge().header("crit", json!(["x"])).header("x", true.into()).signed()),
        ("another key id", forge().header("kid", "another".into()).signed()),
        ("no expiry", forge().claim("exp", Value::Null).signed()),
        ("an expiry as text", forge().claim("exp", "tomorrow".into()).signed()),
        ("a list of expiries", forge().claim("exp", json!([4_102_444_800_i64])).signed()),
        ("no issuer", forge().claim("iss", Value::Null).signed()),
        ("no audience", forge().claim("aud", Value::Null).signed()),
        ("no subject", forge().claim("sub", Value::Null).signed()),
        ("bound to an unknown key", forge().claim("cnf", json!({ "jkt": "x" })).signed()),
    ] {
        assert_eq!(service.with_bearer(&forged).await, REFUSED, "{what}");
    }
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other = start_with_other_key().await;
    let other_token = other.sign_in("device-1").await;
    let (_, other_signature) = other_token.rsplit_once('.').unwrap();
    assert_ne!(signature, other_signature);
    assert_eq!(service.with_bearer(&format!("{head}.{other_signature}")).await, REFUSED, "another signature");
    assert_eq!(service.with_bearer(&other_token).await, REFUSED, "a token of another server");
}

async fn tokens_of_old_and_new_key_are_accepted_after_a_rotation(kind: Kind) {
    let latchkey = start().await;
    let service = Service::start(kind, &latchkey.url).await;
    let before = latchkey.sign_in("device-1").await;
    assert_eq!(service.with_bearer(&before).await, OK);

    keys::next(&latchkey.settings, 2048, now()).unwrap();
    let kid = keys::rotate(&latchkey.settings, now(), true).unwrap();
    let after = loop {
        latchkey.reload.now();
        let token = latchkey.sign_in("device-1").await;
        if Forge::of(&token, &latchkey).kid() == kid {
            break token;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(service.with_bearer(&after).await, OK, "the new key");
    assert_eq!(service.with_bearer(&before).await, OK, "the old key");
}

async fn many_unknown_key_ids_cause_one_fetch(kind: Kind) {
    let latchkey = start().await;
    let front = Front::start(&latchkey).await;
    let service = Service::start_with(kind, &front.url, "600").await;
    let token = latchkey.sign_in("device-1").await;
    for n in 0..20 {
        let forged = Forge::of(&token, &latchkey).header("kid", format!("made up {n}").into()).signed();
        assert_eq!(service.with_bearer(&forged).await, REFUSED);
        assert_eq!(service.with_bearer(&token).await, OK);
    }
    assert_eq!(front.fetches(), 1);
}

async fn without_the_keys_the_service_is_unavailable(kind: Kind) {
    let latchkey = start().await;
    let front = Front::start(&latchkey).await;
    let service = Service::start(kind, &front.url).await;
    let token = latchkey.sign_in("device-1").await;
    front.set_down(true);
    let response = service.get().bearer_auth(&token).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    front.set_down(false);
    assert_eq!(service.with_bearer(&token).await, OK);
}
