//! The program's commands for second factors, roles, the seal key, and what people hand out: codes
//! in each of their forms.

use std::path::Path;

use latchkey_testkit::{PASSWORD, Sql, TestClock, USERNAME};
use serde_json::{Value, json};

use crate::cli::{Running, fails, prepared, program, run, sign_in, succeeds};

fn json_of(folder: &Path, arguments: &[&str]) -> Value {
    let printed = succeeds(&run(folder, &[arguments, &["--json"]].concat(), ""));
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{arguments:?}: {error} in {printed}"))
}

async fn sqlite(folder: &Path) -> Sql {
    Sql::connect(&format!("sqlite:{}", folder.join("data/latchkey.db").display())).await
}

fn events(folder: &Path) -> Vec<String> {
    let events = json_of(folder, &["audit", "list"]);
    let names = events.as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap().to_owned());
    names.collect()
}

/// What a sign-in by password alone is answered: the status, and the code of the problem.
async fn outcome(server: &Running) -> (u16, Value) {
    let response = sign_in(&server.url, PASSWORD).await;
    let status = response.status().as_u16();
    (status, response.json::<Value>().await.unwrap()["code"].clone())
}

#[tokio::test]
async fn a_requirement_and_a_role_change_what_a_sign_in_needs() {
    let folder = prepared();
    let folder = folder.path();
    let mut serve = program(folder);
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    assert_eq!(outcome(&server).await.0, 200);
    let required = json_of(folder, &["user", "require-factor", USERNAME]);
    assert_eq!(required, json!({ "username": USERNAME, "factor_required": true }));
    assert_eq!(outcome(&server).await, (401, json!("proof_required")));
    let page = succeeds(&run(folder, &["user", "show", USERNAME], ""));
    assert!(page.contains("factor     no, but required\n"), "{page}");
    let off = succeeds(&run(folder, &["user", "require-factor", USERNAME, "--off"], ""));
    assert_eq!(off, format!("a second factor is not required of {USERNAME}\n"));
    assert_eq!(outcome(&server).await.0, 200);
    for role in ["desk", "admin"] {
        let granted = json_of(folder, &["user", "grant", USERNAME, role]);
        assert_eq!(granted, json!({ "username": USERNAME, "role": role }));
        assert_eq!(json_of(folder, &["user", "show", USERNAME])["role"], role);
        assert_eq!(outcome(&server).await.0, 401);
    }
    let error = fails(&run(folder, &["user", "revoke", USERNAME, "desk"], ""), 1);
    assert!(error.contains("desk"), "{error}");
    assert_eq!(json_of(folder, &["user", "revoke", USERNAME, "admin"])["role"], Value::Null);
    assert_eq!(outcome(&server).await.0, 200);
    for command in [["require-factor", "nobody"].as_slice(), &["grant", "nobody", "desk"]] {
        let error = fails(&run(folder, &[&["user"], command].concat(), ""), 1);
        assert!(error.contains("there is no account"), "{error}");
    }
    fails(&run(folder, &["user", "grant", USERNAME, "king"], ""), 2);
    let events = events(folder);
    for event in ["factor_required", "factor_not_required", "role_granted", "role_revoked"] {
        assert!(events.iter().any(|known| known == event), "{event} in {events:?}");
    }
}

#[tokio::test]
async fn the_seal_key_is_rotated_and_given_up_by_commands() {
    let folder = prepared();
    let folder = folder.path();
    let none = fails(&run(folder, &["keys", "rotate", "--seal"], ""), 1);
    assert!(none.contains("there is no seal key"), "{none}");
    let code = json_of(folder, &["user", "reset-code", USERNAME])["code"].as_str().unwrap().to_owned();
    let file = folder.join("config/seal.key");
    assert_eq!(std::fs::read(&file).unwrap().len(), 32, "made with the first code");
    #[cfg(unix)]
    {
        // Of two rotations, the second one would seal under a key that the file does not keep.
        let other = std::fs::File::open(folder.join("config")).unwrap();
        other.try_lock().unwrap();
        let refused = fails(&run(folder, &["keys", "rotate", "--seal"], ""), 1);
        assert!(refused.contains("another command is changing the keys"), "{refused}");
        assert_eq!(std::fs::read(&file).unwrap().len(), 32);
    }
    let rotated = json_of(folder, &["keys", "rotate", "--seal"]);
    assert_eq!(rotated["secrets"], 0);
    assert_eq!(rotated["seal_key_id"].as_str().unwrap().len(), 12);
    assert_eq!(std::fs::read(&file).unwrap().len(), 64);
    std::fs::remove_file(&file).unwrap();
    let error = fails(&run(folder, &["user", "reset-code", USERNAME], ""), 1);
    assert!(error.contains("the seal key is missing"), "{error}");
    fails(&run(folder, &["user", "reset-factor"], ""), 2);
    fails(&run(folder, &["user", "reset-factor", USERNAME, "--all-sealed"], ""), 2);
    assert_eq!(json_of(folder, &["user", "reset-factor", "--all-sealed"]), json!({ "factors_removed": 0 }));
    let pending = sqlite(folder).await.texts("SELECT id FROM pending").await;
    assert!(pending.is_empty(), "{code}");
    json_of(folder, &["user", "reset-factor", USERNAME]);
    let events = events(folder);
    assert!(events.contains(&"seal_key_rotated".to_owned()), "{events:?}");
}

#[test]
fn codes_come_as_json_as_text_and_as_a_picture_and_for_so_long_as_is_asked() {
    let folder = prepared();
    let folder = folder.path();
    let now = || TestClock::running().now().seconds();
    for (command, what) in [
        (["user", "invite", "bee"], "invitation"),
        (["user", "reset-code", USERNAME], "code for a new password"),
        (["user", "reset-factor", USERNAME], "code"),
    ] {
        for (valid, seconds) in [("", 86_400), ("90m", 5400), ("7d", 604_800)] {
            let more: &[&str] = if valid.is_empty() { &[] } else { &["--valid", valid] };
            let before = now();
            let made = json_of(folder, &[&command[..], more].concat());
            assert_eq!(made["username"], command[2]);
            let left = made["expires_at"].as_i64().unwrap() - before;
            assert!((seconds..=seconds + 60).contains(&left), "{command:?} {valid}: {left}");
        }
        let text = succeeds(&run(folder, &command, ""));
        assert!(text.starts_with(what) && text.contains(command[2]), "{text}");
        let lines = text.lines().count();
        let picture = succeeds(&run(folder, &[&command[..], &["--qr"]].concat(), ""));
        assert!(picture.lines().count() > lines + 10, "{picture}");
        let both = succeeds(&run(folder, &[&command[..], &["--qr", "--json"]].concat(), ""));
        assert!(serde_json::from_str::<Value>(&both).is_ok_and(|made| made["code"].is_string()), "{both}");
        for valid in ["0s", "8d", "-1h", "soon", ""] {
            let output = run(folder, &[&command[..], &["--valid", valid]].concat(), "");
            assert!(!output.status.success() && output.stdout.is_empty(), "{command:?} {valid}");
        }
    }
}

#[tokio::test]
async fn custom_claims_whose_names_are_the_servers_own_are_named_at_the_check_and_at_the_start() {
    let folder = prepared();
    let folder = folder.path();
    let claim = ["user", "edit", USERNAME, "--claim", "acr=2fa"];
    assert!(fails(&run(folder, &claim, ""), 1).contains("acr"));
    // As an earlier version has stored it.
    let mut database = sqlite(folder).await;
    database.execute(r#"UPDATE accounts SET claims = '{"acr":"2fa","role":"admin","level":7}'"#).await;
    let checked = json_of(folder, &["config", "check"]);
    let warnings = checked["warnings"].to_string();
    assert!(warnings.contains(USERNAME) && warnings.contains("acr, amr or latchkey_role"), "{warnings}");
    let mut serve = program(folder);
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    let tokens: Value = sign_in(&server.url, PASSWORD).await.json().await.unwrap();
    let payload = tokens["token"].as_str().unwrap().split('.').nth(1).unwrap();
    let payload = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!((&claims["acr"], &claims["level"]), (&json!("1fa"), &json!(7)), "nothing is forged by it");
    assert_eq!(json_of(folder, &["user", "show", USERNAME])["role"], Value::Null, "a claim is no role");
    server.signal("-TERM");
    let (_, log) = server.end();
    let named =
        log.lines().any(|line| line.contains("WARN") && line.contains("acr") && line.contains(USERNAME));
    assert!(named, "{log}");
}

#[test]
fn an_import_and_an_edit_set_no_role_and_no_factor() {
    let folder = prepared();
    let folder = folder.path();
    let hash = json_of(folder, &["user", "show", USERNAME, "--with-password-hash"])["password_hash"].clone();
    let line = json!({
        "username": "bee", "password_hash": hash, "role": "admin", "latchkey_role": "admin",
        "factor_required_at": 1, "claims": { "role": "admin" },
    });
    std::fs::write(folder.join("users.jsonl"), line.to_string()).unwrap();
    run(folder, &["user", "import", "users.jsonl"], "");
    std::fs::write(
        folder.join("users.csv"),
        format!("username,password_hash,role\nhive,\"{}\",admin\n", hash.as_str().unwrap()),
    )
    .unwrap();
    run(folder, &["user", "import", "users.csv"], "");
    // A factor is its sealed secret; the word for it is refused.
    let line = json!({ "username": "drone", "password_hash": hash, "factor": true });
    let refused = run(folder, &["user", "import", "-"], &line.to_string());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("line 1: the account has a second factor"));
    for name in ["bee", "hive"] {
        let shown = json_of(folder, &["user", "show", name]);
        assert_eq!((&shown["role"], &shown["factor"]), (&Value::Null, &json!(false)), "{shown}");
        assert_eq!(shown["factor_required"], false, "{shown}");
    }
    fails(&run(folder, &["user", "edit", "bee", "--role", "admin"], ""), 2);
}
