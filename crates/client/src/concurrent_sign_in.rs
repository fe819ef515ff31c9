//! Two processes of one profile that sign in at the same time. The server retains one session of an
//! account, device and key, the later one. The order in which the two are written to disk may
//! differ, so the server is asked.

use crate::api::{Api, ApiError};
use crate::context::Context;
use crate::verified_session::VerifiedSession;

/// The relation of a new session on disk, which was written during the sign-in, to this sign-in's
/// session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// There is none, or the server has ended it.
    None,
    /// The server retains it, and has ended the new one.
    IsValid,
    /// The server cannot be asked. The new session replaces it, but it gets no sign-out token: one
    /// of the two has ended already.
    Unknown,
}

/// Finds another process' new session in the loaded state; `known` is the session that was there
/// before.
pub(crate) async fn other_session<A: Api>(
    context: &Context<A>,
    new: &VerifiedSession,
    known: Option<&str>,
) -> Other {
    let is_other = context.core.state().active().is_some_and(|found| {
        let same_account = found.claims.sub == new.claims.sub;
        let same_key = found.keys.device.thumbprint() == new.keys.device.thumbprint();
        let is_new = found.claims.sid != new.claims.sid && known != Some(&*found.claims.sid);
        same_account && same_key && is_new
    });
    if !is_other {
        return Other::None;
    }
    let reply = context.api.renew(context.caller(new), &new.stored.token).await;
    match context.record_contact(reply) {
        Ok(_) => Other::None,
        Err(ApiError::Ended(_)) => Other::IsValid,
        Err(_) => Other::Unknown,
    }
}
