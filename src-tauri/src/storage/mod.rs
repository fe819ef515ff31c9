//! Where the session is kept between starts: one private file, its contents sealed. Owns the file's safety and its
//! format; refuses to judge what the session is worth, which is the session's own business.

mod copies;
mod file;
#[cfg(test)]
mod fuzz;
mod record;
mod sealing;

pub use copies::Copies;
pub use file::{FileError, MAX_FILE_BYTES, PrivateFile, Store};
pub use record::{MAX_NOTICES, Record, RecordError, StoredSession};
pub use sealing::{SealingError, SealingKey};
