//! The commands of a window for the account's passkeys.

use latchkey_client::browser::BrowserStart;
use latchkey_client::error::SessionError;
use tauri::State;

use crate::dto::{BrowserView, CommandError, Passkey, Passkeys};
use crate::error::Error;
use crate::handle::Latchkey;
use crate::requests::{Owner, RequestId};
use crate::system_browser;

/// The passkeys.
#[tauri::command]
pub(crate) async fn passkeys(latchkey: State<'_, Latchkey>) -> Result<Passkeys, CommandError> {
    let passkeys = latchkey.client().await?.passkeys().await.map_err(Error::from)?;
    Ok(passkeys.into())
}

/// Begins to add one in the browser, and opens it.
#[tauri::command]
pub(crate) async fn add_passkey(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    language: Option<String>,
) -> Result<BrowserView, CommandError> {
    let call = latchkey.requests().call("add_passkey", request_id).with_option(language.as_ref());
    let start = BrowserStart { language, ..BrowserStart::default() };
    let work = async {
        let view = latchkey.client().await?.add_passkey(start, system_browser::system()).await?;
        view.browser.ok_or(Error::Client(SessionError::Superseded))
    };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?.into())
}

/// Gives the new passkey its name: from now on it counts.
#[tauri::command]
pub(crate) async fn finish_passkey(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    name: String,
) -> Result<Passkey, CommandError> {
    let call = latchkey.requests().call("finish_passkey", request_id).with(&name);
    let work = async { Ok(latchkey.client().await?.finish_passkey(&name).await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?.into())
}

/// Gives a passkey another name.
#[tauri::command]
pub(crate) async fn rename_passkey(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    id: String,
    name: String,
) -> Result<Passkey, CommandError> {
    let call = latchkey.requests().call("rename_passkey", request_id).with(&id).with(&name);
    let work = async { Ok(latchkey.client().await?.rename_passkey(&id, &name).await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?.into())
}

/// Removes a passkey.
#[tauri::command]
pub(crate) async fn remove_passkey(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    id: String,
) -> Result<(), CommandError> {
    let call = latchkey.requests().call("remove_passkey", request_id).with(&id);
    let work = async { Ok(latchkey.client().await?.remove_passkey(&id).await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?)
}
