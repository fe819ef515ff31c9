//! Signing out: here at once, at the server as soon as it is in reach. What waits for the server is a signed notice that
//! can do nothing but end the session; the token and the device's secret are gone.

use std::sync::Arc;

use latchkey_token::proof::issue_sign_out_token;

use crate::api::{Api, ApiError};
use crate::auth_client::AuthClient;
use crate::error::SessionError;
use crate::load::{SessionState, VerifiedSession};
use crate::reasons::SignedOutReason;
use crate::view::SessionView;

impl<A: Api> AuthClient<A> {
    /// Signs out. Where nobody is signed in, nothing is touched.
    ///
    /// # Errors
    /// [`SessionError::NotKept`] when the session cannot be removed from the disk; then nobody is signed out.
    pub async fn sign_out(self: &Arc<Self>) -> Result<SessionView, SessionError> {
        let _guard = self.write_lock.lock().await;
        let outcome = self
            .blocking(|session| {
                session.reload_if_changed();
                let held = match &session.memory().loaded {
                    SessionState::Active(held) => Some(Arc::clone(held)),
                    SessionState::Locked(..) => None,
                    SessionState::SignedOut(_) | SessionState::Unreadable(_) => return Ok(()),
                };
                session.end(SignedOutReason::SignedOut, held.and_then(|held| notice(&held, session)))
            })
            .await;
        self.publish();
        self.wake.notify_one();
        outcome.map(|()| self.snapshot())
    }

    /// Delivers the notices that wait for the server, those of other devices in the same home too.
    /// Those that it cannot take, ever, are dropped.
    pub(crate) async fn deliver_notices(self: &Arc<Self>) -> Result<(), SessionError> {
        let mut waiting = self.memory().record.notices.clone();
        waiting.extend(self.blocking(|session| Ok(session.notices_of_others())).await?);
        let mut done = Vec::new();
        let mut outcome = Ok(());
        for notice in waiting {
            let reply = self.api.deliver(&notice).await;
            match self.record_contact(reply) {
                Ok(()) | Err(ApiError::Refused | ApiError::TokenRefused | ApiError::Ended(_)) => {
                    done.push(notice);
                }
                Err(error) => {
                    outcome = Err(error.into());
                    break;
                }
            }
        }
        if !done.is_empty() {
            let _guard = self.write_lock.lock().await;
            self.blocking(move |session| {
                session.reload_if_changed();
                session.drop_notices_of_others(&done);
                let mut record = session.memory().record.clone();
                let before = record.notices.len();
                record.notices.retain(|notice| !done.contains(notice));
                if record.notices.len() < before { session.persist(record) } else { Ok(()) }
            })
            .await?;
        }
        outcome
    }
}

/// A notice that ends `held` at the server; `None` only if the crypto library fails.
pub(crate) fn notice<A: Api>(held: &VerifiedSession, session: &AuthClient<A>) -> Option<String> {
    issue_sign_out_token(&held.keys.device, &session.settings.issuer, &held.claims.sid, session.now()).ok()
}
