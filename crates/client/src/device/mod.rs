//! This device: its id and its secret. Owns every read of the machine id and every access to the
//! keychain; refuses to show the machine id, and to guess a secret that cannot be read.

mod id;
mod key_file;
mod key_place;
mod keychain;
mod machine;
mod name;
mod port;
mod process_lock;
mod secret;

pub use id::{DeviceId, DeviceIdError, IdSource};
pub use key_file::KeyFile;
pub use key_place::KeyPlace;
pub use keychain::Keychain;
pub use machine::Machine;
pub use port::{Device, Interaction};
pub use process_lock::ProcessLock;
pub use secret::Secret;
