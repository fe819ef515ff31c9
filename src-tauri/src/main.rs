//! The app's entry: the window, or one of the few words on the command line.

// No console window beside the app on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

const USAGE: &str = "Usage: latchkey            opens the window
       latchkey --status   prints the session as JSON; exits 0 signed in, 3 signed out, 4 held
       latchkey --version  prints the version";

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line answers on the terminal")]
fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("LATCHKEY_LOG").unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let outcome = match arguments.iter().map(AsRef::as_ref).collect::<Vec<&str>>().as_slice() {
        [] => latchkey::run(tauri::generate_context!()),
        ["--status"] => latchkey::print_status(),
        ["--version"] => {
            println!("latchkey {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        ["--help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("latchkey: {error}");
        ExitCode::FAILURE
    })
}
