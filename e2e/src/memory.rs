//! What a running process lets be seen from outside: its memory, its command line, its environment (proc(5)).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use anyhow::{Context, Result};

/// How much is read at once, and how much of it is read again with the next piece.
const PIECE: u64 = 8 << 20;
const OVERLAP: u64 = 16 << 10;

/// The size of a page, and how many are asked about at once.
const PAGE: u64 = 4096;
const PAGES_AT_ONCE: u64 = 1 << 17;

/// A process of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppProcess {
    /// The name of its program, of which the kernel keeps fifteen letters.
    pub name: String,
    pub(crate) pid: u32,
}

impl AppProcess {
    pub(crate) fn new(pid: u32) -> Result<Self> {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm"))?.trim().to_owned();
        Ok(Self { name, pid })
    }

    /// Its arguments and its environment, as everybody else of this person may read them.
    ///
    /// # Errors
    /// If it has ended.
    pub fn start_up_text(&self) -> Result<Vec<u8>> {
        let mut text = std::fs::read(format!("/proc/{}/cmdline", self.pid))?;
        text.extend(std::fs::read(format!("/proc/{}/environ", self.pid))?);
        Ok(text)
    }

    /// Its share of the memory that is in use, in bytes: what it shares with others is divided among them.
    ///
    /// # Errors
    /// If it has ended.
    pub fn proportional_memory(&self) -> Result<u64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }

    /// How long ago it was started, to ten milliseconds or so.
    ///
    /// # Errors
    /// If it has ended.
    pub fn age(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        let fields = stat.rsplit(')').next().unwrap_or_default();
        // The 22nd field, in ticks of which Linux tells every program that there are a hundred in a second (proc(5)).
        let ticks: f64 = fields.split_whitespace().nth(19).context("no start time")?.parse()?;
        let uptime = std::fs::read_to_string("/proc/uptime")?;
        let uptime: f64 = uptime.split(' ').next().context("no uptime")?.parse()?;
        Ok(Duration::from_secs_f64((uptime - ticks / 100.0).max(0.0)))
    }

    /// Reads all of its memory that it could write and that is really there, piece by piece: what a core dump would hold.
    ///
    /// # Errors
    /// If it has ended, or its memory may not be read.
    pub fn memory(&self, mut look: impl FnMut(&[u8])) -> Result<()> {
        let open = |name: &str| {
            let path = format!("/proc/{}/{name}", self.pid);
            File::open(path).context("its memory is closed to us")
        };
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.pid))?;
        let (mut memory, mut pages) = (open("mem")?, open("pagemap")?);
        for line in maps.lines() {
            let mut fields = line.split_whitespace();
            let (Some(range), Some(rights)) = (fields.next(), fields.next()) else { continue };
            let Some((start, end)) = range.split_once('-') else { continue };
            if !rights.starts_with("rw") {
                continue;
            }
            let (start, end) = (u64::from_str_radix(start, 16)?, u64::from_str_radix(end, 16)?);
            for (start, end) in present(&mut pages, start, end)? {
                let mut at = start;
                while at < end {
                    let length = PIECE.min(end - at);
                    memory.seek(SeekFrom::Start(at))?;
                    let mut piece = Vec::new();
                    // What cannot be read, such as a device's memory or what was unmapped since, is in no core dump either.
                    let _ = Read::by_ref(&mut memory).take(length).read_to_end(&mut piece);
                    look(&piece);
                    at += if length == PIECE { PIECE - OVERLAP } else { length };
                }
            }
        }
        Ok(())
    }
}

/// The parts of a range that are in memory or swapped out (the kernel's pagemap document). A script engine reserves tens of
/// gigabytes and uses little of it.
fn present(pages: &mut File, start: u64, end: u64) -> Result<Vec<(u64, u64)>> {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    let mut at = start;
    while at < end {
        let length = (end - at).min(PAGES_AT_ONCE * PAGE) / PAGE * 8;
        pages.seek(SeekFrom::Start(at / PAGE * 8))?;
        let mut entries = Vec::new();
        Read::by_ref(pages).take(length).read_to_end(&mut entries)?;
        for entry in entries.chunks_exact(8) {
            // Bit 63 is “present”, bit 62 “swapped”; the kernel's numbers are little-endian here.
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
