//! Why no account is signed in, or why a stored session cannot be used now. Closed lists: each
//! reason has a sentence and a way out in the window.

use latchkey_token::UnixTime;

use crate::secret_error::SecretError;
use crate::storage_fault::StorageFault;

/// Why no account is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOutReason {
    /// No account was ever signed in on this device.
    NeverSignedIn,
    /// The user signed out on this device.
    SignedOut,
    /// The session was ended by an operator, or the account was disabled; or the server does not
    /// report why.
    Revoked,
    /// A newer sign-in with this device's key has replaced the session at the server.
    Replaced,
    /// The account's password was set anew with a code, which ends every other session.
    PasswordReset,
    /// Another device of the account has ended the session.
    EndedByDevice,
    /// Another device has answered "Not me" to the notice about this session's sign-in.
    NotMe,
    /// The provider that the session began by has ended its own session.
    ProviderLogout,
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

/// When the server ended a session, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: UnixTime,
    /// The device that ended it, if one did.
    pub by: Option<EndedBy>,
}

/// The device that ended a session, as it describes itself: neither is checked by the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndedBy {
    /// Its name.
    pub name: Option<String>,
    /// Its operating system, by Rust's name for it.
    pub platform: Option<String>,
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
    /// The account must have a second factor by now, and has none. It is set up in this session,
    /// which continues then.
    FactorRequired,
    /// The provider that the session began by asks for a new sign-in by it: it has said no, or has
    /// not answered for too long.
    ProviderSignInRequired,
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
