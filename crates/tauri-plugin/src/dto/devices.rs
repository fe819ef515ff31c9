//! The account's devices.

use latchkey_client::api;
use serde::Serialize;

/// One of the account's devices that are signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct DeviceSession {
    /// The session's id.
    pub sid: String,
    /// Whether it is the current session.
    pub current: bool,
    /// Whether it has this device's id, regardless of the key. Any device could claim the id: this
    /// is a hint, not a proof.
    pub same_device: bool,
    /// Name that the device reports.
    pub device_name: Option<String>,
    /// Its operating system, by the name that Rust has for it: `linux`, `macos`, `windows`.
    pub platform: Option<String>,
    /// When it signed in, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub signed_in_at: i64,
    /// When it last spoke with the server, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub last_seen_at: i64,
    /// Until when it works offline, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub lease_ends_at: Option<i64>,
    /// The address of its last contact.
    pub address: Option<String>,
}

impl From<api::DeviceSession> for DeviceSession {
    fn from(session: api::DeviceSession) -> Self {
        let api::DeviceSession {
            sid,
            current,
            same_device,
            device_name,
            platform,
            signed_in_at,
            last_seen_at,
            lease_ends_at,
            address,
        } = session;
        Self {
            sid,
            current,
            same_device,
            device_name,
            platform,
            signed_in_at,
            last_seen_at,
            lease_ends_at,
            address,
        }
    }
}
