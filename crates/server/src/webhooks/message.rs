//! The body of a message. Thin: what happened, when, and ids. User names, addresses and details are
//! in it only if the receiver's settings say so. Has no room for a code: the audit log has none.

use latchkey_server_core::webhooks::AuditedEvent;
use latchkey_token::UnixTime;
use serde::Serialize;

use crate::date;

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    event: &'a str,
    /// When it happened (RFC 3339), not when it is sent.
    timestamp: String,
    data: Data<'a>,
}

#[derive(Default, Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// The body that tells of an event.
pub(super) fn of(event: &AuditedEvent, personal: bool) -> Vec<u8> {
    let shown = |text: &'_ Option<String>| personal.then(|| text.clone()).flatten();
    let (actor_username, username) = (shown(&event.actor_username), shown(&event.username));
    let (address, detail) = (shown(&event.address), shown(&event.detail));
    let data = Data {
        actor: Some(&event.actor),
        actor_id: event.actor_id.as_deref(),
        account_id: event.account_id.as_deref(),
        session_id: event.sid.as_deref(),
        device_id: event.device_id.as_deref(),
        actor_username: actor_username.as_deref(),
        username: username.as_deref(),
        address: address.as_deref(),
        detail: detail.as_deref(),
    };
    body(&event.event, UnixTime::new(event.at), data)
}

/// The body of a test.
pub(super) fn of_test(now: UnixTime) -> Vec<u8> {
    body("test", now, Data::default())
}

fn body(event: &str, at: UnixTime, data: Data<'_>) -> Vec<u8> {
    let message = Message { event, timestamp: date::rfc3339(at), data };
    // Texts become JSON always.
    serde_json::to_vec(&message).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> AuditedEvent {
        let text = |text: &str| Some(text.to_owned());
        AuditedEvent {
            at: 1_800_000_000,
            event: "sign_in_failed".to_owned(),
            actor: "admin".to_owned(),
            actor_id: text("clerk's account"),
            actor_username: text("clerk"),
            account_id: text("account"),
            username: text("sam"),
            sid: None,
            device_id: text("device"),
            address: text("192.0.2.1"),
            detail: text("wrong_password"),
        }
    }

    #[test]
    fn a_message_has_ids_and_the_time_and_names_only_if_asked() {
        let thin = r#"{"type":"sign_in_failed","timestamp":"2027-01-15T08:00:00Z","data":{"actor":"admin","actor_id":"clerk's account","account_id":"account","device_id":"device"}}"#;
        assert_eq!(String::from_utf8(of(&event(), false)).unwrap(), thin);
        let whole = thin.replace(
            r#""device"}"#,
            r#""device","actor_username":"clerk","username":"sam","address":"192.0.2.1","detail":"wrong_password"}"#,
        );
        assert_eq!(String::from_utf8(of(&event(), true)).unwrap(), whole);
    }

    #[test]
    fn a_test_says_that_it_is_one() {
        let body = of_test(UnixTime::new(1_800_000_000));
        assert_eq!(body, br#"{"type":"test","timestamp":"2027-01-15T08:00:00Z","data":{}}"#);
    }
}
