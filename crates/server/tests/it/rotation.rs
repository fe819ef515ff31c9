//! Key rotation: next, signing, retired, removed; while servers run.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use latchkey_server::Settings;
use latchkey_server::keys::{
    GenerateError, KeyState, RotationError, generate_for_development, list, next, retire, rotate,
};
use latchkey_testkit::{Device, START, Server, key_folder, ok, problem, settings, text, wait_for};
use latchkey_token::KeySet;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{fails, run, succeeds};

fn folder() -> (TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    copy(key_folder(), folder.path());
    let mut settings = settings(folder.path());
    settings.keys = folder.path().to_owned();
    (folder, settings)
}

fn copy(from: &Path, to: &Path) {
    for name in ["auth-private.key", "auth-public.key"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

fn states(settings: &Settings) -> Vec<KeyState> {
    list(settings).unwrap().into_iter().map(|key| key.state).collect()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

async fn jwks(server: &Server) -> Value {
    ok(server.request(Method::GET, "/.well-known/jwks.json").send().await.unwrap()).await
}

/// Waits until a server publishes `count` keys and signs with `signing`; returns a token of it.
async fn agrees(server: &Server, count: usize, signing: &str) -> String {
    wait_for("the keys are reloaded", async || {
        let token = server.sign_in("device-1").await;
        let published = jwks(server).await["keys"].as_array().unwrap().len();
        (published == count && kid(&token) == signing).then_some(token)
    })
    .await
}

#[test]
fn a_development_key_stays_marked_through_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.keys = folder.path().join("keys");
    generate_for_development(&settings.keys, 2048).unwrap();
    let marks = || {
        let public = fs::read_to_string(settings.keys.join("auth-public.key")).unwrap();
        let keys = KeySet::from_pem(&public).unwrap().kids().count();
        (public.lines().filter(|line| *line == "purpose: development").count(), keys)
    };
    assert_eq!(marks(), (1, 1));

    let now = START;
    next(&settings, 2048, now).unwrap();
    assert_eq!(marks(), (2, 2), "the next key is a development key too");
    rotate(&settings, now, true).unwrap();
    let retired = list(&settings).unwrap().into_iter().find(|key| key.state == KeyState::Retired).unwrap();
    retire(&settings, Some(&retired.kid), now, true).unwrap();
    assert_eq!(marks(), (1, 1));
}

#[tokio::test]
async fn a_key_is_published_used_and_retired_while_two_servers_run() {
    let (_folder, keys) = folder();
    let first = list(&keys).unwrap()[0].kid.clone();
    let server = Server::start_with(|settings| settings.keys.clone_from(&keys.keys)).await;
    let other = server.another().await;
    let old = server.sign_in("device-1").await;
    assert_eq!(kid(&old), first);
    let device = Device::new(1);
    let session = text(&device.sign_in(&server).await, "session_token").to_owned();

    // The next key is published before it signs.
    let second = next(&keys, 2048, START).unwrap();
    assert_eq!(states(&keys), [KeyState::Signing, KeyState::Next]);
    assert!(matches!(next(&keys, 2048, START), Err(RotationError::Generate(GenerateError::Exists(_)))));
    for server in [&server, &other] {
        agrees(server, 2, &first).await;
    }
    assert!(matches!(rotate(&keys, START.plus(599), false), Err(RotationError::TooEarly(599))));
    assert!(matches!(retire(&keys, Some(&second), START, true), Err(RotationError::InUse(_))));
    assert!(matches!(retire(&keys, Some(&first), START, true), Err(RotationError::InUse(_))));

    // It signs on both servers, and both accept tokens of the retired key.
    assert_eq!(rotate(&keys, START.plus(600), false).unwrap(), second);
    assert!(!keys.keys.join("auth-next.key").exists());
    assert_eq!(states(&keys), [KeyState::Retired, KeyState::Signing]);
    for server in [&server, &other] {
        let new = agrees(server, 2, &second).await;
        for token in [&old, &new] {
            assert_eq!(server.hello("device-1", token).await.status(), 200);
        }
    }
    ok(device.renew(&other, &session).await).await;

    // The retired key is accepted until all of its tokens have expired.
    let until = list(&keys).unwrap()[0].last_token_until.unwrap();
    assert_eq!(until, START.seconds() + 600 + 31 * 86_400 + 60);
    let last = latchkey_token::UnixTime::new(until);
    assert!(retire(&keys, None, last, false).unwrap().is_empty());
    assert!(matches!(retire(&keys, Some(&first), last, false), Err(RotationError::Alive(_, _))));
    assert!(matches!(retire(&keys, Some("no such"), last, false), Err(RotationError::Unknown)));
    assert!(matches!(retire(&keys, Some(""), last, false), Err(RotationError::Unknown)));
    assert_eq!(retire(&keys, None, last.plus(1), false).unwrap(), [first]);
    for server in [&server, &other] {
        agrees(server, 1, &second).await;
        problem(server.hello("device-1", &old).await, 401, "invalid_token").await;
    }
}

#[tokio::test]
async fn jsonwebtoken_verifies_a_token_with_the_jwks_alone() {
    let server = Server::start_with(|settings| settings.tokens.audience = "reports".into()).await;
    let token = server.sign_in("device-1").await;
    let set: JwkSet = serde_json::from_value(jwks(&server).await).unwrap();
    let key = set.find(&kid(&token)).unwrap();
    assert_eq!(serde_json::to_value(key).unwrap()["use"], "sig");
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_exp = false;
    rules.set_audience(&["reports"]);
    rules.set_issuer(&["latchkey"]);
    #[allow(clippy::disallowed_methods, reason = "a service of another project calls it")]
    let decode =
        |token: &str| jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &rules);
    assert_eq!(decode(&token).unwrap().claims["preferred_username"], "Ladiesman217");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let reversed: String = signature.chars().rev().collect();
    assert!(decode(&format!("{signed}.{reversed}")).is_err());
}

#[tokio::test]
async fn invalid_key_files_never_replace_valid_keys() {
    let (folder, keys) = folder();
    let server = Server::start_with(|settings| settings.keys.clone_from(&keys.keys)).await;
    let first = kid(&server.sign_in("device-1").await);
    let private = fs::read(folder.path().join("auth-private.key")).unwrap();
    fs::write(folder.path().join("auth-private.key"), "half a ke").unwrap();
    // Longer than two checks of the server: it does not load the valid public file without the
    // private one.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(kid(&server.sign_in("device-1").await), first);
    fs::write(folder.path().join("auth-private.key"), private).unwrap();
    let second = next(&keys, 2048, START).unwrap();
    agrees(&server, 2, &first).await;
    rotate(&keys, START, true).unwrap();
    agrees(&server, 2, &second).await;
}

#[cfg(unix)]
#[tokio::test]
async fn keys_that_others_could_read_are_used_once_nobody_else_can() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, keys) = folder();
    let server = Server::start_with(|settings| settings.keys.clone_from(&keys.keys)).await;
    let first = kid(&server.sign_in("device-1").await);
    let (elsewhere, changed) = self::folder();
    copy(folder.path(), elsewhere.path());
    let second = next(&changed, 2048, START).unwrap();
    rotate(&changed, START, true).unwrap();
    let mode = |folder: &Path, mode| {
        fs::set_permissions(folder.join("auth-private.key"), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(elsewhere.path(), 0o644);
    copy(elsewhere.path(), folder.path());
    // Longer than two checks of the server, which refuses the file.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(kid(&server.sign_in("device-1").await), first);
    mode(folder.path(), 0o600);
    agrees(&server, 2, &second).await;
}

#[test]
fn an_interrupted_key_change_is_completed_by_the_next_attempt() {
    // Interrupted after the next key was written, before it was published.
    let (folder, keys) = folder();
    let public = fs::read(folder.path().join("auth-public.key")).unwrap();
    let made = next(&keys, 2048, START).unwrap();
    fs::write(folder.path().join("auth-public.key"), public).unwrap();
    assert_eq!(states(&keys), [KeyState::Signing]);
    assert!(matches!(rotate(&keys, START.plus(900), false), Err(RotationError::NoNext)));
    assert_eq!(next(&keys, 2048, START).unwrap(), made, "the same key");

    // Interrupted after the date was written, before the rename: the old key signs, and is not
    // removed.
    let next_file = fs::read(folder.path().join("auth-next.key")).unwrap();
    let private = fs::read(folder.path().join("auth-private.key")).unwrap();
    rotate(&keys, START.plus(900), false).unwrap();
    for (name, bytes) in [("auth-next.key", next_file), ("auth-private.key", private)] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    assert_eq!(states(&keys), [KeyState::Signing, KeyState::Next]);
    assert!(retire(&keys, None, START.plus(900_000_000), false).unwrap().is_empty());
    assert_eq!(rotate(&keys, START.plus(1000), false).unwrap(), made);
    assert_eq!(list(&keys).unwrap()[0].retired, Some(START.seconds() + 1000));
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    // The lock is the folder itself on Unix, and a file that stays elsewhere.
    names.retain(|name| cfg!(unix) || name != "auth-keys.lock");
    assert_eq!(names, ["auth-private.key", "auth-public.key"], "no temporary file remains");
}

#[test]
fn of_many_rotations_at_once_one_changes_the_keys() {
    let (folder, keys) = folder();
    let first = list(&keys).unwrap()[0].kid.clone();
    let made = next(&keys, 2048, START).unwrap();
    let start = std::sync::Barrier::new(8);
    let results: Vec<_> = std::thread::scope(|scope| {
        let rotate = || {
            start.wait();
            rotate(&keys, START, true)
        };
        let rotations: Vec<_> = (0..8).map(|_| scope.spawn(rotate)).collect();
        rotations.into_iter().map(|rotation| rotation.join().unwrap()).collect()
    });
    let (done, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(done.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [made.as_str()]);
    for error in refused.into_iter().map(Result::unwrap_err) {
        assert!(matches!(error, RotationError::Locked(_) | RotationError::NoNext), "{error}");
    }
    let listed: Vec<_> = list(&keys).unwrap().into_iter().map(|key| (key.kid, key.state)).collect();
    assert_eq!(listed, [(first, KeyState::Retired), (made, KeyState::Signing)]);

    // Another process holds the lock.
    let locked = if cfg!(unix) { folder.path().to_owned() } else { folder.path().join("auth-keys.lock") };
    let held = fs::File::open(locked).unwrap();
    held.lock().unwrap();
    for arguments in [&["generate", "--next"][..], &["rotate"], &["retire"]] {
        let error = fails(&run(folder.path(), &[&["--keys", ".", "keys"], arguments].concat(), ""), 1);
        assert!(error.contains("another command is changing the keys"), "{error}");
    }
}

#[test]
fn keys_outside_the_folder_are_not_rotated_and_undated_keys_not_removed() {
    let (folder, mut keys) = folder();
    let other = tempfile::tempdir().unwrap();
    latchkey_server::keys::generate(other.path(), 2048).unwrap();
    let both =
        [folder.path(), other.path()].map(|at| fs::read_to_string(at.join("auth-public.key")).unwrap());
    fs::write(folder.path().join("auth-public.key"), both.concat()).unwrap();
    let undated = list(&keys).unwrap()[1].kid.clone();
    assert!(retire(&keys, None, START, false).unwrap().is_empty());
    assert!(matches!(retire(&keys, Some(&undated), START, false), Err(RotationError::Undated(_))));
    assert_eq!(retire(&keys, Some(&undated[..8]), START, true).unwrap(), [undated]);
    keys.private_key_file = Some(folder.path().join("auth-private.key"));
    assert!(matches!(next(&keys, 2048, START), Err(RotationError::Elsewhere)));
    assert!(matches!(rotate(&keys, START, true), Err(RotationError::Elsewhere)));
}

#[test]
fn the_key_commands_rotate_and_retire_a_key() {
    let (folder, _) = folder();
    let at = folder.path();
    let keys = |arguments: &[&str]| run(at, &[&["--keys", ".", "keys"], arguments].concat(), "");
    let json = |arguments: &[&str]| -> Value { serde_json::from_str(&succeeds(&keys(arguments))).unwrap() };
    let first = json(&["list", "--json"]);
    assert_eq!(first[0]["state"], "signing");
    assert!(fails(&keys(&["rotate"]), 1).contains("generate --next"));
    let made = json(&["generate", "--next", "--bits", "2048", "--json"]);
    assert!(fails(&keys(&["rotate"]), 1).contains("--force"));
    assert_eq!(json(&["rotate", "--force", "--json"])["signing"], made["next"]);
    let listed = succeeds(&keys(&["list"]));
    assert!(listed.contains("retired  last token until ") && listed.contains("signing"), "{listed}");
    assert_eq!(json(&["retire", "--json"]), json!({ "taken_out": [] }));
    let kid = first[0]["kid"].as_str().unwrap();
    assert!(fails(&keys(&["retire", "--", kid]), 1).contains("alive until"));
    assert_eq!(json(&["retire", "--force", "--json", "--", kid]), json!({ "taken_out": [kid] }));
    fails(&keys(&["retire", "--force"]), 2);
}

/// Prints whether a token verifies with a JWKS, by Node's crypto module alone.
const NODE: &str = r#"
const { createPublicKey, verify } = require("node:crypto");
const { jwks, token } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const [header, claims, signature] = token.split(".");
const { kid } = JSON.parse(Buffer.from(header, "base64url"));
const key = createPublicKey({ key: jwks.keys.find((jwk) => jwk.kid === kid), format: "jwk" });
const valid = verify("sha256", Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url"));
console.log(JSON.stringify({ valid, claims: JSON.parse(Buffer.from(claims, "base64url")) }));
"#;

fn in_node(jwks: &Value, token: &str) -> Value {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut node = Command::new("node");
    node.args(["-e", NODE]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = node.spawn().expect("Node is required, as for the build of the window");
    let input = json!({ "jwks": jwks, "token": token }).to_string();
    node.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    serde_json::from_slice(&node.wait_with_output().unwrap().stdout).unwrap()
}

#[tokio::test]
#[cfg_attr(windows, ignore = "the tests for Windows run under Wine, which has no Node")]
async fn node_verifies_a_token_with_the_jwks_alone() {
    let (_folder, keys) = folder();
    let server = Server::start_with(|settings| settings.keys.clone_from(&keys.keys)).await;
    let first = kid(&server.sign_in("device-1").await);
    // The set contains several keys.
    next(&keys, 2048, START).unwrap();
    let token = agrees(&server, 2, &first).await;
    let set = jwks(&server).await;
    let verdict = in_node(&set, &token);
    assert_eq!((&verdict["valid"], &verdict["claims"]["iss"]), (&json!(true), &json!("latchkey")));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let reversed: String = signature.chars().rev().collect();
    assert_eq!(in_node(&set, &format!("{signed}.{reversed}"))["valid"], false);
}
