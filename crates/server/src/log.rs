//! The server's log. Owns a bounded buffer of lines and the one thread that writes from it. Refuses
//! to let a request wait for the reader of the log or fail because of it: a line that cannot be
//! written is counted.

use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How many bytes may wait to be written: some 8000 lines. A reader that stops for longer than they
/// last loses the rest.
const MAX_WAITING_BYTES: usize = 1024 * 1024;

/// How much memory an empty buffer keeps.
const KEPT_BYTES: usize = 64 * 1024;

/// The time between two writes. Lines that come meanwhile are written together: to wake the thread
/// for each costs a request more than its line. The first line after a quiet time does not wait.
const PAUSE: Duration = Duration::from_millis(1);

/// Maximum time that [`LogQueue::flush`] waits.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Standard error belongs to the process, and so does the count.
static LOST: AtomicU64 = AtomicU64::new(0);

/// How many lines of the log were lost since the process started: standard error was full or
/// closed, or its reader had stopped.
pub fn lost_lines() -> u64 {
    LOST.load(Ordering::Relaxed)
}

fn lose_line() {
    LOST.fetch_add(1, Ordering::Relaxed);
}

#[derive(Debug, Default)]
struct Buffer {
    waiting: Mutex<Waiting>,
    /// Tells the thread that a line waits, or that there will be no more.
    filled: Condvar,
    /// Tells those who flush that lines are written.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Bytes that were taken in, since the start.
    queued: u64,
    /// Bytes that are written or lost, since the start.
    done: u64,
    /// Whether the thread has to be woken.
    is_asleep: bool,
    is_closed: bool,
}

impl Buffer {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.lines.len().saturating_add(line.len()) > MAX_WAITING_BYTES {
            return lose_line();
        }
        waiting.lines.extend_from_slice(line);
        waiting.queued += line.len() as u64;
        let must_wake = mem::take(&mut waiting.is_asleep);
        drop(waiting);
        if must_wake {
            self.filled.notify_one();
        }
    }

    /// Waits for lines and exchanges them for `empty`; `None` if there are none and will be none.
    fn take(&self, empty: Vec<u8>) -> Option<Vec<u8>> {
        let mut waiting = self.lock();
        while waiting.lines.is_empty() {
            if waiting.is_closed {
                return None;
            }
            waiting.is_asleep = true;
            waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.is_asleep = false;
        Some(mem::replace(&mut waiting.lines, empty))
    }

    /// Waits for [`PAUSE`], or until there will be no more lines.
    fn pause(&self) {
        let is_open = |waiting: &mut Waiting| !waiting.is_closed;
        drop(self.filled.wait_timeout_while(self.lock(), PAUSE, is_open));
    }

    fn finish(&self, bytes: usize) {
        self.lock().done += bytes as u64;
        self.emptied.notify_all();
    }

    fn flush(&self) {
        let waiting = self.lock();
        let end = waiting.queued;
        let is_left = |waiting: &mut Waiting| waiting.done < end;
        // Whether it is written in time changes nothing.
        drop(self.emptied.wait_timeout_while(waiting, FLUSH_TIMEOUT, is_left));
    }
}

/// Ends the thread when the last writer is dropped.
#[derive(Debug)]
struct Closing(Arc<Buffer>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.filled.notify_one();
    }
}

/// A writer that never fails and never waits. Each call of `write` is one line.
#[derive(Clone, Debug)]
pub struct LogQueue(Arc<Closing>);

impl LogQueue {
    /// Starts the thread that writes to `output`.
    ///
    /// # Errors
    /// Returns an error if the system cannot start a thread.
    pub fn start(output: impl Write + Send + 'static) -> io::Result<Self> {
        let buffer = Arc::new(Buffer::default());
        let writers = Self(Arc::new(Closing(Arc::clone(&buffer))));
        thread::Builder::new().name("log".to_owned()).spawn(move || write_all_of(&buffer, output))?;
        Ok(writers)
    }

    /// Waits until everything that was logged before is written, but not longer than a second.
    pub fn flush(&self) {
        self.0.0.flush();
    }
}

impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all_of(buffer: &Buffer, mut output: impl Write) {
    let mut empty = Vec::new();
    while let Some(mut lines) = buffer.take(mem::take(&mut empty)) {
        write_lines(&mut output, &lines);
        buffer.finish(lines.len());
        lines.clear();
        lines.shrink_to(KEPT_BYTES);
        empty = lines;
        buffer.pause();
    }
}

/// Writes lines. One that cannot be written is lost, and the next one is tried.
fn write_lines(output: &mut impl Write, mut lines: &[u8]) {
    while !lines.is_empty() {
        match output.write(lines) {
            Ok(written) if written > 0 => lines = lines.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            _ => {
                lose_line();
                let end = lines.iter().position(|byte| *byte == b'\n');
                lines = end.and_then(|end| lines.get(end + 1..)).unwrap_or_default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Tests of this module share the process' count.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output that says what it gets, and waits until it may go on.
    struct Hanging {
        got: Sender<Vec<u8>>,
        released: Receiver<()>,
    }

    impl Hanging {
        fn new() -> (Self, Receiver<Vec<u8>>, Sender<()>) {
            let ((got, receiver), (release, released)) = (channel(), channel());
            (Self { got, released }, receiver, release)
        }
    }

    impl Write for Hanging {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.got.send(bytes.to_vec());
            let _ = self.released.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_arrive_in_order_and_flush_waits_for_them() {
        let memory = Memory::default();
        let mut queue = LogQueue::start(memory.clone()).unwrap();
        for line in ["one\n", "two\n", "three\n"] {
            assert_eq!(queue.write(line.as_bytes()).unwrap(), line.len());
        }
        LogQueue::flush(&queue);
        assert_eq!(*memory.0.lock().unwrap(), b"one\ntwo\nthree\n");
    }

    #[test]
    fn lines_that_come_during_a_write_are_written_together() {
        let (output, got, release) = Hanging::new();
        let mut queue = LogQueue::start(output).unwrap();
        queue.write_all(b"one\n").unwrap();
        assert_eq!(got.recv().unwrap(), b"one\n");
        for line in ["two\n", "three\n"] {
            queue.write_all(line.as_bytes()).unwrap();
        }
        release.send(()).unwrap();
        assert_eq!(got.recv().unwrap(), b"two\nthree\n");
        drop(release);
    }

    #[test]
    fn the_thread_ends_with_the_last_writer_after_its_lines() {
        let (output, got, release) = Hanging::new();
        let mut queue = LogQueue::start(output).unwrap();
        queue.clone().write_all(b"one\n").unwrap();
        assert_eq!(got.recv().unwrap(), b"one\n");
        queue.write_all(b"two\n").unwrap();
        drop((queue, release));
        assert_eq!(got.recv().unwrap(), b"two\n");
        got.recv().unwrap_err();
    }

    #[test]
    fn an_output_that_fails_loses_its_lines_and_no_more() {
        /// Takes three bytes at a time, and no line that begins with a b.
        #[derive(Default)]
        struct Choosy(Memory);
        impl Write for Choosy {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                match bytes.first() {
                    Some(b'b') => Err(io::ErrorKind::StorageFull.into()),
                    _ => self.0.write(&bytes[..bytes.len().min(3)]),
                }
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let _guard = ONE_AT_A_TIME.lock().unwrap();
        let before = lost_lines();
        let output = Choosy::default();
        let memory = output.0.clone();
        let mut queue = LogQueue::start(output).unwrap();
        for line in ["a1\n", "b2\n", "b3\n", "a4\n", "b5\n"] {
            queue.write_all(line.as_bytes()).unwrap();
        }
        LogQueue::flush(&queue);
        assert_eq!(*memory.0.lock().unwrap(), b"a1\na4\n");
        assert_eq!(lost_lines() - before, 3);
    }

    #[test]
    fn an_output_that_hangs_makes_no_writer_wait() {
        const LINE_BYTES: usize = 1024;
        let _guard = ONE_AT_A_TIME.lock().unwrap();
        let before = lost_lines();
        let (output, got, release) = Hanging::new();
        let mut queue = LogQueue::start(output).unwrap();
        queue.write_all(b"in the hands of the thread\n").unwrap();
        got.recv().unwrap();
        for _ in 0..MAX_WAITING_BYTES / LINE_BYTES + 11 {
            queue.write_all(&[b'x'; LINE_BYTES]).unwrap();
        }
        assert_eq!(lost_lines() - before, 11);
        drop(release);
    }
}
