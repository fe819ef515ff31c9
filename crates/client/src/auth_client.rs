//! The session of this device, for the app: signs in and out, renews, and calls the API. Does not
//! depend on a window. Ends a session only after an explicit response of the server or a failed
//! check of signature, device or key.

use std::sync::Arc;

use tokio::sync::watch;

use crate::api::{Api, ApiResponse, Credentials, DeviceSession, GetRequest, PasswordChange, SendRequest};
use crate::clock::Clock;
use crate::context::Context;
use crate::core::Core;
use crate::device::{Device, Interaction};
use crate::error::SessionError;
use crate::offline_cache::{CachedResponse, OfflineCache};
use crate::settings::Settings;
use crate::sign_in::Consent;
use crate::storage::Store;
use crate::view::SessionView;
use crate::{
    account, background, browser, call, get_cached, other_account, reload, renew, secret_deletion, sign_in,
    sign_out,
};

/// The session of this device. Every method may be called from any task at any time; the futures
/// need a Tokio runtime. A call whose future is dropped is given up, but what it has begun on disk
/// is finished.
pub struct AuthClient<A> {
    pub(crate) context: Context<A>,
}

impl<A: Api> AuthClient<A> {
    /// Opens the stored session and verifies it. Uses no network; the keychain is given two
    /// seconds.
    pub fn open(
        settings: Settings,
        api: A,
        store: Arc<dyn Store>,
        device: Arc<dyn Device>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let core = Core::new(settings, store, device, clock);
        reload::open(&core);
        core.publish();
        Self { context: Context::new(api, core) }
    }

    /// The session as the window shows it, judged at this moment.
    pub fn snapshot(&self) -> SessionView {
        self.context.core.snapshot()
    }

    /// The id of the session, while an account is signed in.
    pub fn sid(&self) -> Option<String> {
        self.context.core.state().sid().map(str::to_owned)
    }

    /// Receives each snapshot that differs from the previous one.
    pub fn watch(&self) -> watch::Receiver<Option<SessionView>> {
        self.context.core.watch()
    }

    /// Signs in with the user's credentials. An earlier session is replaced, and its end is
    /// delivered to the server.
    ///
    /// # Errors
    /// Wrong or missing credentials, an unreachable server, a keychain that cannot be used; nothing
    /// has changed then. After [`SessionError::KeyFileConsent`] the user may agree to
    /// [`Consent::key_file`], after [`SessionError::StoreNewer`] to
    /// [`Consent::set_aside_newer_store`]. [`SessionError::SignInInProgress`] while another sign-in
    /// is in progress; [`SessionError::Superseded`] if the user signs out before this one has
    /// ended. A disk that refuses the session is not an error: the snapshot reports that the
    /// session is in memory only.
    pub async fn sign_in(
        &self,
        credentials: Credentials,
        consent: Consent,
    ) -> Result<SessionView, SessionError> {
        sign_in::sign_in(&self.context, credentials, consent).await?;
        Ok(self.snapshot())
    }

    /// Signs out. Waits for the disk only: not for the network, the keychain, or another call in
    /// progress. A sign-in in progress is given up. Where no account is signed in, nothing is
    /// touched.
    ///
    /// # Errors
    /// [`SessionError::NotKept`] if the session cannot be removed from the disk; then the account
    /// stays signed in.
    pub async fn sign_out(&self) -> Result<SessionView, SessionError> {
        sign_out::sign_out(&self.context.core).await?;
        // Drops the secrets of a sign-in that the user gave up.
        drop(self.context.pending());
        browser::leave(&self.context);
        other_account::leave(&self.context);
        Ok(self.snapshot())
    }

    /// Waits until the keychain has finished all work requested so far: a sign-out does not wait
    /// for the deletion of its secret. If the process exits before that, the next start deletes it.
    pub async fn keychain_settled(&self) {
        let _ = secret_deletion::settled(&self.context.core).await;
    }

    /// Renews now, at the user's request. May unlock a locked keychain, and reads an unreadable
    /// file again.
    ///
    /// # Errors
    /// Why there was no renewal; the session stays unless the server has ended it.
    pub async fn check_in(&self) -> Result<SessionView, SessionError> {
        let core = &self.context.core;
        reload::retry_unlock(core, Interaction::Prompt).await?;
        // The user asked for the key: the error reports why it cannot be read.
        if let Some(error) = reload::secret_error(core) {
            return Err(error.into());
        }
        renew::renew(&self.context).await?;
        Ok(self.snapshot())
    }

    /// Sends a `GET` to a path of the server.
    ///
    /// # Errors
    /// [`SessionError::NotSignedIn`] also if the session was left before the response arrived;
    /// otherwise why the server did not respond.
    pub async fn get(&self, request: impl Into<GetRequest<'_>>) -> Result<ApiResponse, SessionError> {
        let asker = &mut call::Asker::present(&self.context.core);
        Ok(call::get(&self.context, asker, &request.into()).await?.1)
    }

    /// Sends a `GET` and caches its response in `cache`. While the server is unreachable, returns
    /// the last response that this session had to the same request. `If-Match` and `If-None-Match`
    /// are not sent: their response could not be cached.
    ///
    /// # Errors
    /// As [`AuthClient::get`], if there is no cached response; [`SessionError::ServerRefused`] for
    /// a response that is not a success.
    pub async fn get_cached(
        &self,
        request: impl Into<GetRequest<'_>>,
        cache: &Arc<OfflineCache>,
    ) -> Result<CachedResponse, SessionError> {
        get_cached::get_cached(&self.context, request.into(), cache).await
    }

    /// Clears the cache whenever no account is signed in, until the future is dropped. A response
    /// that a killed process has left is removed at the next start; its key went with the session.
    pub fn clear_cache(&self, cache: Arc<OfflineCache>) -> impl Future<Output = ()> + Send + use<A> {
        get_cached::clear_cache(Arc::clone(&self.context.core), cache)
    }

    /// Sends a request to a path that is not one of the server's own routes, which respond with
    /// tokens and have methods of their own here.
    ///
    /// It is sent once. After [`SessionError::ServerUnreachable`],
    /// [`SessionError::ServerUnavailable`] and [`SessionError::ServerAnswerInvalid`] it is unknown
    /// whether it was done.
    ///
    /// # Errors
    /// [`SessionError::PathNotAllowed`], [`SessionError::BodyTooLarge`], or as [`AuthClient::get`].
    pub async fn send(&self, request: &SendRequest<'_>) -> Result<ApiResponse, SessionError> {
        call::send(&self.context, request).await
    }

    /// The devices that are signed in to the account, this one among them.
    ///
    /// # Errors
    /// As [`AuthClient::get`].
    pub async fn sessions(&self) -> Result<Vec<DeviceSession>, SessionError> {
        account::sessions(&self.context).await
    }

    /// Ends one session, and returns the remaining ones. A session that has ended already is not an
    /// error.
    ///
    /// # Errors
    /// As [`AuthClient::get`]; [`SessionError::PathNotAllowed`] for a text that is not a session
    /// id, or for this session's id.
    pub async fn end_session(&self, sid: &str) -> Result<Vec<DeviceSession>, SessionError> {
        account::end_session(&self.context, sid).await
    }

    /// Ends every session of the account except this one, and returns the remaining ones.
    ///
    /// # Errors
    /// As [`AuthClient::get`].
    pub async fn end_other_sessions(&self) -> Result<Vec<DeviceSession>, SessionError> {
        account::end_other_sessions(&self.context).await
    }

    /// Sets a new password for the account. This session continues; the others too, unless the
    /// change ends them.
    ///
    /// # Errors
    /// [`SessionError::WrongCredentials`] if the current password is wrong; why the new one is
    /// refused; or as [`AuthClient::get`]. The password is unchanged then.
    pub async fn change_password(&self, change: PasswordChange) -> Result<(), SessionError> {
        account::change_password(&self.context, change).await
    }

    /// Maintains the session until the future is dropped: renews it in time, delivers sign-out
    /// tokens, and retries failed work. Begins with a contact.
    pub fn background(&self) -> impl Future<Output = ()> + Send + use<A> {
        background::run(self.context.clone())
    }
}

#[cfg(test)]
impl<A: Api> AuthClient<A> {
    /// The parts, for the tests of this crate.
    pub(crate) fn context(&self) -> &Context<A> {
        &self.context
    }
}
