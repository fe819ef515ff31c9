//! The commands of a window for the account: its second factor, its notices, and the confirmation
//! that the user is who they are.

use secrecy::SecretString;
use tauri::State;
use zeroize::Zeroizing;

use crate::dto::{AccountDetails, CommandError, Notice, NoticeAnswer, NoticeAnswered, TotpProposal};
use crate::error::Error;
use crate::handle::Latchkey;
use crate::requests::RequestId;

/// The account's second factor, language and role.
#[tauri::command]
pub(crate) async fn account(latchkey: State<'_, Latchkey>) -> Result<AccountDetails, CommandError> {
    let _ = latchkey;
    Err(Error::NotOpened.into())
}

/// Confirms the session.
#[tauri::command]
pub(crate) async fn confirm(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    password: Option<SecretString>,
    code: Option<SecretString>,
) -> Result<(), CommandError> {
    let _ = (latchkey, request_id, password, code);
    Err(Error::NotOpened.into())
}

/// Begins to set up an authenticator.
#[tauri::command]
pub(crate) async fn start_totp(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<TotpProposal, CommandError> {
    let _ = (latchkey, request_id);
    Err(Error::NotOpened.into())
}

/// Switches it on.
#[tauri::command]
pub(crate) async fn enable_totp(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    code: SecretString,
) -> Result<(), CommandError> {
    let _ = (latchkey, request_id, code);
    Err(Error::NotOpened.into())
}

/// Removes the second factor.
#[tauri::command]
pub(crate) async fn disable_totp(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<(), CommandError> {
    let _ = (latchkey, request_id);
    Err(Error::NotOpened.into())
}

/// Makes new recovery codes.
#[tauri::command]
pub(crate) async fn new_recovery_codes(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<Vec<Zeroizing<String>>, CommandError> {
    let _ = (latchkey, request_id);
    Err(Error::NotOpened.into())
}

/// The open notices.
#[tauri::command]
pub(crate) async fn notices(latchkey: State<'_, Latchkey>) -> Result<Vec<Notice>, CommandError> {
    let _ = latchkey;
    Err(Error::NotOpened.into())
}

/// Answers one.
#[tauri::command]
pub(crate) async fn answer_notice(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    id: String,
    answer: NoticeAnswer,
) -> Result<NoticeAnswered, CommandError> {
    let _ = (latchkey, request_id, id, answer);
    Err(Error::NotOpened.into())
}
