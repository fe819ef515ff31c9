//! Sessions: one row for each sign-in on a device. Owns the table `sessions` and the rules of its end.

mod rows;

use latchkey_token::{Thumbprint, UnixTime};
use serde::Serialize;
use sqlx::FromRow;

use crate::settings::SessionSettings;

pub use rows::{
    end, end_of_account, end_others, ended_since, find, forget, has_key, list, replace_earlier, start, touch,
};

/// Why a session is over, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The person signed out on the device.
    SignedOut,
    /// Ended from elsewhere.
    Revoked,
    /// The account was shut.
    AccountDisabled,
    /// The same device signed in to the same account again, with the same key.
    Replaced,
}

impl EndReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::AccountDisabled => "account_disabled",
            Self::Replaced => "replaced",
        }
    }

    /// A reason that a newer server wrote is an end all the same.
    pub fn parse(text: &str) -> Self {
        match text {
            "signed_out" => Self::SignedOut,
            "account_disabled" => Self::AccountDisabled,
            "replaced" => Self::Replaced,
            _ => Self::Revoked,
        }
    }
}

/// What a device says of itself. Shown to the account's owner, trusted for nothing.
#[derive(Clone, Debug, Default)]
pub struct DeviceLabel {
    pub name: Option<String>,
    pub platform: Option<String>,
}

/// A session that is about to start.
#[derive(Debug)]
pub struct NewSession<'a> {
    pub sid: &'a str,
    pub account_id: &'a str,
    pub device_id: &'a str,
    pub jkt: Option<&'a Thumbprint>,
    pub label: &'a DeviceLabel,
    pub address: &'a str,
    /// When its session token expires, if it gets one.
    pub lease_ends_at: Option<UnixTime>,
}

/// A session as it is stored.
#[derive(FromRow)]
pub struct Session {
    pub account_id: String,
    pub device_id: String,
    pub jkt: Option<String>,
    pub auth_time: i64,
    pub last_seen: i64,
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
}

/// What a session is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Alive,
    Ended(EndReason),
    /// Not renewed for too long, or too long ago.
    Expired,
}

impl Session {
    pub fn standing(&self, settings: &SessionSettings, now: UnixTime) -> Standing {
        if self.ended_at.is_some() {
            return Standing::Ended(EndReason::parse(self.end_reason.as_deref().unwrap_or_default()));
        }
        let over = UnixTime::new(self.auth_time).plus(settings.absolute_seconds);
        let idle = UnixTime::new(self.last_seen).plus(settings.idle_seconds);
        if now < over && now < idle { Standing::Alive } else { Standing::Expired }
    }
}

/// A living session, as its owner or an operator is shown it. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize)]
pub struct ListedSession {
    /// Session id.
    pub sid: String,
    /// User name of its account.
    pub username: String,
    /// What the device calls itself.
    pub device_name: Option<String>,
    /// Its system, as it says.
    pub platform: Option<String>,
    /// When it signed in.
    pub created_at: i64,
    /// When it was in contact last: at sign-in or renewal, which an app in use does every few minutes.
    pub last_seen_at: i64,
    /// Until when it works offline; absent without a device key.
    pub lease_ends_at: Option<i64>,
    /// Where it was in contact from last.
    pub address: Option<String>,
    /// The device id that it is bound to. Not shown: it only marks the sessions of the caller's own
    /// device.
    #[serde(skip)]
    pub device_id: String,
}
