//! The server's key pair: making it, reading it, signing with it. The private half never leaves this module.

mod generate;
mod load;
mod signing;

pub use generate::{GenerateError, Generated, generate};
pub use load::KeysError;

pub(crate) use load::Keys;
pub(crate) use signing::{SignError, SigningKey};

/// The file of the private key, in the folder of keys.
pub const PRIVATE_KEY_FILE: &str = "auth-private.key";

/// The file of the public keys, in the folder of keys. May hold several.
pub const PUBLIC_KEY_FILE: &str = "auth-public.key";
