//! Calls to the API with the access token, which is renewed when it is about to expire.

use std::sync::Arc;

use crate::api::{Api, ApiError, ApiResponse, GetRequest, Reply, SendRequest};
use crate::auth_client::AuthClient;
use crate::error::SessionError;
use crate::load::{SessionState, VerifiedSession};
use crate::renew::Failed;
use crate::tokens::AccessToken;

/// How long before its expiry an access token is renewed, in seconds.
pub(crate) const RENEW_AHEAD_SECONDS: i64 = 60;

impl<A: Api> AuthClient<A> {
    /// `GET`s a path of the server.
    ///
    /// # Errors
    /// When nobody is signed in, or no answer came that is the server's.
    pub async fn get(
        self: &Arc<Self>,
        request: impl Into<GetRequest<'_>>,
    ) -> Result<ApiResponse, SessionError> {
        let request = &request.into();
        if self.settings.server_url.join(request.path).is_none() {
            return Err(SessionError::PathNotAllowed);
        }
        self.authorized(|session, held, access| async move {
            session.api.get(session.caller(&held), request, &access.token).await
        })
        .await
    }

    /// Sends something to a path of the server that is a feature's: not to the server's own routes, which answer with tokens
    /// and have methods of their own here.
    ///
    /// It is sent once. After [`SessionError::ServerUnreachable`], [`SessionError::ServerUnavailable`] and
    /// [`SessionError::ServerAnswerInvalid`] nobody knows whether it was done: it is not sent again by itself.
    ///
    /// # Errors
    /// [`SessionError::PathNotAllowed`], [`SessionError::BodyTooLarge`], or as [`AuthClient::get`].
    pub async fn send(self: &Arc<Self>, request: &SendRequest<'_>) -> Result<ApiResponse, SessionError> {
        if self.settings.server_url.join_to_send(request.path).is_none() {
            return Err(SessionError::PathNotAllowed);
        }
        request.check()?;
        self.authorized(|session, held, access| async move {
            session.api.send(session.caller(&held), request, &access.token).await
        })
        .await
    }

    /// Makes a call with the access token; once more with a new one if the server does not take it.
    pub(crate) async fn authorized<T, F>(
        self: &Arc<Self>,
        call: impl Fn(Arc<Self>, Arc<VerifiedSession>, AccessToken) -> F,
    ) -> Result<T, SessionError>
    where
        F: Future<Output = Reply<T>>,
    {
        let (held, outcome) = match self.attempt(&call).await? {
            (_, Err(ApiError::TokenRefused)) => {
                self.memory().access = None;
                self.attempt(&call).await?
            }
            other => other,
        };
        let error = match outcome {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let failed = {
            let _guard = self.write_lock.lock().await;
            self.failed(error, &held).await
        };
        match failed {
            Failed::For(error) => Err(error),
            // An ended session is refused before the call is looked at, so nothing was done.
            Failed::Overtaken => self.attempt(&call).await?.1.map_err(SessionError::from),
        }
    }

    pub(crate) async fn attempt<T, F>(
        self: &Arc<Self>,
        call: &impl Fn(Arc<Self>, Arc<VerifiedSession>, AccessToken) -> F,
    ) -> Result<(Arc<VerifiedSession>, Result<T, ApiError>), SessionError>
    where
        F: Future<Output = Reply<T>>,
    {
        let (held, access) = self.access().await?;
        let outcome = self.record_contact(call(Arc::clone(self), Arc::clone(&held), access).await);
        self.publish();
        Ok((held, outcome))
    }

    /// The session and a token that is good for a while yet.
    pub(crate) async fn access(
        self: &Arc<Self>,
    ) -> Result<(Arc<VerifiedSession>, AccessToken), SessionError> {
        if !self.has_fresh_access() {
            self.renew().await?;
        }
        let memory = self.memory();
        match (&memory.loaded, &memory.access) {
            (SessionState::Active(held), Some(access)) => Ok((Arc::clone(held), access.clone())),
            _ => Err(SessionError::NotSignedIn),
        }
    }

    pub(crate) fn has_fresh_access(&self) -> bool {
        let (now, steady) = (self.now(), self.clock.steady());
        self.memory().access.as_ref().is_some_and(|access| access.lasts(RENEW_AHEAD_SECONDS, now, steady))
    }
}
