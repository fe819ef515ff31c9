//! Where the server listens: an address of TCP, or a Unix socket.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest path of a Unix socket on every system, in bytes (`sun_path` without its end).
const MAX_PATH_BYTES: usize = 103;

/// `127.0.0.1:5468`, or `unix:/run/latchkey/server.sock`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Listen {
    /// An address and a port. Port 0 picks a free one.
    Tcp(SocketAddr),
    /// The file of a Unix socket, an absolute path.
    Unix(PathBuf),
}

/// A text that names no place to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidListen {
    /// Neither form.
    #[error(
        "not an address with a port (127.0.0.1:5468) and not a Unix socket (unix:/run/latchkey/server.sock)"
    )]
    Form,
    /// The path of the socket depends on the working folder, or is no path.
    #[error("the path of a Unix socket begins with /: unix:/run/latchkey/server.sock")]
    Relative,
    /// The system refuses such a path.
    #[error("the path of a Unix socket has {MAX_PATH_BYTES} bytes at most")]
    TooLong,
    /// This system has none.
    #[error("this system has no Unix sockets for servers: set an address with a port")]
    Unsupported,
}

impl Listen {
    /// The address, if it is one.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// The file of the Unix socket, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(path) => Some(path),
        }
    }
}

impl FromStr for Listen {
    type Err = InvalidListen;

    fn from_str(text: &str) -> Result<Self, InvalidListen> {
        let Some(path) = text.strip_prefix("unix:") else {
            return text.parse().map(Self::Tcp).map_err(|_| InvalidListen::Form);
        };
        match path {
            _ if !cfg!(unix) => Err(InvalidListen::Unsupported),
            _ if !path.starts_with('/') || path.ends_with('/') || path.contains('\0') => {
                Err(InvalidListen::Relative)
            }
            _ if path.len() > MAX_PATH_BYTES => Err(InvalidListen::TooLong),
            _ => Ok(Self::Unix(PathBuf::from(path))),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl TryFrom<String> for Listen {
    type Error = InvalidListen;

    fn try_from(text: String) -> Result<Self, InvalidListen> {
        text.parse()
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> Self {
        listen.to_string()
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_read_with_its_port_only() {
        assert_eq!("[::1]:80".parse(), Ok(Listen::Tcp("[::1]:80".parse().unwrap())));
        for text in ["", "127.0.0.1", "localhost:80", "5468", "http://127.0.0.1:80", "unix", "/run/a.sock"] {
            assert_eq!(text.parse::<Listen>(), Err(InvalidListen::Form), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_unix_socket_has_an_absolute_path_that_the_system_takes() {
        let listen: Listen = "unix:/run/latchkey/server.sock".parse().unwrap();
        assert_eq!(listen.path(), Some(Path::new("/run/latchkey/server.sock")));
        assert_eq!(listen.to_string(), "unix:/run/latchkey/server.sock");
        for text in ["unix:", "unix:server.sock", "unix:@abstract", "unix:/", "unix:/run/", "unix:/a\0b"] {
            assert_eq!(text.parse::<Listen>(), Err(InvalidListen::Relative), "{text}");
        }
        let of = |bytes| format!("unix:/{}", "x".repeat(bytes - 1)).parse::<Listen>();
        assert!(of(MAX_PATH_BYTES).is_ok());
        assert_eq!(of(MAX_PATH_BYTES + 1), Err(InvalidListen::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_so_that_it_is_read_again(text in "(unix:)?[ -~]{0,30}") {
            if let Ok(listen) = text.parse::<Listen>() {
                prop_assert_eq!(listen.to_string().parse::<Listen>(), Ok(listen));
            }
        }
    }
}
