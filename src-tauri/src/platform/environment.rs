//! Environment variables: an empty variable counts as unset.

use std::ffi::OsString;

/// The value of a variable. An empty one counts as unset: compose files and `.env` files leave
/// variables like that.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
