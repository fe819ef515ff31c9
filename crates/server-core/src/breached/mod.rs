//! Passwords that are known from breaches: a list of their SHA-1 hashes, made once into a file that
//! is searched in place. Nothing is asked over the network, and no hit is written down.
//!
//! [`import`] makes the file, [`BreachedPasswords`] searches it. Reads and writes block: a server
//! searches on a thread of the password pool.
//!
//! A hash is found by position: its first byte names one of 256 shards, the next bits a bucket of
//! the shard, and 24 further bits are compared with those of every hash in the bucket. At most 16
//! hashes are in a bucket on average, so a password that is not on the list is refused by mistake
//! with a probability of at most 16/2²⁴, under 10⁻⁶. No library is needed, a shard is made with 8
//! bytes of memory for each hash in it, and a search reads twice, a few hundred bytes. The public
//! list of about 10⁹ hashes takes 3.3 GB.

mod build;
mod format;
mod import_error;
mod line;
mod positioned;
mod search;
mod source;
mod spill;

pub use build::{Imported, import};
pub use import_error::{ImportBreachedError, LineFault};
pub use search::{BreachedFileError, BreachedPasswords};

/// The number of all range files of the public list: one for each prefix of five digits.
pub const ALL_RANGES: u32 = 1 << 20;

/// A SHA-1 hash.
type Hash = [u8; 20];

#[cfg(test)]
#[allow(clippy::string_slice, reason = "the digits of a hash are ASCII")]
mod tests;
