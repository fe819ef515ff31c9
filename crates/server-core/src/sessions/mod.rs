//! Sessions: one row for each sign-in on a device. Owns the table `sessions`, a session's status at
//! a given time, and the only way to end sessions ([`end()`]).

mod end;
mod listed;
mod rows;

use latchkey_token::{Thumbprint, UnixTime};

use crate::settings::SessionSettings;

pub(crate) use end::{End, Ended, Which, end};
pub use listed::ListedSession;
pub(crate) use rows::{ended_since, find, has_key, list, purge_expired, start, touch};

/// Why a session ended, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The user signed out on the device.
    SignedOut,
    /// It was ended on another device or by an operator.
    Revoked,
    /// The account was disabled.
    AccountDisabled,
    /// The same device signed in to the same account again, with the same key.
    Replaced,
}

impl EndReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::AccountDisabled => "account_disabled",
            Self::Replaced => "replaced",
        }
    }

    /// An unknown reason, written by a newer server, reads as [`EndReason::Revoked`].
    fn parse(text: &str) -> Self {
        match text {
            "signed_out" => Self::SignedOut,
            "account_disabled" => Self::AccountDisabled,
            "replaced" => Self::Replaced,
            _ => Self::Revoked,
        }
    }
}

/// A device's description of itself. Shown to the account's owner, and not trusted.
#[derive(Clone, Debug, Default)]
pub struct DeviceLabel {
    /// The device's name, as shown in the list of sessions.
    pub name: Option<String>,
    /// Its operating system.
    pub platform: Option<String>,
}

/// A session to start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) sid: &'a str,
    pub(crate) account_id: &'a str,
    pub(crate) device_id: &'a str,
    pub(crate) jkt: Option<&'a Thumbprint>,
    pub(crate) label: &'a DeviceLabel,
    pub(crate) address: &'a str,
    /// When its session token expires, if it gets one.
    pub(crate) lease_ends_at: Option<UnixTime>,
}

/// A stored session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) account_id: String,
    pub(crate) device_id: String,
    /// The device key that it is bound to.
    pub(crate) jkt: Option<String>,
    pub(crate) auth_time: UnixTime,
    pub(crate) last_seen: UnixTime,
    pub(crate) ended: Option<EndReason>,
}

/// A session's status at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionStatus {
    Active,
    Ended(EndReason),
    /// Past its idle or absolute limit.
    Expired,
}

impl Session {
    pub(crate) fn status(&self, settings: &SessionSettings, now: UnixTime) -> SessionStatus {
        if let Some(reason) = self.ended {
            return SessionStatus::Ended(reason);
        }
        let absolute_limit = self.auth_time.plus(settings.absolute_seconds);
        let idle_limit = self.last_seen.plus(settings.idle_seconds);
        if now < absolute_limit && now < idle_limit { SessionStatus::Active } else { SessionStatus::Expired }
    }
}
