//! The account's devices and its password: what the person changes at the server while this session goes on. Refuses to
//! end this session on the way; that is what signing out is for.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use crate::api::{Api, PasswordChange, SessionId};
use crate::auth_client::AuthClient;
use crate::error::SessionError;
use crate::load::SessionState;
use crate::view::DeviceSession;

impl<A: Api> AuthClient<A> {
    /// The devices that are signed in to the account, this one among them.
    ///
    /// # Errors
    /// When nobody is signed in, or no answer came that is the server's.
    pub async fn sessions(self: &Arc<Self>) -> Result<Vec<DeviceSession>, SessionError> {
        self.authorized(|session, held, access| async move {
            session.api.sessions(session.caller(&held), &access.token).await
        })
        .await
    }

    /// Ends one session, and tells which are left. One that is over already is no error.
    ///
    /// # Errors
    /// As [`Self::sessions`]; [`SessionError::PathNotAllowed`] for what is no session id, or for this session's own.
    pub async fn end_session(self: &Arc<Self>, sid: &str) -> Result<Vec<DeviceSession>, SessionError> {
        let own = matches!(&self.memory().loaded, SessionState::Active(held) if held.claims.sid == sid);
        let sid = &SessionId::parse(sid).filter(|_| !own).ok_or(SessionError::PathNotAllowed)?;
        self.authorized(|session, held, access| async move {
            session.api.end_session(session.caller(&held), sid, &access.token).await
        })
        .await?;
        self.sessions().await
    }

    /// Ends every session of the account but this one, and tells which are left.
    ///
    /// # Errors
    /// As [`Self::sessions`].
    pub async fn end_other_sessions(self: &Arc<Self>) -> Result<Vec<DeviceSession>, SessionError> {
        self.authorized(|session, held, access| async move {
            session.api.end_other_sessions(session.caller(&held), &access.token).await
        })
        .await?;
        self.sessions().await
    }

    /// Gives the account a new password. This session goes on; the others too, unless the change ends them.
    ///
    /// # Errors
    /// [`SessionError::WrongCredentials`] when the present password is wrong; what is wrong with the new one; or as
    /// [`Self::sessions`]. The password is the old one then.
    pub async fn change_password(self: &Arc<Self>, change: PasswordChange) -> Result<(), SessionError> {
        if change.current.expose_secret().is_empty() || change.new.expose_secret().is_empty() {
            return Err(SessionError::CredentialsMissing);
        }
        let change = &change;
        self.authorized(|session, held, access| async move {
            session.api.change_password(session.caller(&held), change, &access.token).await
        })
        .await
    }
}
