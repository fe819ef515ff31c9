//! HTTP/1.1 over one connection, as little of it as a measurement needs: requests are bytes made beforehand, answers have
//! a length. What costs the generator time would be counted against the server.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const MOST_HEADERS: usize = 40;

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer. Its texts are in the connection's buffer.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(self.body).context("the answer is not JSON")
    }
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("no connection")?;
        stream.set_nodelay(true)?;
        Ok(Self::from_stream(stream))
    }

    pub(crate) fn from_stream(stream: TcpStream) -> Self {
        Self { stream, buffer: Vec::with_capacity(4096) }
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await.context("the request could not be sent")?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.context("the answer broke off")?;
            if read == 0 {
                bail!("the connection was closed without an answer");
            }
            if let Some(head) = Head::parse(&self.buffer)? {
                while self.buffer.len() < head.length + head.body {
                    if self.stream.read_buf(&mut self.buffer).await.context("the answer broke off")? == 0 {
                        bail!("the answer broke off");
                    }
                }
                let body = self.buffer.get(head.length..).unwrap_or_default();
                return Ok(Answer { status: head.status, retry_after: head.retry_after, body });
            }
        }
    }
}

struct Head {
    status: u16,
    /// Of the head, in bytes.
    length: usize,
    /// Of the body, in bytes.
    body: usize,
    retry_after: Option<u64>,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
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
            None => bail!("an answer {status} without a length"),
        };
        Ok(Some(Self { status, length, body, retry_after: number("retry-after") }))
    }
}

/// A request, whole. A body is JSON.
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
