//! The file of a SQLite database: made private before its first byte, or required to exist. A
//! database in memory is refused.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use sqlx::sqlite::SqliteConnectOptions;
use url::form_urlencoded;

use super::error::DatabaseError;
use crate::database_url::DatabaseUrl;

/// The file of a `sqlite:` address.
///
/// # Errors
/// [`DatabaseError::Url`], or [`DatabaseError::InMemory`].
pub(crate) fn path(url: &DatabaseUrl) -> Result<PathBuf, DatabaseError> {
    if is_in_memory(url) {
        return Err(DatabaseError::InMemory);
    }
    let options = SqliteConnectOptions::from_str(url.expose()).map_err(|_| DatabaseError::Url)?;
    let path = options.get_filename();
    if path.as_os_str().is_empty() {
        return Err(DatabaseError::Url);
    }
    Ok(path.to_owned())
}

/// Checks that the file is there.
pub(crate) fn require(url: &DatabaseUrl) -> Result<(), DatabaseError> {
    let path = path(url)?;
    match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(DatabaseError::Missing(path)),
        // SQLite reports every other fault.
        _ => Ok(()),
    }
}

/// Creates the file (0600) and its folder (0700), unless they exist. SQLite gives its side files
/// the same permissions.
pub(super) fn create(url: &DatabaseUrl) -> Result<(), DatabaseError> {
    let path = path(url)?;
    make(&path).map_err(|source| DatabaseError::File { path, source })
}

/// The two ways to name a database in memory: `sqlite::memory:` and the parameter `mode=memory`.
fn is_in_memory(url: &DatabaseUrl) -> bool {
    let text = url.expose();
    let name = text.strip_prefix("sqlite:").unwrap_or(text);
    let name = name.strip_prefix("//").unwrap_or(name);
    let (file, parameters) = name.split_once('?').unwrap_or((name, ""));
    file == ":memory:"
        || form_urlencoded::parse(parameters.as_bytes())
            .any(|(name, value)| name == "mode" && value == "memory")
}

fn make(path: &Path) -> std::io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    let mut file = std::fs::OpenOptions::new();
    file.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        folder.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        folder.create(parent)?;
    }
    file.open(path).map(drop)
}
