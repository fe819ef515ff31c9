//! The file of a Unix socket: made with its permissions, taken from a server that has died, removed
//! at the end. Refuses to replace what is no socket, what another user owns, and a socket that
//! somebody listens on; never removes a file that it did not make.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::time::{sleep, timeout};

use crate::settings::SocketMode;

/// Connections that wait to be accepted; the system has a lower limit of its own.
const BACKLOG: u32 = 1024;

/// How long another server may take to make or remove its socket in the same folder.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How often the lock is tried meanwhile.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// How long a server may take to accept a connection before its socket counts as in use.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The bits of a folder in which everybody may remove everybody's files.
const WRITABLE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// The file of a socket that this server has made. It is removed when this value is dropped.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and number of the file.
    id: (u64, u64),
}

impl SocketFile {
    /// Makes a socket at `path`, in place of one on which nobody listens any more, and listens.
    pub(super) async fn bind(path: &Path, mode: SocketMode) -> io::Result<(UnixListener, Self)> {
        let folder = folder(path);
        refuse_public(folder)?;
        // Of two servers that find the same old socket, one would remove the other's new one.
        let _lock = timeout(LOCK_TIMEOUT, lock(folder)).await.map_err(|_| {
            io::Error::other(format!("{} is locked: another server starts or stops", folder.display()))
        })??;
        make_room(path).await?;
        let socket = UnixSocket::new_stream()?;
        socket.bind(path)?;
        // Nobody can connect before it listens, so the permissions are right from the beginning.
        let made = fs::symlink_metadata(path)?;
        let file = Self { path: path.to_owned(), id: (made.dev(), made.ino()) };
        fs::set_permissions(path, fs::Permissions::from_mode(mode.bits().into()))?;
        Ok((socket.listen(BACKLOG)?, file))
    }

    fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.id)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Without the lock, another server might replace the file between the look and the removal.
        // It waits for it; this one does not.
        let lock = File::open(folder(&self.path));
        let is_locked = lock.is_ok_and(|lock| {
            flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() && {
                if self.is_there() {
                    let _ = fs::remove_file(&self.path);
                }
                true
            }
        });
        if !is_locked {
            tracing::warn!(path = %self.path.display(), "the file of the socket stays; the next start replaces it");
        }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// In a folder that everybody may change, everybody can put a socket in the place of this one.
fn refuse_public(folder: &Path) -> io::Result<()> {
    let found = fs::metadata(folder).map_err(|error| describe(&error, folder))?;
    match found.mode() & (WRITABLE | STICKY) {
        WRITABLE => Err(io::Error::other(format!(
            "everybody may change {}, and so put another socket in the place of this one",
            folder.display()
        ))),
        _ => Ok(()),
    }
}

async fn lock(folder: &Path) -> io::Result<File> {
    let lock = File::open(folder).map_err(|error| describe(&error, folder))?;
    loop {
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(lock),
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => sleep(LOCK_PAUSE).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Removes a socket that a server of the same user has left.
async fn make_room(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let taken = |reason: &str| Err(io::Error::new(io::ErrorKind::AddrInUse, format!("there is {reason}")));
    if !found.file_type().is_socket() {
        return taken("a file there that is no socket: it is not replaced");
    }
    if found.uid() != geteuid().as_raw() {
        return taken("a socket of another user there: it is not replaced");
    }
    match timeout(CONNECT_TIMEOUT, UnixStream::connect(path)).await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => taken("a socket there on which another program listens"),
    }
}

fn describe(error: &io::Error, folder: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("the folder {}: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net;

    use super::*;

    async fn bind(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
        SocketFile::bind(path, SocketMode::default()).await
    }

    async fn refused(path: &Path) -> String {
        bind(path).await.map(drop).unwrap_err().to_string()
    }

    #[tokio::test]
    async fn the_socket_has_its_mode_and_is_gone_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        for mode in ["0660", "0666", "0600"] {
            let path = folder.path().join("server.sock");
            let (listener, file) = SocketFile::bind(&path, mode.parse().unwrap()).await.unwrap();
            let found = fs::symlink_metadata(&path).unwrap();
            assert_eq!(format!("{:04o}", found.mode() & 0o7777), mode);
            UnixStream::connect(&path).await.unwrap();
            drop((listener, file));
            assert!(!path.exists());
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_socket_that_a_dead_server_left_is_replaced_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.sock");
        drop(net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let (listener, file) = bind(&path).await.unwrap();
        assert!(refused(&path).await.contains("another program listens"));
        // The one that was refused has removed nothing.
        UnixStream::connect(&path).await.unwrap();
        drop((listener, file));
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_is_no_socket_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("old.sock");
        drop(net::UnixListener::bind(&socket).unwrap());
        let [file, link, directory] = ["file", "link", "directory"].map(|name| folder.path().join(name));
        fs::write(&file, "kept").unwrap();
        std::os::unix::fs::symlink(&socket, &link).unwrap();
        fs::create_dir(&directory).unwrap();
        for path in [&file, &link, &directory] {
            assert!(refused(path).await.contains("no socket"), "{}", path.display());
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
        assert!(link.is_symlink() && socket.exists());
        assert!(refused(&folder.path().join("none/a.sock")).await.contains("the folder"));
    }

    #[tokio::test]
    async fn a_file_that_took_the_place_of_the_socket_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.sock");
        let bound = bind(&path).await.unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another's").unwrap();
        drop(bound);
        assert_eq!(fs::read_to_string(&path).unwrap(), "another's");
    }

    #[tokio::test]
    async fn a_folder_that_everybody_may_change_is_refused_unless_it_is_sticky() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.sock");
        let set = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        set(0o777);
        assert!(refused(&path).await.contains("everybody may change"));
        set(0o1777);
        bind(&path).await.unwrap();
    }

    #[tokio::test]
    async fn of_servers_that_find_an_old_socket_at_the_same_time_one_listens() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.sock");
        drop(net::UnixListener::bind(&path).unwrap());
        let starts = (0..20).map(|_| {
            let path = path.clone();
            async move { bind(&path).await }
        });
        let outcomes = starts.collect::<tokio::task::JoinSet<_>>().join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        UnixStream::connect(&path).await.unwrap();
    }
}
