//! The second step of a sign-in: a code of the second factor, or the setup of a factor that the
//! account must have. Until it is done there is no session and no token. Refuses another device or
//! key than that of the first step.

mod enrol;
mod error;
mod proof;

pub use enrol::{Enrolment, enrol};
pub use error::SecondFactorError;
pub use proof::prove;
