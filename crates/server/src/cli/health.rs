//! `health`: whether the server on this computer is ready, for the health check of a container that
//! has no other program.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use latchkey_server::settings::{Listen, TrustedProxy};
use serde_json::json;

use super::{Failure, Global};

/// How long the answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The header of a connection of the proxy's own.
const LOCAL: [u8; 16] = *b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

/// Asks `/readyz` at the address of the settings.
pub(super) fn run(global: &Global) -> Result<ExitCode, Failure> {
    let settings = global.settings()?;
    if settings.tls_certificate_file.is_some() {
        return Err(Failure("this command speaks no TLS: ask /readyz with another program".to_owned()));
    }
    let place = reachable(settings.listen);
    let proxies = if settings.proxy_protocol { settings.trusted_proxies.as_slice() } else { &[] };
    let status =
        ask(&place, proxies).map_err(|error| Failure(format!("{place} does not answer: {error}")))?;
    match status.as_str() {
        "200" => {
            global.say(&json!({ "ready": true }), || "ready".to_owned())?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(Failure(format!("{place} is not ready: status {status}"))),
    }
}

/// Where a program on this computer reaches a server that listens there.
fn reachable(listen: Listen) -> Listen {
    let Listen::Tcp(mut address) = listen else { return listen };
    address.set_ip(match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    });
    address.into()
}

/// The status of the response. Where the server believes the address that this command calls from
/// to be a proxy's, the connection begins as one of a proxy's own (PROXY protocol version 2, §2.2).
fn ask(place: &Listen, proxies: &[TrustedProxy]) -> io::Result<String> {
    let header = |is_proxy: bool| if is_proxy { LOCAL.as_slice() } else { &[] };
    match place {
        Listen::Tcp(address) => {
            let stream = TcpStream::connect_timeout(address, TIMEOUT)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream.set_write_timeout(Some(TIMEOUT))?;
            let own = stream.local_addr()?.ip().to_canonical();
            status(stream, header(proxies.iter().any(|proxy| proxy.is_at(&own))))
        }
        #[cfg(unix)]
        Listen::Unix(path) => {
            let stream = std::os::unix::net::UnixStream::connect(path)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream.set_write_timeout(Some(TIMEOUT))?;
            status(stream, header(proxies.contains(&TrustedProxy::UnixSocket)))
        }
        #[cfg(not(unix))]
        Listen::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn status(mut stream: impl Read + Write, header: &[u8]) -> io::Result<String> {
    let request = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(&[header, request].concat())?;
    let mut line = String::new();
    BufReader::new(stream.take(256)).read_line(&mut line)?;
    let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next());
    status.map(str::to_owned).ok_or_else(|| io::Error::other("this is no answer of HTTP"))
}
