//! Two processes of one profile that sign in at the same time. The server keeps one session of an
//! account, device and key, the later one; in which order the two reach the disk says nothing about
//! that, so the server is asked.

use crate::api::{Api, ApiError};
use crate::context::Context;
use crate::verified_session::VerifiedSession;

/// How a session on disk that was not there when the sign-in began stands to the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// There is none, or the server has ended it.
    None,
    /// The server keeps it, and has ended the new one.
    IsValid,
    /// The server cannot be asked. The new session takes its place, but it gets no sign-out token:
    /// one of the two is over already.
    Unknown,
}

/// Looks for another process' new session in what is loaded; `known` is the session that was there
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
