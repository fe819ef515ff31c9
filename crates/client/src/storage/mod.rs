//! Where the session is kept between starts: one private file for each device, its contents sealed.
//! Owns the files' safety and their format; refuses to judge what the session is worth, which is
//! the session's own business.

mod device_files;
mod document;
mod draft;
mod file_error;
#[cfg(test)]
mod fuzz;
mod listing;
mod lock;
mod plain_file;
mod private_file;
mod private_folder;
mod record;
mod sealing;
mod store;
mod stored_session;

pub use device_files::{DeviceFiles, MAX_DEVICES};
pub use file_error::{FileError, OsCode};
pub use private_file::{MAX_FILE_BYTES, PrivateFile};
pub use record::{MAX_NOTICES, Record, RecordError};
pub use sealing::{SealingError, SealingKey};
pub use store::{OtherDocument, Store};
pub use stored_session::StoredSession;
