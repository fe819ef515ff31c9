//! The account's passkeys.

use latchkey_client::api;
use serde::Serialize;

/// The account's passkeys, and whether one can be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Passkeys {
    /// The passkeys.
    pub passkeys: Vec<Passkey>,
    /// Whether this server can use passkeys.
    pub available: bool,
    /// Why not, if not.
    pub reason: Option<PasskeysUnavailable>,
}

/// A passkey of the account (WebAuthn).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Passkey {
    /// Its id.
    pub id: String,
    /// The user's name for it.
    pub name: String,
    /// When it was added, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub created_at: i64,
    /// When it was used last, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub last_used_at: Option<i64>,
    /// Whether it is copied to other devices of the user.
    pub synced: bool,
    /// Whether its counter has gone back once: it may have been copied.
    pub suspicious: bool,
}

/// Why a server can use no passkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum PasskeysUnavailable {
    /// Its address is a number, or a name that no passkey is bound to.
    Address,
    /// It is not reached by https.
    NotSecure,
    /// Another reason.
    Other,
}

impl From<api::Passkeys> for Passkeys {
    fn from(api::Passkeys { passkeys, available, reason }: api::Passkeys) -> Self {
        let passkeys = passkeys.into_iter().map(Into::into).collect();
        Self { passkeys, available, reason: reason.map(Into::into) }
    }
}

impl From<api::Passkey> for Passkey {
    fn from(passkey: api::Passkey) -> Self {
        let api::Passkey { id, name, created_at, last_used_at, synced, suspicious } = passkey;
        Self { id: id.as_str().to_owned(), name, created_at, last_used_at, synced, suspicious }
    }
}

super::same_variants!(api::PasskeysUnavailable => PasskeysUnavailable { Address, NotSecure, Other });
