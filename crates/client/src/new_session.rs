//! A session that the server has just made, before it is in place.

use crate::access_token::AccessToken;
use crate::device::Secret;
use crate::storage_fault::StorageFault;
use crate::verified_session::VerifiedSession;

/// A session that the server has just made.
#[derive(Clone)]
pub(crate) struct NewSession {
    pub(crate) session: VerifiedSession,
    pub(crate) access: AccessToken,
    pub(crate) secret: Secret,
    /// The secrets in the keychain.
    pub(crate) keychain: Vec<Secret>,
    /// Why the secret could not be stored.
    pub(crate) key_fault: Option<StorageFault>,
    /// Whether a document of a newer version may be set aside.
    pub(crate) set_aside_newer: bool,
    /// How often the user had signed out when the sign-in began.
    pub(crate) sign_outs: u64,
}
