//! Why nobody is signed in, or why the sign-in cannot be used now. Closed lists: each reason has a sentence and a way out
//! in the window.

use serde::Serialize;
use ts_rs::TS;

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum SignedOutReason {
    /// Nobody ever was, on this device.
    NeverSignedIn,
    /// The person signed out here.
    SignedOut,
    /// The session was ended elsewhere, or the account disabled.
    Revoked,
    /// A newer sign-in with this device's key has taken the session's place at the server.
    Replaced,
    /// The session was idle for too long, or reached its limit, or its key is no longer trusted.
    SessionEnded,
    /// The stored session is another device's: the disk was moved, or the machine's id was changed.
    DeviceChanged,
    /// The device key that the session is bound to is gone.
    DeviceKeyMissing,
    /// What is stored is not what was stored.
    StoreDamaged,
    /// What is stored cannot be read now; it is left as it is.
    StoreUnreadable,
}

/// Why the sign-in is kept but cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
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
}
