//! The client without a window: does one thing with the session in a folder. Tests kill it and
//! make its system calls fail.
//!
//! `headless FOLDER sign-in USER`, `sign-in-with-key-file USER`, `check-in`, `get PATH`, `watch`,
//! `sign-out`, `cycle USER`, or `steps`. `cycle` signs in, checks in and signs out until it is
//! killed; `watch` prints every new view until then; `steps` does what each line of its standard
//! input asks for, see `headless/steps.rs`. It prints the session view, waits for a line on
//! standard input (the password, where one is needed), and prints a line of JSON for each action:
//! the new view, the status of a call, or the error.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

#[path = "headless/browser.rs"]
mod browser;
#[path = "headless/json.rs"]
mod json;
#[path = "headless/steps.rs"]
mod steps;

use std::error::Error;
use std::io::stdin;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use latchkey_client::Consent;
use latchkey_client::api::{Credentials, HttpApi};
use latchkey_client::auth_client::AuthClient;
use latchkey_client::clock::SystemClock;
use latchkey_client::device::{Device as _, DeviceId, Machine};
use latchkey_client::error::SessionError;
use latchkey_client::settings::{ServerUrl, Settings};
use latchkey_client::storage::DeviceFiles;
use latchkey_client::view::SessionView;
use latchkey_token::KeySet;
use serde_json::Value;

const USAGE: &str = "usage: headless FOLDER (sign-in USER | sign-in-with-key-file USER | check-in | get PATH | watch | sign-out | cycle USER | steps)";

/// The identifier of the app in this repository: the tests look for its keychain entry.
const APP_IDENTIFIER: &str = "app.latchkey.desktop";

type AppSession = Arc<AuthClient<HttpApi>>;
type Outcome = Result<SessionView, SessionError>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    if let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("LATCHKEY_LOG") {
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .init();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, job @ ..] = arguments.as_slice() else { return Err(USAGE.into()) };
    let session = open(Path::new(folder))?;
    print(&json::session(&session.snapshot()))?;
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    let password = line.trim_end_matches('\n');

    let done = match job.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["sign-in", username] => report(sign_in(&session, username, password).await)?,
        ["sign-in-with-key-file", username] => {
            let credentials = Credentials { username: (*username).to_owned(), password: password.into() };
            report(session.sign_in(credentials, Consent { key_file: true, ..Consent::default() }).await)?
        }
        ["check-in"] => report(session.check_in().await)?,
        ["sign-out"] => report(sign_out(&session).await)?,
        ["get", path] => get(&session, path).await?,
        ["watch"] => watch(&session).await?,
        ["steps"] => steps::run(&session).await?,
        ["cycle", username] => loop {
            println!("\"sign-in\"");
            report(sign_in(&session, username, password).await)?;
            println!("\"check-in\"");
            report(session.check_in().await)?;
            println!("\"sign-out\"");
            report(sign_out(&session).await)?;
        },
        _ => return Err(USAGE.into()),
    };
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The settings of the app in this repository. It trusts the key pair that the tests' servers sign
/// with, unless a variable names another.
fn settings(server_url: &str) -> Result<Settings, Box<dyn Error>> {
    let key = std::env::var_os("LATCHKEY_PUBLIC_KEY_FILE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/auth-public.key"),
        PathBuf::from,
    );
    Ok(Settings {
        server_url: ServerUrl::parse(server_url)?,
        issuer: "latchkey".to_owned(),
        audience: "latchkey-api".to_owned(),
        keys: KeySet::from_pem(&std::fs::read_to_string(key)?)?,
        key_file: None,
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

fn open(folder: &Path) -> Result<AppSession, Box<dyn Error>> {
    let settings = settings(&std::env::var("LATCHKEY_SERVER_URL")?)?;
    let machine = Machine::new(folder, APP_IDENTIFIER);
    Ok(Arc::new(AuthClient::open(
        settings.clone(),
        HttpApi::new(settings.server_url),
        Arc::new(DeviceFiles::new(folder, machine.id().ok().as_ref().map(DeviceId::as_str))),
        Arc::new(machine),
        Arc::new(SystemClock::default()),
    )))
}

/// Runs the background task as the app does.
async fn watch(session: &AppSession) -> Result<bool, Box<dyn Error>> {
    let mut views = session.watch();
    tokio::spawn(Arc::clone(session).background());
    while views.changed().await.is_ok() {
        let view = views.borrow_and_update().as_ref().map(json::session);
        print(&view.into())?;
    }
    Ok(true)
}

async fn sign_in(session: &AppSession, username: &str, password: &str) -> Outcome {
    let credentials = Credentials { username: username.to_owned(), password: password.into() };
    session.sign_in(credentials, Consent::default()).await
}

/// Signs out, and waits for the keychain: this process ends before the app would.
async fn sign_out(session: &AppSession) -> Outcome {
    let outcome = session.sign_out().await;
    session.keychain_settled().await;
    outcome
}

/// Calls the API and prints the status of the response.
async fn get(session: &AppSession, path: &str) -> Result<bool, Box<dyn Error>> {
    match session.get(path).await {
        Ok(response) => print(&serde_json::json!({ "status": response.status }))?,
        Err(error) => return report(Err(error)),
    }
    Ok(true)
}

/// Prints the outcome; true for a success.
fn report(outcome: Outcome) -> Result<bool, Box<dyn Error>> {
    let is_ok = outcome.is_ok();
    match outcome {
        Ok(view) => print(&json::session(&view))?,
        Err(error) => print(&json::error(&error))?,
    }
    Ok(is_ok)
}

fn print(line: &Value) -> Result<(), Box<dyn Error>> {
    println!("{line}");
    Ok(())
}
