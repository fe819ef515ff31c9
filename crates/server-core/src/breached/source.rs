//! The files of a list: one file with whole hashes, or the range files, each named after the first
//! five digits of its hashes, in a folder or alone. They are told apart by their names and lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::import_error::{ImportBreachedError, LineFault};
use super::line::{self, Line, MAX_LINE_BYTES, PREFIX_DIGITS};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

const BUFFER_BYTES: usize = 256 * 1024;

/// Passes each line of the list to `take`. Returns the number of range files.
pub(super) fn each_line(
    path: &Path,
    take: &mut impl FnMut(Line) -> Result<(), Refused>,
) -> Result<u32, ImportBreachedError> {
    let unreadable = |source| ImportBreachedError::Unreadable { path: path.to_owned(), source };
    if path == Path::new("-") {
        return lines(path, io::stdin().lock(), None, take).map(|()| 0);
    }
    if !path.metadata().map_err(unreadable)?.is_dir() {
        let prefix = prefix(path);
        return one_file(path, prefix, take).map(|()| u32::from(prefix.is_some()));
    }
    let mut ranges = 0;
    for entry in path.read_dir().map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let Some(prefix) = prefix(&file) else { return Err(ImportBreachedError::NoRangeFile { path: file }) };
        one_file(&file, Some(prefix), take)?;
        ranges += 1;
    }
    Ok(ranges)
}

/// Why the taker of a line refuses it.
pub(super) enum Refused {
    Line(LineFault),
    Import(ImportBreachedError),
}

/// The first digits of the hashes in a file, if it has a range file's name: `0A1B2` or `0A1B2.txt`.
fn prefix(path: &Path) -> Option<[u8; PREFIX_DIGITS]> {
    let name = path.file_name()?.to_str()?;
    let digits =
        <[u8; PREFIX_DIGITS]>::try_from(name.strip_suffix(".txt").unwrap_or(name).as_bytes()).ok()?;
    digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)
}

fn one_file(
    path: &Path,
    prefix: Option<[u8; PREFIX_DIGITS]>,
    take: &mut impl FnMut(Line) -> Result<(), Refused>,
) -> Result<(), ImportBreachedError> {
    let file = File::open(path)
        .map_err(|source| ImportBreachedError::Unreadable { path: path.to_owned(), source })?;
    lines(path, BufReader::with_capacity(BUFFER_BYTES, file), prefix, take)
}

fn lines(
    path: &Path,
    mut reader: impl BufRead,
    prefix: Option<[u8; PREFIX_DIGITS]>,
    take: &mut impl FnMut(Line) -> Result<(), Refused>,
) -> Result<(), ImportBreachedError> {
    let path = || PathBuf::from(path);
    let mut bytes = Vec::with_capacity(MAX_LINE_BYTES);
    for number in 1.. {
        bytes.clear();
        // A file without line ends is not read into memory.
        let mut limited = (&mut reader).take(MAX_LINE_BYTES as u64);
        let read = limited.read_until(b'\n', &mut bytes);
        if read.map_err(|source| ImportBreachedError::Unreadable { path: path(), source })? == 0 {
            break;
        }
        let text = bytes.strip_prefix(BYTE_ORDER_MARK).filter(|_| number == 1).unwrap_or(&bytes);
        let text = text.trim_ascii_end();
        if text.is_empty() {
            continue;
        }
        let taken = line::parse(text, prefix).map_err(Refused::Line).and_then(&mut *take);
        taken.map_err(|refused| match refused {
            Refused::Line(fault) => ImportBreachedError::Line { path: path(), number, fault },
            Refused::Import(error) => error,
        })?;
    }
    Ok(())
}
