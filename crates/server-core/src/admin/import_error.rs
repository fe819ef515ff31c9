//! Errors of an import: of one line, or of all of it.

use crate::accounts::{InvalidClaim, InvalidProfile, InvalidUsername, NameError};
use crate::database::DatabaseError;
use crate::passwords::InvalidHash;

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
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
