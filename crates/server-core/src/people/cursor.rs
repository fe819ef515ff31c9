//! The places where a list goes on, as opaque texts. They hold no secret and grant nothing: a
//! forged one is another place in the same list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::UnixTime;
use uuid::Uuid;

/// The maximum length of a cursor. The longest key of a user name is shorter.
const MAX_CHARS: usize = 2048;

/// The cursor behind the account with this key of a user name.
pub(super) fn after_name(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The key of a user name that a cursor stands for; `None` if it is no cursor of accounts.
pub(super) fn name_after(cursor: &str) -> Option<String> {
    if cursor.len() > MAX_CHARS {
        return None;
    }
    let key = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    // PostgreSQL refuses a zero byte with an error.
    (!key.is_empty() && !key.chars().any(char::is_control)).then_some(key)
}

/// The cursor behind this event.
pub(super) fn before_event(at: i64, id: &str) -> String {
    format!("{at}.{id}")
}

/// Time and id of the event that a cursor stands for; `None` if it is no cursor of events.
pub(super) fn event_before(cursor: &str) -> Option<(UnixTime, String)> {
    if cursor.len() > MAX_CHARS {
        return None;
    }
    let (at, id) = cursor.split_once('.')?;
    let (at, id) = (at.parse().ok()?, Uuid::try_parse(id).ok()?);
    Some((UnixTime::new(at), id.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_cursors_are_read() {
        for cursor in ["", "!", "sam", "AA", "_w", &"YQ".repeat(2000)] {
            assert_eq!(name_after(cursor), None, "{cursor:?}");
        }
        let id = Uuid::now_v7().to_string();
        for cursor in
            ["", ".", "7", "7.", "7.x", &format!("{id}.7"), &format!("x.{id}"), &format!("7.{id}.8")]
        {
            assert_eq!(event_before(cursor), None, "{cursor:?}");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_made(key in "[a-zß李@.]{1,254}", at in any::<i64>()) {
            prop_assert_eq!(name_after(&after_name(&key)), Some(key));
            let id = Uuid::now_v7().to_string();
            prop_assert_eq!(event_before(&before_event(at, &id)), Some((UnixTime::new(at), id)));
        }

        #[test]
        fn any_text_is_a_cursor_or_none(text in any::<String>()) {
            if let Some(key) = name_after(&text) {
                prop_assert!(!key.contains('\0'));
            }
            let _ = event_before(&text);
        }
    }
}
