//! Why no account is signed in, or why a stored session cannot be used now. Closed lists: each
//! reason has a sentence and a way out in the window.

use crate::secret_error::SecretError;
use crate::storage_fault::StorageFault;

/// Why no account is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOutReason {
    /// No account was ever signed in on this device.
    NeverSignedIn,
    /// The user signed out on this device.
    SignedOut,
    /// The session was ended on another device, or the account was disabled.
    Revoked,
    /// A newer sign-in with this device's key has replaced the session at the server.
    Replaced,
    /// The session was idle for too long, or reached its limit, or its key is no longer trusted.
    SessionEnded,
    /// The stored session belongs to another device: the disk was moved, or the machine's id was
    /// changed.
    DeviceChanged,
    /// The device key that the session is bound to is missing.
    DeviceKeyMissing,
    /// The stored session was read and is damaged: it does not parse, or its seal or signature does
    /// not verify.
    StoreDamaged,
}

/// Why a session cannot be used although nothing has ended it. Nothing is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldReason {
    /// The device was without contact for too long; one contact confirms.
    LeaseExpired,
    /// The keychain has to be unlocked.
    KeychainLocked,
    /// The keychain is unavailable or does not respond.
    KeychainUnavailable,
    /// The clock is earlier than it was.
    ClockMovedBack,
    /// The server does not know this session: it uses another database. The session has not ended.
    SessionUnknown,
    /// The stored session cannot be read: the disk fails, or the permissions forbid it.
    StoreUnreadable,
    /// A newer version of the app has written the stored session.
    StoreNewer,
    /// The device's id cannot be read, so it is not known whether the stored session is this
    /// device's.
    DeviceIdUnavailable,
}

/// The fault behind a held session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldCause {
    /// With the key: `keychain-locked` and `keychain-unavailable`.
    Secret(SecretError),
    /// With the app's files: `store-unreadable` and `device-id-unavailable`.
    Storage(StorageFault),
}

impl From<SecretError> for HeldCause {
    fn from(error: SecretError) -> Self {
        Self::Secret(error)
    }
}

impl From<StorageFault> for HeldCause {
    fn from(fault: StorageFault) -> Self {
        Self::Storage(fault)
    }
}
