//! The file `seal.key`: 32 bytes for each key, the one that seals first, then those that only open
//! and compare, because they sealed before.

use std::fs::{self, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::SEAL_KEY_FILE;
use super::key::{KEY_BYTES, Key};
use crate::keys::{Exposure, FolderLock, PrivateFileError, read_private_bytes, write_private};
use crate::settings::CoreSettings;

/// The most keys that a file has.
const MAX_KEYS: usize = 16;

/// Why the seal key cannot be used, made or changed. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealKeyError {
    /// It cannot be read, or is not a regular file.
    #[error("the seal key {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others can read it, or put another in its place.
    #[error("the seal key {path} {exposure}; {remedy}", path = path.display(), remedy = exposure.remedy(path))]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who can do what.
        exposure: Exposure,
    },
    /// Not 32 bytes for each key.
    #[error("the seal key {} is damaged: it has 32 bytes for each key, and 16 keys at most", .0.display())]
    Damaged(PathBuf),
    /// There is no file.
    #[error("there is no seal key at {}; make one with: latchkey-server keys generate --seal", .0.display())]
    Missing(PathBuf),
    /// There is a file already.
    #[error("there is already a seal key at {}; it is not replaced, as what it has sealed would be lost", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("the seal key cannot be written to {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another command is rotating a key.
    #[error(
        "another command is changing the keys in {}; run this one again when it has ended",
        .0.display()
    )]
    Locked(PathBuf),
    /// The crypto library failed.
    #[error("the seal key could not be made")]
    Failed,
}

/// What `config check` finds of a seal key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealState {
    /// It can be used.
    Present,
    /// There is none. A server makes one in its folder of keys at its first start.
    WillBeMade,
    /// There is none, and a server does not make one, because its private key comes from elsewhere
    /// and its folder of keys may not outlast it.
    Missing,
}

/// Where the file is.
pub(super) fn path(settings: &CoreSettings) -> PathBuf {
    settings.seal_key_file.clone().unwrap_or_else(|| settings.keys.join(SEAL_KEY_FILE))
}

/// Whether a server makes a missing file: only beside its own private key. Another folder may be
/// a container's, and be gone with it, and everything that was sealed too.
pub(super) fn is_made_by_server(settings: &CoreSettings) -> bool {
    settings.private_key.is_none() && settings.private_key_file.is_none() && settings.seal_key_file.is_none()
}

/// Checks the file that `settings` name.
///
/// # Errors
/// [`SealKeyError`] if there is a file that cannot be used.
pub fn check(settings: impl Into<CoreSettings>) -> Result<SealState, SealKeyError> {
    let settings = &settings.into();
    match read(&path(settings)) {
        Ok(_) => Ok(SealState::Present),
        Err(SealKeyError::Missing(path)) if settings.seal_key_file.is_some() => {
            Err(SealKeyError::Missing(path))
        }
        Err(SealKeyError::Missing(_)) if is_made_by_server(settings) => Ok(SealState::WillBeMade),
        Err(SealKeyError::Missing(_)) => Ok(SealState::Missing),
        Err(error) => Err(error),
    }
}

/// Makes the seal key where `settings` say. Returns the file.
///
/// # Errors
/// [`SealKeyError`]; [`SealKeyError::Exists`] if there is one.
pub fn generate(settings: impl Into<CoreSettings>) -> Result<PathBuf, SealKeyError> {
    let path = path(&settings.into());
    make(&path)?;
    Ok(path)
}

/// Makes a file with a new key.
pub(super) fn make(path: &Path) -> Result<(), SealKeyError> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    rand::fill(bytes.as_mut()).map_err(|_| SealKeyError::Failed)?;
    let failed = |source| SealKeyError::Write { path: path.to_owned(), source };
    let file = write_private(folder(path), bytes.as_ref()).map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(SealKeyError::Exists(path.to_owned()))
        }
        Err(error) => Err(failed(error.error)),
    }
}

/// Allows one rotation at a time: of two, each would seal what is stored under a key that the file
/// of the other does not have.
pub(super) fn lock(path: &Path) -> Result<FolderLock, SealKeyError> {
    FolderLock::take(folder(path)).map_err(|error| match error {
        TryLockError::WouldBlock => SealKeyError::Locked(folder(path).to_owned()),
        TryLockError::Error(source) => SealKeyError::Write { path: path.to_owned(), source },
    })
}

/// Puts a new key in front of the keys of the file. The oldest are dropped where there are too
/// many.
pub(super) fn add(path: &Path) -> Result<(), SealKeyError> {
    let old = bytes(path)?;
    let mut bytes = Zeroizing::new(vec![0; KEY_BYTES]);
    rand::fill(&mut bytes).map_err(|_| SealKeyError::Failed)?;
    let kept = old.len().min(KEY_BYTES * (MAX_KEYS - 1));
    bytes.extend_from_slice(old.get(..kept).unwrap_or_default());
    let failed = |source| SealKeyError::Write { path: path.to_owned(), source };
    let file = write_private(folder(path), &bytes).map_err(failed)?;
    keep_owner(path, file.as_file()).map_err(failed)?;
    file.persist(path).map(drop).map_err(|error| failed(error.error))?;
    sync(folder(path)).map_err(failed)
}

/// Reads the keys, the one that seals first.
pub(super) fn read(path: &Path) -> Result<Vec<Key>, SealKeyError> {
    let bytes = bytes(path)?;
    let key = |bytes: &[u8; KEY_BYTES]| Key::new(bytes).ok_or(SealKeyError::Failed);
    let (keys, _) = bytes.as_chunks::<KEY_BYTES>();
    keys.iter().map(key).collect()
}

fn bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, SealKeyError> {
    let bytes = read_private_bytes(path).map_err(|error| match error {
        PrivateFileError::Unreadable(source) if source.kind() == io::ErrorKind::NotFound => {
            SealKeyError::Missing(path.to_owned())
        }
        PrivateFileError::Unreadable(source) => SealKeyError::Unreadable { path: path.to_owned(), source },
        PrivateFileError::Exposed(exposure) => SealKeyError::Exposed { path: path.to_owned(), exposure },
    })?;
    let keys = bytes.len() / KEY_BYTES;
    match bytes.len() % KEY_BYTES == 0 && (1..=MAX_KEYS).contains(&keys) {
        true => Ok(bytes),
        false => Err(SealKeyError::Damaged(path.to_owned())),
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Gives the new file to the owner of the old one: root rotates the key of the server's user.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let old = fs::metadata(old)?;
    match old.uid() == new.metadata()?.uid() {
        true => Ok(()),
        false => fchown(new, Some(old.uid()), Some(old.gid())),
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &fs::File) -> io::Result<()> {
    Ok(())
}

/// The name of the file is on disk only after its folder is. Windows has no such call.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

    use super::*;

    #[test]
    fn a_key_of_the_servers_user_stays_its_own_when_root_adds_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SEAL_KEY_FILE);
        fs::write(&path, [7; KEY_BYTES]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if chown(&path, Some(990), Some(990)).is_err() {
            return eprintln!("skipped: only root can give a file to another user");
        }
        add(&path).unwrap();
        let new = fs::metadata(&path).unwrap();
        assert_eq!((new.uid(), new.gid(), new.mode() & 0o777), (990, 990, 0o600));
        assert_eq!(read(&path).unwrap().len(), 2);
    }
}
