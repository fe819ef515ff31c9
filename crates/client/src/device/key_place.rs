//! The places that can hold the device's secret.

/// Where the device's secret is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the operating system's keychain.
    Keychain,
    /// In a file that only this user can read, because the keychain cannot be used.
    File,
}
