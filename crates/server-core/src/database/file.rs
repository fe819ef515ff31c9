//! The file of a SQLite database: made private before its first byte, or required to exist.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use sqlx::sqlite::SqliteConnectOptions;

use super::error::DatabaseError;
use crate::database_url::DatabaseUrl;
use crate::invalid_database_url::InvalidDatabaseUrl;

/// The file of a `sqlite:` address.
///
/// # Errors
/// [`DatabaseError::Url`].
pub(crate) fn path(url: &DatabaseUrl) -> Result<PathBuf, DatabaseError> {
    url.check()?;
    let options = SqliteConnectOptions::from_str(url.expose()).map_err(|_| InvalidDatabaseUrl::Form)?;
    Ok(options.get_filename().to_owned())
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
