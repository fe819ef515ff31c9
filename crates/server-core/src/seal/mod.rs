//! The key that seals secrets at rest: the secrets of authenticator apps, and what is pending.
//! Owns `seal.key`, the sealed form, and the keyed hashes (MACs) of codes. Refuses a key file that
//! others can read, and never derives anything from the keys that sign tokens: a rotation of those
//! must not lose a second factor.

mod current;
mod file;
mod key;
mod rotation;

pub use file::{SealKeyError, SealState, check, generate};

pub use current::SealError;
pub(crate) use current::{Seal, SealOpenError};
pub use rotation::{Resealed, SealRotationError};
pub(crate) use rotation::{about as about_totp, forget, rotate};

/// The file of the seal key, in the folder of keys.
pub const SEAL_KEY_FILE: &str = "seal.key";
