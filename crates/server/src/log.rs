//! The server's log. Owns a bounded queue and the one thread that writes from it. Refuses to let a
//! request wait for the reader of the log or fail because of it: a line that cannot be written is
//! counted.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How many lines may wait to be written. A reader that stops for longer than they last loses the
/// rest.
const MAX_QUEUED_LINES: usize = 4096;

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

enum Entry {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// A writer that never fails and never waits. Each call of `write` is one line.
#[derive(Clone, Debug)]
pub struct LogQueue {
    entries: SyncSender<Entry>,
}

impl LogQueue {
    /// Starts the thread that writes to `output`.
    ///
    /// # Errors
    /// Returns an error if the system cannot start a thread.
    pub fn start(output: impl Write + Send + 'static) -> io::Result<Self> {
        let (entries, queue) = sync_channel(MAX_QUEUED_LINES);
        thread::Builder::new().name("log".to_owned()).spawn(move || write_all_of(&queue, output))?;
        Ok(Self { entries })
    }

    /// Waits until everything that was logged before is written, but not longer than a second.
    pub fn flush(&self) {
        let (done, flushed) = sync_channel(1);
        // A full queue means that its reader has stopped: there is nothing to wait for.
        if self.entries.try_send(Entry::Flush(done)).is_ok() {
            let _ = flushed.recv_timeout(FLUSH_TIMEOUT);
        }
    }
}

impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.entries.try_send(Entry::Line(line.to_vec())).is_err() {
            lose_line();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all_of(queue: &Receiver<Entry>, mut output: impl Write) {
    for entry in queue {
        match entry {
            Entry::Line(line) if output.write_all(&line).is_err() => lose_line(),
            Entry::Line(_) => {}
            Entry::Flush(done) => {
                let _ = done.try_send(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};

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
    fn an_output_that_fails_loses_its_lines_and_no_more() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let _guard = ONE_AT_A_TIME.lock().unwrap();
        let before = lost_lines();
        let mut queue = LogQueue::start(Full).unwrap();
        queue.write_all(b"one\n").unwrap();
        queue.write_all(b"two\n").unwrap();
        LogQueue::flush(&queue);
        assert_eq!(lost_lines() - before, 2);
    }

    #[test]
    fn an_output_that_hangs_makes_no_writer_wait() {
        struct Hanging(std::sync::mpsc::Receiver<()>);
        impl Write for Hanging {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let _ = self.0.recv();
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let _guard = ONE_AT_A_TIME.lock().unwrap();
        let before = lost_lines();
        let (release, hanging) = channel();
        let mut queue = LogQueue::start(Hanging(hanging)).unwrap();
        // One line may be in the hands of the thread.
        for _ in 0..MAX_QUEUED_LINES + 11 {
            queue.write_all(b"line\n").unwrap();
        }
        assert!((10..=11).contains(&(lost_lines() - before)), "{}", lost_lines() - before);
        drop(release);
    }
}
