//! The commands that the window may call. Each is one call of the session; nothing is decided here.
//! Those that change something take the page's id of the call, and run once for it.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use tauri::State;

use crate::requests::{Call, Owner, RequestId, Requests};
use latchkey_client::Consent;
use latchkey_client::api::{Credentials, DeviceSession, HttpApi, PasswordChange, SendMethod, SendRequest};
use latchkey_client::auth_client::AuthClient;
use latchkey_client::error::CommandError;
use latchkey_client::offline_cache::OfflineCache;
use latchkey_client::view::SessionView;

use crate::dto::{ApiReply, Reading, SendBody};

/// The session as the window's commands share it.
pub(crate) type AppSession = Arc<AuthClient<HttpApi>>;

/// The calls that the window has made, as its commands share them.
type Made<'a> = State<'a, Requests>;

/// The session at this moment.
#[allow(clippy::needless_pass_by_value, reason = "a command's arguments are handed over by value")]
#[tauri::command]
pub(crate) fn session(session: State<'_, AppSession>) -> SessionView {
    session.snapshot()
}

/// Signs in. `allow_key_file`: the person has agreed that the device's key may be kept in a file.
#[tauri::command]
pub(crate) async fn sign_in(
    session: State<'_, AppSession>,
    requests: Made<'_>,
    request_id: RequestId,
    username: String,
    password: SecretString,
    allow_key_file: Option<bool>,
) -> Result<SessionView, CommandError> {
    let agreed = allow_key_file == Some(true);
    let call = requests
        .call("sign_in", request_id)
        .with(&username)
        .with(password.expose_secret())
        .with([u8::from(agreed)]);
    let credentials = Credentials { username, password };
    let work = session.sign_in(credentials, Consent { key_file: agreed, ..Consent::default() });
    Ok(call.once(Owner::SessionAfter, || session.sid(), work).await?)
}

/// Signs out.
#[tauri::command]
pub(crate) async fn sign_out(
    session: State<'_, AppSession>,
    requests: Made<'_>,
    request_id: RequestId,
) -> Result<SessionView, CommandError> {
    let call = requests.call("sign_out", request_id);
    Ok(call.once(Owner::SessionAfter, || session.sid(), session.sign_out()).await?)
}

/// Asks the server now.
#[tauri::command]
pub(crate) async fn check_in(
    session: State<'_, AppSession>,
    requests: Made<'_>,
    request_id: RequestId,
) -> Result<SessionView, CommandError> {
    let call = requests.call("check_in", request_id);
    Ok(call.once(Owner::SessionAfter, || session.sid(), session.check_in()).await?)
}

/// Calls a path of the server with the access token.
#[tauri::command]
pub(crate) async fn call_api(session: State<'_, AppSession>, path: String) -> Result<ApiReply, CommandError> {
    Ok(session.get(&*path).await?.into())
}

/// Reads a path of the server, or the last copy of it while the server is out of reach.
#[tauri::command]
pub(crate) async fn read_api(
    session: State<'_, AppSession>,
    cache: State<'_, Arc<OfflineCache>>,
    path: String,
) -> Result<Reading, CommandError> {
    Ok(session.get_cached(&*path, &cache).await?.into())
}

/// Sends something to a path of the server with the access token, once.
#[tauri::command]
pub(crate) async fn send_api(
    session: State<'_, AppSession>,
    requests: Made<'_>,
    request_id: RequestId,
    method: SendMethod,
    path: String,
    body: Option<SendBody>,
) -> Result<ApiReply, CommandError> {
    let call = with_body(requests.call("send_api", request_id), method, &path, body.as_ref());
    let (headers, body) = body.as_ref().map(SendBody::encode).unzip();
    let request =
        SendRequest { method, path: &path, headers: headers.unwrap_or_default(), body: body.as_deref() };
    Ok(call.once(Owner::SessionBefore, || session.sid(), session.send(&request)).await?.into())
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
    requests: Made<'_>,
    request_id: RequestId,
    sid: String,
) -> Result<Vec<DeviceSession>, CommandError> {
    let call = requests.call("end_session", request_id).with(&sid);
    Ok(call.once(Owner::SessionBefore, || session.sid(), session.end_session(&sid)).await?)
}

/// Ends every session but this one.
#[tauri::command]
pub(crate) async fn end_other_sessions(
    session: State<'_, AppSession>,
    requests: Made<'_>,
    request_id: RequestId,
) -> Result<Vec<DeviceSession>, CommandError> {
    let call = requests.call("end_other_sessions", request_id);
    Ok(call.once(Owner::SessionBefore, || session.sid(), session.end_other_sessions()).await?)
}

/// Changes the account's password.
#[tauri::command]
pub(crate) async fn change_password(
    session: State<'_, AppSession>,
    requests: Made<'_>,
    request_id: RequestId,
    current: SecretString,
    new: SecretString,
    end_others: bool,
) -> Result<(), CommandError> {
    let call = requests.call("change_password", request_id);
    let call = call.with(current.expose_secret()).with(new.expose_secret()).with([u8::from(end_others)]);
    let work = session.change_password(PasswordChange { current, new, end_others });
    Ok(call.once(Owner::SessionBefore, || session.sid(), work).await?)
}

fn with_body<'a>(call: Call<'a>, method: SendMethod, path: &str, body: Option<&SendBody>) -> Call<'a> {
    let call = call.with(format!("{method:?}")).with(path);
    match body {
        None => call,
        Some(SendBody::Json(document)) => call.with("json").with(document.to_string()),
        Some(SendBody::Text(text)) => call.with("text").with(text),
    }
}
