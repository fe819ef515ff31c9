//! One small private file that is always whole. Owns permissions, atomic replacement and the refusal of anything that is
//! not a plain file of this user; knows nothing of what is inside.
//!
//! `tauri-plugin-store` truncates and rewrites its file in place, with the umask's permissions, and announces every value
//! to every window; a credential goes through here instead.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The largest file that is read or written, in bytes. A session is about 3 KB.
pub const MAX_FILE_BYTES: usize = 64 * 1024;

/// How often, and how long apart, the lock of another process is tried.
const LOCK_TRIES: usize = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// A place that holds one small document.
pub trait Store: Send + Sync {
    /// The document; `None` when there is none.
    ///
    /// # Errors
    /// When there is something that cannot, or must not, be read.
    fn read(&self) -> Result<Option<Vec<u8>>, FileError>;

    /// Replaces the document by `new`, if it still is what was `seen`. Whatever happens, the place holds the old or the
    /// new document afterwards.
    ///
    /// # Errors
    /// [`FileError::Changed`] when another process was faster; otherwise what the disk says.
    fn replace(&self, seen: Option<&[u8]>, new: &[u8]) -> Result<(), FileError>;

    /// Moves what was `seen` out of the way, whole: a document, or with `None` something that cannot be read.
    ///
    /// # Errors
    /// [`FileError::Changed`] when something else is there now; otherwise what the disk says.
    fn set_aside(&self, seen: Option<&[u8]>) -> Result<(), FileError>;
}

/// Why a file was not read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A link, a folder, a pipe, a device.
    #[error("it is not a plain file")]
    NotPlain,
    /// The file or its folder belongs to another user.
    #[error("it belongs to somebody else")]
    NotOurs,
    /// Larger than [`MAX_FILE_BYTES`].
    #[error("it is too large")]
    TooLarge,
    /// Another process has replaced the document since it was read.
    #[error("it was changed by another process")]
    Changed,
    /// Another process holds the lock and does not let go.
    #[error("another process is holding it")]
    Busy,
    /// The operating system refused.
    #[error("the disk refused ({0})")]
    Io(io::ErrorKind),
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        // O_NOFOLLOW answers ELOOP for a link.
        #[cfg(unix)]
        if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            return Self::NotPlain;
        }
        Self::Io(error.kind())
    }
}

/// A file of mode 0600 in a folder of mode 0700.
#[derive(Clone, Debug)]
pub struct PrivateFile {
    path: PathBuf,
}

impl PrivateFile {
    /// Names the file; nothing is touched yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Deletes the document.
    ///
    /// # Errors
    /// What the disk says; a file that is not there is deleted already.
    pub fn remove(&self) -> Result<(), FileError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn folder(&self) -> Result<&Path, FileError> {
        self.path.parent().ok_or(FileError::Io(io::ErrorKind::InvalidInput))
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    }

    /// Keeps other processes from replacing the document at the same time. The lock ends with the process.
    fn lock(&self) -> Result<File, FileError> {
        let file = private(OpenOptions::new().write(true).create(true)).open(self.beside(".lock"))?;
        check_plain(&file)?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::park_timeout(LOCK_PAUSE),
                // A file system without locks: two processes at once are rarer still there.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(file);
                }
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        Err(FileError::Busy)
    }

    fn write_new(&self, new: &[u8]) -> Result<(), FileError> {
        let draft = self.beside(".new");
        // Left by a process that was killed; nobody else writes while we hold the lock.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let written =
            private(OpenOptions::new().write(true).create_new(true)).open(&draft).and_then(|mut file| {
                file.write_all(new)?;
                file.sync_all()?;
                fs::rename(&draft, &self.path)
            });
        if let Err(error) = written {
            let _ = fs::remove_file(&draft);
            return Err(error.into());
        }
        // The new document is in place. Should the folder's entry not reach the disk, the old one is there: either is whole.
        let _ = File::open(self.folder()?).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Store for PrivateFile {
    fn read(&self) -> Result<Option<Vec<u8>>, FileError> {
        let file = match private(OpenOptions::new().read(true)).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        check_plain(&file)?;
        let mut document = Vec::new();
        file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut document)?;
        if document.len() > MAX_FILE_BYTES { Err(FileError::TooLarge) } else { Ok(Some(document)) }
    }

    fn replace(&self, seen: Option<&[u8]>, new: &[u8]) -> Result<(), FileError> {
        if new.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge);
        }
        prepare_folder(self.folder()?)?;
        let _lock = self.lock()?;
        if self.read()?.as_deref() != seen {
            return Err(FileError::Changed);
        }
        self.write_new(new)
    }

    fn set_aside(&self, seen: Option<&[u8]>) -> Result<(), FileError> {
        prepare_folder(self.folder()?)?;
        let _lock = self.lock()?;
        if self.read().is_ok_and(|present| present.as_deref() != seen) {
            return Err(FileError::Changed);
        }
        let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let mut places = (1..=99).map(|number| self.beside(&format!(".kept-{number}")));
        let free = places.find(|place| place.symlink_metadata().is_err_and(|error| is_missing(&error)));
        match fs::rename(&self.path, free.ok_or(FileError::Busy)?) {
            Err(error) if !is_missing(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Makes the folder, closed to everybody else; closes it if it was open.
fn prepare_folder(folder: &Path) -> Result<(), FileError> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    let metadata = folder.symlink_metadata()?;
    if !metadata.is_dir() {
        return Err(FileError::NotPlain);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(FileError::NotOurs);
        }
        if metadata.mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// Opens without following a link and without waiting for the other end of a pipe; creates with mode 0600.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options
}

fn check_plain(file: &File) -> Result<(), FileError> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(FileError::NotPlain);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(FileError::NotOurs);
        }
        // A second name would let the document be read, or changed, through a folder that is not closed.
        if metadata.nlink() > 1 {
            return Err(FileError::NotPlain);
        }
        if metadata.mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "the tests' own preparations")]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn place() -> (tempfile::TempDir, PrivateFile) {
        let root = tempfile::tempdir().unwrap();
        let file = PrivateFile::new(root.path().join("app/session.json"));
        (root, file)
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn replaces_only_what_was_seen() {
        let (_root, file) = place();
        assert_eq!(file.read(), Ok(None));
        file.replace(None, b"one").unwrap();
        assert_eq!(file.replace(None, b"two"), Err(FileError::Changed));
        file.replace(Some(b"one"), b"two").unwrap();
        assert_eq!(file.replace(Some(b"one"), b"three"), Err(FileError::Changed));
        assert_eq!(file.read().unwrap().as_deref(), Some(&b"two"[..]));
        file.remove().unwrap();
        file.remove().unwrap();
        assert_eq!(file.read(), Ok(None));
    }

    #[test]
    fn closed_to_others_whatever_was_there_before() {
        let (_root, file) = place();
        let folder = file.path.parent().unwrap();
        fs::create_dir(folder).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(&file.path, "one").unwrap();
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).unwrap();
        file.read().unwrap();
        assert_eq!(mode(&file.path), 0o600);
        file.replace(Some(b"one"), b"two").unwrap();
        assert_eq!((mode(folder), mode(&file.path)), (0o700, 0o600));
    }

    #[test]
    fn links_pipes_and_folders_are_refused_and_kept() {
        let (root, file) = place();
        prepare_folder(file.path.parent().unwrap()).unwrap();
        let target = root.path().join("target");
        fs::write(&target, "precious").unwrap();

        symlink(&target, &file.path).unwrap();
        assert_eq!(file.read(), Err(FileError::NotPlain));
        assert_eq!(file.replace(None, b"new"), Err(FileError::NotPlain));
        file.set_aside(None).unwrap();

        fs::hard_link(&target, &file.path).unwrap();
        assert_eq!(file.read(), Err(FileError::NotPlain));
        file.set_aside(None).unwrap();

        fs::create_dir(&file.path).unwrap();
        assert!(file.read().is_err());
        file.set_aside(None).unwrap();

        rustix::fs::mknodat(rustix::fs::CWD, &file.path, rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .unwrap();
        assert_eq!(file.read(), Err(FileError::NotPlain), "and it did not wait");
        file.set_aside(None).unwrap();

        file.replace(None, b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"precious");
        for number in 1..=4 {
            assert!(file.beside(&format!(".kept-{number}")).symlink_metadata().is_ok());
        }
    }

    /// Only root can give a file away; for anybody else there is nothing to refuse.
    #[test]
    fn other_peoples_files_are_refused_and_kept() {
        let (_root, file) = place();
        file.replace(None, b"one").unwrap();
        let owner = |path: &Path, user| std::os::unix::fs::chown(path, Some(user), None);
        if rustix::process::geteuid().is_root() {
            owner(&file.path, 65_534).unwrap();
            assert_eq!(file.read(), Err(FileError::NotOurs));
            assert_eq!(file.replace(Some(b"one"), b"two"), Err(FileError::NotOurs));
            owner(&file.path, 0).unwrap();
            owner(file.folder().unwrap(), 65_534).unwrap();
            assert_eq!(file.replace(Some(b"one"), b"two"), Err(FileError::NotOurs));
            assert_eq!(fs::read(&file.path).unwrap(), b"one");
        }
    }

    #[test]
    fn a_folder_that_is_a_link_is_refused() {
        let (root, file) = place();
        let elsewhere = root.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, file.path.parent().unwrap()).unwrap();
        assert_eq!(file.replace(None, b"new"), Err(FileError::NotPlain));
        assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
    }

    #[test]
    fn size_is_bounded_both_ways() {
        let (_root, file) = place();
        assert_eq!(file.replace(None, &vec![0; MAX_FILE_BYTES + 1]), Err(FileError::TooLarge));
        file.replace(None, &vec![0; MAX_FILE_BYTES]).unwrap();
        fs::write(&file.path, vec![0; MAX_FILE_BYTES + 1]).unwrap();
        assert_eq!(file.read(), Err(FileError::TooLarge));
    }

    #[test]
    fn a_draft_left_by_a_killed_process_is_no_obstacle() {
        let (_root, file) = place();
        file.replace(None, b"one").unwrap();
        fs::write(file.beside(".new"), "half").unwrap();
        file.replace(Some(b"one"), b"two").unwrap();
        assert!(!file.beside(".new").exists());
    }

    #[test]
    fn many_writers_lose_no_step() {
        let (_root, file) = place();
        file.replace(None, b"0").unwrap();
        let steps = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let mut steps = 0;
                        while steps < 5 {
                            let seen = file.read().unwrap().unwrap();
                            let count: usize = std::str::from_utf8(&seen).unwrap().parse().unwrap();
                            match file.replace(Some(&seen), (count + 1).to_string().as_bytes()) {
                                Ok(()) => steps += 1,
                                Err(error) => assert!(matches!(error, FileError::Changed | FileError::Busy)),
                            }
                        }
                        steps
                    })
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>()
        });
        assert_eq!(file.read().unwrap().unwrap(), steps.to_string().as_bytes());
    }
}
