//! The app's entry: the window, or one of the few words on the command line.

// No console window next to the app on Windows. What it prints goes to the console that started it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

use latchkey::output::{complain, print};

// Wipes all memory that is freed: tokens also pass through HTTP buffers and JSON texts.
#[global_allocator]
static WIPING_ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

const USAGE: &str = "Usage: latchkey                 opens the window; exits 1 if that is not possible
       latchkey --status        prints the session as JSON; exits 0 signed in, 3 signed out, 4 held
       latchkey -h, --help      prints this
       latchkey -V, --version   prints the version";

fn main() -> ExitCode {
    #[cfg(windows)]
    latchkey::output::use_console();
    latchkey::log::start();
    tracing::debug!("start: the program runs");
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    match arguments.iter().map(AsRef::as_ref).collect::<Vec<&str>>().as_slice() {
        [] => latchkey::open_window(tauri::generate_context!()),
        ["--status"] => latchkey::print_status().unwrap_or_else(|error| fail(&error.to_string())),
        ["-V" | "--version"] => say(concat!("latchkey ", env!("CARGO_PKG_VERSION"))),
        ["-h" | "--help"] => say(USAGE),
        _ => {
            complain(USAGE);
            ExitCode::from(2)
        }
    }
}

fn say(text: &str) -> ExitCode {
    match print(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("this cannot be printed: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    complain(&format!("latchkey: {why}"));
    ExitCode::FAILURE
}
