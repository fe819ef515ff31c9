//! Requests over plain HTTP to a server on this machine, one for each connection. Only what the
//! load of a test needs.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

/// Time limit for a response.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Sends a request with extra header lines, each with its line end.
pub(super) fn request(url: &str, line: &str, headers: &str, body: &str) -> Result<Response> {
    let host = url.strip_prefix("http://").with_context(|| format!("{url} is not plain HTTP"))?;
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let length = body.len();
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    parse(&response).with_context(|| format!("`{line}` got no response: {response:?}"))
}

fn parse(response: &str) -> Option<Response> {
    let status = response.split_whitespace().nth(1)?.parse().ok()?;
    let (_, body) = response.split_once("\r\n\r\n")?;
    Some(Response { status, body: body.to_owned() })
}

/// The text of a member of a JSON object that needs no unescaping, as a token.
pub(super) fn text<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = json.split_once(&format!("\"{name}\":\""))?;
    value.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_body_are_read() {
        let response = parse("HTTP/1.1 200 OK\r\nx: y\r\n\r\n{\"token\":\"a.b.c\",\"n\":1}").unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(text(&response.body, "token"), Some("a.b.c"));
        assert_eq!(text(&response.body, "other"), None);
        assert!(parse("HTTP/1.1 200 OK\r\n").is_none());
    }
}
