//! Why the second step of a sign-in was not made.

use crate::challenge::NextStep;
use crate::code::MalformedCode;
use crate::database::DatabaseError;
use crate::factors::FactorError;
use crate::keys::SignError;
use crate::password_check::PasswordCheckError;
use crate::proofs::ConsumeError;
use crate::seal::SealError;
use crate::step_error::step_error;

/// Why the second step of a sign-in was not made. There is no session.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// The challenge is unknown, over, or of another device or key.
    #[error("the challenge is unknown or over")]
    Expired,
    /// The text is no code: it was mistyped.
    #[error(transparent)]
    Malformed(#[from] MalformedCode),
    /// The code is wrong.
    #[error("the code is wrong")]
    WrongCode {
        /// How many tries the challenge has left.
        tries_left: i64,
    },
    /// The code was used before.
    #[error("the code was used")]
    CodeUsed,
    /// Something else has to be proven now.
    #[error("another step is needed")]
    Next(NextStep),
    /// An operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// There were too many wrong codes.
    #[error("too many failed attempts: wait {seconds} s")]
    TooManyAttempts {
        /// At least this long, in seconds.
        seconds: i64,
    },
    /// The password, where a session is renewed, was not accepted.
    #[error(transparent)]
    Password(PasswordCheckError),
    /// The proof of the request cannot be used.
    #[error(transparent)]
    Proof(#[from] ConsumeError),
    /// A secret could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The secret of a factor could not be made or read.
    #[error("the secret of a second factor could not be made or read")]
    Secret,
    /// The tokens were not signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<FactorError> for SecondFactorError {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Seal(error) => Self::Seal(error),
            FactorError::Secret => Self::Secret,
            FactorError::Database(error) => Self::Database(error),
        }
    }
}

step_error!(SecondFactorError);
