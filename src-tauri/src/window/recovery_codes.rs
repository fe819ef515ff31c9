//! Saves recovery codes where the user wants them: once, readable by this user only. Owns the
//! question for the place; refuses a place that the user has not chosen.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use rfd::AsyncFileDialog;
use serde::Serialize;
use tauri::{Runtime, WebviewWindow};

const FILE_NAME: &str = "latchkey-recovery-codes.txt";
/// Ten codes and a line about them are far shorter.
const MAX_LENGTH: usize = 4096;

/// Why the codes were not saved.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SaveError {
    /// The text is no list of codes: it is too long.
    TooLong,
    /// The file cannot be written.
    NotWritten,
}

/// Asks where to save `text`, and saves it. Returns the path, or `None` if the user chose none.
#[tauri::command]
pub(crate) async fn save_recovery_codes<R: Runtime>(
    window: WebviewWindow<R>,
    text: String,
) -> Result<Option<String>, SaveError> {
    if text.len() > MAX_LENGTH {
        return Err(SaveError::TooLong);
    }
    let dialog = AsyncFileDialog::new().set_parent(&window).set_file_name(FILE_NAME);
    let Some(chosen) = dialog.save_file().await else { return Ok(None) };
    let path = chosen.path().to_owned();
    let written = tauri::async_runtime::spawn_blocking(move || write(&path, &text).map(|()| path)).await;
    match written {
        Ok(Ok(path)) => Ok(Some(path.display().to_string())),
        Ok(Err(error)) => {
            tracing::warn!(kind = ?error.kind(), "the recovery codes cannot be saved");
            Err(SaveError::NotWritten)
        }
        Err(_) => Err(SaveError::NotWritten),
    }
}

/// Writes the file for this user only. The user has agreed to replace one that is there.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    // The mode above counts for a new file only.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_there_is_replaced_and_becomes_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, "x".repeat(500)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, "ABCD-EFGH").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "ABCD-EFGH");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write(&folder.path().join("missing").join(FILE_NAME), "ABCD").is_err());
    }
}
