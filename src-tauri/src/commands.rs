//! The commands that the window may call. Each is one call of the session; nothing is decided here.

use std::sync::Arc;

use secrecy::SecretString;
use tauri::State;

use crate::api::{Credentials, HttpApi, PasswordChange, SendBody, SendMethod};
use crate::error::CommandError;
use crate::session::Session;
use crate::storage::Copies;
use crate::view::{ApiReply, DeviceSession, Reading, SessionView};

/// The session as the window's commands share it.
pub(crate) type AppSession = Arc<Session<HttpApi>>;

/// The session at this moment.
#[allow(clippy::needless_pass_by_value, reason = "a command's arguments are handed over by value")]
#[tauri::command]
pub(crate) fn session(session: State<'_, AppSession>) -> SessionView {
    session.view()
}

/// Signs in. `allow_key_file`: the person has agreed that the device's key may be kept in a file.
#[tauri::command]
pub(crate) async fn sign_in(
    session: State<'_, AppSession>,
    username: String,
    password: SecretString,
    allow_key_file: Option<bool>,
) -> Result<SessionView, CommandError> {
    let credentials = Credentials { username, password };
    Ok(match allow_key_file {
        Some(true) => session.sign_in_with_key_file(credentials).await?,
        _ => session.sign_in(credentials).await?,
    })
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

/// Reads a path of the server, or the last copy of it while the server is out of reach.
#[tauri::command]
pub(crate) async fn read_api(
    session: State<'_, AppSession>,
    copies: State<'_, Arc<Copies>>,
    path: String,
) -> Result<Reading, CommandError> {
    Ok(session.read(&path, &copies).await?)
}

/// Sends something to a path of the server with the access token, once.
#[tauri::command]
pub(crate) async fn send_api(
    session: State<'_, AppSession>,
    method: SendMethod,
    path: String,
    body: Option<SendBody>,
) -> Result<ApiReply, CommandError> {
    Ok(session.send(method, &path, body.as_ref()).await?)
}

/// The account's devices.
#[tauri::command]
pub(crate) async fn sessions(session: State<'_, AppSession>) -> Result<Vec<DeviceSession>, CommandError> {
    Ok(session.sessions().await?)
}

/// Ends the session of one of them.
#[tauri::command]
pub(crate) async fn end_session(
    session: State<'_, AppSession>,
    sid: String,
) -> Result<Vec<DeviceSession>, CommandError> {
    Ok(session.end_session(&sid).await?)
}

/// Ends every session but this one.
#[tauri::command]
pub(crate) async fn end_other_sessions(
    session: State<'_, AppSession>,
) -> Result<Vec<DeviceSession>, CommandError> {
    Ok(session.end_other_sessions().await?)
}

/// Changes the account's password.
#[tauri::command]
pub(crate) async fn change_password(
    session: State<'_, AppSession>,
    current: SecretString,
    new: SecretString,
    end_others: bool,
) -> Result<(), CommandError> {
    Ok(session.change_password(PasswordChange { current, new, end_others }).await?)
}
