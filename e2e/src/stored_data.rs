//! What the app stores in a user's data folder, as tests read, damage, copy and delete it.
//!
//! Owns the names of those files. Starts no program.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::desktop::Desktop;
use crate::identity::AppIdentity;
use crate::profile;

/// Longer than the resolution of times in tokens.
const NEXT_SECOND: Duration = Duration::from_millis(1001);

impl Desktop {
    /// Latchkey's data folder.
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        self.home().join(profile::DATA).join(AppIdentity::LATCHKEY.identifier)
    }

    /// The file with this machine's session: the only one of its kind in the folder.
    ///
    /// # Errors
    /// Returns an error if there is none, or more than one.
    pub fn session_file(&self) -> Result<PathBuf> {
        let mut found = Vec::new();
        for entry in self.data_folder().read_dir()? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("session-") && name.ends_with(".json") {
                found.push(self.data_folder().join(&*name));
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(file), true) => Ok(file),
            _ => anyhow::bail!("there is not exactly one session file in {}", self.data_folder().display()),
        }
    }

    /// Damages the stored session, and nothing else in its file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or written.
    pub fn damage_session(&self) -> Result<()> {
        let file = self.session_file()?;
        let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let sealed = record.get_mut("sealed").context("it contains no session")?;
        *sealed = "AAAA".into();
        Ok(std::fs::write(file, record.to_string())?)
    }

    /// Makes this desktop use the data folder of another one, as two machines that share a home do.
    ///
    /// # Errors
    /// Returns an error if the link cannot be created.
    pub fn share_data_of(&self, other: &Self) -> Result<()> {
        Ok(std::os::unix::fs::symlink(other.data_folder(), self.data_folder())?)
    }

    /// Copies the files of another desktop's data folder to this one, as a copied disk does.
    ///
    /// # Errors
    /// Returns an error if they cannot be read or written.
    pub fn copy_data_of(&self, other: &Self) -> Result<()> {
        std::fs::create_dir_all(self.data_folder())?;
        std::fs::set_permissions(self.data_folder(), std::fs::Permissions::from_mode(0o700))?;
        for entry in other.data_folder().read_dir()? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                std::fs::copy(entry.path(), self.data_folder().join(entry.file_name()))?;
            }
        }
        Ok(())
    }

    /// Deletes the data folder, and waits until the clock shows another second, so that the next
    /// sign-in is a later one.
    ///
    /// # Errors
    /// Returns an error if it cannot be deleted.
    pub async fn delete_data(&self) -> Result<()> {
        std::fs::remove_dir_all(self.data_folder())?;
        let deleted = Instant::now();
        crate::wait::until("the clock shows another second", async || {
            Ok((deleted.elapsed() >= NEXT_SECOND).then_some(()))
        })
        .await
    }
}
