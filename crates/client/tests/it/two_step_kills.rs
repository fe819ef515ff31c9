//! `kill -9` between and in the middle of the steps of getting in: a code, a second factor, an
//! enrolment. Afterwards there is the state before or the state after, and the next way in works.

use std::path::Path;
use std::time::Duration;

use latchkey_client::api::TotpProposal;
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::headless::{Headless, found};
use latchkey_testkit::{PASSWORD, Server, ServerBuilder, TestClock, USERNAME};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::support::people::{NEW_PASSWORD, code, totp_of, with_factor};

/// The kills in the middle of one step, at moments that spread evenly over its duration.
const KILLS: u32 = 8;

/// A process that does what it is told step by step.
async fn process(folder: &Path, url: &str) -> Headless {
    let mut process = Headless::start(folder, url, &["steps"]).await;
    // The line that it waits for at its start.
    process.go().await;
    process
}

/// Does a step, and returns what it printed.
async fn step(process: &mut Headless, step: &[&str]) -> Value {
    process.step(step).await;
    process.line().await.expect("it has ended")
}

/// Begins a step and kills the process `after` that.
async fn kill_in(mut process: Headless, step: &[&str], after: Duration) {
    process.step(step).await;
    sleep(after).await;
    process.child.kill().await.unwrap();
}

/// The duration of a step without a fault, which must end with `state`.
async fn duration(mut process: Headless, arguments: &[&str]) -> Duration {
    let started = Instant::now();
    let said = step(&mut process, arguments).await;
    assert_eq!(said["state"], "signed-in", "{said}");
    started.elapsed()
}

fn moments(whole: Duration) -> impl Iterator<Item = Duration> {
    (0..=KILLS).map(move |kill| whole * kill / KILLS)
}

/// What a start finds: an account is signed in, or none ever was, or its session is over.
async fn assert_whole(folder: &Path) -> String {
    let view = found(folder).await;
    let state = view["state"].as_str().unwrap_or_default().to_owned();
    let whole = state == "signed-in" || view["reason"] == "never-signed-in";
    assert!(whole, "{view}");
    state
}

/// Whether the session that the last step has put in place works at the server, and is the only one
/// of this folder.
async fn assert_in(folder: &Path, server: &Server, sessions: usize) {
    let mut process = Headless::start(folder, &server.url, &["check-in"]).await;
    process.go().await;
    let view = process.line().await.unwrap();
    assert_eq!(view["state"], "signed-in", "{view}");
    assert_eq!(server.living_sessions().await, sessions);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_while_a_code_is_redeemed_a_password_or_the_code_still_works() {
    let mut whole = Duration::ZERO;
    let mut redeemed = 0;
    for round in 0..=KILLS {
        let server = Server::for_app().start().await;
        let folder = tempfile::tempdir().unwrap();
        let code = code(&server, CodeKind::Password).await;
        let arguments = ["redeem", USERNAME, code.expose_secret(), NEW_PASSWORD];
        let mut old = process(folder.path(), &server.url).await;
        assert_eq!(step(&mut old, &["sign-in", USERNAME, PASSWORD]).await["state"], "signed-in");
        old.child.kill().await.unwrap();
        if round == 0 {
            whole = duration(process(folder.path(), &server.url).await, &arguments).await;
            continue;
        }
        let killed = process(folder.path(), &server.url).await;
        kill_in(killed, &arguments, moments(whole).nth(round as usize).unwrap()).await;
        assert_eq!(assert_whole(folder.path()).await, "signed-in", "the old session or the new one");
        let mut next = process(folder.path(), &server.url).await;
        let new = step(&mut next, &["sign-in", USERNAME, NEW_PASSWORD]).await;
        if new["state"] == "signed-in" {
            redeemed += 1;
        } else {
            assert_eq!(step(&mut next, &["sign-in", USERNAME, PASSWORD]).await["state"], "signed-in");
            assert_eq!(step(&mut next, &arguments).await["state"], "signed-in", "the code was not spent");
        }
        assert_in(folder.path(), &server, 1).await;
    }
    println!("of {KILLS} kills, {redeemed} after the server had the new password");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_at_the_second_factor_the_next_sign_in_works() {
    let mut whole = Duration::ZERO;
    for round in 0..=KILLS {
        let server = Server::for_app().start().await;
        let (_app, _session, proposal) = with_factor(&server).await;
        let folder = tempfile::tempdir().unwrap();
        let mut killed = process(folder.path(), &server.url).await;
        let first = step(&mut killed, &["sign-in", USERNAME, PASSWORD]).await;
        assert_eq!(first["code"], "second-factor-required", "{first}");
        let arguments = ["second-factor", proposal.recovery_codes[0].expose_secret()];
        if round == 0 {
            whole = duration(killed, &arguments).await;
            continue;
        }
        kill_in(killed, &arguments, moments(whole).nth(round as usize).unwrap()).await;
        assert_whole(folder.path()).await;
        sign_in_with(folder.path(), &server, &proposal, 1).await;
        assert_in(folder.path(), &server, 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_between_password_and_second_factor_the_challenge_is_gone_and_a_sign_in_works() {
    let server = Server::for_app().start().await;
    let (_app, _session, proposal) = with_factor(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let mut killed = process(folder.path(), &server.url).await;
    let first = step(&mut killed, &["sign-in", USERNAME, PASSWORD]).await;
    assert_eq!(first["code"], "second-factor-required", "{first}");
    killed.child.kill().await.unwrap();
    assert_eq!(assert_whole(folder.path()).await, "signed-out");
    let mut next = process(folder.path(), &server.url).await;
    let code = proposal.recovery_codes[0].expose_secret();
    assert_eq!(step(&mut next, &["second-factor", code]).await["code"], "nothing-pending");
    drop(next);
    sign_in_with(folder.path(), &server, &proposal, 0).await;
    assert_in(folder.path(), &server, 2).await;
}

/// Signs in with the password and the recovery code of that number.
async fn sign_in_with(folder: &Path, server: &Server, proposal: &TotpProposal, number: usize) {
    let mut process = process(folder, &server.url).await;
    let first = step(&mut process, &["sign-in", USERNAME, PASSWORD]).await;
    assert_eq!(first["code"], "second-factor-required", "{first}");
    let code = proposal.recovery_codes[number].expose_secret();
    let second = step(&mut process, &["second-factor", code]).await;
    assert_eq!(second["state"], "signed-in", "{second}");
}

fn requiring() -> ServerBuilder {
    Server::for_app().settings(|settings| {
        settings.factors.required = serde_json::from_value("always".into()).unwrap();
        settings.factors.grace = serde_json::from_value("0s".into()).unwrap();
    })
}

/// A process that has the proposal of a factor, and the proposal.
async fn enrolling(folder: &Path, server: &Server) -> (Headless, Value) {
    let mut enrolling = process(folder, &server.url).await;
    let first = step(&mut enrolling, &["sign-in", USERNAME, PASSWORD]).await;
    assert_eq!(first["code"], "enrolment-required", "{first}");
    let code = code(server, CodeKind::Factor).await;
    let proposed = step(&mut enrolling, &["enrol", code.expose_secret()]).await;
    assert!(proposed["secret"].is_string(), "{proposed}");
    (enrolling, proposed)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_in_an_enrolment_its_factor_counts_or_a_new_one_can_be_set_up() {
    let mut whole = Duration::ZERO;
    let mut enrolled = 0;
    for round in 0..=KILLS {
        let server = requiring().start().await;
        let folder = tempfile::tempdir().unwrap();
        let (killed, proposed) = enrolling(folder.path(), &server).await;
        let first = totp_of(proposed["secret"].as_str().unwrap(), &TestClock::running(), 0);
        let arguments = ["second-factor", first.expose_secret()];
        if round == 0 {
            whole = duration(killed, &arguments).await;
            continue;
        }
        kill_in(killed, &arguments, moments(whole).nth(round as usize).unwrap()).await;
        assert_whole(folder.path()).await;
        let mut next = process(folder.path(), &server.url).await;
        let asked = step(&mut next, &["sign-in", USERNAME, PASSWORD]).await;
        match asked["code"].as_str() {
            Some("second-factor-required") => {
                enrolled += 1;
                let recovery = proposed["recoveryCodes"][0].as_str().unwrap();
                assert_eq!(step(&mut next, &["second-factor", recovery]).await["state"], "signed-in");
            }
            Some("enrolment-required") => {
                drop(next);
                let (mut again, proposed) = enrolling(folder.path(), &server).await;
                let code = totp_of(proposed["secret"].as_str().unwrap(), &TestClock::running(), 0);
                let done = step(&mut again, &["second-factor", code.expose_secret()]).await;
                assert_eq!(done["state"], "signed-in", "{done}");
            }
            _ => panic!("{asked}"),
        }
        assert_in(folder.path(), &server, 1).await;
    }
    println!("of {KILLS} kills, {enrolled} after the server had the factor");
}
