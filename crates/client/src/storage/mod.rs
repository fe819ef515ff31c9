//! Where the session is stored between starts: one private file for each device, its contents
//! sealed. Owns the safety of the files and their format; refuses to judge whether a session is
//! valid, which is the client's task.

mod device_files;
mod document;
mod draft;
mod file_error;
#[cfg(test)]
mod fuzz;
mod in_use;
mod listing;
mod lock;
mod plain_file;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod platform;
mod private_file;
mod private_folder;
mod record;
mod sealing;
mod store;
mod stored_session;

pub use device_files::{DeviceFiles, MAX_DEVICES};
pub use file_error::{FileError, OsCode};
pub(crate) use in_use::until_released;
pub(crate) use lock::open_lock;
pub use private_file::{MAX_FILE_BYTES, PrivateFile};
pub use record::{MAX_NOTICES, Record, RecordError};
pub use sealing::{SealingError, SealingKey};
pub use store::{OtherDocument, Store};
pub use stored_session::StoredSession;
