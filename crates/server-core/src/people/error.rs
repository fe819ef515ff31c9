//! Why a request about another account is refused.

use super::make_code_error::MakeCodeError;
use super::permission::NotAllowed;
use super::profile::ProfileError;
use crate::accounts::{InvalidClaim, InvalidProfile, NameError};
use crate::confirm::NotConfirmed;
use crate::database::{DatabaseError, TransactionError};

/// Why a request about another account is refused. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The token is bound to no device key.
    #[error("the token is bound to no device key")]
    ProofRequired,
    /// The account that acts is disabled.
    #[error("the account is disabled")]
    Disabled,
    /// It has no role.
    #[error("the account has no role")]
    RoleRequired,
    /// It has no second factor.
    #[error("the account has a role and no second factor")]
    FactorNeeded,
    /// Its session has ended, or it has to confirm who it is.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// Its role does not allow this, now or to this account.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// No account has this id, or no active session of the account.
    #[error("there is no such account or session")]
    NotFound,
    /// The text is no cursor of a list.
    #[error("the cursor is none of this list")]
    Cursor,
    /// The text to search for is too long, or has control characters.
    #[error("the text to search for is too long or has control characters")]
    Search,
    /// A user name that another account has, or had.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A name or address that is not allowed.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// A claim that is not allowed.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
    /// A code was to be mailed, and there is no mail or no address.
    #[error("there is no mail or no address to send the code to")]
    NotSent,
    /// Too many codes were made.
    #[error("too many codes: wait {seconds} s")]
    TooManyCodes {
        /// At least this long, in seconds.
        seconds: i64,
    },
    /// A code was not made.
    #[error(transparent)]
    Code(MakeCodeError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<ProfileError> for PeopleError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Removed => Self::NotFound,
            ProfileError::Name(error) => Self::Name(error),
            ProfileError::Database(error) => Self::Database(error),
            ProfileError::Profile(error) => Self::Profile(error),
            ProfileError::Claim(error) => Self::Claim(error),
        }
    }
}

impl From<MakeCodeError> for PeopleError {
    fn from(error: MakeCodeError) -> Self {
        match error {
            MakeCodeError::Name(error) => Self::Name(error),
            MakeCodeError::NoAccount(_) => Self::NotFound,
            MakeCodeError::Profile(error) => Self::Profile(error),
            MakeCodeError::Claim(error) => Self::Claim(error),
            MakeCodeError::NoMail | MakeCodeError::NoAddress(_) => Self::NotSent,
            MakeCodeError::Disabled(_) => Self::NotAllowed(NotAllowed::Disabled),
            MakeCodeError::HasPassword(_) => Self::NotAllowed(NotAllowed::InUse),
            MakeCodeError::Database(error) => Self::Database(error),
            error => Self::Code(error),
        }
    }
}

impl TransactionError for PeopleError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) | Self::NotConfirmed(NotConfirmed::Database(error)) => Some(error),
            _ => None,
        }
    }
}
