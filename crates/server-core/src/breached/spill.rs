//! The hashes of a list by shard, in files without a name, until the whole list is read: it may be
//! in any order, and longer than memory.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, Write as _};
use std::path::Path;

use super::Hash;
use super::format::{MAX_SHARD, SHARDS, split};

/// Bytes of a hash here: all that a shard can need, without the first byte.
const RECORD_BYTES: usize = 6;

const BUFFER_BYTES: usize = 32 * 1024;

pub(super) struct Spill {
    files: Vec<BufWriter<File>>,
}

impl Spill {
    /// Makes the files, in a folder that has room for 6 bytes for each hash.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let file = |_| Ok(BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile_in(folder)?));
        Ok(Self { files: (0..SHARDS).map(file).collect::<io::Result<_>>()? })
    }

    pub(super) fn add(&mut self, hash: &Hash) -> io::Result<()> {
        let (shard, rest) = split(hash);
        let [_, _, record @ ..] = rest.to_be_bytes();
        match self.files.get_mut(usize::from(shard)) {
            Some(file) => file.write_all(&record),
            None => Ok(()),
        }
    }

    /// The hashes of each shard, one shard after the other; `None` for one with too many. Each
    /// shard's file is gone afterwards.
    pub(super) fn shards(self) -> impl Iterator<Item = io::Result<Option<Vec<u64>>>> {
        self.files.into_iter().map(|file| read(file.into_inner()?))
    }
}

fn read(mut file: File) -> io::Result<Option<Vec<u64>>> {
    let count = file.stream_position()? / RECORD_BYTES as u64;
    if count > MAX_SHARD {
        return Ok(None);
    }
    file.rewind()?;
    let mut reader = io::BufReader::with_capacity(BUFFER_BYTES, file);
    let mut rests = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    for _ in 0..count {
        let mut record = [0; RECORD_BYTES];
        reader.read_exact(&mut record)?;
        let [a, b, c, d, e, f] = record;
        rests.push(u64::from_be_bytes([0, 0, a, b, c, d, e, f]));
    }
    Ok(Some(rests))
}
