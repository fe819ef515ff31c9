//! The connection to SQLite or PostgreSQL, by URL. Owns opening, migration and the only way to run
//! statements ([`Database::read`], [`Database::write`]); the SQL of a table is in the module of its
//! type. One SQL text serves both databases: `$1` parameters, TEXT and BIGINT.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection};
use url::form_urlencoded;

use crate::database_url::DatabaseUrl;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a request waits for a connection. After that the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a database operation failed. Contains no value and no password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The text is not an address of a database.
    #[error(
        "the database address is not valid: it must be sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME"
    )]
    Url,
    /// The address names a database in memory, which is lost when the process ends.
    #[error(
        "a database in memory loses every account at the end: name a file, as in sqlite:data/latchkey.db"
    )]
    InMemory,
    /// The file or its folder cannot be created.
    #[error("the database file {} cannot be made: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The database is unreachable or busy; a later try may succeed.
    #[error("the database does not answer: {0}")]
    Away(#[source] sqlx::Error),
    /// The tables are from another version.
    #[error("the database cannot be brought up to date: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// A statement failed for another reason.
    #[error("the database refused a statement: {0}")]
    Statement(#[source] sqlx::Error),
    /// A row has contents that this program does not write. The name is the table's.
    #[error("the database has a damaged row in {0}")]
    Damaged(&'static str),
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Away(error),
            sqlx::Error::Database(reason) if reason.code().is_some_and(|code| means_away(&code)) => {
                Self::Away(error)
            }
            _ => Self::Statement(error),
        }
    }
}

/// PostgreSQL: class 08 (connection), 53 (resources), 57P0x (shutdown, starting up). SQLite: BUSY
/// and LOCKED with their extended codes.
fn means_away(code: &str) -> bool {
    let sqlite = code.parse::<u32>().is_ok_and(|number| number < 10_000 && matches!(number & 0xff, 5 | 6));
    sqlite || ["08", "53", "57P0"].iter().any(|class| code.len() == 5 && code.starts_with(class))
}

/// A pool of connections. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pool: AnyPool,
}

/// Statements to run on a connection: see [`work`].
pub(crate) struct Work<'env, 'c, T> {
    future: Pin<Box<dyn Future<Output = T> + Send + 'c>>,
    /// Allows the future to borrow from its environment: `'env` outlives `'c`.
    environment: PhantomData<&'c &'env ()>,
}

/// Makes a future the body of [`Database::read`] or [`Database::write`]. (Boxed, because the
/// compiler cannot show yet that the future of an async closure with a borrowed argument is
/// `Send`.)
pub(crate) fn work<'env, 'c, T>(future: impl Future<Output = T> + Send + 'c) -> Work<'env, 'c, T> {
    Work { future: Box::pin(future), environment: PhantomData }
}

impl Database {
    /// Connects, creates the SQLite file if it is missing (0600, its folder 0700), and migrates the
    /// tables.
    pub(crate) async fn open(url: &DatabaseUrl, connections: u32) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        if url.expose().starts_with("sqlite:") {
            create_file(url)?;
        }
        let options = AnyConnectOptions::from_str(url.expose()).map_err(|_| DatabaseError::Url)?;
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(prepare(connection)))
            .connect_with(options.disable_statement_logging())
            .await
            .map_err(|error| match error {
                sqlx::Error::Configuration(_) => DatabaseError::Url,
                error => DatabaseError::from(error),
            })?;
        let database = Self { pool };
        database.migrate().await?;
        Ok(database)
    }

    /// Runs statements that only read, on one connection.
    pub(crate) async fn read<'env, T>(
        &self,
        body: impl for<'c> Fn(&'c mut AnyConnection) -> Work<'env, 'c, Result<T, DatabaseError>> + Send + 'env,
    ) -> Result<T, DatabaseError> {
        let mut connection = self.pool.acquire().await?;
        body(&mut connection).future.await
    }

    /// Runs statements in one transaction: committed if `body` returns `Ok`, rolled back otherwise.
    pub(crate) async fn write<'env, T, E: From<DatabaseError>>(
        &self,
        body: impl for<'c> Fn(&'c mut AnyConnection) -> Work<'env, 'c, Result<T, E>> + Send + 'env,
    ) -> Result<T, E> {
        let mut transaction = self.pool.begin().await.map_err(DatabaseError::from)?;
        let written = body(&mut transaction).future.await?;
        transaction.commit().await.map_err(DatabaseError::from)?;
        Ok(written)
    }

    /// Asks the database for a sign of life.
    pub(crate) async fn ping(&self) -> Result<(), DatabaseError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Waits for statements in progress and closes the files.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// PostgreSQL's driver acquires an advisory lock; SQLite's does not, so there the write lock is
    /// held throughout. (`run_direct` instead of `run`, because with `run` the compiler cannot see
    /// that the future is `Send`.)
    async fn migrate(&self) -> Result<(), DatabaseError> {
        let mut connection = self.pool.acquire().await?;
        if is_sqlite(&connection) {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            MIGRATIONS.run_direct(None, &mut *transaction, false).await.map_err(DatabaseError::Migration)?;
            transaction.commit().await?;
        } else {
            MIGRATIONS.run_direct(None, &mut *connection, false).await.map_err(DatabaseError::Migration)?;
        }
        Ok(())
    }
}

fn is_sqlite(connection: &AnyConnection) -> bool {
    connection.backend_name() == "SQLite"
}

/// The driver itself turns foreign keys on and waits 5 s for a lock.
async fn prepare(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    if is_sqlite(connection) {
        sqlx::query("PRAGMA journal_mode = WAL").execute(connection).await?;
    }
    Ok(())
}

/// The file exists with its permissions before the first byte is written; SQLite gives its side
/// files the same.
fn create_file(url: &DatabaseUrl) -> Result<(), DatabaseError> {
    if is_in_memory(url) {
        return Err(DatabaseError::InMemory);
    }
    let options = SqliteConnectOptions::from_str(url.expose()).map_err(|_| DatabaseError::Url)?;
    let path = options.get_filename();
    if path.as_os_str().is_empty() {
        return Err(DatabaseError::Url);
    }
    make(path).map_err(|source| DatabaseError::File { path: path.to_owned(), source })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_a_database_that_is_away_are_known() {
        for code in ["5", "6", "261", "517", "08006", "53300", "57P01", "57P03"] {
            assert!(means_away(code), "{code}");
        }
        for code in ["1", "19", "2067", "23505", "42601", "57014", "0", ""] {
            assert!(!means_away(code), "{code}");
        }
    }

    #[tokio::test]
    async fn an_address_that_names_no_database_is_refused() {
        for url in ["", "latchkey.db", "mysql://db/latchkey", "sqlite:", "http://db"] {
            let error = Database::open(&DatabaseUrl::from(url), 1).await.unwrap_err();
            assert!(matches!(error, DatabaseError::Url), "{url}: {error}");
        }
        for url in ["sqlite::memory:", "sqlite://?mode=memory"] {
            let error = Database::open(&DatabaseUrl::from(url), 1).await.unwrap_err();
            assert!(matches!(error, DatabaseError::InMemory), "{url}: {error}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_file_is_private_from_the_start() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a folder/latchkey.db");
        let url = DatabaseUrl::from(format!("sqlite:{}", path.display()));
        let database = Database::open(&url, 2).await.unwrap();
        database.ping().await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        for name in ["latchkey.db", "latchkey.db-wal", "latchkey.db-shm"] {
            assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
        }
        database.close().await;
    }
}
