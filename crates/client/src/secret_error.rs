//! Why the device's secret cannot be read or stored. A closed list: the window has a sentence for
//! each.

/// The fault of the place where the device's secret is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is no keychain: no session bus, or no keychain service on it.
    #[error("this computer offers no keychain")]
    Missing,
    /// The keychain service runs, but it has no keychain yet.
    #[error("the keychain was never set up")]
    NeverSetUp,
    /// The user has to unlock it.
    #[error("the keychain is locked")]
    Locked,
    /// The user has to unlock it, and no running program can prompt for its password.
    #[error("the keychain is locked, and no program asks for its password")]
    NoPrompter,
    /// The prompt for its password was closed.
    #[error("the keychain was not unlocked")]
    Denied,
    /// It has several entries of this app, and none opens the session.
    #[error("the keychain has several entries of this app, and none fits")]
    Ambiguous,
    /// Its entry for this app is not a key.
    #[error("what the keychain holds is not a key")]
    Damaged,
    /// It does not respond in time.
    #[error("the keychain does not answer")]
    NoAnswer,
    /// It responds with an error.
    #[error("the keychain failed")]
    Failed,
    /// The key is in a file, and the file cannot be read or written.
    #[error("the key file cannot be used")]
    FileUnusable,
}

impl SecretError {
    /// Whether unlocking the keychain helps.
    pub fn is_lock(self) -> bool {
        matches!(self, Self::NeverSetUp | Self::Locked | Self::NoPrompter | Self::Denied)
    }
}
