//! Second factors against what goes wrong around them: clocks, moved rows, lost and rotated keys,
//! strangers, and requirements that come later.

use std::fs;

use latchkey_server::accounts::{Role, Username};
use latchkey_server::{keys, seal};
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, key_folder, ok, problem, text};
use reqwest::Method;
use serde_json::json;

use crate::support::{DAY, challenge, enrol, give_sam_a_factor, on_both, second_factor};

on_both!(
    a_clock_that_was_a_day_ahead_locks_nobody_out,
    a_requirement_leaves_a_grace_period_and_loses_no_session,
    codes_of_strangers_are_refused_after_fifty_wrong_ones,
    the_factor_is_set_up_changed_and_removed_by_password_and_code,
);

fn sam() -> Username {
    Username::parse(USERNAME).unwrap()
}

/// A server with a key folder of its own.
async fn with_own_keys() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    for name in [keys::PRIVATE_KEY_FILE, keys::PUBLIC_KEY_FILE] {
        fs::copy(key_folder().join(name), folder.path().join(name)).unwrap();
    }
    let server = Server::builder().keys(folder.path()).start().await;
    (folder, server)
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

#[tokio::test]
async fn a_secret_that_is_moved_to_another_account_does_not_open() {
    let server = Server::start().await;
    let device = Device::new(1);
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    // As if it were another account's: the associated data is no longer the row's.
    crate::support::sql(
        &server,
        "PRAGMA foreign_keys = OFF; UPDATE accounts SET id = 'moved'; \
        UPDATE factors SET account_id = 'moved'; UPDATE pending SET account_id = 'moved'",
    )
    .await;
    let refused = second_factor(&device, &server, &begun, &factor.code(&server)).await;
    assert_eq!(refused.status(), 500);
}

#[tokio::test]
async fn neither_database_nor_log_has_the_secret_or_a_recovery_code() {
    let server = Server::start().await;
    let (factor, _) = give_sam_a_factor(&server, &Device::new(1)).await;
    let mut stored = Vec::new();
    for name in ["latchkey.db", "latchkey.db-wal"] {
        stored.extend(fs::read(server.folder().join(name)).unwrap_or_default());
    }
    let has = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has(USERNAME) && !has(&factor.secret));
    for code in &factor.recovery_codes {
        assert!(!has(code) && !has(&code.replace('-', "")), "{code}");
    }
}

#[tokio::test]
async fn a_rotation_of_the_seal_key_or_of_the_signing_key_loses_no_factor() {
    let (folder, server) = with_own_keys().await;
    let device = Device::new(1);
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let resealed = server.admin().await.rotate_seal(server.clock.now()).await.unwrap();
    assert_eq!(resealed.secrets, 1);
    // A server that runs reads the new key when it meets it.
    let begun = challenge(&device, &server, PASSWORD).await;
    ok(second_factor(&device, &server, &begun, &factor.code(&server)).await).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    ok(second_factor(&device, &server, &begun, &factor.recovery_codes[0]).await).await;
    // Another pair of keys beside the same seal key.
    let other = tempfile::tempdir().unwrap();
    keys::generate(other.path(), 2048).unwrap();
    fs::copy(folder.path().join(seal::SEAL_KEY_FILE), other.path().join(seal::SEAL_KEY_FILE)).unwrap();
    let other = server.like(&server.clock, |settings| settings.keys = other.path().to_owned()).await;
    server.clock.advance(60);
    let begun = challenge(&device, &other, PASSWORD).await;
    ok(second_factor(&device, &other, &begun, &factor.code(&other)).await).await;
}

#[tokio::test]
async fn a_lost_seal_key_stops_what_needs_it_until_the_operator_resets_it() {
    let (folder, mut server) = with_own_keys().await;
    let device = Device::new(1);
    give_sam_a_factor(&server, &device).await;
    server.stop().await;
    fs::remove_file(folder.path().join(seal::SEAL_KEY_FILE)).unwrap();
    server.start_again().await;
    assert!(
        !folder.path().join(seal::SEAL_KEY_FILE).exists(),
        "no other key is made while something is sealed"
    );
    problem(device.attempt(&server, PASSWORD).await, 503, "unavailable").await;
    assert_eq!(server.admin().await.reset_all_sealed(server.clock.now()).await.unwrap(), 1);
    server.stop().await;
    server.start_again().await;
    assert!(folder.path().join(seal::SEAL_KEY_FILE).exists());
    device.sign_in(&server).await;
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

/// A peer's code for the present step of a secret; `None` if it is not installed.
fn oathtool(secret: &str, at: i64) -> Option<String> {
    let at = format!("@{at}");
    let arguments = ["--totp", "--base32", "--now", &at, secret];
    let output = std::process::Command::new("oathtool").args(arguments).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[tokio::test]
async fn a_code_that_oathtool_computes_is_accepted() {
    let server = Server::start().await;
    let device = Device::new(1);
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let Some(code) = oathtool(&factor.secret, server.clock.now().seconds()) else { return };
    let begun = challenge(&device, &server, PASSWORD).await;
    ok(second_factor(&device, &server, &begun, &code).await).await;
}
