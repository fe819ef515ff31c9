//! Two processes of one profile that sign in at the same time. The server lets one session of an
//! account, device and key live, the later one; in which order the two come to the disk says
//! nothing about that, so the server is asked.

use crate::api::{Api, ApiError};
use crate::auth_client::AuthClient;
use crate::load::{SessionState, VerifiedSession};

/// How a session on disk that was not there when the sign-in began stands to the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rival {
    /// There is none, or the new session is the one that lives.
    None,
    /// It lives, and the new session does not.
    Lives,
    /// The server cannot be asked. The new session takes its place, but it gets no notice: one of
    /// the two is over already.
    Unknown,
}

impl<A: Api> AuthClient<A> {
    /// Looks for a rival of `new` in what is loaded; `known` is the session that was there before.
    pub(crate) async fn rival(&self, new: &VerifiedSession, known: Option<&str>) -> Rival {
        let is_rival = match &self.memory().loaded {
            SessionState::Active(found) => {
                let same_person = found.claims.sub == new.claims.sub;
                let same_key = found.keys.device.thumbprint() == new.keys.device.thumbprint();
                let is_new = found.claims.sid != new.claims.sid && known != Some(&*found.claims.sid);
                same_person && same_key && is_new
            }
            _ => false,
        };
        if !is_rival {
            return Rival::None;
        }
        let reply = self.api.renew(self.caller(new), &new.stored.token).await;
        match self.record_contact(reply) {
            Ok(_) => Rival::None,
            Err(ApiError::Ended(_)) => Rival::Lives,
            Err(_) => Rival::Unknown,
        }
    }
}
