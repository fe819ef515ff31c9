//! `latchkey --status`: the session as JSON, without a window and without the network. For support
//! and for scripts.

use std::process::ExitCode;

use crate::output::{complain, print};
use crate::{StartError, open, settings, store};
use latchkey_client::api::HttpApi;
use latchkey_client::view::StateView;

/// Prints the session view on standard output. Exit code 0: signed in, 3: signed out, 4: held. The
/// code is an answer of its own, and stays the same when the view cannot be printed.
///
/// # Errors
/// When the app could not start either.
pub fn print_status() -> Result<ExitCode, StartError> {
    let folder = store::folder().ok_or(StartError::NoFolder)?;
    let settings = settings()?;
    let api = HttpApi::new(settings.server_url.clone())?;
    let (session, _) = open(settings, api, &folder);
    let view = session.snapshot();
    if let Err(error) = print(&serde_json::to_string(&view).unwrap_or_default()) {
        complain(&format!("latchkey: the session cannot be printed: {error}"));
    }
    Ok(match view.state {
        StateView::SignedIn { .. } => ExitCode::SUCCESS,
        StateView::SignedOut { .. } => ExitCode::from(3),
        StateView::Held { .. } => ExitCode::from(4),
    })
}
