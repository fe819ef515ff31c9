//! The two kinds of token that vectors are made of.

use serde::Deserialize;

/// A kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// For API calls.
    Access,
    /// Stored on the device.
    Session,
}
