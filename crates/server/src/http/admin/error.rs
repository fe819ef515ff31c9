//! What a refused request about another account is answered.

use latchkey_server_core::people::{MakeCodeError, PeopleError};

use crate::http::problem::Problem;

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::ProofRequired => Self::ProofRequired,
            PeopleError::Disabled => Self::AccountDisabled,
            PeopleError::RoleRequired => Self::RoleRequired,
            PeopleError::FactorNeeded => Self::FactorNeededForRole,
            PeopleError::NotConfirmed(error) => error.into(),
            PeopleError::NotAllowed(why) => Self::NotAllowed(why),
            PeopleError::NotFound => Self::NotFound,
            PeopleError::Cursor => Self::InvalidRequest("The cursor is none of this list."),
            PeopleError::Search => Self::InvalidRequest(
                "A text to search for has 100 characters and 6 words at most, and no control characters.",
            ),
            PeopleError::Name(_) => Self::NameTaken,
            PeopleError::Profile(_) => Self::InvalidRequest(
                "A name has 1 to 128 characters in one line, an address one @ and 254 bytes at most.",
            ),
            PeopleError::Claim(error) => {
                tracing::error!(%error, "custom claims");
                Self::Internal
            }
            PeopleError::NotSent => Self::CodeNotSent,
            PeopleError::TooManyCodes { seconds } => Self::TooManyCodes(seconds),
            PeopleError::Code(MakeCodeError::Seal(error)) => error.into(),
            PeopleError::Code(error) => {
                tracing::error!(%error, "a code was not made");
                Self::Internal
            }
            PeopleError::Database(error) => error.into(),
        }
    }
}
