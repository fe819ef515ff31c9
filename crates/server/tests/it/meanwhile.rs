//! What changes while a request is in progress: an account while its password is checked, which
//! takes time, above all in a queue, or a session while it changes something. What was read before
//! does not count then.

use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::json;

use crate::support::{Barrier, connection, give_sam_a_factor, make_code, on_both, redeem, totp};

on_both!(
    nobody_signs_in_to_an_account_that_has_changed,
    no_challenge_begins_for_an_account_that_has_changed,
    a_second_factor_that_is_new_is_asked_for,
    a_session_does_nothing_with_a_password_that_has_changed,
    a_session_that_has_ended_changes_nothing,
    two_checks_of_a_weak_hash_do_not_say_that_the_password_is_wrong,
);

/// A change of the account, how it is undone, and the code of the refusal.
type Change = [&'static str; 3];

const OTHER_PASSWORD: Change = [
    "UPDATE accounts SET password_hash = password_hash || '!'",
    "UPDATE accounts SET password_hash = REPLACE(password_hash, '!', '')",
    "invalid_credentials",
];
const DISABLED: Change =
    ["UPDATE accounts SET disabled_at = 1", "UPDATE accounts SET disabled_at = NULL", "account_disabled"];
const REMOVED: Change =
    ["UPDATE accounts SET removed_at = 1", "UPDATE accounts SET removed_at = NULL", "invalid_credentials"];
const NEW_FACTOR: Change = [
    "INSERT INTO factors (account_id, secret, strangers, created_at) SELECT id, '', 0, 1 FROM accounts",
    "DELETE FROM factors",
    "second_factor_required",
];
const FACTOR_REQUIRED: Change = [
    "UPDATE accounts SET factor_required_at = 1",
    "UPDATE accounts SET factor_required_at = NULL",
    "enrolment_required",
];

const SESSION_ENDED: Change = [
    "UPDATE sessions SET ended_at = 1, end_reason = 'revoked'",
    "UPDATE sessions SET ended_at = NULL, end_reason = NULL",
    "session_revoked",
];

const SESSIONS: &str = "SELECT sid FROM sessions";
const CHALLENGES: &str = "SELECT id FROM pending WHERE kind = 'challenge'";

/// Asks, and changes the account when the answer needs only to be stored. Undoes the change.
async fn meanwhile(
    server: &Server,
    [change, undo, _]: Change,
    asked: impl Future<Output = Response>,
) -> Response {
    let barrier = Barrier::close(server).await;
    let (answer, ()) = tokio::join!(asked, barrier.open_with(change, server));
    connection(server).await.execute(undo).await;
    answer
}

async fn texts(server: &Server, query: &'static str) -> Vec<String> {
    connection(server).await.texts(query).await
}

async fn nobody_signs_in_to_an_account_that_has_changed(server: Server) {
    let device = Device::new(1);
    for change in [OTHER_PASSWORD, DISABLED, REMOVED] {
        let bound = meanwhile(&server, change, device.attempt(&server, PASSWORD)).await;
        problem(bound, 401, change[2]).await;
        let bearer = meanwhile(&server, change, server.attempt("device-2", USERNAME, PASSWORD)).await;
        problem(bearer, 401, change[2]).await;
    }
    assert!(texts(&server, SESSIONS).await.is_empty());
    device.sign_in(&server).await;
}

async fn no_challenge_begins_for_an_account_that_has_changed(server: Server) {
    let (owner, device) = (Device::new(1), Device::new(2));
    give_sam_a_factor(&server, &owner).await;
    let before = texts(&server, CHALLENGES).await;
    for change in [OTHER_PASSWORD, DISABLED, REMOVED] {
        let answer = meanwhile(&server, change, device.attempt(&server, PASSWORD)).await;
        problem(answer, 401, change[2]).await;
    }
    assert_eq!(texts(&server, CHALLENGES).await, before);
}

async fn a_second_factor_that_is_new_is_asked_for(server: Server) {
    let device = Device::new(1);
    for change in [NEW_FACTOR, FACTOR_REQUIRED] {
        let bound = meanwhile(&server, change, device.attempt(&server, PASSWORD)).await;
        let refused = problem(bound, 401, change[2]).await;
        assert!(!text(&refused, "challenge").is_empty());
        let bearer = meanwhile(&server, change, server.attempt("device-2", USERNAME, PASSWORD)).await;
        problem(bearer, 401, "proof_required").await;
    }
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let redeeming = || redeem(&device, &server, &code, "decepticons drool ☂", Some(USERNAME));
    let redeemed = meanwhile(&server, FACTOR_REQUIRED, redeeming()).await;
    problem(redeemed, 503, "busy").await;
    assert!(texts(&server, SESSIONS).await.is_empty());
    ok(redeeming().await).await;
}

async fn a_session_does_nothing_with_a_password_that_has_changed(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    let body = json!({ "password": PASSWORD });
    let confirmed =
        meanwhile(&server, OTHER_PASSWORD, device.post(&server, "/api/auth/confirm", token, &body)).await;
    problem(confirmed, 403, "wrong_password").await;
    let body = json!({ "current": PASSWORD, "new": "decepticons drool ☂" });
    let changed =
        meanwhile(&server, OTHER_PASSWORD, device.put(&server, "/api/me/password", token, &body)).await;
    problem(changed, 403, "wrong_password").await;
    assert!(texts(&server, "SELECT id FROM audit_events WHERE event = 'confirmed'").await.is_empty());
    ok(device.attempt(&server, PASSWORD).await).await;
}

async fn a_session_that_has_ended_changes_nothing(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let confirmed = device
        .post(&server, "/api/auth/confirm", text(&tokens, "token"), &json!({ "password": PASSWORD }))
        .await;
    let confirmed = ok(confirmed).await;
    let token = text(&confirmed, "token");
    let new = json!({ "current": PASSWORD, "new": "decepticons drool ☂", "end_other_sessions": true });
    let changed =
        meanwhile(&server, SESSION_ENDED, device.put(&server, "/api/me/password", token, &new)).await;
    problem(changed, 401, SESSION_ENDED[2]).await;
    let proposal = ok(device.call(&server, Method::POST, "/api/me/totp", token).await).await;
    let code = json!({ "code": totp(text(&proposal, "secret"), server.clock.now()) });
    let switched = meanwhile(&server, SESSION_ENDED, device.put(&server, "/api/me/totp", token, &code)).await;
    problem(switched, 401, SESSION_ENDED[2]).await;
    assert!(texts(&server, "SELECT account_id FROM factors").await.is_empty());
    // The session was right to ask: while it is active, both are done.
    assert_eq!(device.put(&server, "/api/me/password", token, &new).await.status(), 204);
    let proposal = ok(device.call(&server, Method::POST, "/api/me/totp", token).await).await;
    let code = json!({ "code": totp(text(&proposal, "secret"), server.clock.now()) });
    assert_eq!(device.put(&server, "/api/me/totp", token, &code).await.status(), 204);
}

async fn two_checks_of_a_weak_hash_do_not_say_that_the_password_is_wrong(server: Server) {
    let stronger = server.like(&server.clock, |settings| settings.passwords.iterations += 1).await;
    let (first, second) = (Device::new(1), Device::new(2));
    let barrier = Barrier::close(&server).await;
    let (one, other, ()) = tokio::join!(
        first.attempt(&stronger, PASSWORD),
        second.attempt(&stronger, PASSWORD),
        barrier.open_for(2, &server),
    );
    let (accepted, late) = if one.status() == 200 { (one, other) } else { (other, one) };
    assert_eq!(accepted.status(), 200);
    problem(late, 503, "busy").await;
    ok(second.attempt(&stronger, PASSWORD).await).await;
}
