//! The log and the database, searched for every secret of codes, second factors and mail, at each
//! step of a story that has them all.

use std::path::Path;

use latchkey_server::accounts::Role;
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::smtp::{SmtpSink, SunkMail};
use latchkey_testkit::{PASSWORD, Server, TestClock, USERNAME, ok, problem, text, wait_for};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{Running, prepared, program, run, succeeds};
use crate::mail::to;
use crate::support::{Member, Remote, add, connection, make_code, on_both, totp};

on_both!(the_database_has_no_secret_at_any_step, a_desks_codes_are_in_no_row);

const NEW: &str = "decepticons drool ☂";

/// The secrets so far: what must be nowhere, and what must not be in the log.
#[derive(Default)]
struct Secrets {
    everywhere: Vec<String>,
    log: Vec<String>,
}

impl Secrets {
    fn add(&mut self, secret: &str) {
        self.everywhere.push(secret.to_owned());
        self.everywhere.push(secret.replace('-', ""));
    }

    /// Checks that a place has none of them.
    fn check(&self, place: &[u8], step: &str, is_log: bool) {
        let more: &[String] = if is_log { &self.log } else { &[] };
        for secret in self.everywhere.iter().chain(more) {
            let is_there = place.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "{secret} after {step}");
        }
    }
}

/// The code with this length, in the first mail that has one.
async fn mailed(sink: &SmtpSink, length: usize) -> String {
    let is_code =
        |word: &&str| word.len() == length && word.as_bytes()[4] == b'-' && word.as_bytes()[9] == b'-';
    wait_for("the code", async || {
        let texts: Vec<String> = sink.mails().iter().map(SunkMail::text).collect();
        let mut codes = texts.iter().filter_map(|text| text.split_whitespace().find(is_code));
        codes.next().map(str::to_owned)
    })
    .await
}

/// Everything that people do: a forgotten password, a factor, a wrong code, a recovery code, and an
/// operator's code. `inspect` sees each step. Returns the recovery codes, whose first one is used.
async fn story(
    device: &Remote,
    sink: &SmtpSink,
    operator: impl AsyncFnOnce() -> String,
    secrets: &mut Secrets,
    mut inspect: impl AsyncFnMut(&Secrets, &str),
) -> Vec<String> {
    let forgot = device.post("/api/auth/forgot", &json!({ "username": USERNAME })).await;
    assert_eq!(forgot.status(), 202);
    let code = mailed(sink, "0000-0000-0".len()).await;
    secrets.add(&code);
    secrets.add(NEW);
    inspect(secrets, "forgot").await;
    let body = json!({ "code": code, "new_password": NEW, "username": USERNAME });
    let tokens = ok(device.post("/api/auth/code", &body).await).await;
    for name in ["token", "session_token"] {
        secrets.add(text(&tokens, name));
    }
    inspect(secrets, "code").await;
    let token = Some(text(&tokens, "token"));
    let body = json!({ "password": NEW });
    let confirmed = ok(device.send(Method::POST, "/api/auth/confirm", token, &body).await).await;
    secrets.add(text(&confirmed, "token"));
    let token = Some(text(&confirmed, "token"));
    let proposal = ok(device.send(Method::POST, "/api/me/totp", token, &json!({})).await).await;
    let secret = text(&proposal, "secret");
    secrets.add(secret);
    let codes: Vec<&str> =
        proposal["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    for code in &codes {
        secrets.add(code);
    }
    inspect(secrets, "proposal").await;
    let body = json!({ "code": totp(secret, device.clock.now()) });
    assert_eq!(device.send(Method::PUT, "/api/me/totp", token, &body).await.status(), 204);
    inspect(secrets, "factor").await;
    let body = json!({ "username": USERNAME, "password": NEW });
    let begun = problem(device.post("/api/auth", &body).await, 401, "second_factor_required").await;
    let begun = text(&begun, "challenge");
    secrets.log.push(begun.to_owned());
    for (code, status) in [("000000", 401), ("0000-0000-0000-00", 401), ("mistyped", 400), (codes[0], 200)] {
        let body = json!({ "challenge": begun, "code": code });
        let answer = device.post("/api/auth/second-factor", &body).await;
        assert_eq!(answer.status(), status, "{code}");
    }
    inspect(secrets, "recovery code").await;
    // The operator's code in the wrong place, and in a challenge.
    let operator = operator().await;
    secrets.add(&operator);
    let body = json!({ "code": operator, "new_password": NEW, "username": USERNAME });
    problem(device.post("/api/auth/code", &body).await, 400, "code_for_factor").await;
    let body = json!({ "username": USERNAME, "password": NEW });
    let begun = problem(device.post("/api/auth", &body).await, 401, "second_factor_required").await;
    let begun = text(&begun, "challenge");
    secrets.log.push(begun.to_owned());
    let body = json!({ "challenge": begun, "code": operator });
    let begun = problem(device.post("/api/auth/second-factor", &body).await, 401, "enrolment_required").await;
    let begun = text(&begun, "challenge");
    secrets.log.push(begun.to_owned());
    let enrol = json!({ "challenge": begun });
    let proposal = ok(device.post("/api/auth/second-factor/enrol", &enrol).await).await;
    secrets.add(text(&proposal, "secret"));
    inspect(secrets, "operator's code").await;
    codes.into_iter().map(str::to_owned).collect()
}

/// Everything that the database has, as text, with what its files have kept.
async fn stored(server: &Server) -> Vec<u8> {
    if !server.is_sqlite() {
        let tables = "SELECT query_to_xml('SELECT * FROM ' || quote_ident(table_name), true, false, '')::text \
            FROM information_schema.tables WHERE table_schema = 'public'";
        return connection(server).await.texts(tables).await.concat().into_bytes();
    }
    let files = ["latchkey.db", "latchkey.db-wal"].map(|name| server.folder().join(name));
    files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
}

async fn the_database_has_no_secret_at_any_step(server: Server) {
    let sink = SmtpSink::start().await;
    let server = server.like(&server.clock, to(&sink)).await;
    let device = Remote::new(1, &server.url, &server.clock);
    let mut secrets = Secrets::default();
    let operator = async || make_code(&server, USERNAME, CodeKind::Factor).await;
    story(&device, &sink, operator, &mut secrets, async |secrets, step| {
        let stored = stored(&server).await;
        let has = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(has(USERNAME) && has("code_asked_for"), "the whole database is searched");
        secrets.check(&stored, step, false);
    })
    .await;
    assert!(secrets.everywhere.len() > 30);
}

/// The codes that a desk makes: one that it is shown, and two that are mailed to their owner.
async fn desks_codes(server: &Server, sink: &SmtpSink) -> (Secrets, String) {
    let mut secrets = Secrets::default();
    let person = Member::new(server, 7, "mikaela", None).await;
    let desk = Member::new(server, 8, "bee", Some(Role::Desk)).await;
    let body = json!({ "username": "new", "send": false });
    let invited: Value = desk.post(server, "", body).await.json().await.unwrap();
    secrets.add(text(&invited["code"], "code"));
    let other = add(server, "trent").await;
    let mut answers = String::new();
    for (id, kind) in [(&person.id, "factor"), (&other, "password")] {
        let made = desk.post(server, &format!("/{id}/codes"), json!({ "kind": kind, "send": false })).await;
        assert_eq!(made.status(), 201);
        answers += &made.text().await.unwrap();
        answers += &desk.get(server, &format!("/{id}/audit")).await.text().await.unwrap();
    }
    // Other mails tell of the factor that was set up.
    let is_code = |word: &&str| word.len() == 21 && word.as_bytes()[4] == b'-' && word.as_bytes()[9] == b'-';
    let codes = wait_for("the codes", async || {
        let texts: Vec<String> = sink.mails().iter().map(SunkMail::text).collect();
        let codes = texts.iter().filter_map(|text| text.split_whitespace().find(is_code));
        let codes: Vec<String> = codes.map(str::to_owned).collect();
        (codes.len() == 2).then_some(codes)
    });
    for code in codes.await {
        secrets.add(&code);
    }
    (secrets, answers)
}

async fn a_desks_codes_are_in_no_row(server: Server) {
    let sink = SmtpSink::start().await;
    let server = server.like(&server.clock, to(&sink)).await;
    let (secrets, answers) = desks_codes(&server, &sink).await;
    assert_eq!(secrets.everywhere.len(), 6);
    let stored = stored(&server).await;
    let has = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("mikaela") && has("code_made"), "the whole database is searched");
    secrets.check(&stored, "a desk's codes", false);
    secrets.check(answers.as_bytes(), "a desk's codes", true);
}

fn set_mail(folder: &Path, sink: &SmtpSink) {
    let mail =
        format!("contact = \"the desk\"\n[mail]\nsmtp_url = \"{}\"\nfrom = \"a@example.com\"\n", sink.url());
    std::fs::write(folder.join("config/server.toml"), mail).unwrap();
}

#[tokio::test]
async fn the_most_detailed_log_has_no_secret() {
    let (folder, sink) = (prepared(), SmtpSink::start().await);
    let folder = folder.path();
    set_mail(folder, &sink);
    succeeds(&run(folder, &["user", "edit", USERNAME, "--email", "sam@example.com"], ""));
    let mut command = program(folder);
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("LATCHKEY_LOG_FILTER", "trace");
    // A pipe would be full before the end.
    let log = folder.join("log");
    command.stderr(std::fs::File::create(&log).unwrap());
    let mut server = Running::start(command);
    let device = Remote::new(1, &server.url, &TestClock::running());
    let mut secrets = Secrets::default();
    let operator = async || {
        let made = succeeds(&run(folder, &["user", "reset-factor", USERNAME, "--json"], ""));
        let made: serde_json::Value = serde_json::from_str(&made).unwrap();
        text(&made, "code").to_owned()
    };
    let codes = story(&device, &sink, operator, &mut secrets, async |_, _| ()).await;
    // A code that a desk is shown.
    succeeds(&run(folder, &["user", "grant", USERNAME, "desk"], ""));
    let body = json!({ "username": USERNAME, "password": NEW });
    let begun = problem(device.post("/api/auth", &body).await, 401, "second_factor_required").await;
    let body = json!({ "challenge": text(&begun, "challenge"), "code": codes[1] });
    let tokens = ok(device.post("/api/auth/second-factor", &body).await).await;
    let (token, body) = (Some(text(&tokens, "token")), json!({ "code": codes[2] }));
    let confirmed = ok(device.send(Method::POST, "/api/auth/confirm", token, &body).await).await;
    let (token, body) = (Some(text(&confirmed, "token")), json!({ "username": "new", "send": false }));
    let invited = device.send(Method::POST, "/api/admin/accounts", token, &body).await;
    assert_eq!(invited.status(), 201);
    let invited: Value = invited.json().await.unwrap();
    secrets.add(text(&invited["code"], "code"));
    // A code that an operator sends.
    succeeds(&run(folder, &["user", "reset-code", USERNAME, "--send"], ""));
    secrets.add(&mailed(&sink, "0000-0000-0000-0000-0".len()).await);
    server.signal("-TERM");
    assert!(server.child.wait().unwrap().success());
    let log = std::fs::read(log).unwrap();
    let lines = String::from_utf8_lossy(&log);
    for detail in ["DEBUG", "account invited", "a code was redeemed", "signed in with a second factor"] {
        assert!(lines.contains(detail), "{detail} in {lines}");
    }
    secrets.log.push(PASSWORD.to_owned());
    secrets.check(&log, "the story", true);
    let stored = std::fs::read(folder.join("data/latchkey.db")).unwrap();
    secrets.check(&stored, "the story", false);
    let audit = succeeds(&run(folder, &["audit", "list", "--json"], ""));
    secrets.check(audit.as_bytes(), "the story", true);
}
