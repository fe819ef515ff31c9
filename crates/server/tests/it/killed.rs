//! The server as a program, killed (SIGKILL) between and within the steps of a code, a factor and a
//! sign-in: the old state or the new one, and the same request then completes it.

use std::path::Path;
use std::time::Duration;

use latchkey_testkit::{PASSWORD, Sql, TestClock, USERNAME, free_port, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{Running, prepared, program, run, succeeds};
use crate::support::{Remote, totp};

const NEW: &str = "decepticons drool ☂";

/// When the server is killed after the request was sent, in milliseconds.
const DELAYS: [u64; 6] = [0, 3, 6, 12, 25, 50];

fn serve(folder: &Path, port: u16) -> Running {
    let mut command = program(folder);
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    command.stderr(std::process::Stdio::null());
    Running::start(command)
}

/// Runs a command that makes a code, and returns the code.
fn code(folder: &Path, arguments: &[&str]) -> String {
    let made = succeeds(&run(folder, &[&["user"], arguments, &["--json"]].concat(), ""));
    let made: Value = serde_json::from_str(&made).unwrap();
    text(&made, "code").to_owned()
}

/// Sends a request, and kills the server after `delay`. The answer may have come or not.
async fn killed(server: Running, delay: u64, device: &Remote, path: &str, body: &Value) {
    let request = device.try_send(Method::POST, path, None, body);
    let kill = async {
        tokio::time::sleep(Duration::from_millis(delay)).await;
        drop(server);
    };
    let _ = tokio::join!(request, kill);
}

/// What a query says of the database.
async fn asked(folder: &Path, query: &'static str) -> String {
    let mut database = Sql::connect(&format!("sqlite:{}", folder.join("data/latchkey.db").display())).await;
    database.texts(query).await.join(" ")
}

#[tokio::test]
async fn a_server_that_is_killed_while_a_factor_is_set_up_leaves_the_old_or_the_new_state() {
    let (folder, port, clock) = (prepared(), free_port(), TestClock::running());
    let folder = folder.path();
    let url = format!("http://127.0.0.1:{port}");
    for (round, delay) in DELAYS.into_iter().enumerate() {
        let (name, device) =
            (format!("bee{round}"), Remote::new(u8::try_from(round + 1).unwrap(), &url, &clock));
        let invited = code(folder, &["invite", &name]);
        succeeds(&run(folder, &["user", "require-factor", &name], ""));
        let mut server = serve(folder, port);
        let redeemed = json!({ "code": invited, "new_password": NEW });
        let begun = problem(device.post("/api/auth/code", &redeemed).await, 401, "enrolment_required").await;
        let begun = text(&begun, "challenge");
        if round == 0 {
            drop(server);
            server = serve(folder, port);
        }
        let enrol = json!({ "challenge": begun });
        let proposal = ok(device.post("/api/auth/second-factor/enrol", &enrol).await).await;
        if round == 0 {
            drop(server);
            server = serve(folder, port);
        }
        let body = json!({ "challenge": begun, "code": totp(text(&proposal, "secret"), clock.now()) });
        killed(server, delay, &device, "/api/auth/second-factor", &body).await;
        // The latest account: password, factor, spent code and session come together.
        let state = asked(
            folder,
            "SELECT CASE WHEN password_hash = '' THEN '0' ELSE '1' END \
             || (SELECT COUNT(*) FROM factors WHERE account_id = accounts.id) \
             || (SELECT COUNT(*) / 10 FROM recovery_codes WHERE account_id = accounts.id) \
             || (SELECT COUNT(*) FROM pending WHERE account_id = accounts.id AND kind = 'invite' AND spent_at IS NOT NULL) \
             || (SELECT COUNT(*) FROM sessions WHERE account_id = accounts.id) \
             FROM accounts ORDER BY username_key LIKE 'bee%' DESC, created_at DESC, username_key DESC LIMIT 1",
        )
        .await;
        assert!(["00000", "11111"].contains(&state.as_str()), "{state} after {delay} ms");
        let server = serve(folder, port);
        let tokens = ok(device.post("/api/auth/second-factor", &body).await).await;
        let me = device.send(Method::GET, "/api/me", Some(text(&tokens, "token")), &json!({})).await;
        assert_eq!(ok(me).await["factor"]["recovery_codes_left"], 10);
        let again = json!({ "username": name, "password": NEW });
        problem(device.post("/api/auth", &again).await, 401, "second_factor_required").await;
        drop(server);
    }
    let sessions = asked(folder, "SELECT CAST(COUNT(*) AS TEXT) FROM sessions").await;
    assert_eq!(sessions, DELAYS.len().to_string(), "one for each account");
}

#[tokio::test]
async fn a_server_that_is_killed_while_a_code_is_redeemed_loses_no_code() {
    let (folder, port, clock) = (prepared(), free_port(), TestClock::running());
    let folder = folder.path();
    let device = Remote::new(1, &format!("http://127.0.0.1:{port}"), &clock);
    let (mut old, mut new) = (PASSWORD, NEW);
    for delay in DELAYS {
        let code = code(folder, &["reset-code", USERNAME]);
        let before = asked(folder, "SELECT password_hash FROM accounts").await;
        let body = json!({ "code": code, "new_password": new, "username": USERNAME });
        killed(serve(folder, port), delay, &device, "/api/auth/code", &body).await;
        let is_new = asked(folder, "SELECT password_hash FROM accounts").await != before;
        let unspent =
            "SELECT CAST(COUNT(*) AS TEXT) FROM pending WHERE kind = 'password' AND spent_at IS NULL";
        assert_eq!(asked(folder, unspent).await, if is_new { "0" } else { "1" }, "after {delay} ms");
        let server = serve(folder, port);
        ok(device.post("/api/auth/code", &body).await).await;
        let sign_in = |password: &str| json!({ "username": USERNAME, "password": password });
        problem(device.post("/api/auth", &sign_in(old)).await, 401, "invalid_credentials").await;
        ok(device.post("/api/auth", &sign_in(new)).await).await;
        drop(server);
        (old, new) = (new, old);
    }
}
