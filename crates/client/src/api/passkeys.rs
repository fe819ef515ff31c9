//! The account's passkeys as the server lists them.

use serde::Deserialize;

use super::devices::SessionId;
use super::error::ApiError;
use super::named_device::own_words;

/// Maximum number of passkeys that are read.
const MAX_PASSKEYS: usize = 50;

/// The id of a passkey, safe in a path.
pub type PasskeyId = SessionId;

/// A passkey of the account (WebAuthn level 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// The user's name for it.
    pub name: String,
    /// When it was added, in seconds since 1970.
    pub created_at: i64,
    /// When it was used last, in seconds since 1970.
    pub last_used_at: Option<i64>,
    /// Whether it is copied to other devices of the user.
    pub synced: bool,
    /// Whether its counter has gone back once: it may have been copied.
    pub suspicious: bool,
}

/// The passkeys, and whether one can be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkeys {
    /// The passkeys, in the server's order.
    pub passkeys: Vec<Passkey>,
    /// Whether this server can use passkeys.
    pub available: bool,
    /// Why not, if not.
    pub reason: Option<PasskeysUnavailable>,
}

/// Why a server can use no passkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeysUnavailable {
    /// Its address is a number, or a name that no passkey is bound to.
    Address,
    /// It is not reached by https.
    NotSecure,
    /// Another reason, or one that this version does not know.
    Other,
}

#[derive(Deserialize)]
pub(super) struct PasskeysJson {
    passkeys: Vec<PasskeyJson>,
    available: bool,
    reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PasskeyJson {
    id: String,
    name: String,
    created_at: i64,
    last_used_at: Option<i64>,
    #[serde(default)]
    synced: bool,
    #[serde(default)]
    suspicious: bool,
}

impl TryFrom<PasskeyJson> for Passkey {
    type Error = ApiError;

    fn try_from(json: PasskeyJson) -> Result<Self, ApiError> {
        Ok(Self {
            id: PasskeyId::parse(&json.id).ok_or(ApiError::InvalidResponse)?,
            name: own_words(&json.name),
            created_at: json.created_at,
            last_used_at: json.last_used_at,
            synced: json.synced,
            suspicious: json.suspicious,
        })
    }
}

impl From<PasskeysJson> for Passkeys {
    fn from(PasskeysJson { passkeys, available, reason }: PasskeysJson) -> Self {
        let reason = match reason.as_deref() {
            Some("address" | "no_public_url") => PasskeysUnavailable::Address,
            Some("plain_http") => PasskeysUnavailable::NotSecure,
            _ => PasskeysUnavailable::Other,
        };
        Self {
            passkeys: passkeys
                .into_iter()
                .take(MAX_PASSKEYS)
                .filter_map(|passkey| passkey.try_into().ok())
                .collect(),
            available,
            reason: (!available).then_some(reason),
        }
    }
}
