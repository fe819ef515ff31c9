//! How a session has ended, and when it will.

use latchkey_client::{lease_warning, reasons};
use serde::Serialize;

/// When the server ended a session, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct EndedView {
    /// When, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: i64,
    /// The device that ended it, if one did.
    pub by: Option<NamedDevice>,
}

/// A device as it describes itself: the server checks neither.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct NamedDevice {
    /// Its name.
    pub name: Option<String>,
    /// Its operating system, by the name that Rust has for it: `linux`, `macos`, `windows`.
    pub platform: Option<String>,
}

/// The next end of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct LeaseWarning {
    /// Which end.
    pub kind: WarningKind,
    /// When, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub ends_at: i64,
    /// The warning that has begun: the end is at most this many seconds away. It changes with each
    /// step, so that a bar that was closed can be shown again.
    pub within: u32,
}

/// Which end of the session is near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum WarningKind {
    /// The lease: one contact with the server renews it.
    Lease,
    /// The absolute limit since the sign-in: only a new sign-in helps.
    Absolute,
}

impl From<reasons::Ended> for EndedView {
    fn from(reasons::Ended { at, by }: reasons::Ended) -> Self {
        Self { at: at.seconds(), by: by.map(Into::into) }
    }
}

impl From<reasons::EndedBy> for NamedDevice {
    fn from(reasons::EndedBy { name, platform }: reasons::EndedBy) -> Self {
        Self { name, platform }
    }
}

impl From<lease_warning::LeaseWarning> for LeaseWarning {
    fn from(warning: lease_warning::LeaseWarning) -> Self {
        let lease_warning::LeaseWarning { kind, ends_at, within } = warning;
        Self { kind: kind.into(), ends_at, within }
    }
}

super::same_variants!(lease_warning::WarningKind => WarningKind { Lease, Absolute });
