//! The seal key: what its loss, its rotation and its damage do to second factors and codes, and
//! rows that are moved to another account.

use std::fs;
use std::path::Path;

use latchkey_server::accounts::Username;
use latchkey_server::one_time_codes::CodeKind;
use latchkey_server::seal::SEAL_KEY_FILE;
use latchkey_server::{keys, seal};
use latchkey_testkit::smtp::SmtpSink;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, key_folder, ok, problem, text};
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::cli::{fails, prepared, program, run, succeeds};
use crate::mail::to;
use crate::mailed_codes::asked;
use crate::support::{
    challenge, connection, give_sam_a_factor, make_code, on_both, post, redeem, second_factor,
};

on_both!(
    a_secret_that_is_moved_to_another_account_does_not_open,
    a_rotation_loses_no_factor_and_no_code,
    a_lost_key_stops_what_needs_it_until_it_is_back_or_the_operator_resets_it,
    another_key_in_place_of_the_one_in_use_is_not_taken_up,
);

const NEW: &str = "decepticons drool ☂";

/// The server with a folder of keys of its own.
async fn with_own_keys(server: &Server) -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    for name in [keys::PRIVATE_KEY_FILE, keys::PUBLIC_KEY_FILE] {
        fs::copy(key_folder().join(name), folder.path().join(name)).unwrap();
    }
    let own = server.like(&server.clock, |settings| settings.keys = folder.path().to_owned()).await;
    (folder, own)
}

async fn a_secret_that_is_moved_to_another_account_does_not_open(server: Server) {
    let device = Device::new(1);
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let mut bee = latchkey_testkit::sam();
    bee.username = Username::parse("bee").unwrap();
    server.admin().await.add(bee, server.clock.now()).await.unwrap();
    // Who can write to the database gives bee's account a factor of their own.
    let to_bee = "INSERT INTO factors (account_id, secret, last_step, strangers, created_at) \
        SELECT (SELECT id FROM accounts WHERE username_key = 'bee'), secret, NULL, 0, 0 FROM factors";
    let mut database = connection(&server).await;
    database.execute(to_bee).await;
    database
        .execute(
            "UPDATE recovery_codes SET account_id = (SELECT id FROM accounts WHERE username_key = 'bee')",
        )
        .await;
    let body = json!({ "username": "bee", "password": PASSWORD });
    let begun =
        problem(post(&device, &server, "/api/auth", &body).await, 401, "second_factor_required").await;
    let begun = text(&begun, "challenge");
    let refused = second_factor(&device, &server, begun, &factor.code(&server)).await;
    assert_eq!(refused.status(), 500);
    let refused = second_factor(&device, &server, begun, &factor.recovery_codes[0]).await;
    problem(refused, 401, "wrong_code").await;
}

async fn a_rotation_loses_no_factor_and_no_code(server: Server) {
    let (folder, server) = with_own_keys(&server).await;
    let (device, other) = (Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let before = make_code(&server, USERNAME, CodeKind::Password).await;
    let half = redeem(&other, &server, &before, NEW, Some(USERNAME)).await;
    let half = problem(half, 401, "second_factor_required").await;
    let resealed = server.admin().await.rotate_seal(server.clock.now()).await.unwrap();
    assert_eq!(resealed.secrets, 1);
    // A server that runs takes up the new key. What is pending goes on under the old one.
    let begun = challenge(&device, &server, PASSWORD).await;
    ok(second_factor(&device, &server, &begun, &factor.code(&server)).await).await;
    let begun = challenge(&device, &server, PASSWORD).await;
    ok(second_factor(&device, &server, &begun, &factor.recovery_codes[0]).await).await;
    ok(second_factor(&other, &server, text(&half, "challenge"), &factor.recovery_codes[1]).await).await;
    // Another pair of keys beside the same seal key.
    let pair = tempfile::tempdir().unwrap();
    keys::generate(pair.path(), 2048).unwrap();
    fs::copy(folder.path().join(SEAL_KEY_FILE), pair.path().join(SEAL_KEY_FILE)).unwrap();
    let another = server.like(&server.clock, |settings| settings.keys = pair.path().to_owned()).await;
    server.clock.advance(60);
    let begun = challenge(&device, &another, NEW).await;
    ok(second_factor(&device, &another, &begun, &factor.code(&another)).await).await;
}

#[tokio::test]
async fn a_code_that_is_made_or_asked_for_around_a_rotation_is_good() {
    let sink = SmtpSink::start().await;
    let mut other = Server::start_with(to(&sink)).await;
    let (_folder, server) = with_own_keys(&other).await;
    // It has another seal key, and would mail codes that are computed with that.
    other.stop().await;
    let device = Device::new(1);
    let rotate = async || server.admin().await.rotate_seal(server.clock.now()).await.unwrap();
    let mailed = asked(&device, &server, &sink, 1).await;
    rotate().await;
    ok(redeem(&device, &server, &mailed, NEW, Some(USERNAME)).await).await;
    // The server has met nothing that is sealed with the new key when the code comes.
    rotate().await;
    let made = make_code(&server, USERNAME, CodeKind::Password).await;
    ok(redeem(&device, &server, &made, PASSWORD, Some(USERNAME)).await).await;
}

async fn a_lost_key_stops_what_needs_it_until_it_is_back_or_the_operator_resets_it(server: Server) {
    let (folder, mut server) = with_own_keys(&server).await;
    let (device, file) = (Device::new(1), folder.path().join(SEAL_KEY_FILE));
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    server.stop().await;
    let backup = fs::read(&file).unwrap();
    fs::rename(&file, folder.path().join("backup")).unwrap();
    server.start_again().await;
    assert!(!file.exists(), "no other key is made while something is sealed");
    problem(device.attempt(&server, PASSWORD).await, 503, "unavailable").await;
    // Another key is no help.
    seal::generate(&server.settings).unwrap();
    problem(device.attempt(&server, PASSWORD).await, 503, "unavailable").await;
    fs::remove_file(&file).unwrap();
    fs::rename(folder.path().join("backup"), &file).unwrap();
    assert_eq!(fs::read(&file).unwrap(), backup);
    let begun = challenge(&device, &server, PASSWORD).await;
    ok(second_factor(&device, &server, &begun, &factor.code(&server)).await).await;

    server.stop().await;
    fs::remove_file(&file).unwrap();
    // A mail with a code that nobody can open any more.
    let mut database = connection(&server).await;
    database
        .execute(
            "INSERT INTO outbox (id, kind, receiver, template, data, created_at, due_at, attempts, expires_at, secret) \
             VALUES ('1', 'mail', 'smtp', 'invitation', '{}', 0, 0, 0, 9999999999, 'lost')",
        )
        .await;
    assert_eq!(server.admin().await.reset_all_sealed(server.clock.now()).await.unwrap(), 1);
    server.start_again().await;
    assert!(file.exists(), "the first start after it makes a new one");
    device.sign_in(&server).await;
    make_code(&server, USERNAME, CodeKind::Password).await;
}

async fn another_key_in_place_of_the_one_in_use_is_not_taken_up(server: Server) {
    let (folder, server) = with_own_keys(&server).await;
    let (device, file) = (Device::new(1), folder.path().join(SEAL_KEY_FILE));
    let (factor, _) = give_sam_a_factor(&server, &device).await;
    let right = fs::read(&file).unwrap();
    for wrong in [vec![7; 64], vec![7; 31], Vec::new()] {
        fs::write(&file, &wrong).unwrap();
        let begun = challenge(&device, &server, PASSWORD).await;
        ok(second_factor(&device, &server, &begun, &factor.code(&server)).await).await;
        server.clock.advance(30);
    }
    fs::write(&file, right).unwrap();
    let token = device.attempt(&server, PASSWORD).await;
    problem(token, 401, "second_factor_required").await;
    assert_eq!(device.call(&server, Method::GET, "/", "x").await.status(), 401);
}

fn seal_file(folder: &Path) -> std::path::PathBuf {
    folder.join("config").join(SEAL_KEY_FILE)
}

#[test]
fn a_key_file_that_is_damaged_or_that_others_can_read_stops_the_server_and_its_check() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = prepared();
    let (folder, file) = (folder.path(), seal_file(folder.path()));
    succeeds(&run(folder, &["config", "check"], ""));
    assert!(!file.exists(), "a check makes nothing");
    succeeds(&run(folder, &["keys", "generate", "--seal"], ""));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let error = fails(&run(folder, &["keys", "generate", "--seal"], ""), 1);
    assert!(error.contains("there is already a seal key"), "{error}");
    let commands: [&[&str]; 3] =
        [&["config", "check"], &["serve", "--listen", "127.0.0.1:0"], &["user", "reset-code", USERNAME]];
    let refused = |words: &str| {
        for command in commands {
            let error = fails(&run(folder, command, ""), 1);
            assert!(error.contains(words) && error.contains("seal.key"), "{command:?}: {error}");
        }
    };
    let good = fs::read(&file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    refused("read");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    for bytes in [&good[..31], &[good.as_slice(), b"\n"].concat(), &[], &good.repeat(17)] {
        fs::write(&file, bytes).unwrap();
        refused("damaged");
    }
    fs::write(&file, good).unwrap();
    succeeds(&run(folder, &["config", "check"], ""));
    // Where the private key comes from elsewhere, nothing makes it.
    fs::remove_file(&file).unwrap();
    let mut check = program(folder);
    check.args(["config", "check"]).env("LATCHKEY_PRIVATE_KEY_FILE", "config/auth-private.key");
    let printed = succeeds(&check.output().unwrap());
    assert!(printed.contains("warning: there is no seal key"), "{printed}");
    let mut check = program(folder);
    check.args(["config", "check"]).env("LATCHKEY_SEAL_KEY_FILE", "elsewhere.key");
    let error = fails(&check.output().unwrap(), 1);
    assert!(error.contains("elsewhere.key"), "{error}");
}
