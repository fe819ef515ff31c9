//! The state of a session, as a text.

use latchkey_testkit::app::AppSession;

use super::json;

/// The state, and its reason if it has one: `held: lease-expired`.
pub(crate) fn state(session: &AppSession) -> String {
    let view = json::session(&session.snapshot());
    match view["reason"].as_str() {
        Some(reason) => format!("{}: {reason}", view["state"].as_str().unwrap()),
        None => view["state"].as_str().unwrap().to_owned(),
    }
}
