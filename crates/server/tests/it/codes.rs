//! One-time codes: `POST /api/auth/code`, and what an operator makes.

use latchkey_server::accounts::Username;
use latchkey_server::admin::{CodeOptions, MakeCodeError};
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    FOR_A_DAY, challenge, give_sam_a_factor, invite, make_code, on_both, post, redeem, second_factor,
};

on_both!(
    an_invitation_sets_the_first_password_and_signs_in,
    a_code_in_a_wrong_place_is_refused_and_stays_good,
    a_new_password_ends_every_other_session_with_the_reason,
    a_refused_password_does_not_use_the_code_up,
    the_same_device_gets_the_same_outcome_for_a_minute_with_the_same_password,
    a_code_never_passes_a_second_factor,
    a_code_ends_with_a_new_password_and_a_disabled_renamed_or_removed_account,
    two_servers_redeem_a_code_once,
);

const NEW: &str = "decepticons drool ☂";

fn sid(token: &Value) -> Value {
    use base64::Engine as _;
    let payload = text(token, "token").split('.').nth(1).unwrap().to_owned();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice::<Value>(&json).unwrap()["sid"].clone()
}

async fn password_kind(server: &Server, name: &str) -> String {
    server.admin().await.find(&Username::parse(name).unwrap()).await.unwrap().password
}

async fn an_invitation_sets_the_first_password_and_signs_in(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let code = invite(&server, "bee").await;
    assert_eq!(password_kind(&server, "bee").await, "none");
    // Without a password nobody signs in, and the answer is that of an unknown name.
    for (name, password) in [("bee", ""), ("bee", PASSWORD), ("nobody", PASSWORD)] {
        let response = server.attempt("device-0", name, password).await;
        let (status, code) =
            if password.is_empty() { (400, "invalid_request") } else { (401, "invalid_credentials") };
        problem(response, status, code).await;
    }
    // As a person types it.
    let typed = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    let tokens = ok(redeem(&device, &server, &typed, NEW, None).await).await;
    assert_eq!(device.call(&server, Method::GET, "/", text(&tokens, "token")).await.status(), 200);
    ok(device.renew(&server, text(&tokens, "session_token")).await).await;
    assert_eq!(password_kind(&server, "bee").await, "argon2id");
    ok(server.attempt("device-0", "bee", NEW).await).await;
    problem(redeem(&other, &server, &code, NEW, None).await, 401, "code_used").await;
    let events = server.audited().await;
    for event in ["code_made", "code_used", "password_changed", "signed_in"] {
        assert!(events.iter().any(|known| known == event), "{event} in {events:?}");
    }
}

async fn a_code_in_a_wrong_place_is_refused_and_stays_good(server: Server) {
    let device = Device::new(1);
    let password = make_code(&server, USERNAME, CodeKind::Password).await;
    let factor = make_code(&server, USERNAME, CodeKind::Factor).await;
    let invited = invite(&server, "bee").await;
    let attempts = [
        (&password, None, 401, "invalid_code"),
        (&password, Some("bee"), 401, "invalid_code"),
        (&password, Some("nobody"), 401, "invalid_code"),
        (&invited, Some(USERNAME), 401, "invalid_code"),
        (&factor, Some(USERNAME), 400, "code_for_factor"),
        (&factor, None, 401, "invalid_code"),
    ];
    for (code, username, status, refusal) in attempts {
        problem(redeem(&device, &server, code, NEW, username).await, status, refusal).await;
    }
    // Well-formed codes that nobody made, of each length; and texts that are no code.
    for (code, status, refusal) in [
        ("0000-0000-0000-0000-0", 401, "invalid_code"),
        ("0000-0000-0", 401, "invalid_code"),
        ("0000-0000-0000-00", 401, "invalid_code"),
        ("0000-0000-0000-0000-1", 400, "malformed_code"),
        ("123456", 400, "malformed_code"),
        ("", 400, "malformed_code"),
    ] {
        problem(redeem(&device, &server, code, NEW, Some(USERNAME)).await, status, refusal).await;
    }
    let response = server.request(Method::POST, "/api/auth/code").header("x-client", &device.id);
    let body = json!({ "code": invited, "new_password": NEW });
    problem(response.json(&body).send().await.unwrap(), 401, "proof_required").await;
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    ok(redeem(&device, &server, &invited, NEW, Some("BEE")).await).await;
    ok(redeem(&device, &server, &password, NEW, Some(USERNAME)).await).await;
}

async fn a_new_password_ends_every_other_session_with_the_reason(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let before = device.sign_in(&server).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    ok(device.renew(&server, text(&before, "session_token")).await).await;
    let tokens = ok(redeem(&other, &server, &code, NEW, Some(USERNAME)).await).await;
    let token = text(&before, "token");
    problem(device.call(&server, Method::GET, "/", token).await, 401, "session_revoked").await;
    let ended = device.renew(&server, text(&before, "session_token")).await;
    assert_eq!(problem(ended, 401, "session_revoked").await["reason"], "password_reset");
    assert_eq!(other.call(&server, Method::GET, "/", text(&tokens, "token")).await.status(), 200);
    problem(server.attempt("device-0", USERNAME, PASSWORD).await, 401, "invalid_credentials").await;
    ok(server.attempt("device-0", USERNAME, NEW).await).await;
}

async fn a_refused_password_does_not_use_the_code_up(server: Server) {
    let device = Device::new(1);
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let long = "x".repeat(2000);
    for (password, refusal) in [
        ("short", "password_too_short"),
        (long.as_str(), "password_too_long"),
        ("Ladiesman217!", "password_too_common"),
        ("autobots\0rule again", "invalid_request"),
    ] {
        problem(redeem(&device, &server, &code, password, Some(USERNAME)).await, 400, refusal).await;
    }
    ok(redeem(&device, &server, &code, NEW, Some(USERNAME)).await).await;
}

async fn the_same_device_gets_the_same_outcome_for_a_minute_with_the_same_password(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let again = async |device: &Device, password: &str| {
        redeem(device, &server, &code, password, Some(USERNAME)).await
    };
    let first = ok(again(&device, NEW).await).await;
    server.clock.advance(59);
    let second = ok(again(&device, NEW).await).await;
    assert_eq!(sid(&first), sid(&second));
    assert_eq!(server.living_sessions().await, 1);
    ok(device.renew(&server, text(&second, "session_token")).await).await;
    problem(again(&device, "another password than that").await, 401, "code_used").await;
    problem(again(&other, NEW).await, 401, "code_used").await;
    server.clock.advance(1);
    problem(again(&device, NEW).await, 401, "code_used").await;
    // A repetition does not bring an ended session back.
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let tokens = ok(redeem(&device, &server, &code, NEW, Some(USERNAME)).await).await;
    let token = text(&tokens, "token");
    assert_eq!(device.call(&server, Method::DELETE, "/api/auth", token).await.status(), 204);
    problem(redeem(&device, &server, &code, NEW, Some(USERNAME)).await, 401, "code_used").await;
}

/// A thief with a code and a key, without the factor.
async fn a_code_never_passes_a_second_factor(server: Server) {
    let (device, thief) = (Device::new(1), Device::new(2));
    let (factor, tokens) = give_sam_a_factor(&server, &device).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let refused = redeem(&thief, &server, &code, NEW, Some(USERNAME)).await;
    let refused = problem(refused, 401, "second_factor_required").await;
    let begun = text(&refused, "challenge");
    let wrong = factor.wrong_code(&server);
    problem(second_factor(&thief, &server, begun, &wrong).await, 401, "wrong_code").await;
    // Nothing has changed.
    ok(device.renew(&server, text(&tokens, "session_token")).await).await;
    challenge(&thief, &server, PASSWORD).await;
    problem(thief.attempt(&server, NEW).await, 401, "invalid_credentials").await;
    assert_eq!(server.living_sessions().await, 1);

    // The owner has the code too, and the factor.
    let refused = redeem(&device, &server, &code, NEW, Some(USERNAME)).await;
    let refused = problem(refused, 401, "second_factor_required").await;
    let begun = text(&refused, "challenge");
    let right = factor.code(&server);
    let new_tokens = ok(second_factor(&device, &server, begun, &right).await).await;
    ok(device.renew(&server, text(&new_tokens, "session_token")).await).await;
    let ended = device.renew(&server, text(&tokens, "session_token")).await;
    assert_eq!(problem(ended, 401, "session_revoked").await["reason"], "password_reset");
    problem(thief.attempt(&server, PASSWORD).await, 401, "invalid_credentials").await;
    problem(redeem(&thief, &server, &code, NEW, Some(USERNAME)).await, 401, "code_used").await;
    challenge(&device, &server, NEW).await;
}

async fn a_code_ends_with_a_new_password_and_a_disabled_renamed_or_removed_account(server: Server) {
    let (device, name) = (Device::new(1), Username::parse(USERNAME).unwrap());
    let (admin, now) = (server.admin().await, server.clock.now());
    let refused = async |code: &str| {
        problem(redeem(&device, &server, code, NEW, Some(USERNAME)).await, 401, "invalid_code").await;
    };
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    admin.set_password(&name, PASSWORD.into(), false, now).await.unwrap();
    refused(&code).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let tokens = device.sign_in(&server).await;
    let change = json!({ "current": PASSWORD, "new": NEW });
    let changed = device.put(&server, "/api/me/password", text(&tokens, "token"), &change).await;
    assert_eq!(changed.status(), 204);
    refused(&code).await;
    let older = make_code(&server, USERNAME, CodeKind::Password).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    refused(&older).await;
    admin.disable(&name, now).await.unwrap();
    refused(&code).await;
    let made = admin.make_code(&name, CodeKind::Password, FOR_A_DAY, now).await;
    assert!(matches!(made, Err(MakeCodeError::Disabled(_))));
    admin.enable(&name, now).await.unwrap();
    refused(&code).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    server.clock.advance(86_400);
    refused(&code).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let other = Username::parse("sam").unwrap();
    admin.rename(&name, &other, now).await.unwrap();
    problem(redeem(&device, &server, &code, NEW, Some("sam")).await, 401, "invalid_code").await;
    admin.rename(&other, &name, now).await.unwrap();
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    admin.remove(&name, now).await.unwrap();
    refused(&code).await;
}

async fn two_servers_redeem_a_code_once(server: Server) {
    let (other, one, two) = (server.another().await, Device::new(1), Device::new(2));
    for round in 0..3 {
        let code = make_code(&server, USERNAME, CodeKind::Password).await;
        let (first, second) = tokio::join!(
            redeem(&one, &server, &code, "the first of two passwords", Some(USERNAME)),
            redeem(&two, &other, &code, "the second of two passwords", Some(USERNAME)),
        );
        let (lost, won) = match first.status().as_u16() {
            200 => (second, "the first of two passwords"),
            _ => (first, "the second of two passwords"),
        };
        problem(lost, 401, "code_used").await;
        assert_eq!(server.living_sessions().await, 1, "{round}");
        let token = ok(server.attempt("device-0", USERNAME, won).await).await;
        let request = server.request(Method::DELETE, "/api/auth").header("x-client", "device-0");
        let signed_out = request.bearer_auth(text(&token, "token")).send().await.unwrap();
        assert_eq!(signed_out.status(), 204);
    }
}

#[tokio::test]
async fn wrong_codes_are_throttled_by_account_and_by_address() {
    let (server, device) = (Server::start().await, Device::new(1));
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let wrong = "0000-0000-0000-0000-0";
    for _ in 0..10 {
        problem(redeem(&device, &server, wrong, NEW, Some(USERNAME)).await, 401, "invalid_code").await;
    }
    problem(redeem(&device, &server, &code, NEW, Some(USERNAME)).await, 429, "too_many_attempts").await;
    for _ in 0..10 {
        problem(redeem(&device, &server, wrong, NEW, None).await, 401, "invalid_code").await;
    }
    problem(redeem(&device, &server, wrong, NEW, None).await, 429, "too_many_attempts").await;
    server.clock.advance(1);
    ok(redeem(&device, &server, &code, NEW, Some(USERNAME)).await).await;
}

#[tokio::test]
async fn a_mistyped_code_costs_no_try() {
    let (server, device) = (Server::start().await, Device::new(1));
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let mut slip = code.clone();
    slip.replace_range(..1, if code.starts_with('7') { "8" } else { "7" });
    for _ in 0..20 {
        problem(redeem(&device, &server, &slip, NEW, Some(USERNAME)).await, 400, "malformed_code").await;
    }
    ok(redeem(&device, &server, &code, NEW, Some(USERNAME)).await).await;
}

#[tokio::test]
async fn a_code_is_not_made_for_longer_than_a_week_nor_sent_without_mail() {
    let server = Server::start().await;
    let (admin, name, now) = (server.admin().await, Username::parse(USERNAME).unwrap(), server.clock.now());
    for valid_seconds in [-1, 0, 59, 7 * 86_400 + 1, i64::MAX] {
        let options = CodeOptions { valid_seconds, send: false };
        let made = admin.make_code(&name, CodeKind::Password, options, now).await;
        assert!(matches!(made, Err(MakeCodeError::Validity)), "{valid_seconds}");
    }
    let options = CodeOptions { send: true, ..FOR_A_DAY };
    let made = admin.make_code(&name, CodeKind::Password, options, now).await;
    assert!(matches!(made, Err(MakeCodeError::NoMail)));
    let nobody = Username::parse("nobody").unwrap();
    let made = admin.make_code(&nobody, CodeKind::Password, FOR_A_DAY, now).await;
    assert!(matches!(made, Err(MakeCodeError::NoAccount(_))));
    assert!(post(&Device::new(1), &server, "/api/auth/code", &json!([])).await.status().is_client_error());
}
