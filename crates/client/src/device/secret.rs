//! The device's secret: 32 random bytes from which its keys are derived. It is never printed, and
//! wiped when it is dropped.

use latchkey_token::{DeviceKey, DeviceKeyError};
use zeroize::Zeroizing;

use crate::storage::{SealingError, SealingKey};

/// The length of a secret, in bytes.
const LENGTH: usize = 32;

/// 32 random bytes. They stay at one address on the heap: an array in the value itself would leave
/// a copy behind when the value is moved.
#[derive(PartialEq, Eq)]
pub struct Secret(Box<Zeroizing<[u8; LENGTH]>>);

impl Secret {
    fn zeros() -> Self {
        Self(Box::new(Zeroizing::new([0; LENGTH])))
    }

    /// A new secret.
    ///
    /// # Errors
    /// Returns an error only if the operating system has no randomness.
    pub fn generate() -> Result<Self, DeviceKeyError> {
        let mut secret = Self::zeros();
        aws_lc_rs::rand::fill(secret.0.as_mut_slice()).map_err(|_| DeviceKeyError)?;
        Ok(secret)
    }

    /// A stored secret; `None` if it has the wrong length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self::zeros();
        (bytes.len() == LENGTH).then(|| secret.0.copy_from_slice(bytes))?;
        Some(secret)
    }

    /// The bytes, for the keychain or the key file only.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The key that makes this device's proofs.
    ///
    /// # Errors
    /// Returns an error only if the crypto library fails.
    pub fn device_key(&self) -> Result<DeviceKey, DeviceKeyError> {
        DeviceKey::derive(&self.0)
    }

    /// The key that seals the files on disk.
    ///
    /// # Errors
    /// Returns an error only if the crypto library fails.
    pub fn sealing_key(&self) -> Result<SealingKey, SealingError> {
        SealingKey::derive(&self.0)
    }
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros();
        copy.0.copy_from_slice(self.as_bytes());
        copy
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
