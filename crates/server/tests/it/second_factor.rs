//! The sign-in in two steps: challenges, codes of the factor, and its setup in between.

use latchkey_server::accounts::Username;
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    challenge, enrol, give_sam_a_factor, invite, make_code, on_both, post, redeem, requiring_factors,
    second_factor,
};

on_both!(
    a_right_password_leads_to_a_challenge_and_a_right_code_to_tokens,
    a_challenge_is_of_one_device_and_one_key,
    a_code_of_the_app_is_accepted_once_on_all_servers,
    a_challenge_ends_with_time_wrong_codes_and_changes_of_the_account,
    the_same_second_step_gets_the_same_session_for_a_minute,
    a_recovery_code_signs_in_once,
    who_must_have_a_factor_sets_it_up_with_an_operators_code,
    an_invited_person_sets_up_the_factor_before_the_password_counts,
    an_operators_code_replaces_a_lost_factor,
);

const NEW: &str = "decepticons drool ☂";

fn claims(tokens: &Value, name: &str) -> Value {
    use base64::Engine as _;
    let payload = text(tokens, name).split('.').nth(1).unwrap().to_owned();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&json).unwrap()
}

async fn a_right_password_leads_to_a_challenge_and_a_right_code_to_tokens(server: Server) {
    let device = Device::new(1);
    let plain = device.sign_in(&server).await;
    assert_eq!(claims(&plain, "token")["acr"], "1fa");
    assert_eq!(claims(&plain, "session_token")["amr"], json!(["pwd"]));
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let sessions = server.living_sessions().await;
    problem(device.attempt(&server, "wrong").await, 401, "invalid_credentials").await;
    let refused = problem(device.attempt(&server, PASSWORD).await, 401, "second_factor_required").await;
    assert_eq!(refused["expires_in"], 300);
    assert_eq!(refused["methods"], json!(["totp", "recovery_code", "factor_code"]));
    assert_eq!(server.living_sessions().await, sessions, "no session before the second step");
    let begun = text(&refused, "challenge");
    let wrong = factor.wrong_code(&server);
    let refused = problem(second_factor(&device, &server, begun, &wrong).await, 401, "wrong_code").await;
    assert_eq!(refused["tries_left"], 4);
    let slip = second_factor(&device, &server, begun, "0000-0000-0000-01").await;
    problem(slip, 400, "malformed_code").await;
    // As an app shows it.
    let code = factor.code(&server);
    let code = format!("{} {}", &code[..3], &code[3..]);
    let tokens = ok(second_factor(&device, &server, begun, &code).await).await;
    for name in ["token", "session_token"] {
        let claims = claims(&tokens, name);
        assert_eq!((&claims["acr"], &claims["amr"]), (&json!("2fa"), &json!(["pwd", "otp", "mfa"])));
    }
    let renewed = ok(device.renew(&server, text(&tokens, "session_token")).await).await;
    assert_eq!(claims(&renewed, "token")["acr"], "2fa", "it is stored with the session");
    // No bearer tokens, and only with the right password is that said.
    problem(server.attempt("device-0", USERNAME, PASSWORD).await, 401, "proof_required").await;
    problem(server.attempt("device-0", USERNAME, "wrong").await, 401, "invalid_credentials").await;
}

async fn a_challenge_is_of_one_device_and_one_key(server: Server) {
    let (device, thief) = (Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    let code = factor.code(&server);
    problem(second_factor(&thief, &server, &begun, &code).await, 401, "challenge_expired").await;
    let renamed = Device { id: "device-9".into(), key: Device::new(1).key };
    problem(second_factor(&renamed, &server, &begun, &code).await, 401, "challenge_expired").await;
    for unknown in ["", "x", "8f14e45f-ceea-467f-9575-1f1c2a3b4c5d", "\0"] {
        problem(second_factor(&device, &server, unknown, &code).await, 401, "challenge_expired").await;
    }
    let body = json!({ "challenge": begun, "code": code });
    let request = server.request(Method::POST, "/api/auth/second-factor").header("x-client", &device.id);
    problem(request.json(&body).send().await.unwrap(), 401, "proof_required").await;
    ok(second_factor(&device, &server, &begun, &code).await).await;
}

async fn a_code_of_the_app_is_accepted_once_on_all_servers(server: Server) {
    let (other, one, two) = (server.another().await, Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &one).await;
    for _ in 0..3 {
        let (first, second) =
            (challenge(&one, &server, PASSWORD).await, challenge(&two, &other, PASSWORD).await);
        let code = factor.code(&server);
        let (first, second) = tokio::join!(
            second_factor(&one, &server, &first, &code),
            second_factor(&two, &other, &second, &code),
        );
        let lost = if first.status().as_u16() == 200 { second } else { first };
        problem(lost, 401, "code_used").await;
        server.clock.advance(30);
    }
}

async fn a_challenge_ends_with_time_wrong_codes_and_changes_of_the_account(server: Server) {
    let (device, name) = (Device::new(1), Username::parse(USERNAME).unwrap());
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let admin = server.admin().await;
    let expired = async |begun: &str| {
        let code = factor.code(&server);
        problem(second_factor(&device, &server, begun, &code).await, 401, "challenge_expired").await;
    };
    let begun = challenge(&device, &server, PASSWORD).await;
    server.clock.advance(300);
    expired(&begun).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    for left in (0..5).rev() {
        let wrong = factor.wrong_code(&server);
        let refused = problem(second_factor(&device, &server, &begun, &wrong).await, 401, "wrong_code").await;
        assert_eq!(refused["tries_left"], left);
    }
    expired(&begun).await;
    let older = challenge(&device, &server, PASSWORD).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    expired(&older).await;
    admin.set_password(&name, PASSWORD.into(), false, server.clock.now()).await.unwrap();
    expired(&begun).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    admin.disable(&name, server.clock.now()).await.unwrap();
    expired(&begun).await;
}

async fn the_same_second_step_gets_the_same_session_for_a_minute(server: Server) {
    let device = Device::new(1);
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    let code = factor.code(&server);
    let first = ok(second_factor(&device, &server, &begun, &code).await).await;
    server.clock.advance(59);
    let again = ok(second_factor(&device, &server, &begun, &code).await).await;
    assert_eq!(claims(&first, "token")["sid"], claims(&again, "token")["sid"]);
    assert_eq!(claims(&again, "token")["acr"], "2fa");
    server.clock.advance(1);
    problem(second_factor(&device, &server, &begun, &code).await, 401, "challenge_expired").await;
}

async fn a_recovery_code_signs_in_once(server: Server) {
    let device = Device::new(1);
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    assert_eq!(factor.recovery_codes.len(), 10);
    let code = factor.recovery_codes[3].to_lowercase().replace('-', "");
    let begun = challenge(&device, &server, PASSWORD).await;
    let tokens = ok(second_factor(&device, &server, &begun, &code).await).await;
    assert_eq!(claims(&tokens, "token")["amr"], json!(["pwd", "mfa"]));
    let begun = challenge(&device, &server, PASSWORD).await;
    problem(second_factor(&device, &server, &begun, &code).await, 401, "wrong_code").await;
}

async fn who_must_have_a_factor_sets_it_up_with_an_operators_code(server: Server) {
    let (device, thief) = (Device::new(1), Device::new(2));
    let server = requiring_factors(&server).await;
    // The password alone sets nothing up.
    let refused = problem(thief.attempt(&server, PASSWORD).await, 401, "enrolment_required").await;
    assert_eq!(refused["authorized"], false);
    let begun = text(&refused, "challenge");
    let path = "/api/auth/second-factor/enrol";
    let try_enrol = async |code: Option<&str>| {
        post(&thief, &server, path, &json!({ "challenge": begun, "code": code })).await
    };
    problem(try_enrol(None).await, 401, "enrolment_required").await;
    problem(try_enrol(Some("0000-0000-0000-0000-0")).await, 401, "wrong_code").await;
    let password_code = make_code(&server, USERNAME, CodeKind::Password).await;
    problem(try_enrol(Some(&password_code)).await, 401, "wrong_code").await;
    problem(second_factor(&thief, &server, begun, "123456").await, 401, "enrolment_required").await;
    assert_eq!(server.living_sessions().await, 0);

    let code = make_code(&server, USERNAME, CodeKind::Factor).await;
    let refused = problem(device.attempt(&server, PASSWORD).await, 401, "enrolment_required").await;
    let begun = text(&refused, "challenge");
    let body = json!({ "challenge": begun, "code": code });
    let proposal = ok(post(&device, &server, path, &body).await).await;
    assert!(text(&proposal, "otpauth_uri").starts_with("otpauth://totp/"));
    assert_eq!(proposal["expires_in"], 600);
    let wrong = second_factor(&device, &server, begun, "000000").await;
    problem(wrong, 401, "wrong_code").await;
    let (_, tokens) = enrol(&device, &server, begun, &[]).await;
    assert_eq!(claims(&tokens, "token")["acr"], "2fa");
    problem(try_enrol(Some(&code)).await, 401, "challenge_expired").await;
}

async fn an_invited_person_sets_up_the_factor_before_the_password_counts(server: Server) {
    let device = Device::new(1);
    let server = requiring_factors(&server).await;
    let code = invite(&server, "bee").await;
    let refused = redeem(&device, &server, &code, NEW, None).await;
    let refused = problem(refused, 401, "enrolment_required").await;
    assert_eq!(refused["authorized"], true);
    problem(server.attempt("device-0", "bee", NEW).await, 401, "invalid_credentials").await;
    let (_, tokens) = enrol(&device, &server, text(&refused, "challenge"), &[]).await;
    assert_eq!(claims(&tokens, "token")["acr"], "2fa");
    problem(server.attempt("device-0", "bee", NEW).await, 401, "proof_required").await;
    problem(redeem(&Device::new(2), &server, &code, NEW, None).await, 401, "code_used").await;
}

async fn an_operators_code_replaces_a_lost_factor(server: Server) {
    let device = Device::new(1);
    let (lost, _) = give_sam_a_factor(&server, &device).await;
    let code = make_code(&server, USERNAME, CodeKind::Factor).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    // With the factor still there, only the code allows another one.
    let path = "/api/auth/second-factor/enrol";
    let refused = post(&device, &server, path, &json!({ "challenge": begun })).await;
    problem(refused, 401, "second_factor_required").await;
    let refused = second_factor(&device, &server, &begun, &code).await;
    let refused = problem(refused, 401, "enrolment_required").await;
    assert_eq!((&refused["authorized"], &refused["expires_in"]), (&json!(true), &json!(600)));
    let (factor, tokens) = enrol(&device, &server, text(&refused, "challenge"), &[]).await;
    assert_eq!(claims(&tokens, "token")["acr"], "2fa");
    server.clock.advance(60);
    let begun = challenge(&device, &server, PASSWORD).await;
    let old = lost.code(&server);
    problem(second_factor(&device, &server, &begun, &old).await, 401, "wrong_code").await;
    problem(second_factor(&device, &server, &begun, &code).await, 401, "code_used").await;
    ok(second_factor(&device, &server, &begun, &factor.code(&server)).await).await;
}
