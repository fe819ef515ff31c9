//! `user export`, `user show --with-secrets` and `--all`, and `user import` of what they print.

use std::path::Path;

use latchkey_testkit::{Device, PASSWORD, Server, TestClock, USERNAME};
use serde_json::{Value, json};

use crate::cli::{Running, fails, prepared, program, run, sign_in, succeeds};
use crate::support::give_sam_a_factor;

/// The hash of a password, cheap to check.
const HASH: &str = "$2b$04$WApznUPhDubN0oeveSXHp.xJGMJPzRvlQPZv3w7NkBk0aTJUzCDTa";

fn json_of(folder: &Path, arguments: &[&str]) -> Value {
    let printed = succeeds(&run(folder, &[arguments, &["--json"]].concat(), ""));
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{arguments:?}: {error} in {printed}"))
}

/// Gives Sam a second factor, by a server on the database in `folder`.
async fn give_factor(folder: &Path) {
    let builder = Server::builder().accounts([]).clock(&TestClock::running()).keys(folder.join("config"));
    let url = format!("sqlite:{}", folder.join("data/latchkey.db").display());
    let mut server = builder.settings(|settings| settings.database_url = url.into()).start().await;
    give_sam_a_factor(&server, &Device::new(1)).await;
    server.stop().await;
}

#[tokio::test]
async fn an_export_is_private_whole_and_never_in_place_of_another_file() {
    let folder = prepared();
    let folder = folder.path();
    give_factor(folder).await;
    let mut serve = program(folder);
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    let exported = json_of(folder, &["user", "export", "accounts.jsonl"]);
    assert_eq!(exported, json!({ "file": "accounts.jsonl", "accounts": 1, "factors": 1 }));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.join("accounts.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = std::fs::read_to_string(folder.join("accounts.jsonl")).unwrap();
    let error = fails(&run(folder, &["user", "export", "accounts.jsonl"], ""), 1);
    assert!(error.contains("there is already such a file"), "{error}");
    assert_eq!(std::fs::read_to_string(folder.join("accounts.jsonl")).unwrap(), text);
    let error = fails(&run(folder, &["user", "export", "none/accounts.jsonl"], ""), 1);
    assert!(error.contains("there is no such folder"), "{error}");

    // The same on standard output, whose summary is on standard error; and without secrets.
    for arguments in [["user", "export"].as_slice(), &["user", "export", "-"]] {
        let output = run(folder, arguments, "");
        assert_eq!(succeeds(&output), text);
        assert_eq!(output.stderr, b"1 accounts exported, 1 with a second factor\n");
    }
    let hash = serde_json::from_str::<Value>(&text).unwrap()["password_hash"].clone();
    let open = succeeds(&run(folder, &["user", "export", "--without-secrets"], ""));
    let line: Value = serde_json::from_str(&open).unwrap();
    assert!(!open.contains(hash.as_str().unwrap()) && !open.contains("totp"), "{open}");
    assert!(line["username"] == USERNAME && line["factor"]["created_at"].is_i64(), "{line}");
    let refused = run(folder, &["user", "import", "-"], &open);
    assert!(String::from_utf8_lossy(&refused.stderr).starts_with("line 1: "), "{refused:?}");
    fails(&run(folder, &["user", "export", "--without-secrets", "--seal-to", "k"], ""), 2);

    let events = json_of(folder, &["audit", "list"]);
    let events = events.as_array().unwrap().iter().filter(|event| event["event"] == "accounts_exported");
    let details: Vec<_> = events.map(|event| event["detail"].as_str().unwrap()).collect();
    assert_eq!(details.iter().filter(|detail| **detail == "without_secrets").count(), 1, "{details:?}");
    assert_eq!(sign_in(&server.url, PASSWORD).await.status(), 401, "the second factor is asked for");
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

/// An export writes beside the file that it is to make.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_that_is_stopped_leaves_no_secrets_behind() {
    use latchkey_testkit::{Sql, wait_for};
    use rustix::process::{Pid, Signal, kill_process};

    let folder = prepared();
    let folder = folder.path();
    let url = format!("sqlite:{}", folder.join("data/latchkey.db").display());
    let files = || {
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        files.sort();
        files
    };
    let before = files();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        // The export waits for it.
        let mut lock = Sql::connect(&url).await;
        lock.execute("BEGIN IMMEDIATE").await;
        let mut export = program(folder).args(["user", "export", "accounts.jsonl"]).spawn().unwrap();
        wait_for("the file", async || (files() != before).then_some(())).await;
        kill_process(Pid::from_child(&export), signal).unwrap();
        let stopped = wait_for("the end", async || export.try_wait().unwrap()).await;
        assert_eq!(stopped.code(), Some(1), "{signal:?}: {stopped}");
        assert_eq!(files(), before, "{signal:?}");
        lock.execute("ROLLBACK").await;
    }
}

#[test]
fn an_export_with_secrets_is_not_written_to_a_terminal() {
    let folder = prepared();
    let folder = folder.path();
    let on_terminal = |arguments: &str| {
        let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_latchkey-server"));
        let mut script = std::process::Command::new("script");
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).current_dir(folder);
        let output = script.stdin(std::process::Stdio::null()).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (succeeded, printed) = on_terminal("user export");
    assert!(!succeeded && printed.contains("do not belong on a terminal"), "{printed}");
    assert!(!printed.contains("argon2"), "{printed}");
    let (succeeded, printed) = on_terminal("user export --without-secrets");
    assert!(succeeded && printed.contains(USERNAME), "{printed}");
}

#[tokio::test]
async fn a_shown_account_with_a_factor_is_imported_by_another_server() {
    let (here, there) = (prepared(), prepared());
    let (here, there) = (here.path(), there.path());
    give_factor(here).await;
    succeeds(&run(here, &["user", "grant", USERNAME, "admin"], ""));
    succeeds(&run(here, &["user", "rename", USERNAME, "sam"], ""));
    let show = ["user", "show", "sam", "--json", "--with-secrets"];
    let line = succeeds(&run(here, &show, ""));
    assert_eq!(succeeds(&run(here, &["user", "export"], "")), line);
    let error = fails(&run(here, &["user", "show", "sam", "--with-secrets"], ""), 1);
    assert!(error.contains("only with --json"), "{error}");

    // What `user show` says without secrets does not pass for the account.
    let bare = succeeds(&run(here, &["user", "show", "sam", "--json"], ""));
    let refused = run(there, &["user", "import", "-"], &bare);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("line 1: the account has a second factor that is not in the line"), "{said}");

    let key = here.join("config/seal.key");
    let import = ["user", "import", "-", "--sealed-with", key.to_str().unwrap()];
    let dry = run(there, &[&import[..], &["--dry-run"]].concat(), &line);
    assert_eq!(succeeds(&dry), "1 accounts could be added, 0 lines refused\n");
    assert!(!there.join("config/seal.key").exists(), "a dry run makes no key");
    fails(&run(there, &["user", "show", "sam"], ""), 1);
    let imported = run(there, &import, &line);
    assert_eq!(succeeds(&imported), "1 accounts added, 0 lines refused\n");
    let said = String::from_utf8_lossy(&imported.stderr).into_owned();
    for words in
        ["line 1: sam had the role admin, which is not imported: user grant sam admin", "new ones in the app"]
    {
        assert!(said.contains(words), "{said}");
    }
    let copy = json_of(there, &["user", "show", "sam"]);
    let mut shown = json_of(here, &["user", "show", "sam"]);
    shown["role"] = Value::Null;
    assert_eq!(copy, shown);

    // A key of its own for the way.
    let sealed = run(here, &["user", "export", "moving.jsonl", "--seal-to", "moving.key"], "");
    assert!(succeeds(&sealed).contains("1 with a second factor to moving.jsonl"));
    assert_eq!(std::fs::read(here.join("moving.key")).unwrap().len(), 32);
    let third = prepared();
    let (file, key) = (here.join("moving.jsonl"), here.join("moving.key"));
    let arguments = ["user", "import", file.to_str().unwrap(), "--sealed-with"];
    // Another key that is made now would open nothing.
    let error = fails(&run(there, &[&arguments[..], &["nowhere.key"]].concat(), ""), 1);
    assert!(error.contains("there is no seal key at nowhere.key") && !error.contains("generate"), "{error}");
    let wrong = there.join("config/seal.key");
    let refused = run(third.path(), &[&arguments[..], &[wrong.to_str().unwrap()]].concat(), "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--sealed-with"), "{refused:?}");
    succeeds(&run(third.path(), &[&arguments[..], &[key.to_str().unwrap()]].concat(), ""));
}

#[tokio::test]
async fn a_person_gets_everything_that_is_stored_without_secrets() {
    let folder = prepared();
    let folder = folder.path();
    succeeds(&run(
        folder,
        &["user", "import", "-"],
        &json!({ "username": "bee", "password_hash": HASH }).to_string(),
    ));
    give_factor(folder).await;
    succeeds(&run(folder, &["user", "reset-code", USERNAME], ""));
    let mut serve = program(folder);
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    assert_eq!(sign_in(&server.url, "wrong password").await.status(), 401);
    let printed = succeeds(&run(folder, &["user", "show", USERNAME, "--all", "--json"], ""));
    let all: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(all["account"], json_of(folder, &["user", "show", USERNAME]));
    assert_eq!(all["factor"]["recovery_codes_left"], 10);
    assert!(all["pending"].as_array().unwrap().iter().any(|row| row["kind"] == "password"), "{printed}");
    let events: Vec<_> = all["audit"].as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert!(events.first() == Some(&&json!("account_added")), "{printed}");
    assert!(events.last() == Some(&&json!("sign_in_failed")), "{printed}");
    assert!(all["sessions"][0]["address"].is_string() && all["mails"] == json!([]), "{printed}");
    assert!(all["notices"].is_array() && all["complete"] == true, "{printed}");
    assert!(!printed.contains("argon2id$") && !printed.contains("\"bee"), "{printed}");
    fails(&run(folder, &["user", "show", USERNAME, "--all", "--with-secrets"], ""), 2);
    assert!(fails(&run(folder, &["user", "show", USERNAME, "--all"], ""), 1).contains("only with --json"));
    assert!(
        fails(&run(folder, &["user", "show", "nobody", "--all", "--json"], ""), 1).contains("no account")
    );
}
