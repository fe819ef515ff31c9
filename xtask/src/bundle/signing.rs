//! Signs files for Windows with the command of a variable. Knows no key and no password: they are
//! the command's.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// The variable with the command: words that are separated by blanks, one of which is `%1` for the
/// file. The file is replaced by the signed one.
const VARIABLE: &str = "LATCHKEY_WINDOWS_SIGN_COMMAND";

const FILE: &str = "%1";

/// The command that signs, or `None`: nothing is signed.
pub(super) struct Signing(Option<String>);

impl Signing {
    pub(super) fn of_the_environment() -> Result<Self> {
        Self::of(std::env::var(VARIABLE).unwrap_or_default())
    }

    fn of(text: String) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self(None));
        }
        if !text.split_whitespace().any(|word| word == FILE) {
            bail!("{VARIABLE} has no word {FILE}, which stands for the file");
        }
        if text.contains(['\'', '"']) {
            bail!("{VARIABLE} has a quote: put the command into a script, and name that");
        }
        Ok(Self(Some(text)))
    }

    /// The command as it was set.
    pub(super) fn command(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Signs a file, if there is a command.
    pub(super) fn sign(&self, file: &Path) -> Result<()> {
        let Some(text) = &self.0 else { return Ok(()) };
        let mut words = text.split_whitespace();
        let mut sign = Command::new(words.next().unwrap_or_default());
        for word in words {
            if word == FILE {
                sign.arg(file)
            } else {
                sign.arg(word)
            };
        }
        command::run(&mut sign).with_context(|| format!("{} is not signed", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_without_the_file_or_with_quotes_is_refused() {
        for bad in ["sign", "sign --file=%1.exe", "sh -c 'sign %1' %1"] {
            let Err(error) = Signing::of(bad.to_owned()) else { panic!("{bad} was accepted") };
            assert!(error.to_string().contains(VARIABLE), "{error}");
        }
        for none in ["", "  "] {
            assert!(Signing::of(none.to_owned()).unwrap().command().is_none());
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_command_gets_the_file_as_one_argument() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a program.exe");
        std::fs::write(&file, "").unwrap();
        Signing::of("truncate --size 7 %1".to_owned()).unwrap().sign(&file).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 7);
        let error = Signing::of("false %1".to_owned()).unwrap().sign(&file).unwrap_err();
        assert!(format!("{error:#}").contains("is not signed"), "{error:#}");
    }
}
