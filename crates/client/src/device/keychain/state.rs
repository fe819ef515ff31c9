//! The state of the keychain, before it is read.

/// Whether the keychain can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(all(unix, not(target_os = "macos"))),
    allow(dead_code, reason = "only Secret Service reports the other states")
)]
pub(super) enum KeychainState {
    /// It can be read without a prompt.
    Open,
    /// The user has to unlock it first.
    Locked,
    /// It has not been set up.
    NeverSetUp,
}
