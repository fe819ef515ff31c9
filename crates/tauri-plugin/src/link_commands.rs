//! The commands of a window for the account's links to accounts of providers.

use latchkey_client::error::SessionError;
use tauri::State;

use crate::dto::{BrowserView, CommandError, Links};
use crate::error::Error;
use crate::handle::Latchkey;
use crate::requests::{Owner, RequestId};
use crate::system_browser;

/// The links.
#[tauri::command]
pub(crate) async fn links(latchkey: State<'_, Latchkey>) -> Result<Links, CommandError> {
    let links = latchkey.client().await?.links().await.map_err(Error::from)?;
    Ok(links.into())
}

/// Begins to link an account of a provider in the browser, and opens it.
#[tauri::command]
pub(crate) async fn link_provider(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    provider: String,
    language: Option<String>,
) -> Result<BrowserView, CommandError> {
    let call = latchkey.requests().call("link_provider", request_id);
    let call = call.with(&provider).with_option(language.as_ref());
    let work = async {
        let browser = system_browser::system();
        let view = latchkey.client().await?.link_provider(provider, language, browser).await?;
        view.browser.ok_or(Error::Client(SessionError::Superseded))
    };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?.into())
}

/// Removes a link.
#[tauri::command]
pub(crate) async fn remove_link(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    id: String,
) -> Result<(), CommandError> {
    let call = latchkey.requests().call("remove_link", request_id).with(&id);
    let work = async { Ok(latchkey.client().await?.remove_link(&id).await?) };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?)
}
