//! `latchkey --status`: the session as JSON, without a window and without the network. For support
//! and for scripts.

use std::process::ExitCode;

use tauri_plugin_latchkey::dto::StateView;

use crate::platform::output::{complain, print};
use crate::platform::start_error::StartError;
use crate::{paths, settings};

/// Prints the session on standard output. Exit code 0: signed in, 3: signed out, 4: held. The code
/// is the same when the session cannot be printed.
///
/// # Errors
/// Returns an error if the app could not start either.
pub fn print_status() -> Result<ExitCode, StartError> {
    let folder = paths::data_folder().ok_or(StartError::NoFolder)?;
    let session = settings::check()?.read_session(settings::APP_IDENTIFIER, &folder);
    if let Err(error) = print(&serde_json::to_string(&session).unwrap_or_default()) {
        complain(&format!("latchkey: the session cannot be printed: {error}"));
    }
    Ok(match session.state {
        StateView::SignedIn { .. } => ExitCode::SUCCESS,
        StateView::SignedOut { .. } => ExitCode::from(3),
        StateView::Held { .. } => ExitCode::from(4),
    })
}
