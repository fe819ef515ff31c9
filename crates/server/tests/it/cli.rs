//! The program: arguments, exit codes, and its output on standard output and standard error.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use latchkey_testkit::{PASSWORD, USERNAME, key_folder};
#[cfg(unix)]
use serde_json::{Value, json};
use tempfile::TempDir;

/// The program in `folder`, with an empty environment except for cheap settings.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey-server"));
    command.current_dir(folder).env_clear().env("LATCHKEY_PASSWORDS_FAILURE_DELAY_MS", "[0, 0]");
    command.env("LATCHKEY_PASSWORDS_MIN_LENGTH", "13");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = program(folder).args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    // A program that fails early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
pub(crate) fn succeeds(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Checks the exit code, and returns standard error: for code 1, one line.
#[track_caller]
pub(crate) fn fails(output: &Output, code: i32) -> String {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert_eq!(output.stdout, b"");
    if code == 1 {
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.starts_with("error: "), "{error}");
    }
    error
}

const ADD: [&str; 10] = [
    "user",
    "add",
    USERNAME,
    "--given-name",
    "Sam",
    "--family-name",
    "Witwicky",
    "--password-stdin",
    "--claim=level=7",
    "--create",
];

/// A folder with keys and Sam's account.
pub(crate) fn prepared() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("config")).unwrap();
    for name in ["auth-private.key", "auth-public.key"] {
        std::fs::copy(key_folder().join(name), folder.path().join("config").join(name)).unwrap();
    }
    succeeds(&run(folder.path(), &ADD, &format!("{PASSWORD}\n")));
    folder
}

/// A running server that is killed when this value is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        Self::listening(command.spawn().unwrap())
    }

    /// Waits until it listens.
    fn listening(mut child: Child) -> Self {
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let url =
            line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, url }
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Waits until it has exited; returns its exit code and log.
    #[cfg(unix)]
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[cfg(unix)]
pub(crate) async fn sign_in(url: &str, password: &str) -> reqwest::Response {
    let request = client().post(format!("{url}/api/auth")).header("x-client", "device-1");
    request.json(&json!({ "username": USERNAME, "password": password })).send().await.unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_installation_signs_in_and_verifies_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let printed = succeeds(&run(folder.path(), &["keys", "generate", "--bits", "2048"], ""));
    assert!(printed.contains("auth-private.key") && printed.contains("key id: "), "{printed}");
    let added = succeeds(&run(folder.path(), &ADD, &format!("{PASSWORD}\n")));
    assert!(added.starts_with("added Ladiesman217 ("), "{added}");

    let mut serve = program(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    let tokens: Value = sign_in(&server.url, PASSWORD).await.json().await.unwrap();
    let token = tokens["token"].as_str().unwrap();
    let request = client().get(&server.url).header("x-client", "device-1");
    let hello = request.header("authorization", format!("Bearer {token}")).send().await.unwrap();
    assert_eq!(hello.text().await.unwrap(), "Hello World!");

    // The offline check uses the app's verifier.
    let verify = |more: &[&str], token: &str| {
        let mut arguments =
            vec!["token", "verify", "--public-key", "config/auth-public.key", "--issuer", "latchkey"];
        arguments.extend(more);
        run(folder.path(), &arguments, token)
    };
    let right = ["--audience", "latchkey-api", "device-1", "--type", "access"];
    let line = succeeds(&verify(&right, &format!("{token}\n")));
    assert!(line.starts_with(r#"{"valid":true,"claims":{"#) && line.ends_with("}\n"), "{line}");
    let verdict: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(verdict["claims"]["preferred_username"], USERNAME);
    assert_eq!(verdict["claims"]["level"], 7);
    let separate = ["--audience", "latchkey-api", "--audience", "device-1", "--type", "access"];
    succeeds(&verify(&separate, token));
    for (more, token, code) in [
        (&["--audience", "device-1", "device-2", "--type", "access"][..], token, "wrong_audience"),
        (&["--audience", "device-1", "--type", "session"], token, "wrong_type"),
        (&["--audience", "device-1", "--type", "access", "--at", "0"], token, "issued_in_future"),
        (&["--audience", "device-1", "--type", "access", "--at", "-86400"], token, "issued_in_future"),
        (&["--audience", "device-1", "--type", "access", "--at", "9223372036854775807"], token, "expired"),
        (&["--audience", "device-1", "--type", "access"], "", "not_compact"),
        (&["--audience", "device-1", "--type", "access"], &"x".repeat(100_000), "too_long"),
    ] {
        let output = verify(more, token);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            format!("{{\"valid\":false,\"code\":\"{code}\"}}\n")
        );
    }

    server.signal("-TERM");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("signed in") && log.contains("status=200"), "{log}");
    for secret in [PASSWORD, token, token.rsplit('.').next().unwrap()] {
        assert!(!log.contains(secret), "a secret is in the log: {log}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn sigint_stops_a_server_whose_stdout_was_closed() {
    let folder = prepared();
    let mut serve = program(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    assert_eq!(sign_in(&server.url, "wrong").await.status(), 401);
    server.signal("-INT");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("stopped"), "{log}");
}

#[tokio::test]
async fn four_servers_start_concurrently_on_a_new_database() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..4 {
        let start = || {
            let mut serve = program(folder.path());
            serve.args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database-url",
                &format!("sqlite:{round}/latchkey.db"),
            ]);
            serve.arg("--keys").arg(key_folder());
            serve.spawn().unwrap()
        };
        let children: Vec<Child> = (0..4).map(|_| start()).collect();
        for child in children {
            let server = Running::listening(child);
            assert_eq!(client().get(format!("{}/readyz", server.url)).send().await.unwrap().status(), 200);
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn log_entries_stay_on_one_line_and_contain_no_query() {
    let folder = prepared();
    let mut serve = program(folder.path());
    serve
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("LATCHKEY_LOG_JSON", "true")
        .env("LATCHKEY_LOG_FILTER", "debug");
    let server = Running::start(serve);
    let body = json!({ "username": "a\nb\u{1b}[31m", "password": "p\nq" });
    let request = client().post(format!("{}/api/auth", server.url)).header("x-client", "device-1");
    assert_eq!(request.json(&body).send().await.unwrap().status(), 401);
    let odd = format!("{}/%0a%1b[31m?access_token=hunter2", server.url);
    let request =
        client().get(odd).header("x-client", "device-1").header("authorization", "Bearer hunter3\t");
    assert_eq!(request.send().await.unwrap().status(), 401);
    server.signal("-TERM");
    let (_, log) = server.end();
    let mut lines = 0;
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}"));
        lines += 1;
    }
    assert!(lines >= 2);
    for secret in ["hunter2", "hunter3", "p\\nq"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn flags_override_variables_which_override_the_file() {
    let folder = prepared();
    let other = folder.path().join("other");
    let url = |name: &str| format!("sqlite:{}", other.join(name).display());
    std::fs::write(folder.path().join("config/server.toml"), format!("database_url = '{}'", url("file.db")))
        .unwrap();
    let add = |arguments: &[&str], variable: Option<&str>| {
        let mut command = program(folder.path());
        command.args(ADD).args(arguments).stdin(Stdio::piped());
        if let Some(variable) = variable {
            command.env("LATCHKEY_DATABASE_URL", variable);
        }
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        succeeds(&child.wait_with_output().unwrap());
    };
    add(&[], None);
    assert!(other.join("file.db").exists(), "config/server.toml is used if it exists");
    add(&[], Some(&url("variable.db")));
    assert!(other.join("variable.db").exists());
    add(&["--database-url", &url("flag.db")], Some(&url("not-this.db")));
    assert!(other.join("flag.db").exists() && !other.join("not-this.db").exists());
    std::fs::write(folder.path().join("else.toml"), format!("database_url = '{}'", url("else.db"))).unwrap();
    add(&["--config", "else.toml"], None);
    assert!(other.join("else.db").exists());

    std::fs::write(folder.path().join("else.toml"), "listne = 1").unwrap();
    let error = fails(&run(folder.path(), &["serve", "--config", "else.toml"], ""), 1);
    assert!(error.contains("else.toml") && error.contains("line 1") && error.contains("listne"), "{error}");
}

#[test]
fn invalid_accounts_are_refused_with_the_reason() {
    let folder = prepared();
    let add = |arguments: &[&str], input: &str| {
        let arguments = [&["user", "add"], arguments, &["--password-stdin"]].concat();
        fails(&run(folder.path(), &arguments, input), 1)
    };
    let error = add(&["LADIESMAN217"], PASSWORD);
    assert_eq!(error, "error: there is already an account with the user name LADIESMAN217\n");
    for name in ["", "a b", "a\nb", ".sam"] {
        assert!(add(&[name], PASSWORD).contains("a user name has 1 to 254 characters"));
    }
    assert!(add(&["bee", "--email", "nowhere"], PASSWORD).contains("e-mail"));
    assert!(add(&["bee", "--given-name", ""], PASSWORD).contains("a name has"));
    assert!(add(&["bee", "--claim", "sub=root"], PASSWORD).contains("the claim sub is the server's own"));
    assert!(add(&["bee", "--claim", "a=1", "--claim", "a=2"], PASSWORD).contains("twice"));
    assert!(add(&["bee", "--claim", "admin"], PASSWORD).contains("KEY=VALUE"));
    assert!(add(&["bee"], "").contains("too short"));
    assert!(add(&["bee"], "\n").contains("too short"));
    assert!(add(&["bee"], "a\nb\n").contains("control character"));
    assert!(add(&["bee"], &"x".repeat(129)).contains("longer than 128 characters"));
    assert!(add(&["bee"], &"x".repeat(5000)).contains("longer than 128 characters"));
    assert!(add(&["bee"], "passwordpassword").contains("easy to guess"));
    assert!(add(&["Ladiesman218"], "Ladiesman218").contains("too short"));
    assert!(add(&["Ladiesman218"], "Ladiesman218!!").contains("easy to guess"));
    let error = fails(&run(folder.path(), &["user", "add", "bee"], PASSWORD), 1);
    assert!(error.contains("--password-stdin"), "{error}");
    succeeds(&run(folder.path(), &["user", "add", "bee", "--password-stdin"], "with a carriage return\r\n"));
}

#[test]
fn existing_keys_are_not_replaced_and_weak_keys_not_generated() {
    let folder = prepared();
    let error = fails(&run(folder.path(), &["keys", "generate"], ""), 1);
    let private = std::path::Path::new("config").join("auth-private.key").display().to_string();
    assert!(error.contains(&private) && error.contains("not replaced"), "{error}");
    let error = fails(&run(folder.path(), &["keys", "generate", "--keys", "new", "--bits", "1024"], ""), 1);
    assert!(error.contains("too weak"), "{error}");
    assert!(!folder.path().join("new").exists());
}

#[test]
fn a_server_that_cannot_start_prints_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let error = fails(&run(folder.path(), &["serve"], ""), 1);
    assert!(error.contains("latchkey-server keys generate"), "{error}");
    let folder = prepared();
    let url = "postgres://sam:hunter2@127.0.0.1:1/latchkey";
    let error = fails(&run(folder.path(), &["serve", "--database-url", url], ""), 1);
    assert!(error.contains("the database does not answer") && !error.contains("hunter2"), "{error}");
    let error = fails(&run(folder.path(), &["serve", "--database-url", "sqlite::memory:"], ""), 1);
    assert!(error.contains("in memory"), "{error}");
    #[cfg(unix)]
    {
        let private = folder.path().join("config/auth-private.key");
        std::fs::set_permissions(&private, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        let error = fails(&run(folder.path(), &["serve"], ""), 1);
        assert!(error.contains("chmod 600"), "{error}");
    }
}

#[test]
fn wrong_usage_exits_with_2_and_help_with_0() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &[][..],
        &["run"],
        &["serve", "--listen", "here"],
        &["serve", "--port", "1"],
        &["keys"],
        &["keys", "generate", "--bits", "many"],
        &["user", "add"],
        &["user", "add", "sam", "--password", "x"],
        &["token", "verify"],
        &["token", "verify", "--public-key", "k", "--issuer", "i", "--type", "access"],
        &["token", "verify", "--public-key", "k", "--issuer", "i", "--audience", "a", "--type", "refresh"],
    ] {
        fails(&run(folder.path(), arguments, ""), 2);
    }
    for arguments in
        [&["--help"][..], &["help"], &["serve", "--help"], &["user", "add", "--help"], &["--version"]]
    {
        succeeds(&run(folder.path(), arguments, ""));
    }
    // The help shows variables, but no value that can contain a password.
    let mut help = program(folder.path());
    help.env("LATCHKEY_DATABASE_URL", "postgres://sam:hunter2@db/x");
    let help = succeeds(&help.arg("--help").output().unwrap());
    assert!(help.contains("LATCHKEY_DATABASE_URL") && !help.contains("hunter2"), "{help}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no file is written");
}

#[cfg(unix)]
#[tokio::test]
async fn sighup_reloads_the_keys() {
    let folder = prepared();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(command);
    server.signal("-HUP");
    assert_eq!(sign_in(&server.url, PASSWORD).await.status(), 200);
    server.signal("-TERM");
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    assert!(log.contains("keys read"), "{log}");
}
