//! The device's secret: 32 random bytes from which its keys are derived. Never printed, wiped when dropped.

use latchkey_token::{DeviceKey, DeviceKeyError};
use zeroize::Zeroizing;

use crate::storage::{SealingError, SealingKey};

/// 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// Only if the operating system has no randomness to give.
    pub fn generate() -> Result<Self, DeviceKeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(bytes.as_mut()).map_err(|_| DeviceKeyError)?;
        Ok(Self(bytes))
    }

    /// One that was kept; `None` if it has the wrong length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The bytes, to be kept in a keychain and nowhere else.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// The key that makes this device's proofs.
    ///
    /// # Errors
    /// Only if the crypto library fails.
    pub fn device_key(&self) -> Result<DeviceKey, DeviceKeyError> {
        DeviceKey::derive(&self.0)
    }

    /// The key that seals what is on disk.
    ///
    /// # Errors
    /// Only if the crypto library fails.
    pub fn sealing_key(&self) -> Result<SealingKey, SealingError> {
        SealingKey::derive(&self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
