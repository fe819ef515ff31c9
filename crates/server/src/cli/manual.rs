//! The manual pages and the completions of shells, made from the command line's own description.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;

use super::{Cli, Failure, Global};

/// Write the manual pages of all commands into a folder
#[derive(Args)]
pub(super) struct Man {
    /// The folder; it is made if it is missing
    folder: PathBuf,
}

/// Print the completions for a shell
#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Man {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let folder = self.folder.display();
        write_pages(&self.folder).map_err(|error| Failure(format!("{folder} cannot be written: {error}")))?;
        let folder = folder.to_string();
        global.say(&json!({ "folder": folder }), || format!("wrote the manual pages to {folder}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn write_pages(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Cli::command(), folder)
}

impl Completions {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "latchkey-server", &mut script);
        match io::stdout().write_all(&script).and_then(|()| io::stdout().flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure(format!("the result cannot be printed: {error}")))
            }
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_has_no_contradiction() {
        Cli::command().debug_assert();
    }
}
