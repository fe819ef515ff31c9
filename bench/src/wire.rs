//! A minimal HTTP/1.1 client over one connection. Requests are bytes made beforehand, and responses
//! must have a length: time that the load generator spends would count against the server.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const MAX_HEADERS: usize = 40;

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A response. Its body is in the connection's buffer.
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: &'a [u8],
}

impl Response<'_> {
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(self.body).context("the response is not JSON")
    }
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("the server accepts no connection")?;
        stream.set_nodelay(true)?;
        Ok(Self::from_stream(stream))
    }

    pub(crate) fn from_stream(stream: TcpStream) -> Self {
        Self { stream, buffer: Vec::with_capacity(4096) }
    }

    /// Sends a request and waits for its response.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Response<'_>> {
        self.stream.write_all(request).await.context("the request could not be sent")?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.context("the response is incomplete")?;
            if read == 0 {
                bail!("the connection was closed without a response");
            }
            if let Some(head) = Head::parse(&self.buffer)? {
                while self.buffer.len() < head.length + head.body {
                    if self.stream.read_buf(&mut self.buffer).await.context("the response is incomplete")?
                        == 0
                    {
                        bail!("the response is incomplete");
                    }
                }
                let body = self.buffer.get(head.length..).unwrap_or_default();
                return Ok(Response { status: head.status, retry_after: head.retry_after, body });
            }
        }
    }
}

struct Head {
    status: u16,
    /// The length of the head, in bytes.
    length: usize,
    /// The length of the body, in bytes.
    body: usize,
    retry_after: Option<u64>,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(bytes).context("not HTTP")? else {
            return Ok(None);
        };
        let status = response.code.context("no status")?;
        let number = |name: &str| {
            let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(header.value).ok()?.trim().parse::<u64>().ok()
        };
        let body = match number("content-length") {
            Some(length) => length.try_into()?,
            None if status == 204 => 0,
            None => bail!("a response {status} without a length"),
        };
        Ok(Some(Self { status, length, body, retry_after: number("retry-after") }))
    }
}

/// Builds a complete request. Its body, if any, is JSON.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    let body = body.map(Value::to_string);
    if let Some(body) = &body {
        text += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    } else if method != "GET" {
        text += "content-length: 0\r\n";
    }
    (text + "\r\n" + body.as_deref().unwrap_or_default()).into_bytes()
}
