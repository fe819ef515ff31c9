//! Searches a file of breached passwords.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use aws_lc_rs::digest;

use super::Hash;
use super::format::{FINGERPRINT_BYTES, HEADER_BYTES, Header, INDEX_BYTES, MAX_BUCKET, Shard, split};
use super::positioned::read_exact_at;

/// Why the file cannot be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BreachedFileError {
    /// It cannot be read.
    #[error("the file of breached passwords (passwords.breached_file) cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// It is something else, of another version, or not complete.
    #[error(
        "the file of breached passwords (passwords.breached_file) is none, or damaged: make it with `passwords breached import`"
    )]
    Damaged,
}

impl From<io::Error> for BreachedFileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged,
            kind => Self::Unreadable(kind),
        }
    }
}

/// An open file of breached passwords. A file that takes its place is not seen.
#[derive(Debug)]
pub struct BreachedPasswords {
    file: File,
    header: Header,
}

impl BreachedPasswords {
    /// Opens the file. Reads its beginning and compares its length with it.
    ///
    /// # Errors
    /// [`BreachedFileError`].
    pub fn open(path: &Path) -> Result<Self, BreachedFileError> {
        let mut file = File::open(path)?;
        let mut bytes = vec![0; HEADER_BYTES];
        file.read_exact(&mut bytes)?;
        let header = Header::parse(&bytes).ok_or(BreachedFileError::Damaged)?;
        if file.metadata()?.len() != header.file_bytes() {
            return Err(BreachedFileError::Damaged);
        }
        Ok(Self { file, header })
    }

    /// How many hashes it holds.
    pub fn entries(&self) -> u64 {
        self.header.entries()
    }

    /// How likely a password that is not on the list is found in it: at most 10⁻⁶.
    pub fn false_positive_rate(&self) -> f64 {
        self.header.false_positive_rate()
    }

    /// Whether the SHA-1 hash of a text is on the list.
    ///
    /// # Errors
    /// [`BreachedFileError`].
    pub fn contains(&self, text: &str) -> Result<bool, BreachedFileError> {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        let hash = Hash::try_from(digest.as_ref()).map_err(|_| BreachedFileError::Damaged)?;
        self.contains_hash(&hash)
    }

    fn contains_hash(&self, hash: &Hash) -> Result<bool, BreachedFileError> {
        let (number, rest) = split(hash);
        let number = usize::from(number);
        let shard = *self.header.0.get(number).ok_or(BreachedFileError::Damaged)?;
        let offset = self.header.offset(number);
        let cell = shard.cell(rest);

        let mut range = [0; 2 * INDEX_BYTES as usize];
        read_exact_at(&self.file, &mut range, offset + Shard::bucket(cell) * INDEX_BYTES)?;
        let [a, b, c, d, e, f, g, h] = range;
        let (start, end) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        let length = end.checked_sub(start).filter(|length| *length <= MAX_BUCKET && end <= shard.count);
        let length = length.ok_or(BreachedFileError::Damaged)?;

        let mut bucket = vec![0; length as usize * FINGERPRINT_BYTES];
        let start = offset + shard.index_bytes() + u64::from(start) * FINGERPRINT_BYTES as u64;
        read_exact_at(&self.file, &mut bucket, start)?;
        let (fingerprints, _) = bucket.as_chunks::<FINGERPRINT_BYTES>();
        Ok(fingerprints.contains(&Shard::fingerprint(cell)))
    }
}
