//! The header of the PROXY protocol, version 2 (its specification, §2.2), with which a proxy says
//! at the beginning of a connection whose it is. Read from trusted proxies only. Version 1, a line
//! of text, is refused.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt as _};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// Maximum length of the addresses and of what a proxy may add to them, in bytes.
const MAX_BYTES: usize = 4096;

/// Why a connection of a proxy is closed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProxyHeaderError {
    /// The connection broke off.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The connection begins with something else, or a field has a value that is not defined.
    #[error("it does not begin with a header of PROXY protocol version 2")]
    Form,
}

/// Reads the header, and returns the client's address. `None`: the connection is the proxy's own,
/// or the client has no address of the internet; it came to the proxy over a Unix socket, say.
/// Such clients must not count as one.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    let mut fixed = [0; 16];
    stream.read_exact(&mut fixed).await?;
    let [signature @ .., version_and_command, family, high, low] = fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if signature != SIGNATURE || length > MAX_BYTES {
        return Err(ProxyHeaderError::Form);
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    match (version_and_command, family) {
        // LOCAL: the proxy looks whether this server works.
        (0x20, _) => Ok(None),
        // PROXY: a stream of IPv4, a stream of IPv6.
        (0x21, 0x11) => four(&rest).map(Some).ok_or(ProxyHeaderError::Form),
        (0x21, 0x21) => six(&rest).map(Some).ok_or(ProxyHeaderError::Form),
        // AF_UNSPEC, and AF_UNIX with a stream.
        (0x21, 0x00 | 0x31) => Ok(None),
        _ => Err(ProxyHeaderError::Form),
    }
}

/// Two addresses and two ports, of which the first are the client's.
fn four(bytes: &[u8]) -> Option<SocketAddr> {
    let (address, rest) = bytes.split_first_chunk::<4>()?;
    let (_to, rest) = rest.split_first_chunk::<4>()?;
    socket(Ipv4Addr::from(*address).into(), rest)
}

fn six(bytes: &[u8]) -> Option<SocketAddr> {
    let (address, rest) = bytes.split_first_chunk::<16>()?;
    let (_to, rest) = rest.split_first_chunk::<16>()?;
    socket(Ipv6Addr::from(*address).into(), rest)
}

fn socket(address: IpAddr, ports: &[u8]) -> Option<SocketAddr> {
    let (port, rest) = ports.split_first_chunk::<2>()?;
    let _to = rest.split_first_chunk::<2>()?;
    Some(SocketAddr::new(address, u16::from_be_bytes(*port)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(version_and_command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([version_and_command, family]);
        bytes.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
        bytes.extend(rest);
        bytes
    }

    async fn result(bytes: &[u8]) -> Result<Option<String>, String> {
        let found = read(&mut &bytes[..]).await;
        found.map(|address| address.map(|address| address.to_string())).map_err(|error| error.to_string())
    }

    const FOUR: [u8; 12] = [203, 0, 113, 7, 10, 0, 0, 1, 0x15, 0x5c, 0, 80];

    #[tokio::test]
    async fn the_address_of_a_client_is_read_and_nothing_behind_the_header() {
        assert_eq!(result(&header(0x21, 0x11, &FOUR)).await, Ok(Some("203.0.113.7:5468".into())));
        // With fields that a proxy adds.
        let more = [&FOUR[..], &[4, 0, 1, 0]].concat();
        let bytes = [header(0x21, 0x11, &more), b"GET /".to_vec()].concat();
        let mut stream = &bytes[..];
        read(&mut stream).await.unwrap();
        assert_eq!(stream, b"GET /");
        let mut six = Ipv6Addr::LOCALHOST.octets().to_vec();
        six.extend([0; 16]);
        six.extend([0, 7, 0, 8]);
        assert_eq!(result(&header(0x21, 0x21, &six)).await, Ok(Some("[::1]:7".into())));
        assert_eq!(result(&header(0x20, 0x00, &[])).await, Ok(None));
    }

    #[tokio::test]
    async fn a_client_without_an_address_is_nobodys_and_other_forms_are_refused() {
        for family in [0x00, 0x31] {
            assert_eq!(result(&header(0x21, family, &FOUR)).await, Ok(None));
        }
        for bytes in [
            header(0x21, 0x11, &FOUR[..11]),
            // Datagrams, and a family that is not defined.
            header(0x21, 0x12, &FOUR),
            header(0x21, 0x32, &FOUR),
            header(0x21, 0x41, &FOUR),
            header(0x11, 0x11, &FOUR),
            header(0x22, 0x11, &FOUR),
            header(0x21, 0x11, &[0; 5000]),
            b"PROXY TCP4 203.0.113.7 10.0.0.1 5468 80\r\n".to_vec(),
            b"GET / HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(),
        ] {
            assert!(result(&bytes).await.unwrap_err().contains("does not begin with"), "{bytes:?}");
        }
        assert!(result(&header(0x21, 0x11, &FOUR)[..20]).await.is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(rest in proptest::collection::vec(any::<u8>(), 0..80), command: u8, family: u8) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(result(&header(command, family, &rest)));
        }
    }
}
