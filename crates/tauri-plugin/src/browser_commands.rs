//! The commands of a window for a request in the system's browser. What the browser hands over, and
//! every token, stay in the client.

use latchkey_client::Consent;
use latchkey_client::browser::BrowserStart;
use latchkey_client::error::SessionError;
use tauri::State;
use zeroize::Zeroizing;

use crate::dto::{BrowserView, BrowserWay, CommandError, SessionView};
use crate::error::Error;
use crate::handle::Latchkey;
use crate::qr;
use crate::requests::{Call, Owner, RequestId};
use crate::system_browser;

/// Begins a sign-in in the browser, and opens it.
#[tauri::command]
#[allow(clippy::too_many_arguments, reason = "a command's arguments are those of the page")]
pub(crate) async fn start_browser(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    way: Option<BrowserWay>,
    provider: Option<String>,
    other_device: Option<bool>,
    language: Option<String>,
    allow_key_file: Option<bool>,
    set_aside_newer_store: Option<bool>,
) -> Result<BrowserView, CommandError> {
    let consent = Consent {
        key_file: allow_key_file == Some(true),
        set_aside_newer_store: set_aside_newer_store == Some(true),
    };
    let start = start(way, provider, other_device, language, consent)?;
    let call = with_start(latchkey.requests().call("start_browser", request_id), &start);
    let work = async {
        let browser = system_browser::system();
        latchkey.client().await?.sign_in_with_browser(start, browser).await?.browser.ok_or_else(superseded)
    };
    Ok(call.once(Owner::SessionAfter, || latchkey.sid(), work).await?.into())
}

/// Begins a confirmation of the session in the browser, and opens it.
#[tauri::command]
pub(crate) async fn confirm_with_browser(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    way: Option<BrowserWay>,
    provider: Option<String>,
    other_device: Option<bool>,
    language: Option<String>,
) -> Result<BrowserView, CommandError> {
    let start = start(way, provider, other_device, language, Consent::default())?;
    let call = with_start(latchkey.requests().call("confirm_with_browser", request_id), &start);
    let work = async {
        let browser = system_browser::system();
        latchkey.client().await?.confirm_with_browser(start, browser).await?.browser.ok_or_else(superseded)
    };
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?.into())
}

/// Uses what the user has typed in place of the browser's link.
#[tauri::command]
pub(crate) async fn submit_browser_result(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    text: Zeroizing<String>,
) -> Result<SessionView, CommandError> {
    let call = latchkey.requests().call("submit_browser_result", request_id).with(&*text);
    let work = async { Ok(latchkey.client().await?.submit_browser_result(&text).await?) };
    Ok(call.once(Owner::SessionAfter, || latchkey.sid(), work).await?.into())
}

/// Opens the page of the request once more.
#[tauri::command]
pub(crate) async fn open_browser(latchkey: State<'_, Latchkey>) -> Result<SessionView, CommandError> {
    let opened = latchkey.client().await?.open_browser(system_browser::system()).await;
    Ok(opened.map_err(Error::from)?.into())
}

/// The address of the request as a QR code, for another device.
#[tauri::command]
pub(crate) async fn browser_qr(latchkey: State<'_, Latchkey>) -> Result<String, CommandError> {
    let view = latchkey.session().await?.browser.ok_or(Error::Client(SessionError::NothingPending))?;
    // The client refuses an address that is too long to be drawn.
    let drawing = qr::svg(&view.url).ok_or(Error::Client(SessionError::ServerAnswerInvalid))?;
    Ok(drawing.as_str().to_owned())
}

/// Gives up the request, or closes what it has left on screen.
#[tauri::command]
pub(crate) async fn cancel_browser(latchkey: State<'_, Latchkey>) -> Result<SessionView, CommandError> {
    Ok(latchkey.client().await?.cancel_browser().into())
}

/// Answers whether the sign-in of another account replaces the present session.
#[tauri::command]
pub(crate) async fn answer_other_account(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    replace: bool,
) -> Result<SessionView, CommandError> {
    let call = latchkey.requests().call("answer_other_account", request_id).with([u8::from(replace)]);
    let work = async { Ok(latchkey.client().await?.answer_other_account(replace).await?) };
    Ok(call.once(Owner::SessionAfter, || latchkey.sid(), work).await?.into())
}

/// What the page asks for. A provider without its id is none that the server has.
fn start(
    way: Option<BrowserWay>,
    provider: Option<String>,
    other_device: Option<bool>,
    language: Option<String>,
    consent: Consent,
) -> Result<BrowserStart, Error> {
    let unavailable = Error::Client(SessionError::BrowserUnavailable);
    let way = way.map(|way| way.with(provider).ok_or(unavailable)).transpose()?;
    Ok(BrowserStart { way, other_device: other_device == Some(true), language, consent })
}

fn with_start<'a>(call: Call<'a>, start: &BrowserStart) -> Call<'a> {
    let Consent { key_file, set_aside_newer_store } = start.consent;
    call.with(format!("{:?}", start.way)).with_option(start.language.as_ref()).with([
        u8::from(start.other_device),
        u8::from(key_file),
        u8::from(set_aside_newer_store),
    ])
}

/// The user has signed out while the request began.
fn superseded() -> Error {
    Error::Client(SessionError::Superseded)
}
