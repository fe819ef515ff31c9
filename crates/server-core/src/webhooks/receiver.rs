//! A receiver of events, and why one is stopped.

use serde::Serialize;

/// A receiver of events, as the settings name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name: letters of ASCII, digits, `-` and `_`.
    pub name: String,
    /// The events that it gets, by their names in the audit log; empty: all.
    pub events: Vec<String>,
}

/// Why a receiver is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It says that it is gone (410).
    Gone,
    /// It has taken nothing for five days.
    Failing,
}

impl StopReason {
    /// As it is written in the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        if text == Self::Gone.as_str() { Self::Gone } else { Self::Failing }
    }
}
