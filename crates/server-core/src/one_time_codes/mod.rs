//! One-time codes, each kind good for one thing: an invitation for the first password, a code for a
//! new password, a code in place of the second factor. Where passwords are off, the first two sign
//! in and set none. An operator makes them, or a user asks for one by mail. Owns how they are made,
//! asked for and redeemed; refuses a code in another's place, and never lets one pass by a second
//! factor.

mod ask;
mod limits;
mod made;
mod redeem;
mod redeem_error;

use sqlx::AnyConnection;

use crate::code::Code;
use crate::database::DatabaseError;
use crate::outbox::UsedCode;
use crate::pending::{self, Kind, Pending};
use crate::seal::{Seal, SealError};

pub use ask::{AskError, ask};
pub use made::{MAX_VALID_SECONDS, MadeCode, VALID_SECONDS};
pub use redeem::{Redemption, redeem};
pub use redeem_error::RedeemError;

pub(crate) use made::{NewCode, NewCodeError};

/// How long a code that was asked for lives, from the moment that its mail is sent, in seconds.
pub const ASKED_CODE_SECONDS: i64 = crate::outbox::ASKED_CODE_SECONDS;

/// The kinds of code that an operator makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// For the first password of an account.
    Invite,
    /// For a new password. A second factor is still asked for.
    Password,
    /// In place of the second factor, never of the password. Then a new factor is set up.
    Factor,
}

impl CodeKind {
    fn pending(self) -> Kind {
        match self {
            Self::Invite => Kind::Invite,
            Self::Password => Kind::Password,
            Self::Factor => Kind::Factor,
        }
    }

    fn used(self) -> UsedCode {
        match self {
            Self::Invite => UsedCode::Invite,
            Self::Password => UsedCode::Password,
            Self::Factor => UsedCode::Factor,
        }
    }
}

/// What is hashed of a code that an operator made.
fn parts(code: &Code) -> [&[u8]; 2] {
    [b"one-time code", code.as_bytes()]
}

/// The hashes under which a code may be stored: one for each seal key.
pub(crate) fn hashes(seal: &Seal, code: &Code) -> Result<Vec<String>, SealError> {
    seal.mac_texts(&parts(code))
}

/// Finds the code that an operator made, also if it has expired or was used.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    hashes: &[String],
) -> Result<Option<Pending>, DatabaseError> {
    for hash in hashes {
        if let Some(row) = pending::find_by_code(&mut *connection, hash).await? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
