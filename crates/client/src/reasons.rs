//! Why no account is signed in, or why a session that is there cannot be used now. Closed lists:
//! each reason has a sentence and a way out in the window.

use crate::secret_error::SecretError;
use crate::storage_fault::StorageFault;

/// Why no account is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOutReason {
    /// No account was ever signed in on this device.
    NeverSignedIn,
    /// The person signed out here.
    SignedOut,
    /// The session was ended elsewhere, or the account disabled.
    Revoked,
    /// A newer sign-in with this device's key has taken the session's place at the server.
    Replaced,
    /// The session was idle for too long, or reached its limit, or its key is no longer trusted.
    SessionEnded,
    /// The stored session belongs to another device: the disk was moved, or the machine's id was
    /// changed.
    DeviceChanged,
    /// The device key that the session is bound to is gone.
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
    /// The keychain is gone or does not answer.
    KeychainUnavailable,
    /// The clock says that it is earlier than it was.
    ClockMovedBack,
    /// The server does not know this session: it has another database than the one that the session
    /// is in. Nothing ended it.
    SessionUnknown,
    /// The stored session cannot be read: the disk fails, or the permissions forbid it.
    StoreUnreadable,
    /// A newer version of the app has written the stored session.
    StoreNewer,
    /// The device's id cannot be read, so it is not known whether the stored session is this
    /// device's.
    DeviceIdUnavailable,
}

/// What is wrong where a session is held.
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
