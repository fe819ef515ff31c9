//! The server's keys: generates, reads, rotates and signs with them. The private keys never leave
//! this module.

#[cfg_attr(not(unix), allow(dead_code, reason = "decides about owners and modes, which only Unix has"))]
mod access;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "modes of Unix and lists of Linux"))]
mod acl;
mod current;
mod der;
mod file;
mod generate;
mod load;
mod lock;
mod pem_text;
mod private_file;
mod public_key_file;
mod rotation;
mod signing;

pub use access::Exposure;
pub use acl::Party;
pub use generate::{GenerateError, Generated, generate, generate_for_development};
pub use load::KeysError;
pub use rotation::{KeyState, ListedKey, RotationError, list, next, retire, rotate};

pub use current::{CurrentKeys, Watch};
pub use signing::SignError;

pub(crate) use generate::write_private;
pub(crate) use lock::FolderLock;
pub(crate) use private_file::{PrivateFileError, read_private_bytes};

use load::Keys;
use signing::SigningKey;

/// The file of the private key, in the folder of keys.
pub const PRIVATE_KEY_FILE: &str = "auth-private.key";

/// The file of the private key that signs after the next rotation, in the folder of keys.
pub const NEXT_KEY_FILE: &str = "auth-next.key";

/// The file of the public keys, in the folder of keys. May hold several.
pub const PUBLIC_KEY_FILE: &str = "auth-public.key";

/// The line above a public key whose private key is for development only. A release build of the
/// app refuses the file.
pub const DEVELOPMENT_NOTE: &str = "purpose: development";
