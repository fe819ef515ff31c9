//! Makes a file of breached passwords from a list, shard by shard: memory is needed for one shard,
//! 8 bytes for each hash in it, 32 MB for the public list.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::format::{HEADER_BYTES, Header, MAX_BUCKET, SHARDS, Shard};
use super::import_error::{ImportBreachedError, LineFault};
use super::line::Line;
use super::source::{Refused, each_line};
use super::spill::Spill;

/// What was imported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imported {
    /// Hashes in the new file.
    pub entries: u64,
    /// Hashes of the list that were not seen often enough.
    pub skipped: u64,
    /// Range files that were read; 0 if the list is one file. The whole list has
    /// [`ALL_RANGES`](super::ALL_RANGES).
    pub ranges: u32,
    /// Length of the new file.
    pub bytes: u64,
    /// How likely a password that is not on the list is refused: at most 10⁻⁶.
    pub false_positive_rate: f64,
}

/// Makes the file `to` from a list of SHA-1 hashes: a file with one in each line, a range file
/// whose name has the first five digits, a folder of them, or `-` for standard input. Takes the
/// hashes that were seen `at_least` so often. The file is replaced in one step, so that a running
/// server finds the old or the new one. Its folder needs room for both, and for 6 bytes for each
/// hash meanwhile.
///
/// # Errors
/// [`ImportBreachedError`].
pub fn import(list: &Path, at_least: u64, to: &Path) -> Result<Imported, ImportBreachedError> {
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let unwritable = |source| ImportBreachedError::Unwritable { path: to.to_owned(), source };
    let mut spill = Spill::new(&folder).map_err(unwritable)?;
    let mut skipped = 0;
    let ranges = each_line(list, &mut |line: Line| {
        let count = match line.count {
            None if at_least > 1 => return Err(Refused::Line(LineFault::NoCount)),
            count => count.unwrap_or(1),
        };
        // Range files can be padded with hashes that were seen 0 times.
        if count < at_least.max(1) {
            skipped += 1;
            return Ok(());
        }
        spill.add(&line.hash).map_err(|source| Refused::Import(unwritable(source)))
    })?;

    let mut new = tempfile::NamedTempFile::new_in(&folder).map_err(unwritable)?;
    let header = write(new.as_file_mut(), spill, to)?;
    if header.entries() == 0 {
        return Err(ImportBreachedError::Empty);
    }
    replace(new, to, &folder).map_err(unwritable)?;
    Ok(Imported {
        entries: header.entries(),
        skipped,
        ranges,
        bytes: header.file_bytes(),
        false_positive_rate: header.false_positive_rate(),
    })
}

fn write(file: &mut File, spill: Spill, to: &Path) -> Result<Header, ImportBreachedError> {
    let unwritable = |source| ImportBreachedError::Unwritable { path: to.to_owned(), source };
    let mut out = BufWriter::new(file);
    // The sizes are known at the end.
    out.write_all(&[0; HEADER_BYTES]).map_err(unwritable)?;
    let mut header = Header(Vec::with_capacity(SHARDS));
    for rests in spill.shards() {
        let rests = rests.map_err(unwritable)?.ok_or(ImportBreachedError::TooLong)?;
        let (shard, cells) = cells(rests);
        let index = index(shard, &cells).ok_or(ImportBreachedError::Uneven)?;
        write_shard(&mut out, &index, &cells).map_err(unwritable)?;
        header.0.push(shard);
    }
    let end = |mut out: BufWriter<&mut File>| {
        out.rewind()?;
        out.write_all(&header.to_bytes())?;
        out.into_inner()?.sync_all()
    };
    end(out).map_err(unwritable)?;
    Ok(header)
}

/// The shard of these hashes, and what is stored of each, in order and once.
fn cells(mut rests: Vec<u64>) -> (Shard, Vec<u64>) {
    rests.sort_unstable();
    rests.dedup();
    loop {
        let shard = Shard::of(u32::try_from(rests.len()).unwrap_or(u32::MAX));
        let mut cells: Vec<u64> = rests.iter().map(|rest| shard.cell(*rest)).collect();
        cells.dedup();
        if cells.len() == rests.len() {
            return (shard, cells);
        }
        // Two hashes that a search cannot tell apart count as one.
        rests.dedup_by_key(|rest| shard.cell(*rest));
    }
}

/// The number of the first hash of each bucket, and of all hashes; `None` if a bucket is too full.
fn index(shard: Shard, cells: &[u64]) -> Option<Vec<u32>> {
    let mut index = Vec::with_capacity(usize::try_from(shard.buckets() + 1).unwrap_or_default());
    let (mut start, mut cells) = (0_u32, cells.iter().peekable());
    for bucket in 0..shard.buckets() {
        index.push(start);
        let mut count = 0;
        while cells.next_if(|cell| Shard::bucket(**cell) == bucket).is_some() {
            count += 1;
        }
        if count > MAX_BUCKET {
            return None;
        }
        start += count;
    }
    index.push(start);
    Some(index)
}

fn write_shard(out: &mut impl io::Write, index: &[u32], cells: &[u64]) -> io::Result<()> {
    index.iter().try_for_each(|start| out.write_all(&start.to_le_bytes()))?;
    cells.iter().try_for_each(|cell| out.write_all(&Shard::fingerprint(*cell)))
}

fn replace(new: tempfile::NamedTempFile, to: &Path, folder: &Path) -> io::Result<()> {
    // The list is public, and the server may run as another user.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        new.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    new.persist(to).map_err(|error| error.error)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
