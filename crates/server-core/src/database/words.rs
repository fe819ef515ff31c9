//! What the library reports, in words for an operator. Its own name lines of the database's source
//! code, and its pool.

use std::fmt;

use sqlx::Error;
use sqlx::migrate::MigrateError;

/// Displays an error of the library.
pub(super) struct Words<'a>(pub(super) &'a Error);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Error::Database(error) => match error.code() {
                Some(code) => write!(f, "{} (code {code})", error.message()),
                None => f.write_str(error.message()),
            },
            Error::Io(error) => write!(f, "{error}"),
            Error::Tls(error) => write!(f, "TLS: {error}"),
            Error::PoolTimedOut => f.write_str("no connection became free in time"),
            Error::PoolClosed => f.write_str("this server is stopping"),
            Error::WorkerCrashed => f.write_str("the thread of the SQLite file has ended"),
            other => write!(f, "{other}"),
        }
    }
}

/// Displays an error of a migration.
pub(super) struct MigrationWords<'a>(pub(super) &'a MigrateError);

impl fmt::Display for MigrationWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            MigrateError::Execute(error) => Words(error).fmt(f),
            MigrateError::ExecuteMigration(error, version) => write!(f, "step {version}: {}", Words(error)),
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_is_not_named() {
        let refused = Error::Io(std::io::ErrorKind::ConnectionRefused.into());
        assert_eq!(Words(&refused).to_string(), "connection refused");
        for error in [Error::PoolTimedOut, Error::PoolClosed, Error::WorkerCrashed] {
            let words = Words(&error).to_string();
            assert!(!words.contains("pool") && !words.contains("worker"), "{words}");
        }
        let error = MigrateError::ExecuteMigration(refused, 7);
        assert_eq!(MigrationWords(&error).to_string(), "step 7: connection refused");
    }
}
