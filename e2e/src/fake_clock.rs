//! A wall clock for all programs of a desktop, which a test sets while they run (libfaketime). The
//! monotonic clock stays the machine's.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where distributions install the library.
const FOLDERS: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib64/faketime",
    "/usr/lib/faketime",
    "/usr/local/lib/faketime",
];
const LIBRARY: &str = "libfaketimeMT.so.1";

/// The file that contains the clock's offset.
pub(crate) struct FakeClock {
    file: PathBuf,
}

impl FakeClock {
    /// A clock that shows the right time.
    pub(crate) fn new(home: &Path) -> Result<Self> {
        let clock = Self { file: home.join("clock") };
        clock.set("+0")?;
        Ok(clock)
    }

    /// Sets its offset from the right time: `-2h`, `+10d`.
    pub(crate) fn set(&self, offset: &str) -> Result<()> {
        // Replaced in one step, because programs read it at any moment.
        let draft = self.file.with_extension("draft");
        std::fs::write(&draft, format!("{offset}\n"))?;
        Ok(std::fs::rename(draft, &self.file)?)
    }

    /// The variables that make a program use this clock.
    pub(crate) fn variables(&self) -> Result<Vec<(&'static str, String)>> {
        let library =
            FOLDERS.iter().map(|folder| Path::new(folder).join(LIBRARY)).find(|file| file.is_file());
        let library = library.context("libfaketime is not installed")?;
        Ok(vec![
            ("LD_PRELOAD", library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ])
    }
}
