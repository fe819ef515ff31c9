//! A copy of the SQLite database while servers use it. The copy is complete or does not exist, is
//! private from its first byte, and never replaces another file.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::database::{self, DatabaseError};
use crate::database_url::DatabaseUrl;

/// Why no copy was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// PostgreSQL has its own tools.
    #[error("this is for SQLite; copy a PostgreSQL database with pg_dump")]
    NotSqlite,
    /// There is a file of that name.
    #[error("there is already a file at {}; it is not replaced", .0.display())]
    Exists(PathBuf),
    /// The copy cannot be written.
    #[error("the copy {} cannot be written: {source}", path.display())]
    Write {
        /// The copy.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Copies the database to `file` (mode 0600), as it is at one moment. Returns the length of the
/// copy, in bytes.
///
/// # Errors
/// [`BackupError`].
pub async fn backup(url: &DatabaseUrl, file: &Path) -> Result<u64, BackupError> {
    if !url.is_sqlite() {
        return Err(BackupError::NotSqlite);
    }
    let failed = |source| BackupError::Write { path: file.to_owned(), source };
    if file.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    url.check().map_err(DatabaseError::from)?;
    database::require(url)?;
    let options = SqliteConnectOptions::from_str(url.expose()).map_err(DatabaseError::from)?;
    let options = options.create_if_missing(false).disable_statement_logging();
    let mut connection = options.connect().await.map_err(DatabaseError::from)?;

    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A folder of its own goes with all that SQLite writes beside the copy until it is complete.
    let own = tempfile::TempDir::new_in(folder).map_err(failed)?;
    let copy = tempfile::NamedTempFile::new_in(own.path()).map_err(failed)?;
    let path = copy.path().to_str().ok_or_else(|| failed(io::Error::other("its name is not UTF-8")))?;
    sqlx::query("VACUUM INTO $1").bind(path).execute(&mut connection).await.map_err(DatabaseError::from)?;
    connection.close().await.map_err(DatabaseError::from)?;
    mark_spent(copy.path()).await.map_err(DatabaseError::from)?;
    copy.as_file().sync_all().map_err(failed)?;
    let length = copy.as_file().metadata().map_err(failed)?.len();
    copy.persist_noclobber(file).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(file.to_owned()),
        _ => failed(error.error),
    })?;
    Ok(length)
}

/// Notes in a copy that refresh tokens of providers may be spent by the time it is used: a refusal
/// of them is then no answer about a session. A database of an earlier version has none.
async fn mark_spent(copy: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(copy).create_if_missing(false);
    let mut connection = options.disable_statement_logging().connect().await?;
    let table = sqlx::query("SELECT 1 FROM sqlite_master WHERE name = 'provider_sessions'");
    if table.fetch_optional(&mut connection).await?.is_some() {
        sqlx::query("UPDATE provider_sessions SET is_lost = 1").execute(&mut connection).await?;
    }
    connection.close().await
}
