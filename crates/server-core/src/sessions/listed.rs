//! A session, as shown to its owner or an operator.

use serde::Serialize;
use sqlx::FromRow;

/// An active session. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize)]
#[non_exhaustive]
pub struct ListedSession {
    /// Session id.
    pub sid: String,
    /// User name of its account.
    pub username: String,
    /// Name that the device reports.
    pub device_name: Option<String>,
    /// System that the device reports.
    pub platform: Option<String>,
    /// When it signed in.
    pub created_at: i64,
    /// When it was last in contact: at sign-in, confirmation or renewal, which an app in use does
    /// every few minutes.
    pub last_seen_at: i64,
    /// Until when it works offline; absent without a device key.
    pub lease_ends_at: Option<i64>,
    /// The address of its last contact.
    pub address: Option<String>,
    /// The device id that it is bound to. Not serialised: it only marks the sessions of the
    /// caller's device.
    #[serde(skip)]
    pub device_id: String,
}
