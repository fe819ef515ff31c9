//! The format of the document on disk: its names and values, which never change. The types are for
//! the disk alone, so that a type of the client can be renamed without making a stored session
//! unreadable.

use latchkey_token::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::device::KeyPlace;
use crate::reasons::{Ended, EndedBy, SignedOutReason};

/// The format that this version writes.
pub(super) const FORMAT: u64 = 1;

/// The document on disk. Its names and values never change; members that a later version has added
/// are carried over.
#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) format: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<DiskReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended_how: Option<DiskEnded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key_place: Option<DiskKeyPlace>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key_file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) discarded_key_file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) delete_secret: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) notices: Vec<String>,
    #[serde(flatten)]
    pub(super) unknown: Map<String, Value>,
}

/// [`SignedOutReason`] on disk.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum DiskReason {
    #[serde(rename = "never-signed-in")]
    NeverSignedIn,
    #[serde(rename = "signed-out")]
    SignedOut,
    #[serde(rename = "revoked")]
    Revoked,
    #[serde(rename = "replaced")]
    Replaced,
    #[serde(rename = "password-reset")]
    PasswordReset,
    #[serde(rename = "ended-by-device")]
    EndedByDevice,
    #[serde(rename = "not-me")]
    NotMe,
    #[serde(rename = "session-ended")]
    SessionEnded,
    #[serde(rename = "device-changed")]
    DeviceChanged,
    #[serde(rename = "device-key-missing")]
    DeviceKeyMissing,
    #[serde(rename = "store-damaged")]
    StoreDamaged,
    /// Earlier versions had this reason; no version has written it.
    #[serde(rename = "store-unreadable")]
    StoreUnreadable,
    /// A reason of a later version. The session has ended, and this version cannot tell how.
    #[serde(other)]
    Unknown,
}

/// [`Ended`] on disk.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DiskEnded {
    at: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<DiskEndedBy>,
}

/// [`EndedBy`] on disk.
#[derive(Clone, Serialize, Deserialize)]
struct DiskEndedBy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
}

/// [`KeyPlace`] on disk.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum DiskKeyPlace {
    #[serde(rename = "keychain")]
    Keychain,
    #[serde(rename = "file")]
    File,
}

impl From<SignedOutReason> for DiskReason {
    fn from(reason: SignedOutReason) -> Self {
        match reason {
            SignedOutReason::NeverSignedIn => Self::NeverSignedIn,
            SignedOutReason::SignedOut => Self::SignedOut,
            SignedOutReason::Revoked => Self::Revoked,
            SignedOutReason::Replaced => Self::Replaced,
            SignedOutReason::PasswordReset => Self::PasswordReset,
            SignedOutReason::EndedByDevice => Self::EndedByDevice,
            SignedOutReason::NotMe => Self::NotMe,
            SignedOutReason::SessionEnded => Self::SessionEnded,
            SignedOutReason::DeviceChanged => Self::DeviceChanged,
            SignedOutReason::DeviceKeyMissing => Self::DeviceKeyMissing,
            SignedOutReason::StoreDamaged => Self::StoreDamaged,
        }
    }
}

impl From<DiskReason> for SignedOutReason {
    fn from(reason: DiskReason) -> Self {
        match reason {
            DiskReason::NeverSignedIn => Self::NeverSignedIn,
            DiskReason::SignedOut => Self::SignedOut,
            DiskReason::Revoked | DiskReason::Unknown => Self::Revoked,
            DiskReason::Replaced => Self::Replaced,
            DiskReason::PasswordReset => Self::PasswordReset,
            DiskReason::EndedByDevice => Self::EndedByDevice,
            DiskReason::NotMe => Self::NotMe,
            DiskReason::SessionEnded => Self::SessionEnded,
            DiskReason::DeviceChanged => Self::DeviceChanged,
            DiskReason::DeviceKeyMissing => Self::DeviceKeyMissing,
            DiskReason::StoreDamaged | DiskReason::StoreUnreadable => Self::StoreDamaged,
        }
    }
}

impl From<Ended> for DiskEnded {
    fn from(Ended { at, by }: Ended) -> Self {
        let by = by.map(|EndedBy { name, platform }| DiskEndedBy { name, platform });
        Self { at, by }
    }
}

impl From<DiskEnded> for Ended {
    fn from(DiskEnded { at, by }: DiskEnded) -> Self {
        let by = by.map(|DiskEndedBy { name, platform }| EndedBy { name, platform });
        Self { at, by }
    }
}

impl From<KeyPlace> for DiskKeyPlace {
    fn from(place: KeyPlace) -> Self {
        match place {
            KeyPlace::Keychain => Self::Keychain,
            KeyPlace::File => Self::File,
        }
    }
}

impl From<DiskKeyPlace> for KeyPlace {
    fn from(place: DiskKeyPlace) -> Self {
        match place {
            DiskKeyPlace::Keychain => Self::Keychain,
            DiskKeyPlace::File => Self::File,
        }
    }
}
