//! The commands that the window may call. Each is one call of the session; nothing is decided here.

use std::sync::Arc;

use secrecy::SecretString;
use tauri::State;

use crate::api::{Credentials, HttpApi};
use crate::error::CommandError;
use crate::session::Session;
use crate::view::{ApiReply, SessionView};

/// The session as the window's commands share it.
pub(crate) type AppSession = Arc<Session<HttpApi>>;

/// The session at this moment.
#[allow(clippy::needless_pass_by_value, reason = "a command's arguments are handed over by value")]
#[tauri::command]
pub(crate) fn session(session: State<'_, AppSession>) -> SessionView {
    session.view()
}

/// Signs in.
#[tauri::command]
pub(crate) async fn sign_in(
    session: State<'_, AppSession>,
    username: String,
    password: SecretString,
) -> Result<SessionView, CommandError> {
    Ok(session.sign_in(Credentials { username, password }).await?)
}

/// Signs out.
#[tauri::command]
pub(crate) async fn sign_out(session: State<'_, AppSession>) -> Result<SessionView, CommandError> {
    Ok(session.sign_out().await?)
}

/// Asks the server now.
#[tauri::command]
pub(crate) async fn check_in(session: State<'_, AppSession>) -> Result<SessionView, CommandError> {
    Ok(session.check_in().await?)
}

/// Calls a path of the server with the access token.
#[tauri::command]
pub(crate) async fn call_api(session: State<'_, AppSession>, path: String) -> Result<ApiReply, CommandError> {
    Ok(session.call_api(&path).await?)
}
