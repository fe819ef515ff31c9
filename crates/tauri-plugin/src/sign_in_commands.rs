//! The commands of a window for signing in with a second factor or a one-time code.

use secrecy::SecretString;
use tauri::State;

use crate::dto::{CommandError, SessionView, SignInOptions, TotpProposal};
use crate::error::Error;
use crate::handle::Latchkey;
use crate::requests::RequestId;

/// The ways to sign in.
#[tauri::command]
pub(crate) async fn sign_in_options(latchkey: State<'_, Latchkey>) -> Result<SignInOptions, CommandError> {
    let _ = latchkey;
    Err(Error::NotOpened.into())
}

/// Asks for a code by mail.
#[tauri::command]
pub(crate) async fn forgot_password(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    username: String,
    allow_key_file: Option<bool>,
) -> Result<(), CommandError> {
    let _ = (latchkey, request_id, username, allow_key_file);
    Err(Error::NotOpened.into())
}

/// Sets a new password with a one-time code, and signs in.
#[tauri::command]
pub(crate) async fn redeem_code(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    code: SecretString,
    new_password: SecretString,
    username: Option<String>,
    allow_key_file: Option<bool>,
    set_aside_newer_store: Option<bool>,
) -> Result<SessionView, CommandError> {
    let _ = (latchkey, request_id, code, new_password, username, allow_key_file, set_aside_newer_store);
    Err(Error::NotOpened.into())
}

/// Completes the pending sign-in.
#[tauri::command]
pub(crate) async fn second_factor(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    code: SecretString,
) -> Result<SessionView, CommandError> {
    let _ = (latchkey, request_id, code);
    Err(Error::NotOpened.into())
}

/// Sets up a second factor in the pending sign-in.
#[tauri::command]
pub(crate) async fn enrol(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    code: Option<SecretString>,
    password: Option<SecretString>,
) -> Result<TotpProposal, CommandError> {
    let _ = (latchkey, request_id, code, password);
    Err(Error::NotOpened.into())
}

/// Drops the pending sign-in.
#[tauri::command]
pub(crate) async fn cancel_sign_in(latchkey: State<'_, Latchkey>) -> Result<SessionView, CommandError> {
    Ok(latchkey.session().await?.into())
}
