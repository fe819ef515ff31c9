//! Says why the app did not start: on standard error, and in a message of the system where that
//! is not read.

#[cfg(not(windows))]
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

#[cfg(all(unix, not(target_os = "macos")))]
use super::instance::InstanceError;
use super::message;
use super::output::complain;
use super::start_error::StartError;

/// Reports an error of the app `name`, and returns the exit code for it.
pub(crate) fn report(name: &str, error: &StartError) -> ExitCode {
    complain(&format!("latchkey: {error}"));
    if !has_terminal() && has_display(error) {
        message::show_start_error(name, error);
    }
    ExitCode::FAILURE
}

/// Whether the program was started from a terminal, where its messages are read. Standard error is
/// not enough: it may be a file.
#[cfg(windows)]
fn has_terminal() -> bool {
    super::output::use_console()
}

#[cfg(not(windows))]
fn has_terminal() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
}

#[cfg(all(unix, not(target_os = "macos")))]
fn has_display(error: &StartError) -> bool {
    // GTK, which draws the message, waits for the bus too.
    let waits = matches!(error, StartError::Display(_) | StartError::Instance(InstanceError::BusHangs));
    !waits && super::display::check().is_ok()
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn has_display(_: &StartError) -> bool {
    true
}
