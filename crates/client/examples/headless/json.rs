//! The session and errors as JSON, for the tests: only the fields that they read. The app's JSON is
//! the plugin's.

use std::fmt::Debug;

use latchkey_client::browser::BrowserView;
use latchkey_client::error::SessionError;
use latchkey_client::reasons::{EndedBy, HeldCause};
use latchkey_client::view::{SessionView, StateView};
use serde_json::{Value, json};

/// The session.
pub(crate) fn session(view: &SessionView) -> Value {
    let device = &view.device;
    let device = json!({
        "id": device.id,
        "idSource": device.id_source.map(name),
        "keyFingerprint": device.key_fingerprint,
        "keyPlace": device.key_place.map(name),
        "sharedWith": device.shared_with,
    });
    let mut json = state(&view.state);
    if let Some(members) = json.as_object_mut() {
        members.insert("device".to_owned(), device);
        members.insert("browser".to_owned(), view.browser.as_ref().map(browser).into());
    }
    json
}

/// The request in the browser.
pub(crate) fn browser(view: &BrowserView) -> Value {
    json!({
        "stage": name(view.stage),
        "mode": name(view.mode),
        "url": view.url,
        "error": view.error.as_ref().map(name),
    })
}

fn state(state: &StateView) -> Value {
    match state {
        StateView::SignedOut { reason, ended } => {
            let by = |by: &EndedBy| json!({ "name": by.name, "platform": by.platform });
            let ended = ended
                .as_ref()
                .map(|ended| json!({ "at": ended.at.seconds(), "by": ended.by.as_ref().map(by) }));
            json!({ "state": "signed-out", "reason": name(reason), "ended": ended })
        }
        StateView::SignedIn { account, lease, connection, notices, warning } => json!({
            "state": "signed-in",
            "account": {
                "username": account.username,
                "givenName": account.given_name,
                "familyName": account.family_name,
                "email": account.email,
            },
            "lease": { "endsAt": lease.ends_at, "kept": lease.kept, "cause": lease.cause.map(name) },
            "connection": name(connection),
            "notices": notices,
            "warning": warning.map(|warning| {
                json!({ "kind": name(warning.kind), "endsAt": warning.ends_at, "within": warning.within })
            }),
        }),
        StateView::Held { reason, cause } => {
            let cause = cause.map(|cause| match cause {
                HeldCause::Secret(error) => name(error),
                HeldCause::Storage(fault) => name(fault),
            });
            json!({ "state": "held", "reason": name(reason), "cause": cause })
        }
    }
}

/// An error: its code, its cause if it has one, and its sentence.
#[allow(dead_code, reason = "not every program that has this file prints errors")]
pub(crate) fn error(error: &SessionError) -> Value {
    let cause = match error {
        SessionError::ServerUnreachable { cause } => Some(name(cause)),
        SessionError::NotKept { cause } => Some(name(cause)),
        SessionError::KeychainLocked { cause }
        | SessionError::KeychainUnavailable { cause }
        | SessionError::KeyFileConsent { cause }
        | SessionError::KeyFileForbidden { cause } => Some(name(cause)),
        _ => None,
    };
    json!({ "code": name(error), "cause": cause, "message": error.to_string() })
}

/// The name of a variant in kebab-case.
pub(crate) fn name(variant: impl Debug) -> String {
    let text = format!("{variant:?}");
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let mut name = String::new();
    for letter in text.chars().take(end) {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
