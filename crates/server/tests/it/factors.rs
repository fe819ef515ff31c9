//! Second factors against what goes wrong around them: clocks, strangers, requirements that come
//! later, and requests that come twice.

use latchkey_server::accounts::{Role, Username};
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text};
use reqwest::Method;
use serde_json::json;

use crate::support::{
    DAY, challenge, connection, enrol, give_sam_a_factor, make_code, on_both, redeem, requiring_factors,
    second_factor, totp,
};

on_both!(
    a_clock_that_was_a_day_ahead_locks_nobody_out,
    a_requirement_leaves_a_grace_period_and_loses_no_session,
    codes_of_strangers_are_refused_after_fifty_wrong_ones,
    the_factor_is_set_up_changed_and_removed_by_password_and_code,
    a_factor_is_switched_on_by_a_request_that_may_be_repeated,
    a_requirement_that_is_made_anew_has_a_new_grace_period,
    a_code_is_read_as_people_type_it,
    a_removed_account_keeps_no_factor_and_a_renamed_one_nothing_that_is_pending,
);

fn sam() -> Username {
    Username::parse(USERNAME).unwrap()
}

async fn a_clock_that_was_a_day_ahead_locks_nobody_out(server: Server) {
    let device = Device::new(1);
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    server.clock.advance(DAY);
    let begun = challenge(&device, &server, PASSWORD).await;
    ok(second_factor(&device, &server, &begun, &factor.code(&server)).await).await;
    server.clock.advance(-DAY);
    let begun = challenge(&device, &server, PASSWORD).await;
    ok(second_factor(&device, &server, &begun, &factor.code(&server)).await).await;
    assert!(server.audited().await.contains(&"factor_step_reset".to_owned()));
    let begun = challenge(&device, &server, PASSWORD).await;
    let again = second_factor(&device, &server, &begun, &factor.code(&server)).await;
    problem(again, 401, "code_used").await;
}

async fn a_requirement_leaves_a_grace_period_and_loses_no_session(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let session = text(&tokens, "session_token");
    server.admin().await.require_factor(&sam(), true, server.clock.now()).await.unwrap();
    // A new sign-in has no grace.
    let other = Device::new(2);
    problem(other.attempt(&server, PASSWORD).await, 401, "enrolment_required").await;
    let me = ok(device.call(&server, Method::GET, "/api/me", text(&tokens, "token")).await).await;
    let from = server.clock.now().plus(7 * DAY).seconds();
    let expected = json!({
        "totp": false, "recovery_codes_left": 0, "required": true, "required_from": from,
        "removal_at": null,
    });
    assert_eq!(me["factor"], expected);
    server.clock.advance(7 * DAY - 1);
    let renewed = ok(device.renew(&server, session).await).await;
    server.clock.advance(1);
    let refused = problem(device.renew(&server, session).await, 401, "factor_required").await;
    assert_eq!(refused["expires_in"], 300);
    let begun = text(&refused, "challenge");
    let (factor, after) = enrol(&device, &server, begun, &[("password", PASSWORD)]).await;
    let sid = |token: &str| server.access_verifier(&device.id).verify(token, server.clock.now()).unwrap().sid;
    assert_eq!(sid(text(&after, "token")), sid(text(&renewed, "token")), "the session goes on");
    assert_eq!(factor.recovery_codes.len(), 10);
    ok(device.renew(&server, text(&after, "session_token")).await).await;
}

async fn codes_of_strangers_are_refused_after_fifty_wrong_ones(server: Server) {
    let (device, stranger) = (Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let guess = async |code: &str| {
        let begun = challenge(&stranger, &server, PASSWORD).await;
        let answer = second_factor(&stranger, &server, &begun, code).await;
        // Longer than the longest wait.
        server.clock.advance(901);
        answer
    };
    for _ in 0..50 {
        problem(guess(&factor.wrong_code(&server)).await, 401, "wrong_code").await;
    }
    let right = guess(&factor.code(&server)).await;
    assert_ne!(right.status(), 200, "a right code of a stranger is refused too");
    ok(guess(&factor.recovery_codes[0]).await).await;
}

async fn the_factor_is_set_up_changed_and_removed_by_password_and_code(server: Server) {
    let device = Device::new(1);
    let (factor, tokens) = give_sam_a_factor(&server, &device).await;
    let token = text(&tokens, "token");
    for (method, path) in [
        (Method::POST, "/api/me/totp"),
        (Method::DELETE, "/api/me/totp"),
        (Method::POST, "/api/me/recovery-codes"),
    ] {
        let refused = device.call(&server, method, path, token).await;
        let refused = problem(refused, 401, "insufficient_user_authentication").await;
        assert_eq!(refused["needs"], json!(["password", "code"]), "{path}");
    }
    let both = json!({ "password": PASSWORD, "code": factor.code(&server) });
    let confirmed = ok(device.post(&server, "/api/auth/confirm", token, &both).await).await;
    let token = text(&confirmed, "token");
    let codes = ok(device.call(&server, Method::POST, "/api/me/recovery-codes", token).await).await;
    assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);
    assert_ne!(codes["recovery_codes"], json!(factor.recovery_codes));
    let removed = device.call(&server, Method::DELETE, "/api/me/totp", token).await;
    assert_eq!(removed.status(), 204);
    device.sign_in(&server).await;
    let audited = server.audited().await;
    assert!(
        audited.contains(&"factor_off".to_owned()) && audited.contains(&"recovery_codes_made".to_owned())
    );
}

async fn a_factor_is_switched_on_by_a_request_that_may_be_repeated(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let tokens = device.sign_in(&server).await;
    let confirmed = json!({ "password": PASSWORD });
    let confirmed =
        ok(device.post(&server, "/api/auth/confirm", text(&tokens, "token"), &confirmed).await).await;
    let token = text(&confirmed, "token");
    let propose = async || {
        let proposal = ok(device.call(&server, Method::POST, "/api/me/totp", token).await).await;
        text(&proposal, "secret").to_owned()
    };
    let put = async |device: &Device, token: &str, code: &str| {
        device.put(&server, "/api/me/totp", token, &json!({ "code": code })).await
    };
    let older = propose().await;
    let secret = propose().await;
    let code = totp(&secret, server.clock.now());
    problem(put(&device, token, &totp(&older, server.clock.now())).await, 403, "wrong_code").await;
    // A proposal is its device's.
    let others = other.sign_in(&server).await;
    problem(put(&other, text(&others, "token"), &code).await, 409, "enrolment_expired").await;
    // Before the first code nothing counts.
    other.sign_in(&server).await;
    for _ in 0..2 {
        assert_eq!(put(&device, token, &code).await.status(), 204);
    }
    problem(put(&device, token, "000 00").await, 403, "wrong_code").await;
    challenge(&other, &server, PASSWORD).await;
    // The code that has switched it on is used.
    let begun = challenge(&device, &server, PASSWORD).await;
    problem(second_factor(&device, &server, &begun, &code).await, 401, "code_used").await;
    server.clock.advance(600);
    problem(put(&device, token, &code).await, 409, "enrolment_expired").await;
    let on = server.audited().await.iter().filter(|event| *event == "factor_on").count();
    assert_eq!(on, 1);
}

async fn a_requirement_that_is_made_anew_has_a_new_grace_period(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let session = text(&tokens, "session_token");
    let admin = server.admin().await;
    for _ in 0..2 {
        admin.require_factor(&sam(), true, server.clock.now()).await.unwrap();
        ok(device.renew(&server, session).await).await;
        server.clock.advance(6 * DAY);
        ok(device.renew(&server, session).await).await;
        admin.require_factor(&sam(), false, server.clock.now()).await.unwrap();
    }
    // So has one of the settings, if a device came while there was none.
    let strict = requiring_factors(&server).await;
    let renew = async |at: &Server| device.renew(at, session).await;
    assert_eq!(renew(&strict).await.status(), 200);
    server.clock.advance(DAY / 2);
    assert_eq!(renew(&server).await.status(), 200);
    assert_eq!(renew(&strict).await.status(), 200);
    let asked = "SELECT CAST(factor_asked_at AS TEXT) FROM accounts";
    let asked = connection(&server).await.texts(asked).await.swap_remove(0);
    assert_eq!(asked, server.clock.now().seconds().to_string());
}

async fn a_code_is_read_as_people_type_it(server: Server) {
    let device = Device::new(1);
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let typed: [fn(&str) -> String; 2] =
        [|code| format!("{}-{}", &code[..3], &code[3..]), |code| format!(" {code}\u{a0}\r\n")];
    for typed in typed {
        let begun = challenge(&device, &server, PASSWORD).await;
        // What no app shows costs no try.
        for slip in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            problem(second_factor(&device, &server, &begun, slip).await, 400, "malformed_code").await;
        }
        let refused = second_factor(&device, &server, &begun, &factor.wrong_code(&server)).await;
        assert_eq!(problem(refused, 401, "wrong_code").await["tries_left"], 4);
        ok(second_factor(&device, &server, &begun, &typed(&factor.code(&server))).await).await;
        server.clock.advance(30);
    }
}

async fn a_removed_account_keeps_no_factor_and_a_renamed_one_nothing_that_is_pending(server: Server) {
    let (device, new) = (Device::new(1), Username::parse("samuel").unwrap());
    give_sam_a_factor(&server, &device).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let admin = server.admin().await;
    admin.rename(&sam(), &new, server.clock.now()).await.unwrap();
    let redeemed = redeem(&device, &server, &code, "decepticons drool", Some("samuel")).await;
    problem(redeemed, 401, "invalid_code").await;
    let mut database = connection(&server).await;
    let mut count = async |query| database.texts(query).await.swap_remove(0);
    assert_eq!(count("SELECT CAST(COUNT(*) AS TEXT) FROM recovery_codes").await, "10");
    admin.remove(&new, server.clock.now()).await.unwrap();
    assert_eq!(count("SELECT CAST(COUNT(*) AS TEXT) FROM factors").await, "0");
    assert_eq!(count("SELECT CAST(COUNT(*) AS TEXT) FROM recovery_codes").await, "0");
}

#[tokio::test]
async fn roles_are_granted_by_an_operator_only_and_need_a_factor() {
    let server = Server::start().await;
    let admin = server.admin().await;
    admin.grant(&sam(), Role::Admin, server.clock.now()).await.unwrap();
    assert_eq!(admin.find(&sam()).await.unwrap().role, Some(Role::Admin));
    problem(Device::new(1).attempt(&server, PASSWORD).await, 401, "enrolment_required").await;
    admin.revoke(&sam(), Role::Desk, server.clock.now()).await.unwrap_err();
    admin.revoke(&sam(), Role::Admin, server.clock.now()).await.unwrap();
    Device::new(1).sign_in(&server).await;
}
