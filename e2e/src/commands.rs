//! What the tests know of the commands that a page calls: their addresses, the shape of their
//! arguments and replies, and how a page receives changes of the session.
//!
//! Owns every such word, so that a change of this interface changes one file of the tests. Makes no
//! call itself: that is [`Window::invoke`](crate::Window::invoke).

use serde_json::{Value, json};

/// Returns the session as it is now.
pub const SESSION: &str = "plugin:latchkey|session";
/// Signs in. Arguments: [`credentials`].
pub const SIGN_IN: &str = "plugin:latchkey|sign_in";
/// Signs out.
pub const SIGN_OUT: &str = "plugin:latchkey|sign_out";
/// Checks the session with the server.
pub const CHECK_IN: &str = "plugin:latchkey|check_in";
/// Reads a path of the server. Arguments: [`path`].
pub const GET: &str = "plugin:latchkey|get";
/// Reads a path of the server, or its cached response while offline. Arguments: [`path`].
pub const GET_CACHED: &str = "plugin:latchkey|get_cached";
/// Sends a request with a body. Arguments: [`request`].
pub const SEND: &str = "plugin:latchkey|send";
/// Returns the account's devices.
pub const SESSIONS: &str = "plugin:latchkey|sessions";
/// Ends the session of one device. Arguments: [`session_id`].
pub const END_SESSION: &str = "plugin:latchkey|end_session";
/// Ends all sessions except this one.
pub const END_OTHER_SESSIONS: &str = "plugin:latchkey|end_other_sessions";
/// Changes the password. Arguments: [`password_change`].
pub const CHANGE_PASSWORD: &str = "plugin:latchkey|change_password";
/// Returns the ways to sign in.
pub const SIGN_IN_OPTIONS: &str = "plugin:latchkey|sign_in_options";
/// Asks for a code by mail.
pub const FORGOT_PASSWORD: &str = "plugin:latchkey|forgot_password";
/// Sets a new password with a one-time code. Arguments: [`redemption`].
pub const REDEEM_CODE: &str = "plugin:latchkey|redeem_code";
/// Completes a pending sign-in. Arguments: [`code`].
pub const SECOND_FACTOR: &str = "plugin:latchkey|second_factor";
/// Sets up a second factor in a pending sign-in.
pub const ENROL: &str = "plugin:latchkey|enrol";
/// Gives a pending sign-in up.
pub const CANCEL_SIGN_IN: &str = "plugin:latchkey|cancel_sign_in";
/// Returns the account's second factor, language and role.
pub const ACCOUNT: &str = "plugin:latchkey|account";
/// Confirms who the user is.
pub const CONFIRM: &str = "plugin:latchkey|confirm";
/// Proposes an authenticator.
pub const START_TOTP: &str = "plugin:latchkey|start_totp";
/// Switches it on. Arguments: [`code`].
pub const ENABLE_TOTP: &str = "plugin:latchkey|enable_totp";
/// Removes the second factor.
pub const DISABLE_TOTP: &str = "plugin:latchkey|disable_totp";
/// Asks for the removal of a lost second factor.
pub const REQUEST_FACTOR_REMOVAL: &str = "plugin:latchkey|request_factor_removal";
/// Cancels it.
pub const CANCEL_FACTOR_REMOVAL: &str = "plugin:latchkey|cancel_factor_removal";
/// Makes new recovery codes.
pub const NEW_RECOVERY_CODES: &str = "plugin:latchkey|new_recovery_codes";
/// Returns the open notices.
pub const NOTICES: &str = "plugin:latchkey|notices";
/// Answers a notice.
pub const ANSWER_NOTICE: &str = "plugin:latchkey|answer_notice";
/// Begins a sign-in in the browser.
pub const START_BROWSER: &str = "plugin:latchkey|start_browser";
/// Begins a confirmation in the browser.
pub const CONFIRM_WITH_BROWSER: &str = "plugin:latchkey|confirm_with_browser";
/// Takes what the user has typed of the browser's last page.
pub const SUBMIT_BROWSER_RESULT: &str = "plugin:latchkey|submit_browser_result";
/// Opens the browser again.
pub const OPEN_BROWSER: &str = "plugin:latchkey|open_browser";
/// Draws the address for the camera of another device.
pub const BROWSER_QR: &str = "plugin:latchkey|browser_qr";
/// Gives up what was begun in the browser.
pub const CANCEL_BROWSER: &str = "plugin:latchkey|cancel_browser";
/// Answers the question about another account.
pub const ANSWER_OTHER_ACCOUNT: &str = "plugin:latchkey|answer_other_account";
/// Returns the passkeys.
pub const PASSKEYS: &str = "plugin:latchkey|passkeys";
/// Begins to add a passkey.
pub const ADD_PASSKEY: &str = "plugin:latchkey|add_passkey";
/// Gives the new passkey its name.
pub const FINISH_PASSKEY: &str = "plugin:latchkey|finish_passkey";
/// Gives a passkey another name.
pub const RENAME_PASSKEY: &str = "plugin:latchkey|rename_passkey";
/// Removes a passkey.
pub const REMOVE_PASSKEY: &str = "plugin:latchkey|remove_passkey";
/// Returns the links to accounts of providers.
pub const LINKS: &str = "plugin:latchkey|links";
/// Begins to link one.
pub const LINK_PROVIDER: &str = "plugin:latchkey|link_provider";
/// Removes a link.
pub const REMOVE_LINK: &str = "plugin:latchkey|remove_link";
/// Reports that the page responds.
pub const PAGE_ALIVE: &str = "page_alive";
/// Zooms the page.
pub const ZOOM: &str = "zoom";
/// Closes the window.
pub const CLOSE_WINDOW: &str = "close_window";
/// Whether the app shows notifications on the desktop.
pub const NOTIFICATIONS_SHOWN: &str = "notifications_shown";
/// Switches them.
pub const SHOW_NOTIFICATIONS: &str = "show_notifications";
/// Shows one.
pub const NOTIFY: &str = "notify";
/// Saves recovery codes in a file that the user chooses.
pub const SAVE_RECOVERY_CODES: &str = "save_recovery_codes";

/// Every command that the page may call.
pub const ALL: [&str; 49] = [
    SESSION,
    SIGN_IN,
    SIGN_OUT,
    CHECK_IN,
    GET,
    GET_CACHED,
    SEND,
    SESSIONS,
    END_SESSION,
    END_OTHER_SESSIONS,
    CHANGE_PASSWORD,
    SIGN_IN_OPTIONS,
    FORGOT_PASSWORD,
    REDEEM_CODE,
    SECOND_FACTOR,
    ENROL,
    CANCEL_SIGN_IN,
    ACCOUNT,
    CONFIRM,
    START_TOTP,
    ENABLE_TOTP,
    DISABLE_TOTP,
    REQUEST_FACTOR_REMOVAL,
    CANCEL_FACTOR_REMOVAL,
    NEW_RECOVERY_CODES,
    NOTICES,
    ANSWER_NOTICE,
    START_BROWSER,
    CONFIRM_WITH_BROWSER,
    SUBMIT_BROWSER_RESULT,
    OPEN_BROWSER,
    BROWSER_QR,
    CANCEL_BROWSER,
    ANSWER_OTHER_ACCOUNT,
    PASSKEYS,
    ADD_PASSKEY,
    FINISH_PASSKEY,
    RENAME_PASSKEY,
    REMOVE_PASSKEY,
    LINKS,
    LINK_PROVIDER,
    REMOVE_LINK,
    PAGE_ALIVE,
    ZOOM,
    CLOSE_WINDOW,
    NOTIFICATIONS_SHOWN,
    SHOW_NOTIFICATIONS,
    NOTIFY,
    SAVE_RECOVERY_CODES,
];

/// The event by which the app asks the page whether it responds.
pub const PAGE_CHECK_EVENT: &str = "page-check";

/// Appends everything that the app sends to the page to `window.received`: the changes of the
/// session among it. The page still receives it, because Tauri looks its callbacks up in this map.
pub(crate) const RECORD_CHANGES: &str = r#"
    const { callbacks } = window.__TAURI_INTERNALS__;
    const get = callbacks.get.bind(callbacks);
    window.received = [];
    callbacks.get = (id) => {
        const callback = get(id);
        return callback && ((data) => { window.received.push(data); return callback(data); });
    };
"#;

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// No body.
    Empty,
    /// Plain text.
    Text(&'a str),
    /// A JSON document.
    Json(&'a Value),
}

/// The arguments of [`SIGN_IN`]. Each is any JSON value, since tests also send malformed ones.
#[must_use]
pub fn credentials(username: impl Into<Value>, password: impl Into<Value>) -> Value {
    json!({ "username": username.into(), "password": password.into() })
}

/// The arguments of [`GET`] and [`GET_CACHED`].
#[must_use]
pub fn path(path: &str) -> Value {
    json!({ "path": path })
}

/// The arguments of [`SEND`].
#[must_use]
pub fn request(method: &str, path: &str, body: Body<'_>) -> Value {
    match body {
        Body::Empty => json!({ "method": method, "path": path }),
        Body::Text(text) => with_text(method, path, "text/plain;charset=UTF-8", text),
        Body::Json(value) => with_text(method, path, "application/json", &value.to_string()),
    }
}

fn with_text(method: &str, path: &str, content_type: &str, text: &str) -> Value {
    json!({
        "method": method,
        "path": path,
        "headers": [["content-type", content_type]],
        "body": { "text": text },
    })
}

/// Adds the id by which the app recognises a repeated call.
#[must_use]
pub fn with_request_id(mut arguments: Value, id: &str) -> Value {
    if let Some(arguments) = arguments.as_object_mut() {
        arguments.insert("requestId".to_owned(), id.into());
    }
    arguments
}

/// The arguments of [`END_SESSION`].
#[must_use]
pub fn session_id(sid: impl Into<Value>) -> Value {
    json!({ "sid": sid.into() })
}

/// The arguments of [`CHANGE_PASSWORD`].
#[must_use]
pub fn password_change(current: impl Into<Value>, new: impl Into<Value>, end_others: bool) -> Value {
    json!({ "current": current.into(), "new": new.into(), "endOthers": end_others })
}

/// The arguments of [`SECOND_FACTOR`] and [`ENABLE_TOTP`].
#[must_use]
pub fn code(code: impl Into<Value>) -> Value {
    json!({ "code": code.into() })
}

/// The arguments of [`REDEEM_CODE`].
#[must_use]
pub fn redemption(username: &str, code: impl Into<Value>, new_password: impl Into<Value>) -> Value {
    json!({ "username": username, "code": code.into(), "newPassword": new_password.into() })
}

/// The text of the body that [`GET`] returned; empty if there is none.
#[must_use]
pub fn body_text(reply: &Value) -> &str {
    reply.pointer("/body/text").and_then(Value::as_str).unwrap_or_default()
}
