//! Closes the connection of a client that does not read its response: a write without progress
//! fails after a time limit. (The HTTP library and the deadline of the body drop a client that does
//! not write.)

use std::pin::Pin;
use std::time::Duration;

use tokio_io_timeout::TimeoutStream;

/// A stream whose writes fail with `TimedOut` after `timeout` without progress. Pinned, because the
/// library's stream contains a timer.
pub(super) fn with_write_timeout<S>(stream: S, timeout: Duration) -> Pin<Box<TimeoutStream<S>>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite,
{
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(timeout));
    Box::pin(stream)
}

#[cfg(test)]
mod tests {
    use std::io;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_waited_for_and_a_stopped_one_times_out() {
        let (server, mut client) = tokio::io::duplex(4);
        let mut server = with_write_timeout(server, Duration::from_secs(30));
        let reading = tokio::spawn(async move {
            let mut byte = [0];
            for _ in 0..4 {
                tokio::time::sleep(Duration::from_secs(20)).await;
                client.read_exact(&mut byte).await.unwrap();
            }
            client
        });
        server.write_all(b"12345678").await.unwrap();
        let _client = reading.await.unwrap();
        let error = server.write_all(b"9").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
