//! Confirmation (RFC 9470): a fresh `auth_time` in one access token, what asks for it, and what it
//! never changes.

use axum::Router;
use axum::routing::get;
use latchkey_server::accounts::{self, NewAccount, Username};
use latchkey_server::{AuditFilter, Recently};
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, sam, text, wait_for};
use latchkey_token::{Claims, DeviceKey};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{DAY, on_both};

on_both!(
    the_fresh_time_is_in_one_access_token_and_never_in_the_session,
    a_confirmed_token_ends_with_the_session,
    a_confirmed_token_ends_with_a_session_that_was_renewed_long_before,
    sessions_are_ended_only_soon_after_a_sign_in_or_a_confirmation,
    wrong_passwords_are_counted_and_recorded,
    only_credentials_of_the_same_account_confirm,
    a_token_without_a_key_cannot_confirm_and_its_sign_in_counts,
    the_token_of_an_ended_session_confirms_nothing,
    incomplete_and_malformed_confirmations_cost_no_try,
);

const PATH: &str = "/api/auth/confirm";

async fn confirm(device: &Device, server: &Server, token: &str, password: &str) -> Response {
    device.post(server, PATH, token, &json!({ "password": password })).await
}

fn claims(server: &Server, device: &Device, token: &str) -> Claims {
    server.access_verifier(&device.id).verify(token, server.clock.now()).unwrap()
}

async fn renew(device: &Device, server: &Server, tokens: &mut Value) {
    let renewed = ok(device.renew(server, text(tokens, "session_token")).await).await;
    for (name, value) in renewed.as_object().unwrap() {
        tokens[name] = value.clone();
    }
}

async fn the_fresh_time_is_in_one_access_token_and_never_in_the_session(server: Server) {
    let (device, another) = (Device::new(1), server.another().await);
    let mut tokens = device.sign_in(&server).await;
    let signed_in = server.clock.now();
    server.clock.advance(2000);
    renew(&device, &server, &mut tokens).await;
    let response = confirm(&device, &server, text(&tokens, "token"), PASSWORD).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let confirmed = ok(response).await;
    let mut members: Vec<_> = confirmed.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["expires_in", "token", "token_type"], "no session token");
    assert_eq!((&confirmed["token_type"], &confirmed["expires_in"]), (&json!("DPoP"), &json!(900)));

    let (before, after) = (text(&tokens, "token"), text(&confirmed, "token"));
    let (before, after) = (claims(&server, &device, before), claims(&server, &device, after));
    assert_eq!((before.auth_time, after.auth_time), (signed_in, server.clock.now()));
    assert_eq!((after.acr.as_deref(), after.amr), (Some("1fa"), Some(vec!["pwd".to_owned()])));
    assert_eq!((&after.sid, &after.cnf, &after.aud), (&before.sid, &before.cnf, &before.aud));
    // Every server accepts it, and a renewal returns the old time.
    let token = text(&confirmed, "token");
    assert_eq!(device.call(&another, Method::GET, "/", token).await.status(), 200);
    for server in [&server, &another] {
        renew(&device, server, &mut tokens).await;
        assert_eq!(claims(server, &device, text(&tokens, "token")).auth_time, signed_in);
    }
    let listed = device.call(&server, Method::GET, "/api/sessions", token).await;
    assert_eq!(ok(listed).await["sessions"][0]["created_at"], signed_in.seconds());
}

async fn a_confirmed_token_ends_with_the_session(server: Server) {
    let device = Device::new(1);
    let mut tokens = device.sign_in(&server).await;
    for _ in 0..9 {
        server.clock.advance(10 * DAY - 20);
        renew(&device, &server, &mut tokens).await;
    }
    server.clock.advance(80);
    let confirmed = ok(confirm(&device, &server, text(&tokens, "token"), PASSWORD).await).await;
    assert_eq!(confirmed["expires_in"], 100, "the absolute limit is ninety days after the sign-in");
    server.clock.advance(100);
    problem(device.renew(&server, text(&tokens, "session_token")).await, 401, "session_expired").await;
    let late = confirm(&device, &server, text(&confirmed, "token"), PASSWORD).await;
    assert_eq!(late.status(), 401);
}

async fn a_confirmed_token_ends_with_a_session_that_was_renewed_long_before(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    server.clock.advance(890);
    let confirmed = ok(confirm(&device, &server, text(&tokens, "token"), PASSWORD).await).await;
    let token = text(&confirmed, "token");
    // The token of the sign-in is over by now, for every clock.
    server.clock.advance(300);
    assert_eq!(device.call(&server, Method::GET, "/", token).await.status(), 200);
    server.admin().await.disable(&Username::parse(USERNAME).unwrap(), server.clock.now()).await.unwrap();
    wait_for("the end", async || {
        let refused = device.call(&server, Method::GET, "/", token).await;
        (refused.status() == 401).then_some(())
    })
    .await;
    // A server that starts now knows it too.
    let late = server.another().await;
    problem(device.call(&late, Method::GET, "/", token).await, 401, "account_disabled").await;
}

async fn sessions_are_ended_only_soon_after_a_sign_in_or_a_confirmation(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let mut tokens = device.sign_in(&server).await;
    other.sign_in(&server).await;
    server.clock.advance(961);
    renew(&device, &server, &mut tokens).await;
    let sessions = ok(device.call(&server, Method::GET, "/api/sessions", text(&tokens, "token")).await).await;
    let of_other = sessions["sessions"].as_array().unwrap().iter().find(|one| one["current"] == false);
    let one = format!("/api/sessions/{}", text(of_other.unwrap(), "sid"));

    for path in [one.as_str(), "/api/sessions"] {
        let refused = device.call(&server, Method::DELETE, path, text(&tokens, "token")).await;
        let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
        let refused = problem(refused, 401, "insufficient_user_authentication").await;
        assert_eq!((&refused["max_age"], &refused["acr_values"]), (&json!(900), &json!("1fa")));
        assert_eq!(refused["needs"], json!(["password"]));
        let (scheme, parameters) = challenge.split_once(' ').unwrap();
        let parameters: Vec<_> = parameters.split(", ").map(|one| one.split_once('=').unwrap()).collect();
        let value = |name: &str| {
            let found = parameters.iter().find(|(own, _)| *own == name).unwrap().1;
            found.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap()
        };
        assert_eq!((scheme, value("error")), ("DPoP", "insufficient_user_authentication"));
        assert_eq!((value("max_age").parse(), value("acr_values")), (Ok(900), "1fa"));
    }
    assert_eq!(server.living_sessions().await, 2);

    let confirmed = ok(confirm(&device, &server, text(&tokens, "token"), PASSWORD).await).await;
    let token = text(&confirmed, "token");
    assert_eq!(device.call(&server, Method::DELETE, &one, token).await.status(), 204);
    assert_eq!(server.living_sessions().await, 1);
    // Its own session is ended without a question.
    renew(&device, &server, &mut tokens).await;
    let own = format!("/api/sessions/{}", claims(&server, &device, token).sid);
    let ended = device.call(&server, Method::DELETE, &own, text(&tokens, "token")).await;
    assert_eq!(ended.status(), 204);
}

async fn wrong_passwords_are_counted_and_recorded(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    problem(confirm(&device, &server, token, "wrong").await, 403, "wrong_password").await;
    ok(confirm(&device, &server, token, PASSWORD).await).await;
    let audited = server.audited().await;
    assert_eq!(audited[audited.len() - 2..], ["confirmation_refused", "confirmed"]);
    for _ in 0..10 {
        problem(confirm(&device, &server, token, "wrong").await, 403, "wrong_password").await;
    }
    let late = confirm(&device, &server, token, PASSWORD).await;
    assert!(late.headers().contains_key("retry-after"));
    problem(late, 429, "too_many_attempts").await;
    // The same count as that of a sign-in by this device, and not that of others.
    problem(device.attempt(&server, PASSWORD).await, 429, "too_many_attempts").await;
    ok(Device::new(2).attempt(&server, PASSWORD).await).await;

    let admin = server.admin().await;
    let events = admin.audit(&AuditFilter { max: 100, ..AuditFilter::default() }).await.unwrap();
    let confirmed = events.iter().find(|event| event.event == "confirmed").unwrap();
    let sid = claims(&server, &device, token).sid;
    assert_eq!((confirmed.sid.as_deref(), confirmed.actor.as_str()), (Some(sid.as_str()), "person"));
    assert!(events.iter().all(|event| !format!("{event:?}").contains(PASSWORD)));
}

async fn only_credentials_of_the_same_account_confirm(server: Server) {
    const OTHERS: &str = "decepticons drool here";
    let account =
        NewAccount { username: Username::parse("bumblebee").unwrap(), password: OTHERS.into(), ..sam() };
    accounts::add(&server.settings, account, server.clock.now()).await.unwrap();
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    problem(confirm(&device, &server, token, OTHERS).await, 403, "wrong_password").await;
    // A name in the body does not choose the account.
    let body = json!({ "username": "bumblebee", "password": OTHERS });
    problem(device.post(&server, PATH, token, &body).await, 403, "wrong_password").await;
    // Another key's proof does not make the token pass.
    let thief = Device { id: device.id.clone(), key: DeviceKey::derive(&[7; 32]).unwrap() };
    problem(confirm(&thief, &server, token, PASSWORD).await, 401, "invalid_dpop_proof").await;
    // The session token is none.
    let session = text(&tokens, "session_token");
    problem(confirm(&device, &server, session, PASSWORD).await, 401, "invalid_token").await;
    // A proof without the token's hash is for no token.
    let proof = device.proof(&server, &Method::POST, PATH, None);
    let request = server.request(Method::POST, PATH).header("x-client", &device.id).header("dpop", proof);
    let request = request.header("authorization", format!("DPoP {token}"));
    let refused = request.json(&json!({ "password": PASSWORD })).send().await.unwrap();
    problem(refused, 401, "invalid_dpop_proof").await;
}

async fn a_token_without_a_key_cannot_confirm_and_its_sign_in_counts(server: Server) {
    let token = server.sign_in("device-0").await;
    Device::new(1).sign_in(&server).await;
    let send =
        |method, path: &str| server.request(method, path).header("x-client", "device-0").bearer_auth(&token);
    let body = json!({ "password": PASSWORD });
    let refused = send(Method::POST, PATH).json(&body).send().await.unwrap();
    problem(refused, 401, "proof_required").await;
    server.clock.advance(899);
    let ended = send(Method::DELETE, "/api/sessions").send().await.unwrap();
    assert_eq!(ended.status(), 204);
}

async fn the_token_of_an_ended_session_confirms_nothing(server: Server) {
    let (device, other, another) = (Device::new(1), Device::new(2), server.another().await);
    let (tokens, by) = (device.sign_in(&server).await, other.sign_in(&server).await);
    let end = other.call(&server, Method::DELETE, "/api/sessions", text(&by, "token")).await;
    assert_eq!(end.status(), 204);
    for server in [&server, &another] {
        // The other server may not have seen the end yet; the row says so.
        let refused = confirm(&device, server, text(&tokens, "token"), PASSWORD).await;
        problem(refused, 401, "session_revoked").await;
    }
}

async fn incomplete_and_malformed_confirmations_cost_no_try(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    for _ in 0..5 {
        for body in [json!({}), json!({ "password": "" }), json!({ "code": "123456" })] {
            let refused = device.post(&server, PATH, token, &body).await;
            let refused = problem(refused, 400, "confirmation_incomplete").await;
            assert_eq!(refused["needs"], json!(["password"]));
        }
        for body in [json!([PASSWORD]), json!({ "password": 7 }), json!("x")] {
            problem(device.post(&server, PATH, token, &body).await, 400, "invalid_request").await;
        }
    }
    let request = server.request(Method::POST, PATH).header("x-client", &device.id);
    problem(request.json(&json!({ "password": PASSWORD })).send().await.unwrap(), 401, "token_missing").await;
    ok(confirm(&device, &server, token, PASSWORD).await).await;
}

#[tokio::test]
async fn a_route_of_an_app_runs_only_soon_after_a_sign_in_or_a_confirmation() {
    async fn erase(claims: Recently<60>) -> String {
        claims.sub.clone()
    }
    let routes = Router::new().route("/api/erase", get(erase));
    let server = Server::builder().routes(routes).start().await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    let call = async |token: &str| device.call(&server, Method::GET, "/api/erase", token).await;
    server.clock.advance(120);
    assert_eq!(call(token).await.status(), 200, "a minute, and a minute of leeway");
    server.clock.advance(1);
    let refused = call(token).await;
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().contains(r#"max_age="60""#));
    problem(refused, 401, "insufficient_user_authentication").await;
    let confirmed = ok(confirm(&device, &server, token, PASSWORD).await).await;
    assert_eq!(call(text(&confirmed, "token")).await.status(), 200);
    let request = server.request(Method::GET, "/api/erase").header("x-client", &device.id);
    problem(request.send().await.unwrap(), 401, "token_missing").await;
}
