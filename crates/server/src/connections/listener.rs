//! What connections are accepted from: a socket of TCP, or a Unix socket.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::Passed;
#[cfg(unix)]
use super::socket_file::SocketFile;
use crate::address::Peer;
use crate::settings::{Listen, SocketMode};

/// A stream of bytes of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A socket that listens.
pub(crate) struct Listener {
    socket: Socket,
    /// Where it listens, with the real port.
    listen: Listen,
    /// The file of a Unix socket, unless another program has made it. Removed after the socket is
    /// closed.
    #[cfg(unix)]
    _file: Option<SocketFile>,
}

enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Listener {
    /// Listens. A Unix socket gets `mode`.
    ///
    /// # Errors
    /// Whatever the system says; for a Unix socket, also what is in its place.
    pub(crate) async fn bind(listen: &Listen, mode: SocketMode) -> io::Result<Self> {
        match listen {
            Listen::Tcp(address) => Self::of_tcp(TcpListener::bind(address).await?),
            #[cfg(unix)]
            Listen::Unix(path) => {
                let (socket, file) = SocketFile::bind(path, mode).await?;
                Ok(Self { socket: Socket::Unix(socket), listen: listen.clone(), _file: Some(file) })
            }
            #[cfg(not(unix))]
            Listen::Unix(_) => {
                let _ = mode;
                Err(io::ErrorKind::Unsupported.into())
            }
        }
    }

    /// Takes a socket that listens already. Its file, if it has one, stays when this one stops.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(crate) fn take(passed: Passed) -> io::Result<Self> {
        match passed {
            Passed::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                Self::of_tcp(TcpListener::from_std(socket)?)
            }
            #[cfg(unix)]
            Passed::Unix(socket) => {
                socket.set_nonblocking(true)?;
                let path = socket.local_addr()?.as_pathname().map(Into::into).unwrap_or_default();
                let socket = Socket::Unix(UnixListener::from_std(socket)?);
                Ok(Self { socket, listen: Listen::Unix(path), _file: None })
            }
        }
    }

    fn of_tcp(socket: TcpListener) -> io::Result<Self> {
        let listen = socket.local_addr()?.into();
        Ok(Self {
            socket: Socket::Tcp(socket),
            listen,
            #[cfg(unix)]
            _file: None,
        })
    }

    /// Where it listens.
    pub(crate) fn listen(&self) -> &Listen {
        &self.listen
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<(Box<dyn Stream>, Peer)> {
        match &self.socket {
            Socket::Tcp(socket) => {
                let (stream, peer) = socket.accept().await?;
                // Without this, small responses wait for the client's acknowledgement.
                let _ = stream.set_nodelay(true);
                Ok((Box::new(stream), Peer::Address(peer)))
            }
            #[cfg(unix)]
            Socket::Unix(socket) => {
                let (stream, _) = socket.accept().await?;
                Ok((Box::new(stream), Peer::UnixSocket))
            }
        }
    }
}
