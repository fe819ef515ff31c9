//! The commands of a window for the account: its second factor, its notices, and the confirmation
//! that the user is who they are.

use latchkey_client::api::Confirmation;
use secrecy::{ExposeSecret, SecretString};
use tauri::State;
use zeroize::Zeroizing;

use crate::dto::{AccountDetails, CommandError, Notice, NoticeAnswer, NoticeAnswered, TotpProposal, shown};
use crate::error::Error;
use crate::handle::Latchkey;
use crate::requests::{Owner, RequestId};
use crate::sign_in_commands::drawn;

/// The account's second factor, language and role.
#[tauri::command]
pub(crate) async fn account(latchkey: State<'_, Latchkey>) -> Result<AccountDetails, CommandError> {
    let account = latchkey.client().await?.account().await.map_err(Error::from)?;
    Ok(account.into())
}

/// Confirms the session.
#[tauri::command]
pub(crate) async fn confirm(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    password: Option<SecretString>,
    code: Option<SecretString>,
) -> Result<(), CommandError> {
    let call = latchkey
        .requests()
        .call("confirm", request_id)
        .with_option(password.as_ref().map(ExposeSecret::expose_secret))
        .with_option(code.as_ref().map(ExposeSecret::expose_secret));
    let confirmation = Confirmation { password, code };
    let work = async { Ok(latchkey.client().await?.confirm(confirmation).await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?)
}

/// Begins to set up an authenticator.
#[tauri::command]
pub(crate) async fn start_totp(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<TotpProposal, CommandError> {
    let call = latchkey.requests().call("start_totp", request_id);
    let work = async {
        let proposal = latchkey.client().await?.start_totp().await?;
        drawn(&proposal)
    };
    Ok(call.once_unstored(work).await?)
}

/// Switches it on.
#[tauri::command]
pub(crate) async fn enable_totp(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    code: SecretString,
) -> Result<(), CommandError> {
    let call = latchkey.requests().call("enable_totp", request_id).with(code.expose_secret());
    let work = async { Ok(latchkey.client().await?.enable_totp(code).await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?)
}

/// Removes the second factor.
#[tauri::command]
pub(crate) async fn disable_totp(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<(), CommandError> {
    let call = latchkey.requests().call("disable_totp", request_id);
    let work = async { Ok(latchkey.client().await?.disable_totp().await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?)
}

/// Asks for the removal of a lost factor. Returns when it is done, in seconds since 1970.
#[tauri::command]
pub(crate) async fn request_factor_removal(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    password: Option<SecretString>,
) -> Result<i64, CommandError> {
    let call = latchkey.requests().call("request_factor_removal", request_id);
    let call = call.with_option(password.as_ref().map(ExposeSecret::expose_secret));
    let work = async { Ok(latchkey.client().await?.request_factor_removal(password).await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?)
}

/// Cancels the removal.
#[tauri::command]
pub(crate) async fn cancel_factor_removal(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<(), CommandError> {
    let call = latchkey.requests().call("cancel_factor_removal", request_id);
    let work = async { Ok(latchkey.client().await?.cancel_factor_removal().await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?)
}

/// Makes new recovery codes.
#[tauri::command]
pub(crate) async fn new_recovery_codes(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<Vec<Zeroizing<String>>, CommandError> {
    let call = latchkey.requests().call("new_recovery_codes", request_id);
    let work = async { Ok(latchkey.client().await?.new_recovery_codes().await?) };
    Ok(call.once_unstored(work).await?.iter().map(shown).collect())
}

/// The open notices.
#[tauri::command]
pub(crate) async fn notices(latchkey: State<'_, Latchkey>) -> Result<Vec<Notice>, CommandError> {
    let notices = latchkey.client().await?.notices().await.map_err(Error::from)?;
    Ok(notices.into_iter().map(Into::into).collect())
}

/// Answers one.
#[tauri::command]
pub(crate) async fn answer_notice(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    id: String,
    answer: NoticeAnswer,
) -> Result<NoticeAnswered, CommandError> {
    let call = latchkey.requests().call("answer_notice", request_id);
    let call = call.with(&id).with(format!("{answer:?}"));
    let work = async { Ok(latchkey.client().await?.answer_notice(&id, answer.into()).await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?.into())
}
