//! One window for each user on macOS, for starts that Launch Services does not join: a second start
//! shows the open window, and exits. Owns a lock and a socket in the app's own folder.
//!
//! `tauri-plugin-single-instance` has its socket in `/tmp`, the same for all users: a second user
//! would have no such socket, and a user could end the starts of all others.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const LOCK: &str = "instance.lock";
const SOCKET: &str = "instance.sock";

/// Time limit for an answer of the open window.
const TIMEOUT: Duration = Duration::from_secs(5);
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// What the process with the window sends when it has shown it.
const SHOWN: &[u8] = b"1";

/// The outcome of a start.
pub(crate) enum Claim {
    /// This start opens the window.
    First(Instance),
    /// The open window was shown.
    Shown,
    /// A window is open and does not respond in time.
    Unresponsive,
}

/// The claim of this process, until this value is dropped or the process ends.
pub(crate) struct Instance {
    _lock: Option<File>,
    listener: Option<UnixListener>,
}

/// Claims the folder, or shows the window of the process that has claimed it.
///
/// A folder without locks or sockets, as on some network drives, does not keep the app from
/// starting: a second start opens a second window then.
pub(crate) fn claim(folder: &Path) -> Claim {
    claim_within(folder, TIMEOUT)
}

fn claim_within(folder: &Path, timeout: Duration) -> Claim {
    let end = Instant::now() + timeout;
    loop {
        match lock(folder) {
            Ok(Some(lock)) => {
                let listener = logged(listen(folder));
                return Claim::First(Instance { _lock: Some(lock), listener });
            }
            Ok(None) if ask(folder, timeout).is_ok() => return Claim::Shown,
            // The other process has just started, or is about to end.
            Ok(None) if Instant::now() < end => thread::park_timeout(RETRY_INTERVAL),
            Ok(None) => return Claim::Unresponsive,
            Err(error) => {
                logged::<()>(Err(error));
                return Claim::First(Instance { _lock: None, listener: None });
            }
        }
    }
}

/// Locks the folder; `None` if another process has. The system ends the lock with the process.
/// Folder and file are for this user alone: to lock a file, reading it is enough.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).mode(0o600).open(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Replaces the socket of a process that was killed: with the lock, there is no other.
fn listen(folder: &Path) -> io::Result<UnixListener> {
    let path = folder.join(SOCKET);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => UnixListener::bind(path),
    }
}

/// Asks the other process to show its window.
fn ask(folder: &Path, timeout: Duration) -> io::Result<()> {
    let mut other = UnixStream::connect(folder.join(SOCKET))?;
    other.set_read_timeout(Some(timeout))?;
    other.read_exact(&mut [0; SHOWN.len()])
}

fn logged<T>(result: io::Result<T>) -> Option<T> {
    result.inspect_err(|error| tracing::info!("a second start will open a second window: {error}")).ok()
}

impl Instance {
    /// Calls `show` for each later start, on a thread of its own. `show` returns whether the window
    /// was shown.
    pub(crate) fn serve(&mut self, show: impl Fn() -> bool + Send + 'static) {
        let Some(listener) = self.listener.take() else { return };
        let serving = thread::Builder::new().name("instance".to_owned()).spawn(move || {
            for start in listener.incoming() {
                // An error means that the other start has gone away, or that this process is out of
                // files for a moment.
                match start {
                    Ok(mut start) if show() => drop(start.write_all(SHOWN)),
                    Ok(_) => {}
                    Err(_) => thread::park_timeout(RETRY_INTERVAL),
                }
            }
        });
        logged(serving.map(drop));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);

    fn first(folder: &Path) -> Instance {
        match claim_within(folder, SHORT) {
            Claim::First(instance) => instance,
            _ => panic!("the folder was claimed"),
        }
    }

    #[test]
    fn a_second_start_shows_the_first_window() {
        let folder = tempfile::tempdir().unwrap();
        let mut instance = first(&folder.path().join("new"));
        let (send, shown) = channel();
        instance.serve(move || send.send(()).is_ok());
        for _ in 0..3 {
            assert!(matches!(claim(&folder.path().join("new")), Claim::Shown));
            shown.try_recv().unwrap();
        }
        assert!(matches!(claim_within(&folder.path().join("other"), SHORT), Claim::First(_)));
    }

    #[test]
    fn other_users_can_neither_lock_nor_enter_a_new_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("new");
        let _instance = first(&folder);
        for path in [&folder, &folder.join(LOCK)] {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
        }
    }

    #[test]
    fn a_socket_that_a_killed_process_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        drop(UnixListener::bind(folder.path().join(SOCKET)).unwrap());
        let mut instance = first(folder.path());
        instance.serve(|| true);
        assert!(matches!(claim(folder.path()), Claim::Shown));
    }

    #[test]
    fn a_window_that_does_not_respond_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let mut instance = first(folder.path());
        assert!(matches!(claim_within(folder.path(), SHORT), Claim::Unresponsive), "it never serves");
        instance.serve(|| false);
        assert!(matches!(claim_within(folder.path(), SHORT), Claim::Unresponsive), "it shows nothing");
        drop(instance);
        assert!(matches!(claim_within(folder.path(), SHORT), Claim::First(_)), "it has ended");
    }

    #[test]
    fn a_folder_that_cannot_be_locked_does_not_prevent_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        first(&file).serve(|| true);
    }

    #[test]
    fn a_path_that_is_too_long_for_a_socket_does_not_prevent_the_start() {
        let folder = tempfile::tempdir().unwrap();
        drop(first(&folder.path().join("a".repeat(120))));
    }
}
