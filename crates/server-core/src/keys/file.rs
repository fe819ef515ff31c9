//! Reads key files. Refuses whatever is not a regular file, and files that are too long.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

/// Maximum size of a key file, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Reads a regular file of at most [`MAX_FILE_BYTES`].
pub(super) fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    read_open(open(path)?)
}

/// Opens a regular file. Anything else (a pipe, a folder) could block or fill the memory.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let regular = |is_file: bool| if is_file { Ok(()) } else { Err(io::Error::other("it is not a file")) };
    regular(std::fs::metadata(path)?.is_file())?;
    let file = File::open(path)?;
    regular(file.metadata()?.is_file())?;
    Ok(file)
}

/// Reads the bytes of an open file of at most [`MAX_FILE_BYTES`].
pub(super) fn read_bytes(file: File) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    if file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)? as u64 == MAX_FILE_BYTES {
        return Err(io::Error::other("it is too long"));
    }
    Ok(bytes)
}

/// Reads the text of an open file of at most [`MAX_FILE_BYTES`].
pub(super) fn read_open(file: File) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
    if file.take(MAX_FILE_BYTES).read_to_string(&mut text)? as u64 == MAX_FILE_BYTES {
        return Err(io::Error::other("it is too long"));
    }
    Ok(text)
}
