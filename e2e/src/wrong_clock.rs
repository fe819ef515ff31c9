//! A clock of its own for everything on a desktop, which a test sets while programs run. Only the
//! wall clock: time that passes cannot be set.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where distributions put the library.
const FOLDERS: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib64/faketime",
    "/usr/lib/faketime",
    "/usr/local/lib/faketime",
];
const LIBRARY: &str = "libfaketimeMT.so.1";

/// The file that says how wrong the clock is.
pub(crate) struct WrongClock {
    file: PathBuf,
}

impl WrongClock {
    /// A clock that is right at first.
    pub(crate) fn new(home: &Path) -> Result<Self> {
        let clock = Self { file: home.join("clock") };
        clock.set("+0")?;
        Ok(clock)
    }

    /// Sets it: `-2h`, `+10d`, as an offset from the right time.
    pub(crate) fn set(&self, offset: &str) -> Result<()> {
        // Whole at any moment: programs read it while it changes.
        let draft = self.file.with_extension("draft");
        std::fs::write(&draft, format!("{offset}\n"))?;
        Ok(std::fs::rename(draft, &self.file)?)
    }

    /// The variables of a program that lives by it.
    pub(crate) fn variables(&self) -> Result<Vec<(&'static str, String)>> {
        let library =
            FOLDERS.iter().map(|folder| Path::new(folder).join(LIBRARY)).find(|file| file.is_file());
        let library = library.context("there is no libfaketime")?;
        Ok(vec![
            ("LD_PRELOAD", library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ])
    }
}
