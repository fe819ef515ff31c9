//! Why a database operation failed, and what follows from it: whether a later try may succeed,
//! whether this one may be repeated, and whether its connection can be used again.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use super::words::{MigrationWords, Words};
use crate::invalid_database_url::InvalidDatabaseUrl;

/// Why a database operation failed. Contains no value and no password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The text is not an address of a database.
    #[error("the database address is not valid: {0}")]
    Url(#[from] InvalidDatabaseUrl),
    /// The file or its folder cannot be created.
    #[error("the database file {} cannot be made: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// There is no such file, and this operation does not create it.
    #[error(
        "there is no database at {}: check database_url, or make one with `latchkey-server migrate`", .0.display()
    )]
    Missing(PathBuf),
    /// The database has none of the tables, and this operation does not create them.
    #[error("the database is empty: check database_url, or make its tables with `latchkey-server migrate`")]
    Empty,
    /// The tables are from an older version, and this operation does not change them.
    #[error(
        "the database is from an older version: bring it up to date with `latchkey-server migrate`, or start the server"
    )]
    Older,
    /// The tables are from a newer version.
    #[error("the database is from a newer version of latchkey-server: use that version")]
    Newer,
    /// The migration, or the wait for another server's, did not end in time.
    #[error(
        "the database was not brought up to date within {} s: another program holds a lock in it, or \
         database_migration_seconds is too short", .0.as_secs()
    )]
    MigrationTimedOut(Duration),
    /// The tables cannot be brought up to date.
    #[error("the database cannot be brought up to date: {}", MigrationWords(.0))]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The database refuses connections with this address, user or password.
    #[error("the database refused the connection: {}", Words(.0))]
    Refused(#[source] sqlx::Error),
    /// A proxy before the database does not know a parameter of the connection.
    #[error(
        "the database refused the connection: {}. If a pgbouncer is before it, set ignore_startup_parameters = \
         extra_float_digits there", Words(.0)
    )]
    StartupParameter(#[source] sqlx::Error),
    /// A pooler gives each transaction another connection, so that prepared statements are lost.
    #[error(
        "the pooler before the database gives each transaction another connection: set database_pool_mode = \"transaction\" \
         here, or pool_mode = session in pgbouncer"
    )]
    TransactionPooling,
    /// The database is unreachable or overloaded.
    #[error("the database does not answer: {}", Words(.0))]
    Away(#[source] sqlx::Error),
    /// No connection was made in time.
    #[error("the database refuses connections, or cannot be reached: none was made within {} s", .0.as_secs_f32())]
    Unreachable(Duration),
    /// Every connection was in use for too long.
    #[error(
        "all {0} connections to the database are in use: raise database_connections, or find the statements that take long"
    )]
    AllInUse(u32),
    /// The operation did not end in time. A change was not made.
    #[error("the database did not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The database did not say in time whether it has committed a transaction. The change may have
    /// been made.
    #[error("the database did not confirm a change: {0}")]
    Unconfirmed(&'static str),
    /// Other transactions were in the way, at each try.
    #[error("other transactions were in the way: {}", Words(.0))]
    Contended(#[source] sqlx::Error),
    /// The database can be read only: a standby, a full disk, or a file without write permission.
    #[error("the database cannot be written: {}", Words(.0))]
    ReadOnly(#[source] sqlx::Error),
    /// A statement failed for another reason.
    #[error("the database refused a statement: {}", Words(.0))]
    Statement(#[source] sqlx::Error),
    /// A row has contents that this program does not write. The name is the table's.
    #[error("the database has a damaged row in {0}")]
    Damaged(&'static str),
}

impl DatabaseError {
    /// Whether the same request may succeed in a moment, without a change of the program, its
    /// settings or the data.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Away(_)
                | Self::Unreachable(_)
                | Self::AllInUse(_)
                | Self::TimedOut(_)
                | Self::Unconfirmed(_)
                | Self::Contended(_)
                | Self::ReadOnly(_)
                | Self::TransactionPooling
        )
    }

    /// Whether the transaction was rolled back only because of others, and may be repeated now.
    pub(super) fn may_repeat(&self) -> bool {
        matches!(self, Self::Contended(_))
    }

    /// Whether the connection can be in a state that the next operation must not meet. After a
    /// contention it is not: its transaction is rolled back, and many such connections would be
    /// made anew just when the database is busy.
    pub(super) fn spoils_connection(&self) -> bool {
        self.is_temporary() && !matches!(self, Self::Contended(_))
    }

    /// The error of a connection that was not made.
    pub(super) fn connecting(error: sqlx::Error) -> Self {
        match (&error, code(&error).as_deref()) {
            (sqlx::Error::Configuration(_), _) => Self::Url(InvalidDatabaseUrl::Form),
            (_, Some("08P01")) => Self::StartupParameter(error),
            (sqlx::Error::Database(_), _) => match Self::from(error) {
                Self::Statement(error) => Self::Refused(error),
                other => other,
            },
            _ => Self::from(error),
        }
    }

    /// The error of a `COMMIT`.
    pub(super) fn committing(error: sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Away(_) => Self::Unconfirmed("the connection broke"),
            other => other,
        }
    }
}

/// An error of the statements in a transaction.
pub(crate) trait TransactionError: From<DatabaseError> {
    /// The database's part in it. `None`: it is a decision of the caller.
    fn database(&self) -> Option<&DatabaseError>;
}

impl TransactionError for DatabaseError {
    fn database(&self) -> Option<&DatabaseError> {
        Some(self)
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Away(error),
            sqlx::Error::Database(reason) => match reason.code().map(|code| Cause::of(&code)) {
                Some(Cause::Away) => Self::Away(error),
                Some(Cause::Contended) => Self::Contended(error),
                Some(Cause::ReadOnly) => Self::ReadOnly(error),
                Some(Cause::LostStatement) => Self::TransactionPooling,
                Some(Cause::Other) | None => Self::Statement(error),
            },
            _ => Self::Statement(error),
        }
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(Cow::into_owned)
}

/// What a code of the database means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Away,
    Contended,
    ReadOnly,
    LostStatement,
    Other,
}

impl Cause {
    /// PostgreSQL's codes have five characters (its manual, appendix A), SQLite's are numbers below
    /// ten thousand whose last byte is the primary code.
    fn of(code: &str) -> Self {
        match (code.len(), code.parse::<u16>()) {
            (5, _) => Self::of_postgres(code),
            (..=4, Ok(number)) => Self::of_sqlite(number & 0xff),
            _ => Self::Other,
        }
    }

    fn of_postgres(code: &str) -> Self {
        match code {
            // serialization_failure, deadlock_detected, lock_not_available
            "40001" | "40P01" | "55P03" => Self::Contended,
            // read_only_sql_transaction
            "25006" => Self::ReadOnly,
            // query_canceled (statement_timeout), idle_in_transaction_session_timeout
            "57014" | "25P03" => Self::Away,
            // invalid_sql_statement_name, duplicate_prepared_statement
            "26000" | "42P05" => Self::LostStatement,
            // Classes: connection exception, insufficient resources, operator intervention, system
            // error.
            _ if ["08", "53", "57P", "58"].iter().any(|class| code.starts_with(class)) => Self::Away,
            _ => Self::Other,
        }
    }

    fn of_sqlite(primary: u16) -> Self {
        match primary {
            // BUSY, LOCKED, PROTOCOL
            5 | 6 | 15 => Self::Contended,
            // READONLY, FULL
            8 | 13 => Self::ReadOnly,
            // IOERR, CANTOPEN
            10 | 14 => Self::Away,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_both_databases_have_their_causes() {
        let of = |cause, codes: &[&str]| {
            for code in codes {
                assert_eq!(Cause::of(code), cause, "{code}");
            }
        };
        of(Cause::Contended, &["5", "6", "261", "517", "40001", "40P01", "55P03"]);
        of(Cause::ReadOnly, &["8", "264", "1032", "13", "25006"]);
        of(
            Cause::Away,
            &["10", "14", "08006", "53100", "53300", "57P01", "57P03", "57P05", "57014", "25P03"],
        );
        of(Cause::LostStatement, &["26000", "42P05"]);
        of(Cause::Other, &["1", "19", "2067", "23505", "42601", "40002", "0", "", "99999", "5x"]);
    }
}
