//! `latchkey --status`: the session as JSON, without a window and without the network. For support and for scripts.

use std::process::ExitCode;

use crate::view::StateView;
use crate::{StartError, open, settings, store};

/// Prints the session view on standard output. Exit code 0: signed in, 3: signed out, 4: held.
///
/// # Errors
/// When the app could not start either.
#[allow(clippy::print_stdout, reason = "this is what the option is for")]
pub fn print_status() -> Result<ExitCode, StartError> {
    let folder = store::folder().ok_or(StartError::NoFolder)?;
    let view = open(settings()?, &folder)?.view();
    println!("{}", serde_json::to_string(&view).unwrap_or_default());
    Ok(match view.state {
        StateView::SignedIn { .. } => ExitCode::SUCCESS,
        StateView::SignedOut { .. } => ExitCode::from(3),
        StateView::Held { .. } => ExitCode::from(4),
    })
}
