//! The commands of a window. Each is one call of the handle. Commands that change something accept
//! the page's id of the call, and run once for it. Commands that call the API first check the scope
//! of the window.

use latchkey_client::Consent;
use latchkey_client::api::{Credentials, GetRequest, PasswordChange, RequestHeaders, SendRequest};
use secrecy::{ExposeSecret as _, SecretString};
use tauri::ipc::{Channel, CommandScope};
use tauri::{Runtime, State, Webview};

use crate::dto::{
    ApiResponse, Body, CachedResponse, CommandError, DeviceSession, HeaderName, SendMethod, SessionView,
};
use crate::error::Error;
use crate::handle::Latchkey;
use crate::requests::{Call, Owner, RequestId};
use crate::scope::{self, Method, ScopeEntry};

/// Names and values of request headers.
type Headers = Vec<(HeaderName, String)>;

/// The session as it is now.
#[tauri::command]
pub(crate) async fn session(latchkey: State<'_, Latchkey>) -> Result<SessionView, CommandError> {
    Ok(latchkey.session().await?.into())
}

/// Sends the session to `channel`: as it is now, and after every change.
#[allow(clippy::needless_pass_by_value, reason = "a command's arguments are handed over by value")]
#[tauri::command]
pub(crate) fn watch<R: Runtime>(
    latchkey: State<'_, Latchkey>,
    webview: Webview<R>,
    channel: Channel<SessionView>,
) {
    let window = webview.window().label().to_owned();
    latchkey.watchers().add(window, webview.label().to_owned(), channel);
}

/// Signs in. `allow_key_file`: the user has agreed that the device's key may be stored in a file.
/// `set_aside_newer_store`: the user has agreed that a stored session of a newer version of the app
/// is set aside.
#[tauri::command]
pub(crate) async fn sign_in(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    username: String,
    password: SecretString,
    allow_key_file: Option<bool>,
    set_aside_newer_store: Option<bool>,
) -> Result<SessionView, CommandError> {
    let consent = Consent {
        key_file: allow_key_file == Some(true),
        set_aside_newer_store: set_aside_newer_store == Some(true),
    };
    let call = latchkey
        .requests()
        .call("sign_in", request_id)
        .with(&username)
        .with(password.expose_secret())
        .with([u8::from(consent.key_file), u8::from(consent.set_aside_newer_store)]);
    let work = latchkey.sign_in(Credentials { username, password }, consent);
    Ok(call.once(Owner::SessionAfter, || latchkey.sid(), work).await?.into())
}

/// Signs out.
#[tauri::command]
pub(crate) async fn sign_out(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<SessionView, CommandError> {
    let call = latchkey.requests().call("sign_out", request_id);
    Ok(call.once(Owner::SessionAfter, || latchkey.sid(), latchkey.sign_out()).await?.into())
}

/// Asks the server now.
#[tauri::command]
pub(crate) async fn check_in(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<SessionView, CommandError> {
    let call = latchkey.requests().call("check_in", request_id);
    Ok(call.once(Owner::SessionAfter, || latchkey.sid(), latchkey.check_in()).await?.into())
}

/// The account's devices.
#[tauri::command]
pub(crate) async fn sessions(latchkey: State<'_, Latchkey>) -> Result<Vec<DeviceSession>, CommandError> {
    Ok(devices(latchkey.sessions().await?))
}

/// Ends the session of one of them.
#[tauri::command]
pub(crate) async fn end_session(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    sid: String,
) -> Result<Vec<DeviceSession>, CommandError> {
    let call = latchkey.requests().call("end_session", request_id).with(&sid);
    let work = latchkey.end_session(&sid);
    Ok(devices(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?))
}

/// Ends all sessions except this one.
#[tauri::command]
pub(crate) async fn end_other_sessions(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
) -> Result<Vec<DeviceSession>, CommandError> {
    let call = latchkey.requests().call("end_other_sessions", request_id);
    let work = latchkey.end_other_sessions();
    Ok(devices(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?))
}

/// Changes the account's password.
#[tauri::command]
pub(crate) async fn change_password(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    current: SecretString,
    new: SecretString,
    end_others: bool,
) -> Result<(), CommandError> {
    let call = latchkey.requests().call("change_password", request_id);
    let call = call.with(current.expose_secret()).with(new.expose_secret()).with([u8::from(end_others)]);
    let work = latchkey.change_password(PasswordChange { current, new, end_others });
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?)
}

/// Sends a `GET` with the access token.
#[tauri::command]
pub(crate) async fn get(
    latchkey: State<'_, Latchkey>,
    scope: CommandScope<ScopeEntry>,
    path: String,
    headers: Option<Headers>,
) -> Result<ApiResponse, CommandError> {
    scope::check(&scope, latchkey.server_url(), Method::Get, &path)?;
    let request = GetRequest { path: &path, headers: request_headers(headers.as_deref())? };
    Ok(latchkey.get(request).await?.into())
}

/// Like [`get`], or the last response while the server is unreachable.
#[tauri::command]
pub(crate) async fn get_cached(
    latchkey: State<'_, Latchkey>,
    scope: CommandScope<ScopeEntry>,
    path: String,
    headers: Option<Headers>,
) -> Result<CachedResponse, CommandError> {
    scope::check(&scope, latchkey.server_url(), Method::Get, &path)?;
    let request = GetRequest { path: &path, headers: request_headers(headers.as_deref())? };
    Ok(latchkey.get_cached(request).await?.into())
}

/// Sends a request that may change something, once.
#[tauri::command]
pub(crate) async fn send(
    latchkey: State<'_, Latchkey>,
    scope: CommandScope<ScopeEntry>,
    request_id: Option<RequestId>,
    method: SendMethod,
    path: String,
    headers: Option<Headers>,
    body: Option<Body>,
) -> Result<ApiResponse, CommandError> {
    scope::check(&scope, latchkey.server_url(), method.into(), &path)?;
    let headers = headers.unwrap_or_default();
    let call = latchkey.requests().call("send", request_id);
    let call = with_request(call, method, &path, &headers, body.as_ref());
    let body = body.map(Body::into_bytes).transpose()?;
    let request = SendRequest {
        method: method.into(),
        path: &path,
        headers: request_headers(Some(&headers))?,
        body: body.as_deref(),
    };
    let work = latchkey.send(&request);
    Ok(call.once(Owner::SessionBefore, || latchkey.sid(), work).await?.into())
}

fn request_headers(headers: Option<&[(HeaderName, String)]>) -> Result<RequestHeaders, Error> {
    let mut checked = RequestHeaders::default();
    for (name, value) in headers.unwrap_or_default() {
        checked.set((*name).into(), value)?;
    }
    Ok(checked)
}

fn devices(sessions: Vec<latchkey_client::api::DeviceSession>) -> Vec<DeviceSession> {
    sessions.into_iter().map(Into::into).collect()
}

fn with_request<'a>(
    call: Call<'a>,
    method: SendMethod,
    path: &str,
    headers: &Headers,
    body: Option<&Body>,
) -> Call<'a> {
    let call = call.with(format!("{method:?}")).with(path).with([u8::from(body.is_some())]);
    let call = match body {
        None => call,
        Some(Body::Text(text)) => call.with("text").with(text),
        Some(Body::Base64(text)) => call.with("base64").with(text),
    };
    headers.iter().fold(call, |call, (name, value)| call.with(format!("{name:?}")).with(value))
}
