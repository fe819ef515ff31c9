//! What can be read of a running process from outside: its memory, its command line, its
//! environment (proc(5)).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result};

/// How many bytes are read at a time, and how many of them are read again with the next piece, so
/// that a secret on the border is found.
const PIECE: u64 = 8 << 20;
const OVERLAP: u64 = 16 << 10;

/// The size of a memory page in bytes, and for how many pages one read asks.
const PAGE: u64 = 4096;
const PAGES_PER_READ: u64 = 1 << 17;

/// The clock ticks in a second that Linux reports to every program (proc(5)).
const TICKS: f64 = 100.0;

/// A process of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppProcess {
    /// The name of its program, cut by the kernel after 15 bytes.
    pub name: String,
    pub(crate) pid: u32,
}

impl AppProcess {
    pub(crate) fn new(pid: u32) -> Result<Self> {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm"))?.trim().to_owned();
        Ok(Self { name, pid })
    }

    /// Its arguments and its environment, which every process of the same user can read.
    ///
    /// # Errors
    /// Returns an error if it has ended.
    pub fn start_up_text(&self) -> Result<Vec<u8>> {
        let mut text = std::fs::read(format!("/proc/{}/cmdline", self.pid))?;
        text.extend(std::fs::read(format!("/proc/{}/environ", self.pid))?);
        Ok(text)
    }

    /// The names of its threads.
    ///
    /// # Errors
    /// Returns an error if it has ended.
    pub fn threads(&self) -> Result<Vec<String>> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid))?;
        // A thread can end while it is read.
        let names =
            threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok());
        Ok(names.map(|name| name.trim().to_owned()).collect())
    }

    /// Its proportional set size in bytes: memory that several processes share is divided among
    /// them.
    ///
    /// # Errors
    /// Returns an error if it has ended.
    pub fn proportional_memory(&self) -> Result<u64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }

    /// Its CPU time so far: exact while no thread has ended, else up to 20 milliseconds too little.
    ///
    /// # Errors
    /// Returns an error if it has ended, or the kernel does not count it (CONFIG_SCHED_INFO).
    pub fn cpu_time(&self) -> Result<Duration> {
        let mut of_threads = Duration::ZERO;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.pid))? {
            // A thread can end while it is read.
            let Ok(text) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
            let nanoseconds = text.split(' ').next().and_then(|field| field.parse().ok());
            of_threads += Duration::from_nanos(nanoseconds.context("no CPU time")?);
        }
        // Field 14 is the time in the program, 15 that in the kernel; threads that ended count too.
        let in_program: f64 = self.stat(14)?.parse()?;
        let in_kernel: f64 = self.stat(15)?.parse()?;
        Ok(of_threads.max(Duration::from_secs_f64((in_program + in_kernel) / TICKS)))
    }

    /// The time since its start, to about ten milliseconds.
    ///
    /// # Errors
    /// Returns an error if it has ended.
    pub fn age(&self) -> Result<Duration> {
        let ticks: f64 = self.stat(22)?.parse()?;
        let uptime = std::fs::read_to_string("/proc/uptime")?;
        let uptime: f64 = uptime.split(' ').next().context("no uptime")?.parse()?;
        Ok(Duration::from_secs_f64((uptime - ticks / TICKS).max(0.0)))
    }

    /// The ranges of its address space, with the rights on each (`/proc/PID/maps`).
    fn ranges(&self) -> Result<Vec<(Range<u64>, String)>> {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.pid))?;
        let mut ranges = Vec::new();
        for line in maps.lines() {
            let mut fields = line.split_whitespace();
            let (Some(range), Some(rights)) = (fields.next(), fields.next()) else { continue };
            let Some((start, end)) = range.split_once('-') else { continue };
            let range = u64::from_str_radix(start, 16)?..u64::from_str_radix(end, 16)?;
            ranges.push((range, rights.to_owned()));
        }
        Ok(ranges)
    }

    /// A field of `/proc/PID/stat`, by its number in proc(5) from 3 on.
    fn stat(&self, number: usize) -> Result<String> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        // The name that ends with ")" is field 2, and can contain spaces.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let field = fields.split_whitespace().nth(number.saturating_sub(3));
        Ok(field.context("no such field")?.to_owned())
    }

    /// The size in bytes of its largest range of memory that is writable and executable.
    ///
    /// # Errors
    /// Returns an error if it has ended.
    pub fn writable_code(&self) -> Result<u64> {
        let ranges = self.ranges()?.into_iter().filter(|(_, rights)| rights.starts_with("rwx"));
        Ok(ranges.map(|(range, _)| range.end.saturating_sub(range.start)).max().unwrap_or_default())
    }

    /// Passes all writable memory that is in use to `visit`, piece by piece: what a core dump would
    /// contain.
    ///
    /// # Errors
    /// Returns an error if it has ended, or its memory cannot be read.
    pub fn memory(&self, mut visit: impl FnMut(&[u8])) -> Result<()> {
        let open = |name: &str| {
            let path = format!("/proc/{}/{name}", self.pid);
            File::open(path).context("this user may not read its memory")
        };
        let (mut memory, mut pages) = (open("mem")?, open("pagemap")?);
        for (range, rights) in self.ranges()? {
            if !rights.starts_with("rw") {
                continue;
            }
            for (start, end) in used_parts(&mut pages, range.start, range.end)? {
                let mut at = start;
                while at < end {
                    let length = PIECE.min(end - at);
                    memory.seek(SeekFrom::Start(at))?;
                    let mut piece = Vec::new();
                    // Unreadable memory, such as a device's or a range that was unmapped meanwhile,
                    // is in no core dump either.
                    let _ = Read::by_ref(&mut memory).take(length).read_to_end(&mut piece);
                    visit(&piece);
                    at += if length == PIECE { PIECE - OVERLAP } else { length };
                }
            }
        }
        Ok(())
    }
}

/// The parts of a range that are in memory or swapped out, from the kernel's pagemap. A script
/// engine reserves tens of gigabytes and uses little of them.
fn used_parts(pages: &mut File, start: u64, end: u64) -> Result<Vec<(u64, u64)>> {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    let mut at = start;
    while at < end {
        let length = (end - at).min(PAGES_PER_READ * PAGE) / PAGE * 8;
        pages.seek(SeekFrom::Start(at / PAGE * 8))?;
        let mut entries = Vec::new();
        Read::by_ref(pages).take(length).read_to_end(&mut entries)?;
        for entry in entries.chunks_exact(8) {
            // Bit 63 is "present", bit 62 "swapped"; on these machines the last byte has both.
            if entry.last().is_some_and(|last| last & 0xc0 != 0) {
                match parts.last_mut() {
                    Some((_, part_end)) if *part_end == at => *part_end += PAGE,
                    _ => parts.push((at, at + PAGE)),
                }
            }
            at += PAGE;
        }
        if entries.is_empty() {
            break;
        }
    }
    Ok(parts)
}
