//! Why a code was not redeemed. A refusal spends nothing.

use crate::challenge::NextStep;
use crate::code::MalformedCode;
use crate::database::DatabaseError;
use crate::keys::SignError;
use crate::passwords::PasswordError;
use crate::proofs::ConsumeError;
use crate::seal::SealError;
use crate::step_error::step_error;

/// Why a code was not redeemed. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// A password was to be set, and passwords are off.
    #[error("passwords are off")]
    PasswordsDisabled,
    /// There is no new password, and passwords are on.
    #[error("there is no new password")]
    PasswordMissing,
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

step_error!(RedeemError);
