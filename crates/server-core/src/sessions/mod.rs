//! Sessions: one row for each sign-in on a device. Owns the table `sessions`, a session's status at
//! a given time, and the only way to end sessions ([`end()`]).

mod end;
mod label;
mod listed;
mod reason;
mod rows;

use latchkey_token::{Thumbprint, UnixTime};

use crate::proven::Proven;
use crate::settings::SessionSettings;

pub(crate) use end::{End, Ended, Which, end};
pub use label::DeviceLabel;
pub use listed::ListedSession;
pub use reason::{EndReason, SessionEnd};
pub(crate) use rows::{
    address_of, disown_ended, ended_since, find, has_key, is_known_key, key_known_since, label_of,
    let_add_way, list, others, purge_expired, set_proven, start, touch,
};

/// Which sessions an account has besides one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// At least one that was not ended. It may be past a limit.
    Active,
    /// Only such that have ended.
    Ended,
    /// None, as far back as sessions are stored.
    Never,
}

/// A session to start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) sid: &'a str,
    pub(crate) account_id: &'a str,
    pub(crate) device_id: &'a str,
    pub(crate) jkt: Option<&'a Thumbprint>,
    pub(crate) label: &'a DeviceLabel,
    /// The address that it was started from, if that is known.
    pub(crate) address: Option<&'a str>,
    pub(crate) proven: &'a Proven,
    /// When the user was authenticated, if that was before.
    pub(crate) authenticated_at: Option<UnixTime>,
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
    /// When it began.
    pub(crate) auth_time: UnixTime,
    /// When the user was authenticated: then, or before by a provider.
    pub(crate) authenticated_at: UnixTime,
    pub(crate) last_seen: UnixTime,
    /// How the user signed in.
    pub(crate) proven: Proven,
    /// Until when it may add a way to sign in without another confirmation.
    pub(crate) adds_way_until: Option<UnixTime>,
    pub(crate) ended: Option<SessionEnd>,
}

/// A session's status at a given time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SessionStatus {
    Active,
    Ended(SessionEnd),
    /// Past its idle or absolute limit.
    Expired,
}

impl Session {
    pub(crate) fn status(&self, settings: &SessionSettings, now: UnixTime) -> SessionStatus {
        if let Some(end) = &self.ended {
            return SessionStatus::Ended(end.clone());
        }
        let absolute_limit = self.auth_time.plus(settings.absolute_seconds);
        let idle_limit = self.last_seen.plus(settings.idle_seconds);
        if now < absolute_limit && now < idle_limit { SessionStatus::Active } else { SessionStatus::Expired }
    }
}
