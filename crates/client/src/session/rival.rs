//! Two processes of one profile that sign in at the same time. The server lets one session of an
//! account, device and key live, the later one; in which order the two come to the disk says
//! nothing about that, so the server is asked.

use super::Session;
use super::load::{Held, Loaded};
use crate::api::{Api, ApiError};

/// How a session on disk that was not there when the sign-in began stands to the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rival {
    /// There is none, or the new session is the one that lives.
    None,
    /// It lives, and the new session does not.
    Lives,
    /// The server cannot be asked. The new session takes its place, but it gets no notice: one of
    /// the two is over already.
    Unknown,
}

impl<A: Api> Session<A> {
    /// Looks for a rival of `new` in what is loaded; `known` is the session that was there before.
    pub(super) async fn rival(&self, new: &Held, known: Option<&str>) -> Rival {
        let is_rival = match &self.memory().loaded {
            Loaded::Somebody(found) => {
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
        match self.took(reply) {
            Ok(_) => Rival::None,
            Err(ApiError::Ended(_)) => Rival::Lives,
            Err(_) => Rival::Unknown,
        }
    }
}
