//! Errors of an import: of one line, or of all of it.

use std::path::PathBuf;

use crate::accounts::{InvalidClaim, InvalidProfile, InvalidUsername, NameError};
use crate::database::DatabaseError;
use crate::passwords::InvalidHash;
use crate::seal::{SealError, SealKeyError, SealOpenError};

/// Why a line was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// It is not a line of this format, or a field is missing or of another type.
    #[error("{0}")]
    Form(String),
    /// The user name.
    #[error(transparent)]
    Username(#[from] InvalidUsername),
    /// The hash.
    #[error(transparent)]
    Hash(#[from] InvalidHash),
    /// A name or the address.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// The claims.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
    /// The name is in use, in the database or in an earlier line, or another account had it.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The account has a second factor that the line does not carry.
    #[error(
        "the account has a second factor that is not in the line: export it with its secrets, or set factor to null \
         to import it without"
    )]
    FactorMissing,
    /// The second factor is sealed with a key that is not here.
    #[error(
        "the second factor was sealed with another key: give the seal.key of the server that it comes from, or the \
         file of --seal-to, with --sealed-with"
    )]
    FactorSealed,
    /// The second factor does not open.
    #[error("the second factor was sealed for another id, or was changed")]
    FactorDamaged,
}

/// Why an import stopped. Rows that were imported before stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The lines cannot be read.
    #[error("the lines cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The first line of a CSV file does not name the columns.
    #[error(
        "the first line must name the columns, username and password_hash among them, separated by commas and in UTF-8"
    )]
    Header,
    /// Two columns of a CSV file are the same field.
    #[error("two columns are {0}: rename one of them, or take it out")]
    Twice(&'static str),
    /// There is no file of this name to open second factors with.
    #[error("there is no seal key at {}: give the one that comes with the accounts", .0.display())]
    SealedWith(PathBuf),
    /// The file of a seal key.
    #[error(transparent)]
    SealKey(#[from] SealKeyError),
    /// A second factor cannot be sealed here.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<SealOpenError> for ImportError {
    fn from(error: SealOpenError) -> Self {
        match error {
            SealOpenError::Key(error) => Self::SealKey(error),
            SealOpenError::Database(error) => Self::Database(error),
        }
    }
}
