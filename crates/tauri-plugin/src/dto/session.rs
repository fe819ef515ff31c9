//! The session and this device.

use latchkey_client::{device, reasons, view};
use serde::Serialize;

use super::{AccountName, BrowserView, EndedView, LeaseWarning, PendingView, SecretError, StorageFault};

/// The session as a window shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// One of the three states, and its fields.
    #[serde(flatten)]
    pub state: StateView,
    /// The sign-in that waits for a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub pending: Option<PendingView>,
    /// The request in the system's browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub browser: Option<BrowserView>,
    /// The account of a complete sign-in that would replace the session of this one. It waits for
    /// the user's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub other_account: Option<AccountName>,
    /// About this device.
    pub device: DeviceView,
}

/// The three states of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum StateView {
    /// No account is signed in.
    SignedOut {
        /// Why.
        reason: SignedOutReason,
        /// When the server ended the session, and from where, if it has reported it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        ended: Option<EndedView>,
    },
    /// An account is signed in.
    SignedIn {
        /// The account.
        account: AccountView,
        /// How long the device may go without contact with the server.
        lease: LeaseView,
        /// Whether the server can be reached.
        connection: ConnectionView,
        /// How many notices about the account there are to read, as of the last contact.
        notices: u32,
        /// The next end of the session, if it is near.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        warning: Option<LeaseWarning>,
    },
    /// The session is stored, but cannot be used until the user or the server acts.
    Held {
        /// Why.
        reason: HeldReason,
        /// The fault of the key or of the app's files, if that is the reason.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        cause: Option<HeldCause>,
    },
}

/// The account that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
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
    #[cfg_attr(test, ts(type = "number"))]
    pub signed_in_at: i64,
}

/// How long the device may go without contact with the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct LeaseView {
    /// The last moment of the offline sign-in, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub ends_at: i64,
    /// Whether the session is on disk. If not, it ends when the app exits.
    pub kept: bool,
    /// Why it is not on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub cause: Option<StorageFault>,
}

/// Whether the server can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionView {
    /// Not known yet.
    Checking,
    /// It responded to the last request.
    Online,
    /// It did not. Nothing is wrong with that.
    Offline,
}

/// About this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct DeviceView {
    /// The device id, derived from the machine id for this app alone.
    pub id: Option<String>,
    /// The source of the id.
    pub id_source: Option<IdSource>,
    /// Thumbprint of the device key (RFC 7638), while there is one.
    pub key_fingerprint: Option<String>,
    /// Where the device key is stored.
    pub key_place: Option<KeyPlace>,
    /// How many other devices have a session in the same home and use the same device key.
    pub shared_with: u32,
    /// The server's address.
    pub server: String,
    /// The app's version.
    pub version: String,
}

/// The source of the device id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum IdSource {
    /// The operating system's machine id.
    Machine,
    /// A random id of this installation, because the machine has no usable id.
    Installation,
}

/// Where the secret of the device key is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum KeyPlace {
    /// The operating system's keychain.
    Keychain,
    /// A file that only this user can read.
    File,
}

/// Why no account is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum SignedOutReason {
    /// No account ever was, on this device.
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
    /// The stored session was read and is damaged.
    StoreDamaged,
}

/// Why the session is stored but cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum HeldReason {
    /// The device was without contact for too long; one contact confirms the session.
    LeaseExpired,
    /// The keychain has to be unlocked.
    KeychainLocked,
    /// The keychain is unavailable or does not respond.
    KeychainUnavailable,
    /// The clock shows an earlier time than before.
    ClockMovedBack,
    /// The server does not know this session: it uses another database. The session has not ended.
    SessionUnknown,
    /// The account must have a second factor by now, and has none. It is set up in this session,
    /// which continues then.
    FactorRequired,
    /// The provider that the session began by asks for a new sign-in by it: it has said no, or has
    /// not answered for too long. Such a sign-in replaces the session.
    ProviderSignInRequired,
    /// The stored session cannot be read: the disk fails, or the permissions forbid it.
    StoreUnreadable,
    /// A newer version of the app has written the stored session.
    StoreNewer,
    /// The device's id cannot be read, so it is unknown whether the stored session is this
    /// device's.
    DeviceIdUnavailable,
}

/// The fault behind a held session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(untagged)]
pub enum HeldCause {
    /// With the key: `keychain-locked` and `keychain-unavailable`.
    Secret(SecretError),
    /// With the app's files: `store-unreadable` and `device-id-unavailable`.
    Storage(StorageFault),
}

impl From<view::SessionView> for SessionView {
    fn from(view: view::SessionView) -> Self {
        let view::SessionView { state, pending, browser, other_account, device } = view;
        Self {
            state: state.into(),
            pending: pending.map(Into::into),
            browser: browser.map(Into::into),
            other_account: other_account.map(Into::into),
            device: device.into(),
        }
    }
}

impl From<view::StateView> for StateView {
    fn from(state: view::StateView) -> Self {
        match state {
            view::StateView::SignedOut { reason, ended } => {
                Self::SignedOut { reason: reason.into(), ended: ended.map(Into::into) }
            }
            view::StateView::SignedIn { account, lease, connection, notices, warning } => Self::SignedIn {
                account: account.into(),
                lease: lease.into(),
                connection: connection.into(),
                notices,
                warning: warning.map(Into::into),
            },
            view::StateView::Held { reason, cause } => {
                Self::Held { reason: reason.into(), cause: cause.map(Into::into) }
            }
        }
    }
}

impl From<reasons::HeldCause> for HeldCause {
    fn from(cause: reasons::HeldCause) -> Self {
        match cause {
            reasons::HeldCause::Secret(error) => Self::Secret(error.into()),
            reasons::HeldCause::Storage(fault) => Self::Storage(fault.into()),
        }
    }
}

impl From<view::AccountView> for AccountView {
    fn from(account: view::AccountView) -> Self {
        let view::AccountView { username, given_name, family_name, email, signed_in_at } = account;
        Self { username, given_name, family_name, email, signed_in_at }
    }
}

impl From<view::LeaseView> for LeaseView {
    fn from(view::LeaseView { ends_at, kept, cause }: view::LeaseView) -> Self {
        Self { ends_at, kept, cause: cause.map(Into::into) }
    }
}

impl From<view::DeviceView> for DeviceView {
    fn from(device: view::DeviceView) -> Self {
        let view::DeviceView { id, id_source, key_fingerprint, key_place, shared_with, server, version } =
            device;
        Self {
            id,
            id_source: id_source.map(Into::into),
            key_fingerprint,
            key_place: key_place.map(Into::into),
            shared_with,
            server,
            version,
        }
    }
}

super::same_variants!(view::ConnectionView => ConnectionView { Checking, Online, Offline });
super::same_variants!(device::IdSource => IdSource { Machine, Installation });
super::same_variants!(device::KeyPlace => KeyPlace { Keychain, File });
super::same_variants!(reasons::SignedOutReason => SignedOutReason {
    NeverSignedIn, SignedOut, Revoked, Replaced, PasswordReset, EndedByDevice, NotMe, ProviderLogout,
    SessionEnded, DeviceChanged, DeviceKeyMissing, StoreDamaged,
});
super::same_variants!(reasons::HeldReason => HeldReason {
    LeaseExpired, KeychainLocked, KeychainUnavailable, ClockMovedBack, SessionUnknown, FactorRequired,
    ProviderSignInRequired, StoreUnreadable, StoreNewer, DeviceIdUnavailable,
});
