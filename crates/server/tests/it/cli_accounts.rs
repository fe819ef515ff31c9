//! The program's commands for accounts, sessions and the audit log.

use std::path::Path;

use latchkey_testkit::{PASSWORD, USERNAME};
use serde_json::{Value, json};

use crate::cli::{Running, client, fails, prepared, program, run, succeeds};

fn json_of(folder: &Path, arguments: &[&str]) -> Value {
    let printed = succeeds(&run(folder, &[arguments, &["--json"]].concat(), ""));
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{arguments:?}: {error} in {printed}"))
}

async fn sign_in(url: &str, username: &str, password: &str) -> reqwest::Response {
    let request = client().post(format!("{url}/api/auth")).header("x-client", "device-1");
    request.json(&json!({ "username": username, "password": password })).send().await.unwrap()
}

#[tokio::test]
async fn account_commands_change_what_sign_in_accepts() {
    let folder = prepared();
    let folder = folder.path();
    let add = ["user", "add", "bee", "--password-stdin", "--json"];
    let added: Value = serde_json::from_str(&succeeds(&run(folder, &add, "bumblebee and friends"))).unwrap();
    assert_eq!(added["username"], "bee");
    let names = json_of(folder, &["user", "list"]);
    let names: Vec<_> = names.as_array().unwrap().iter().map(|account| account["username"].clone()).collect();
    assert_eq!(names, ["bee", USERNAME]);
    assert!(succeeds(&run(folder, &["user", "list"], "")).contains("Ladiesman217  Sam Witwicky\n"));
    let shown = json_of(folder, &["user", "show", "LADIESMAN217"]);
    assert_eq!((&shown["username"], &shown["claims"]["level"]), (&USERNAME.into(), &7.into()));
    assert_eq!((&shown["password"], &shown["disabled_at"]), (&"argon2id".into(), &Value::Null));
    let page = succeeds(&run(folder, &["user", "show", USERNAME], ""));
    assert!(page.contains("name       Sam Witwicky\n") && !page.contains("$argon2"), "{page}");

    let mut serve = program(folder);
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    assert_eq!(sign_in(&server.url, USERNAME, PASSWORD).await.status(), 200);
    let listed = json_of(folder, &["session", "list", USERNAME]);
    let sid = listed[0]["sid"].as_str().unwrap();
    assert_eq!(listed[0]["address"], "127.0.0.1");
    assert!(succeeds(&run(folder, &["session", "list"], "")).contains(sid));
    assert_eq!(json_of(folder, &["session", "list", "bee"]), json!([]));
    assert_eq!(json_of(folder, &["session", "end", sid]), json!({ "ended": 1 }));
    assert!(fails(&run(folder, &["session", "end", sid], ""), 1).contains("no living session"));
    assert_eq!(json_of(folder, &["session", "end", "--all", USERNAME]), json!({ "ended": 0 }));
    fails(&run(folder, &["session", "end"], ""), 2);

    succeeds(&run(folder, &["user", "disable", USERNAME], ""));
    assert_eq!(sign_in(&server.url, USERNAME, PASSWORD).await.status(), 401);
    assert!(succeeds(&run(folder, &["user", "list"], "")).contains("Sam Witwicky  disabled"));
    succeeds(&run(folder, &["user", "enable", USERNAME], ""));
    let set = ["user", "set-password", USERNAME, "--password-stdin", "--end-sessions", "--json"];
    let set = succeeds(&run(folder, &set, "decepticons drool today\n"));
    assert_eq!(set, "{\"ended\":0,\"password_set\":\"Ladiesman217\"}\n");
    assert_eq!(sign_in(&server.url, USERNAME, PASSWORD).await.status(), 401);
    assert_eq!(sign_in(&server.url, USERNAME, "decepticons drool today").await.status(), 200);
    let error = fails(&run(folder, &["user", "set-password", USERNAME, "--password-stdin"], "short"), 1);
    assert!(error.contains("13 characters"), "{error}");

    let events = json_of(folder, &["audit", "list", "--user", USERNAME, "--limit", "3"]);
    let events: Vec<_> = events.as_array().unwrap().iter().map(|event| event["event"].clone()).collect();
    assert_eq!(events, ["password_changed", "sign_in_failed", "signed_in"]);
    let lines = succeeds(&run(folder, &["audit", "list"], ""));
    assert!(
        lines.lines().any(|line| line.contains("account_disabled  operator  user=Ladiesman217")),
        "{lines}"
    );

    assert_eq!(json_of(folder, &["user", "remove", USERNAME])["ended"], 1);
    for command in ["show", "disable", "enable", "remove"] {
        let error = fails(&run(folder, &["user", command, USERNAME], ""), 1);
        assert_eq!(error, "error: there is no account with the user name Ladiesman217\n");
    }
    assert_eq!(sign_in(&server.url, USERNAME, "decepticons drool today").await.status(), 401);
    let again = ["user", "add", "ladiesman217", "--password-stdin"];
    let error = fails(&run(folder, &again, PASSWORD), 1);
    assert!(error.contains("another account had the user name ladiesman217"), "{error}");
    succeeds(&run(folder, &[&again[..], &["--reuse"]].concat(), PASSWORD));
}

#[tokio::test]
async fn a_renamed_account_signs_in_by_its_new_name_and_nobody_gets_the_old_one() {
    let folder = prepared();
    let folder = folder.path();
    let mut serve = program(folder);
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    assert_eq!(sign_in(&server.url, USERNAME, PASSWORD).await.status(), 200);
    assert_eq!(json_of(folder, &["user", "rename", USERNAME, "sam"])["username"], "sam");
    assert_eq!(sign_in(&server.url, USERNAME, PASSWORD).await.status(), 401);
    assert_eq!(sign_in(&server.url, "Sam", PASSWORD).await.status(), 200);
    assert_eq!(json_of(folder, &["session", "list", "sam"]).as_array().unwrap().len(), 2);

    // By each name the same events.
    for name in [USERNAME, "sam"] {
        let events = json_of(folder, &["audit", "list", "--user", name]);
        let renamed = events.as_array().unwrap().iter().find(|event| event["event"] == "account_renamed");
        let renamed = renamed.unwrap_or_else(|| panic!("{name}: {events}"));
        assert_eq!((&renamed["username"], &renamed["detail"]), (&json!(USERNAME), &json!("sam")));
    }

    succeeds(&run(folder, &["user", "add", "bee", "--password-stdin"], "bumblebee and friends"));
    let error = fails(&run(folder, &["user", "rename", "bee", "SAM"], ""), 1);
    assert!(error.contains("there is already an account with the user name SAM"), "{error}");
    let error = fails(&run(folder, &["user", "rename", "bee", USERNAME], ""), 1);
    assert!(error.contains("another account had the user name"), "{error}");
    std::fs::write(folder.join("more.jsonl"), format!("{{\"username\":\"{USERNAME}\",\"password_hash\":\"$2b$04$WApznUPhDubN0oeveSXHp.xJGMJPzRvlQPZv3w7NkBk0aTJUzCDTa\"}}\n")).unwrap();
    let refused = run(folder, &["user", "import", "more.jsonl"], "");
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("line 1: another account had the user name"), "{error}");
    // The account itself may have its name back.
    succeeds(&run(folder, &["user", "rename", "sam", USERNAME], ""));
    succeeds(&run(folder, &["user", "rename", "bee", "sam", "--reuse"], ""));
}

#[tokio::test]
async fn an_edited_account_has_the_change_in_its_next_tokens() {
    let folder = prepared();
    let folder = folder.path();
    let edit = [
        "user",
        "edit",
        USERNAME,
        "--given-name",
        "Samuel",
        "--family-name",
        "",
        "--email",
        "sam@example.com",
    ];
    let claims = ["--claim", "team=Autobots", "--claim", "level=8", "--unset-claim", "nothing"];
    let edited = json_of(folder, &[&edit[..], &claims].concat());
    assert_eq!((&edited["given_name"], &edited["family_name"]), (&json!("Samuel"), &Value::Null));
    assert_eq!(edited["claims"], json!({ "level": 8, "team": "Autobots" }));
    let edited = json_of(folder, &["user", "edit", USERNAME, "--unset-claim", "level"]);
    assert_eq!(
        (&edited["claims"], &edited["given_name"]),
        (&json!({ "team": "Autobots" }), &json!("Samuel"))
    );
    for (language, shown) in [("de", json!("de")), ("", Value::Null)] {
        let edited = json_of(folder, &["user", "edit", USERNAME, "--language", language]);
        assert_eq!(edited["language"], shown);
    }
    let events = json_of(folder, &["audit", "list", "--since", "1h", "--limit", "4"]);
    let details: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["detail"]).collect();
    assert_eq!(details, ["given_name,family_name,email,claims", "claims", "language", "language"]);
    assert_eq!(json_of(folder, &["audit", "list", "--since", "9999-12-31"]), json!([]));
    assert!(fails(&run(folder, &["audit", "list", "--since", "yesterday"], ""), 1).contains("how long ago"));

    let nothing = fails(&run(folder, &["user", "edit", USERNAME], ""), 2);
    assert!(nothing.contains("--email") && nothing.contains("--unset-claim"), "{nothing}");
    let help = succeeds(&run(folder, &["user", "import", "--help"], ""));
    assert!(help.contains("CSV names its columns in the first line"), "{help}");
    fails(&run(folder, &["user", "edit", USERNAME, "--language", "fr"], ""), 2);
    for (option, value, words) in [
        ("--email", "sam", "an e-mail address has one @"),
        ("--given-name", " ", "a name has 1 to 128 characters"),
        ("--claim", "sub=7", "the claim sub is the server's own"),
    ] {
        let error = fails(&run(folder, &["user", "edit", USERNAME, option, value], ""), 1);
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(json_of(folder, &["user", "show", USERNAME])["email"], "sam@example.com");
}

#[tokio::test]
async fn a_shown_account_is_imported_by_another_server() {
    let (here, there) = (prepared(), prepared());
    let (here, there) = (here.path(), there.path());
    succeeds(&run(here, &["user", "edit", USERNAME, "--email", "sam@example.com"], ""));
    succeeds(&run(here, &["user", "rename", USERNAME, "sam"], ""));
    succeeds(&run(here, &["user", "disable", "sam"], ""));
    let shown = json_of(here, &["user", "show", "sam"]);
    assert!(shown.get("password_hash").is_none());
    let line = succeeds(&run(here, &["user", "show", "sam", "--json", "--with-password-hash"], ""));
    assert_eq!(line.lines().count(), 1);
    let imported = run(there, &["user", "import", "-", "--format", "jsonl"], &line);
    assert!(succeeds(&imported).contains("1 accounts added, 0 lines refused"));
    let copy = json_of(there, &["user", "show", "sam"]);
    for field in ["username", "given_name", "family_name", "email", "claims", "disabled", "password"] {
        assert_eq!(copy[field], shown[field], "{field}");
    }
    succeeds(&run(there, &["user", "enable", "sam"], ""));
    let mut serve = program(there);
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    assert_eq!(sign_in(&server.url, "sam", PASSWORD).await.status(), 200);
}

#[test]
fn key_changes_are_in_the_audit_log() {
    let folder = prepared();
    let folder = folder.path();
    succeeds(&run(folder, &["keys", "generate", "--next", "--bits", "2048"], ""));
    succeeds(&run(folder, &["keys", "rotate", "--force"], ""));
    let events = json_of(folder, &["audit", "list"]);
    let events: Vec<_> = events.as_array().unwrap().iter().map(|event| event["event"].clone()).collect();
    assert_eq!(events, ["account_added", "key_published", "key_rotated"]);
    // A completed change is reported as completed, whether or not the database is available.
    let unavailable =
        ["keys", "generate", "--next", "--bits", "2048", "--database-url", "postgres://127.0.0.1:1/x"];
    let output = run(folder, &unavailable, "");
    assert!(succeeds(&output).contains("next key"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the audit log does not have this"));
}

#[test]
fn an_import_adds_valid_lines_and_reports_invalid_ones() {
    let folder = prepared();
    let folder = folder.path();
    let hash = bcrypt::hash("autobots rule", 4).unwrap();
    let csv = format!(
        "username,password_hash,given_name,email,claims,disabled\n\
         bee,{hash},Bumble,bee@example.com,\"{{\"\"level\"\":3}}\",false\n\
         LADIESMAN217,{hash},,,,false\n\
         jazz,plain password,,,,false\n\
         .bad,{hash},,,,false\n\
         ironhide,{hash},,not an address,,false\n\
         ratchet,{hash},,,[1],false\n\
         few,{hash}\n\
         wheeljack,{hash},,,\"{{\"\"sub\"\":1}}\",false\n\
         mirage,{hash},,,,perhaps\n\
         bee,{hash},,,,false\n\
         optimus,{hash},\"Optimus\nof two lines\",,,false\n\
         prowl,{hash},,,,true\n"
    );
    std::fs::write(folder.join("users.csv"), csv).unwrap();
    let output = run(folder, &["user", "import", "users.csv", "--json"], "");
    assert_eq!(output.status.code(), Some(1));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result, json!({ "added": 2, "factors": 0, "refused": 10, "dry_run": false }));
    let errors = String::from_utf8(output.stderr).unwrap();
    for (number, part) in [
        (3, "there is already an account with the user name LADIESMAN217"),
        (4, "the password hash is of no known kind"),
        (5, "a user name has"),
        (6, "an e-mail address"),
        (7, "claims is not a JSON object"),
        (8, "the line has 2 fields, not 6"),
        (9, "the claim sub"),
        (10, "disabled is true or false"),
        (11, "there is already an account with the user name bee"),
        (12, "a name has"),
    ] {
        let line = format!("line {number}: ");
        assert!(
            errors.lines().any(|error| error.starts_with(&line) && error.contains(part)),
            "{number} {part}: {errors}"
        );
    }
    assert!(!errors.contains("plain password") && !errors.contains(&hash), "{errors}");
    let shown = json_of(folder, &["user", "show", "bee"]);
    assert_eq!((&shown["given_name"], &shown["claims"]["level"]), (&"Bumble".into(), &3.into()));
    assert!(json_of(folder, &["user", "show", "prowl"])["disabled_at"].is_i64());
    assert_eq!(
        json_of(folder, &["user", "show", USERNAME])["given_name"],
        "Sam",
        "an existing account is not changed"
    );

    // JSON lines, from standard input.
    let long = format!("{{\"username\":\"long\",\"x\":\"{}\"}}", "x".repeat(100_000));
    let lines = format!(
        "{}\n\n{{\"username\":\"x\"}}\nnonsense\n{long}\n{}",
        json!({ "username": "arcee", "password_hash": hash, "claims": { "level": 4 } }),
        json!({ "username": "hound", "password_hash": hash, "family_name": "H." }),
    );
    let output = run(folder, &["user", "import", "-"], &lines);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"2 accounts added, 3 lines refused\n");
    let errors = String::from_utf8(output.stderr).unwrap();
    for line in [
        "line 3: password_hash is missing",
        "line 4: the line is not a JSON object",
        "line 5: the line is too long",
    ] {
        assert!(errors.contains(line), "{line}: {errors}");
    }
    for (text, part) in [("username,nonsense\n", "must name the columns"), ("", "must name the columns")] {
        std::fs::write(folder.join("bad.csv"), text).unwrap();
        let error = fails(&run(folder, &["user", "import", "bad.csv"], ""), 1);
        assert!(error.contains(part), "{error}");
    }
    assert!(fails(&run(folder, &["user", "import", "missing.csv"], ""), 1).contains("cannot be read"));
}

#[test]
fn a_long_import_reports_its_progress() {
    let folder = prepared();
    let hash = bcrypt::hash("autobots rule", 4).unwrap();
    let lines: String = (0..10_500)
        .map(|number| format!("{{\"username\":\"bot{number}\",\"password_hash\":\"{hash}\"}}\n"))
        .collect();
    std::fs::write(folder.path().join("users.jsonl"), lines).unwrap();
    let output = run(folder.path(), &["user", "import", "users.jsonl"], "");
    assert_eq!(succeeds(&output), "10500 accounts added, 0 lines refused\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "10000 lines: 10000 added, 0 not\n");
    let names = json_of(folder.path(), &["user", "list"]);
    assert_eq!(names.as_array().unwrap().len(), 10_501);
}

#[test]
fn codes_are_shown_once_and_are_in_no_log() {
    let folder = prepared();
    let folder = folder.path();
    let invite = ["user", "invite", "bee", "--email", "bee@example.com", "--language", "de"];
    let invited = json_of(folder, &invite);
    assert_eq!(invited["username"], "bee");
    let code = invited["code"].as_str().unwrap();
    assert_eq!(code.len(), "0000-0000-0000-0000-0".len());
    assert!(invited["expires_at"].as_i64().is_some());
    assert_eq!(json_of(folder, &["user", "show", "bee"])["password"], "none");
    assert!(succeeds(&run(folder, &["user", "list"], "")).contains("bee    invited\n"));
    // Who has lost the invitation gets another one; who has a password gets none.
    assert_ne!(json_of(folder, &invite)["code"], code);
    assert!(fails(&run(folder, &["user", "invite", USERNAME], ""), 1).contains("user reset-code"));
    let text = succeeds(&run(folder, &["user", "reset-code", USERNAME, "--valid", "7d", "--qr"], ""));
    assert!(text.starts_with("code for a new password of Ladiesman217: "), "{text}");
    assert!(text.contains("good once, until ") && text.lines().count() > 10, "{text}");
    let factor = json_of(folder, &["user", "reset-factor", USERNAME]);
    // The end of all second factors is never what a name means.
    fails(&run(folder, &["user", "reset-factor"], ""), 2);
    fails(&run(folder, &["user", "reset-factor", USERNAME, "--all-sealed"], ""), 2);
    for arguments in [
        ["user", "reset-code", "nobody"].as_slice(),
        &["user", "reset-code", USERNAME, "--valid", "8d"],
        &["user", "reset-code", USERNAME, "--send"],
    ] {
        fails(&run(folder, arguments, ""), 1);
    }
    fails(&run(folder, &["user", "reset-code", USERNAME, "--valid", "soon"], ""), 2);
    fails(&run(folder, &["user", "invite", "bee2", "--language", "fr"], ""), 2);
    let log = succeeds(&run(folder, &["audit", "list", "--json"], ""));
    assert_eq!(log.matches("code_made").count(), 4, "{log}");
    for code in [code, factor["code"].as_str().unwrap()] {
        assert!(!log.contains(code), "{log}");
    }
}
