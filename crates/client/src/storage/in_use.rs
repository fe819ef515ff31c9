//! Waits for another program to release a file. On Windows a virus scanner, an indexer or a backup
//! opens a file for a moment so that no other program can read, replace or delete it.

use std::io;
use std::time::{Duration, Instant};

use super::platform;

/// Maximum wait for the other program, and the time between two tries.
const MAX_WAIT: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(10);

/// Runs `work` again while another program has its file open, for a second at most. Blocks: never
/// call it on an asynchronous thread.
///
/// # Errors
/// Returns the last error of `work`.
pub(crate) fn until_released<T>(work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    retry_while(platform::is_in_use, work)
}

fn retry_while<T>(
    is_in_use: impl Fn(&io::Error) -> bool,
    mut work: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    let deadline = Instant::now() + MAX_WAIT;
    loop {
        match work() {
            Err(error) if is_in_use(&error) && Instant::now() < deadline => std::thread::park_timeout(PAUSE),
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in_use(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::ResourceBusy
    }

    #[test]
    fn a_file_that_is_released_is_used() {
        let mut tries = 0;
        let outcome = retry_while(is_in_use, || {
            tries += 1;
            if tries < 4 { Err(io::ErrorKind::ResourceBusy.into()) } else { Ok(tries) }
        });
        assert_eq!(outcome.unwrap(), 4);
    }

    #[test]
    fn a_file_that_is_not_released_is_reported_after_a_second() {
        let start = Instant::now();
        let outcome = retry_while(is_in_use, || Err::<(), _>(io::ErrorKind::ResourceBusy.into()));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        assert!(start.elapsed() >= MAX_WAIT);
    }

    #[test]
    fn another_error_is_returned_at_once() {
        let mut tries = 0;
        let outcome = retry_while(is_in_use, || {
            tries += 1;
            Err::<(), _>(io::ErrorKind::NotFound.into())
        });
        assert_eq!((outcome.unwrap_err().kind(), tries), (io::ErrorKind::NotFound, 1));
    }
}
