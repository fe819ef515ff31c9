//! Second factors: a code of an authenticator app (TOTP, RFC 6238), and recovery codes in its
//! place. Owns the tables `factors` and `recovery_codes`, who must have a factor, and how wrong
//! codes are counted. Removes a lost factor three days after it was asked for. Refuses a code that
//! was accepted before, on any server.
//!
//! A code is accepted in the transaction of what it is for, by one conditional statement, so that
//! of two uses at the same time one is refused.

mod attempt;
mod check;
mod policy;
mod proposal;
mod recovery;
mod removal;
mod rows;
mod totp;

pub(crate) use attempt::FactorAttempt;
pub(crate) use check::{Checked, check, count_wrong};
pub(crate) use policy::{Standing, ask, standing, standing_when_read};
pub use proposal::Proposal;
pub(crate) use proposal::{Accepted, accept, propose};
pub(crate) use recovery::{left, renew_codes};
pub(crate) use removal::{ask_removal, cancel_removal, removal_at, remove_due};
pub(crate) use rows::{
    CarriedFactor, StoredFactor, carry_in, forget_strangers, has, of_page, remove, stored,
};
pub(crate) use totp::is_totp;

use crate::database::{DatabaseError, TransactionError};
use crate::seal::SealError;

/// Why a factor could not be read or stored.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// A secret could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The system has no randomness, or a secret is damaged.
    #[error("the secret of a second factor could not be made or read")]
    Secret,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for FactorError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Seal(_) | Self::Secret => None,
        }
    }
}
