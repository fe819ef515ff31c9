//! Why a use case of passkeys fails.

use crate::browser::{BeginError, FinishError};
use crate::confirm::NotConfirmed;
use crate::database::{DatabaseError, TransactionError};
use crate::webauthn::NoPasskeys;

/// Why an owner's passkeys were not changed. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// This server offers none.
    #[error(transparent)]
    Unavailable(#[from] NoPasskeys),
    /// The account has no passkey with this id.
    #[error("the account has no passkey with this id")]
    NotFound,
    /// Without it the account would have no way to sign in.
    #[error("the passkey is the last way to sign in")]
    LastWay,
    /// The name is empty, too long, or not one line.
    #[error("a passkey needs a name of one line")]
    InvalidName,
    /// The account has as many as it may have.
    #[error("the account has {max} passkeys already", max = super::MAX_PASSKEYS)]
    TooMany,
    /// The request in the browser was not begun.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The request in the browser is not finished, or the result is wrong.
    #[error(transparent)]
    Finish(#[from] FinishError),
    /// The credential is an account's already.
    #[error("the passkey is an account's already")]
    Taken,
    /// The passkeys that there are belong to another relying party: another server on this database
    /// has another `public_url`.
    #[error("the passkeys of this database are bound to another name than this server's")]
    OtherRelyingParty,
    /// The account was removed.
    #[error("the account was removed")]
    AccountRemoved,
    /// An operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The token is bound to no device key.
    #[error("a proof of possession is required")]
    ProofRequired,
    /// The caller's session has ended, or the caller has to confirm who they are.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for PasskeyError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) | Self::NotConfirmed(NotConfirmed::Database(error)) => Some(error),
            Self::Begin(error) => error.database(),
            Self::Finish(error) => error.database(),
            _ => None,
        }
    }
}
