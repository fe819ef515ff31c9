//! Confirmation where the account has a second factor: nothing weaker counts, and neither does the
//! sign-in of a device key that is new.

use latchkey_testkit::{Device, PASSWORD, Server, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{DAY, Factor, challenge, give_sam_a_factor, on_both, second_factor};

on_both!(
    a_thiefs_fresh_sign_in_does_not_end_older_sessions,
    the_sign_in_of_a_key_that_is_known_for_a_day_counts,
    the_factor_and_the_password_change_only_after_a_code,
    wrong_codes_of_a_confirmation_are_told_and_counted,
);

const NEW: &str = "decepticons drool ☂";

async fn sign_in(server: &Server, device: &Device, factor: &Factor) -> Value {
    let begun = challenge(device, server, PASSWORD).await;
    let tokens = ok(second_factor(device, server, &begun, &factor.code(server)).await).await;
    server.clock.advance(1);
    tokens
}

async fn confirm(server: &Server, device: &Device, token: &str, body: &Value) -> Response {
    device.post(server, "/api/auth/confirm", token, body).await
}

async fn confirmed(server: &Server, device: &Device, tokens: &Value, body: &Value) -> String {
    let answer = ok(confirm(server, device, text(tokens, "token"), body).await).await;
    text(&answer, "token").to_owned()
}

async fn needs(response: Response, expected: Value) -> i64 {
    let refused = problem(response, 401, "insufficient_user_authentication").await;
    assert_eq!((&refused["needs"], &refused["acr_values"]), (&expected, &json!("2fa")));
    refused["max_age"].as_i64().unwrap()
}

async fn a_thiefs_fresh_sign_in_does_not_end_older_sessions(server: Server) {
    let (owner, thief, other) = (Device::new(1), Device::new(2), Device::new(3));
    let (factor, owners) = give_sam_a_factor(&server, &owner).await;
    // A phisher with the password and a code signs in.
    let tokens = sign_in(&server, &thief, &factor).await;
    let token = text(&tokens, "token");
    let end_others = async |token: &str| thief.call(&server, Method::DELETE, "/api/sessions", token).await;
    assert_eq!(needs(end_others(token).await, json!(["code"])).await, 900);
    let sid = server.session_verifier(&owner).verify(text(&owners, "session_token"), server.clock.now());
    let older = format!("/api/sessions/{}", sid.unwrap().sid);
    needs(thief.call(&server, Method::DELETE, &older, token).await, json!(["code"])).await;

    // The password is no confirmation, nor is the code that was used.
    let weak = confirm(&server, &thief, token, &json!({ "password": PASSWORD })).await;
    assert_eq!(problem(weak, 400, "confirmation_incomplete").await["needs"], json!(["code"]));
    let used = confirm(&server, &thief, token, &json!({ "code": factor.code(&server) })).await;
    problem(used, 403, "code_used").await;
    assert_eq!(owner.renew(&server, text(&owners, "session_token")).await.status(), 200);

    // A younger session is no older one.
    server.clock.advance(60);
    let younger = sign_in(&server, &other, &factor).await;
    let sid = server.session_verifier(&other).verify(text(&younger, "session_token"), server.clock.now());
    let younger = format!("/api/sessions/{}", sid.unwrap().sid);
    assert_eq!(thief.call(&server, Method::DELETE, &younger, token).await.status(), 204);

    server.clock.advance(60);
    let fresh = confirmed(&server, &thief, &tokens, &json!({ "code": factor.code(&server) })).await;
    assert_eq!(end_others(&fresh).await.status(), 204);
}

async fn the_sign_in_of_a_key_that_is_known_for_a_day_counts(server: Server) {
    let (owner, other) = (Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &owner).await;
    sign_in(&server, &other, &factor).await;
    let mut statuses = Vec::new();
    for _ in 0..2 {
        // The next code of the app.
        server.clock.advance(60);
        let tokens = sign_in(&server, &owner, &factor).await;
        let end = owner.call(&server, Method::DELETE, "/api/sessions", text(&tokens, "token")).await;
        statuses.push(end.status().as_u16());
        server.clock.advance(DAY);
    }
    assert_eq!(statuses, [401, 204]);
}

async fn the_factor_and_the_password_change_only_after_a_code(server: Server) {
    let device = Device::new(1);
    let (factor, tokens) = give_sam_a_factor(&server, &device).await;
    let change = json!({ "current": PASSWORD, "new": NEW });
    let token = text(&tokens, "token");
    let password = async |token: &str| device.put(&server, "/api/me/password", token, &change).await;
    assert_eq!(needs(password(token).await, json!(["code"])).await, 300);
    for (method, path) in [
        (Method::POST, "/api/me/totp"),
        (Method::DELETE, "/api/me/totp"),
        (Method::POST, "/api/me/recovery-codes"),
    ] {
        let refused = device.call(&server, method, path, token).await;
        assert_eq!(needs(refused, json!(["password", "code"])).await, 300, "{path}");
    }
    let by_code = confirmed(&server, &device, &tokens, &json!({ "code": factor.code(&server) })).await;
    let refused = device.call(&server, Method::DELETE, "/api/me/totp", &by_code).await;
    needs(refused, json!(["password", "code"])).await;

    // A recovery code counts as a code.
    let both = json!({ "password": PASSWORD, "code": factor.recovery_codes[0] });
    let by_both = confirmed(&server, &device, &tokens, &both).await;
    let made = device.call(&server, Method::POST, "/api/me/recovery-codes", &by_both).await;
    assert_eq!(ok(made).await["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(password(&by_code).await.status(), 204);
    server.clock.advance(361);
    let late = device.call(&server, Method::DELETE, "/api/me/totp", &by_both).await;
    needs(late, json!(["password", "code"])).await;
}

async fn wrong_codes_of_a_confirmation_are_told_and_counted(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let watching = sign_in(&server, &other, &factor).await;
    server.clock.advance(60);
    let tokens = sign_in(&server, &device, &factor).await;
    server.clock.advance(60);
    let token = text(&tokens, "token");
    let both = json!({ "password": PASSWORD, "code": factor.wrong_code(&server) });
    for _ in 0..3 {
        problem(confirm(&server, &device, token, &both).await, 403, "wrong_code").await;
    }
    let listed = other.call(&server, Method::GET, "/api/me/notices", text(&watching, "token")).await;
    let listed = ok(listed).await;
    let kinds: Vec<_> = listed["notices"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["wrong_factor"], "one for all guesses of the device");
    let mut refused = 3;
    loop {
        let response = confirm(&server, &device, token, &both).await;
        if response.status() == 429 {
            break;
        }
        problem(response, 403, "wrong_code").await;
        refused += 1;
        assert!(refused < 20, "guesses are not counted");
    }
    let right = json!({ "password": PASSWORD, "code": factor.code(&server) });
    problem(confirm(&server, &device, token, &right).await, 429, "too_many_attempts").await;
}
