//! The file of an export: private from its first byte, complete or not there, and never in place of
//! another one.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::keys::write_private;

/// A file that is being written. Deleted if it is dropped before [`ExportFile::finish`].
#[derive(Debug)]
pub struct ExportFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl ExportFile {
    /// Begins to write `path`, in its folder, which must exist.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if there is a file, or that it cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(exists());
        }
        let folder = folder(path);
        if !folder.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "there is no such folder"));
        }
        let file = BufWriter::new(write_private(folder, &[])?);
        Ok(Self { path: path.to_owned(), file })
    }

    /// Gives the complete file its name.
    ///
    /// # Errors
    /// The same.
    pub fn finish(self) -> io::Result<()> {
        let Self { path, file } = self;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&path).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => exists(),
            _ => error.error,
        })?;
        // The name is on disk only after the folder is. Windows has no such call.
        if cfg!(unix) { std::fs::File::open(folder(&path))?.sync_all() } else { Ok(()) }
    }
}

impl Write for ExportFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn exists() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "there is already such a file; it is not replaced")
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
