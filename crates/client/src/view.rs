//! The session as plain values, for an app to show. No type has a field for a token, a key or the
//! raw machine id.

use crate::browser::view::BrowserView;
use crate::device::{IdSource, KeyPlace};
use crate::factor_method::FactorMethod;
use crate::lease_warning::LeaseWarning;
use crate::reasons::{Ended, HeldCause, HeldReason, SignedOutReason};
use crate::storage_fault::StorageFault;

/// The session as the window shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// One of the three states, and its fields.
    pub state: StateView,
    /// The sign-in that waits for a second factor.
    pub pending: Option<PendingView>,
    /// The request in the system's browser.
    pub browser: Option<BrowserView>,
    /// The account of a complete sign-in that would replace this one, and waits for the user's
    /// answer.
    pub other_account: Option<AccountName>,
    /// About this device.
    pub device: DeviceView,
}

/// The three states that the app can be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateView {
    /// Signed out.
    SignedOut {
        /// Why.
        reason: SignedOutReason,
        /// When the server ended the session, and from where, if it has reported it.
        ended: Option<Ended>,
    },
    /// Signed in.
    SignedIn {
        /// Who.
        account: AccountView,
        /// How long without contact.
        lease: LeaseView,
        /// Whether the server is reachable.
        connection: ConnectionView,
        /// How many notices about the account this session can read, as of the last contact.
        notices: u32,
        /// The next end of the session, if it is near.
        warning: Option<LeaseWarning>,
    },
    /// The credential is stored, but cannot be trusted until the user or the server acts.
    Held {
        /// Why.
        reason: HeldReason,
        /// The fault of the key or of the app's files, if that is the reason.
        cause: Option<HeldCause>,
    },
}

/// A sign-in whose password was right, and that waits for a second factor. Its challenge and its
/// key are in memory only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingView {
    /// What is to be done.
    pub kind: PendingKind,
    /// Whether the sign-in may set up a factor without an operator's code. Always true for
    /// [`PendingKind::SecondFactor`].
    pub authorized: bool,
    /// The kinds of code that the server accepts.
    pub methods: Vec<FactorMethod>,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
}

/// What a pending sign-in waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingKind {
    /// A code of the second factor.
    SecondFactor,
    /// The account must have a second factor, and has none: it is set up first.
    Enrolment,
}

/// The account that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// The user name for signing in.
    pub username: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// When the password was last typed, in seconds since 1970.
    pub signed_in_at: i64,
}

/// The names of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountName {
    /// The user name.
    pub username: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
}

/// How long the device may go without contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseView {
    /// The last moment of the offline sign-in, in seconds since 1970.
    pub ends_at: i64,
    /// Whether the session is on disk. If not, it ends when the window closes.
    pub kept: bool,
    /// Why it is not on disk.
    pub cause: Option<StorageFault>,
}

/// Whether the server is reachable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionView {
    /// Not known yet.
    #[default]
    Checking,
    /// It responded to the last request.
    Online,
    /// It did not. Nothing is wrong with that.
    Offline,
}

/// About this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceView {
    /// The device id, derived from the machine id for this app alone.
    pub id: Option<String>,
    /// The source of the id.
    pub id_source: Option<IdSource>,
    /// Thumbprint of the device key, while there is one.
    pub key_fingerprint: Option<String>,
    /// The place of the device key.
    pub key_place: Option<KeyPlace>,
    /// How many other devices have a session in the same home and use the same device key.
    pub shared_with: u32,
    /// The server's address.
    pub server: String,
    /// The app's version.
    pub version: String,
}
