//! A socket that another program has opened for this one.

use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::net::UnixListener;

/// A socket that listens already: systemd's, say. It counts instead of the setting `listen`.
#[derive(Debug)]
#[non_exhaustive]
pub enum Passed {
    /// Of TCP.
    Tcp(TcpListener),
    /// A Unix socket. Who made it removes its file.
    #[cfg(unix)]
    Unix(UnixListener),
}
