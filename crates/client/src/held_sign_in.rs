//! A complete sign-in of another account than the one that is signed in, in memory until the user
//! has answered.

use secrecy::SecretString;

use crate::identity::Identity;
use crate::new_session::NewSession;

/// The sign-in.
pub(crate) struct HeldSignIn {
    pub(crate) new: NewSession,
    /// The session that was there before.
    pub(crate) known: Option<String>,
    pub(crate) identity: Identity,
    pub(crate) access: SecretString,
}
