//! Why a list of breached passwords was not imported.

use std::io;
use std::path::PathBuf;

use super::format::{MAX_BUCKET, MAX_SHARD};

/// Why a list was not imported. The file that was there before is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportBreachedError {
    /// A file of the list cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A line is none of such a list.
    #[error("line {number} of {}: {fault}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        number: u64,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// A file in a folder of range files has another name than they have.
    #[error("{} is not a range file: its name must be the first five digits of its hashes", path.display())]
    NoRangeFile {
        /// The file.
        path: PathBuf,
    },
    /// Nothing is left of the list.
    #[error("there are no hashes in it, or none that was seen often enough")]
    Empty,
    /// More than [`MAX_SHARD`] hashes begin with the same byte.
    #[error("the list is too long: more than {MAX_SHARD} of its hashes begin with the same two digits")]
    TooLong,
    /// More than [`MAX_BUCKET`] hashes have the same beginning, which do not occur among real ones.
    #[error("this is no list of SHA-1 hashes: more than {MAX_BUCKET} of them begin in the same way")]
    Uneven,
    /// The new file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file, or its folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// What is wrong with a line of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineFault {
    /// It does not begin with the digits of a SHA-1 hash.
    #[error("it must be a SHA-1 hash, 40 hexadecimal digits, or one with a colon and a number")]
    NoHash,
    /// In a range file.
    #[error("a range file has the other 35 digits of a SHA-1 hash in each line, a colon and a number")]
    NoSuffix,
    /// 35 digits in a file whose name does not say which five go before them.
    #[error("this is a range file, and its name must be the first five digits of its hashes")]
    NoPrefix,
    /// 32 digits: the same passwords are published as NTLM hashes too.
    #[error("this is an NTLM hash; take the list of SHA-1 hashes")]
    Ntlm,
    /// What follows the hash is no number.
    #[error("the number behind the colon is not valid")]
    Count,
    /// `--at-least` was given, and the list has no numbers.
    #[error("it does not say how often the password was seen")]
    NoCount,
}
