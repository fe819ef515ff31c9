//! Calls to the API with the access token, which is renewed when it is about to expire.

use std::sync::Arc;

use super::Session;
use super::load::{Held, Loaded};
use super::tokens::AccessToken;
use crate::api::{Api, ApiError};
use crate::error::SessionError;
use crate::view::ApiReply;

/// How long before its expiry an access token is renewed, in seconds.
pub(super) const RENEW_AHEAD_SECONDS: i64 = 60;

impl<A: Api> Session<A> {
    /// `GET`s a path of the server.
    ///
    /// # Errors
    /// When nobody is signed in, or no answer came that is the server's.
    pub async fn call_api(self: &Arc<Self>, path: &str) -> Result<ApiReply, SessionError> {
        if self.settings.server_url.join(path).is_none() {
            return Err(SessionError::PathNotAllowed);
        }
        let (held, access) = self.access().await?;
        let outcome = self.get(&held, path, &access).await;
        let outcome = match outcome {
            Err(ApiError::TokenRefused) => {
                self.memory().access = None;
                let (held, access) = self.access().await?;
                self.get(&held, path, &access).await
            }
            other => other,
        };
        match outcome {
            Ok(reply) => Ok(reply),
            Err(error) => {
                let _turn = self.turn.lock().await;
                Err(self.failed(error).await)
            }
        }
    }

    async fn get(&self, held: &Held, path: &str, access: &AccessToken) -> Result<ApiReply, ApiError> {
        let reply = self.api.get(self.caller(held), path, &access.token).await;
        let outcome = self.took(reply);
        self.publish();
        outcome
    }

    /// The session and a token that is good for a while yet.
    async fn access(self: &Arc<Self>) -> Result<(Arc<Held>, AccessToken), SessionError> {
        if !self.has_fresh_access() {
            self.renew().await?;
        }
        let memory = self.memory();
        match (&memory.loaded, &memory.access) {
            (Loaded::Somebody(held), Some(access)) => Ok((Arc::clone(held), access.clone())),
            _ => Err(SessionError::NotSignedIn),
        }
    }

    pub(super) fn has_fresh_access(&self) -> bool {
        let soon = self.now().plus(RENEW_AHEAD_SECONDS);
        self.memory().access.as_ref().is_some_and(|access| access.expires > soon)
    }
}
