//! Why a code was not made.

use crate::accounts::{InvalidClaim, InvalidProfile, NameError, Username};
use crate::database::{DatabaseError, TransactionError};
use crate::one_time_codes::NewCodeError;
use crate::seal::{SealError, SealKeyError, SealOpenError};

/// Why a code was not made. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MakeCodeError {
    /// No account has this name.
    #[error("there is no account with the user name {0}")]
    NoAccount(Username),
    /// A user name that another account had.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An account that has a password already, a passkey or a link needs no invitation.
    #[error("there is already an account with the user name {0}: make it a code with `user reset-code`")]
    HasPassword(Username),
    /// A disabled account cannot use a code.
    #[error("the account {0} is disabled: enable it first")]
    Disabled(Username),
    /// Longer than is allowed, or no time at all.
    #[error("a code is valid for a minute at least and for 7 days at most")]
    Validity,
    /// There is no mail.
    #[error("mail is not configured, so the code cannot be sent: leave out --send")]
    NoMail,
    /// The account has no address.
    #[error("the account {0} has no e-mail address, so the code cannot be sent: leave out --send")]
    NoAddress(Username),
    /// A name or address that cannot be shown in a line.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// A claim that is not allowed.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
    /// The system has no randomness.
    #[error("there is no randomness for a code")]
    Random,
    /// The file of the seal key.
    #[error(transparent)]
    SealKey(#[from] SealKeyError),
    /// The seal key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<NewCodeError> for MakeCodeError {
    fn from(error: NewCodeError) -> Self {
        match error {
            NewCodeError::Random => Self::Random,
            NewCodeError::Seal(error) => Self::Seal(error),
            NewCodeError::Database(error) => Self::Database(error),
        }
    }
}

impl From<SealOpenError> for MakeCodeError {
    fn from(error: SealOpenError) -> Self {
        match error {
            SealOpenError::Key(error) => Self::SealKey(error),
            SealOpenError::Database(error) => Self::Database(error),
        }
    }
}

impl TransactionError for MakeCodeError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}
