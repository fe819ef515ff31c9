//! The account's devices as the server lists them, and the ids of their sessions. Refuses an id
//! that changes the path of the URL that it is put into.

use std::fmt;

use serde::Deserialize;

/// Maximum length of a session id, in bytes.
const MAX_SID_BYTES: usize = 128;

/// The id of a session, safe in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionId(String);

impl SessionId {
    /// Accepts the characters that need no encoding in a path: the unreserved ones of RFC 3986
    /// §2.3, without the dot.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
        let fits = (1..=MAX_SID_BYTES).contains(&text.len());
        (fits && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A device that is signed in to the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSession {
    /// The session's id.
    pub sid: String,
    /// Whether it is the current session.
    pub current: bool,
    /// Whether it has this device's id, with any key. Any device can claim the id: this is a hint,
    /// not a proof.
    pub same_device: bool,
    /// The device's name for itself.
    pub device_name: Option<String>,
    /// Its operating system, by Rust's name for it: `linux`, `macos`, `windows`.
    pub platform: Option<String>,
    /// When it signed in, in seconds since 1970.
    pub signed_in_at: i64,
    /// Its last contact with the server, in seconds since 1970.
    pub last_seen_at: i64,
    /// When its offline sign-in ends, in seconds since 1970.
    pub lease_ends_at: Option<i64>,
    /// The IP address of its last contact.
    pub address: Option<String>,
}

/// The response of `GET /api/sessions`.
#[derive(Deserialize)]
pub(super) struct SessionsJson {
    sessions: Vec<SessionJson>,
}

#[derive(Deserialize)]
struct SessionJson {
    sid: String,
    current: bool,
    /// Missing in the response of a server of an earlier version.
    #[serde(default)]
    same_device: bool,
    device_name: Option<String>,
    platform: Option<String>,
    created_at: i64,
    last_seen_at: i64,
    lease_ends_at: Option<i64>,
    address: Option<String>,
}

impl From<SessionsJson> for Vec<DeviceSession> {
    fn from(json: SessionsJson) -> Self {
        let view = |session: SessionJson| DeviceSession {
            sid: session.sid,
            current: session.current,
            same_device: session.same_device,
            device_name: session.device_name,
            platform: session.platform,
            signed_in_at: session.created_at,
            last_seen_at: session.last_seen_at,
            lease_ends_at: session.lease_ends_at,
            address: session.address,
        };
        json.sessions.into_iter().map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_changes_the_path_is_refused() {
        for good in ["a", "0190b8f4-7d1c-7c3e-9a55-0123456789ab", "A_b~9"] {
            assert_eq!(SessionId::parse(good).unwrap().as_str(), good);
        }
        let long = "x".repeat(129);
        for bad in ["", ".", "..", "a/b", "../me", "a?b", "a#b", "a%2fb", "a b", "a\nb", "ä", &long] {
            assert_eq!(SessionId::parse(bad), None, "{bad}");
        }
    }
}
