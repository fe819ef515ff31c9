//! Why a code was not redeemed. A refusal spends nothing.

use crate::challenge::{ChallengeError, NextStep};
use crate::code::MalformedCode;
use crate::database::{DatabaseError, TransactionError};
use crate::keys::SignError;
use crate::passwords::PasswordError;
use crate::proofs::ConsumeError;
use crate::seal::SealError;
use crate::session_start::StartError;
use crate::throttle::ThrottleError;

/// Why a code was not redeemed. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// The text is no code: it was mistyped.
    #[error(transparent)]
    Malformed(#[from] MalformedCode),
    /// There is no such code for this account and this device, or it has expired.
    #[error("the code is wrong or has expired")]
    Invalid,
    /// The code was used before.
    #[error("the code was used")]
    Used,
    /// The code is right, and is for the second factor.
    #[error("the code is for the second factor")]
    ForFactor,
    /// The code is right; the new password is not allowed, or could not be hashed.
    #[error(transparent)]
    Password(PasswordError),
    /// The code is right; more has to be proven before the password is set.
    #[error("a second step is needed")]
    Next(NextStep),
    /// The code is right, but an operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// There were too many failures.
    #[error("too many failed attempts: wait {seconds} s")]
    TooManyAttempts {
        /// At least this long, in seconds.
        seconds: i64,
    },
    /// The proof of the request cannot be used.
    #[error(transparent)]
    Proof(#[from] ConsumeError),
    /// The seal key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The tokens were not signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<StartError> for RedeemError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Sign(error) => Self::Sign(error),
            StartError::Database(error) => Self::Database(error),
        }
    }
}

impl From<ChallengeError> for RedeemError {
    fn from(error: ChallengeError) -> Self {
        match error {
            ChallengeError::Seal(error) => Self::Seal(error),
            ChallengeError::Database(error) => Self::Database(error),
        }
    }
}

impl From<ThrottleError> for RedeemError {
    fn from(error: ThrottleError) -> Self {
        match error {
            ThrottleError::Wait { seconds } => Self::TooManyAttempts { seconds },
            ThrottleError::Database(error) => Self::Database(error),
        }
    }
}

impl TransactionError for RedeemError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}
