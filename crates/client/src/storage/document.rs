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
    /// Says more than `ended: revoked`, which earlier versions read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended_as: Option<DiskDetail>,
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

/// [`SignedOutReason`] on disk. It has no new values: a version that does not know one takes the
/// document for damaged, and the sign-out tokens in it are lost. A new reason is a [`DiskDetail`].
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

/// What earlier versions call `revoked`, on disk.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum DiskDetail {
    #[serde(rename = "password-reset")]
    PasswordReset,
    #[serde(rename = "ended-by-device")]
    EndedByDevice,
    #[serde(rename = "not-me")]
    NotMe,
    #[serde(rename = "provider-logout")]
    ProviderLogout,
    /// A detail of a later version.
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

/// `reason` as it is written: what every version reads, and what says more.
pub(super) const fn reason_to_disk(reason: SignedOutReason) -> (DiskReason, Option<DiskDetail>) {
    match reason {
        SignedOutReason::NeverSignedIn => (DiskReason::NeverSignedIn, None),
        SignedOutReason::SignedOut => (DiskReason::SignedOut, None),
        SignedOutReason::Revoked => (DiskReason::Revoked, None),
        SignedOutReason::Replaced => (DiskReason::Replaced, None),
        SignedOutReason::PasswordReset => (DiskReason::Revoked, Some(DiskDetail::PasswordReset)),
        SignedOutReason::EndedByDevice => (DiskReason::Revoked, Some(DiskDetail::EndedByDevice)),
        SignedOutReason::NotMe => (DiskReason::Revoked, Some(DiskDetail::NotMe)),
        SignedOutReason::ProviderLogout => (DiskReason::Revoked, Some(DiskDetail::ProviderLogout)),
        SignedOutReason::SessionEnded => (DiskReason::SessionEnded, None),
        SignedOutReason::DeviceChanged => (DiskReason::DeviceChanged, None),
        SignedOutReason::DeviceKeyMissing => (DiskReason::DeviceKeyMissing, None),
        SignedOutReason::StoreDamaged => (DiskReason::StoreDamaged, None),
    }
}

/// The reason that was written. A detail beside any reason but `revoked` is of an earlier end: a
/// version that does not know it has carried it over.
pub(super) const fn reason_from_disk(ended: DiskReason, detail: Option<DiskDetail>) -> SignedOutReason {
    match (ended, detail) {
        (DiskReason::Revoked, Some(DiskDetail::PasswordReset)) => SignedOutReason::PasswordReset,
        (DiskReason::Revoked, Some(DiskDetail::EndedByDevice)) => SignedOutReason::EndedByDevice,
        (DiskReason::Revoked, Some(DiskDetail::NotMe)) => SignedOutReason::NotMe,
        (DiskReason::Revoked, Some(DiskDetail::ProviderLogout)) => SignedOutReason::ProviderLogout,
        (DiskReason::Revoked | DiskReason::Unknown, _) => SignedOutReason::Revoked,
        (DiskReason::NeverSignedIn, _) => SignedOutReason::NeverSignedIn,
        (DiskReason::SignedOut, _) => SignedOutReason::SignedOut,
        (DiskReason::Replaced, _) => SignedOutReason::Replaced,
        (DiskReason::SessionEnded, _) => SignedOutReason::SessionEnded,
        (DiskReason::DeviceChanged, _) => SignedOutReason::DeviceChanged,
        (DiskReason::DeviceKeyMissing, _) => SignedOutReason::DeviceKeyMissing,
        (DiskReason::StoreDamaged | DiskReason::StoreUnreadable, _) => SignedOutReason::StoreDamaged,
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
