//! The session for the app's Rust code, with the same operations as the commands.

use std::sync::Arc;

use latchkey_client::api::{
    ApiResponse, Credentials, DeviceSession, GetRequest, HttpApi, PasswordChange, SendRequest,
};
use latchkey_client::offline_cache::CachedResponse;
use latchkey_client::settings::ServerUrl;
use latchkey_client::view::SessionView;
use latchkey_client::{AuthClient, Consent};
use tokio::sync::watch;

use crate::error::Error;
use crate::opening::Opened;
use crate::requests::Requests;
use crate::watch::Watchers;

/// The plugin's handle: `app.latchkey()`. Every method waits until the session is open: two seconds
/// at most for the keychain, and as long as the disk takes.
pub struct Latchkey {
    server_url: ServerUrl,
    opened: watch::Receiver<Option<Opened>>,
    watchers: Arc<Watchers>,
    requests: Requests,
}

impl Latchkey {
    pub(crate) fn new(
        server_url: ServerUrl,
        opened: watch::Receiver<Option<Opened>>,
        watchers: Arc<Watchers>,
        requests: Requests,
    ) -> Self {
        Self { server_url, opened, watchers, requests }
    }

    /// The client without Tauri, for operations that this handle does not have.
    ///
    /// # Errors
    /// See [`Error::NotOpened`].
    pub async fn client(&self) -> Result<Arc<AuthClient<HttpApi>>, Error> {
        Ok(self.opened().await?.client)
    }

    /// The session as it is now.
    ///
    /// # Errors
    /// [`Error::NotOpened`].
    pub async fn session(&self) -> Result<SessionView, Error> {
        Ok(self.client().await?.snapshot())
    }

    /// The session as it is now, or `None` while it is not open. Never waits: for what a page shows
    /// first.
    pub fn session_if_open(&self) -> Option<SessionView> {
        Some(self.opened.borrow().as_ref()?.client.snapshot())
    }

    /// Every change of the session.
    ///
    /// # Errors
    /// [`Error::NotOpened`].
    pub async fn watch(&self) -> Result<watch::Receiver<Option<SessionView>>, Error> {
        Ok(self.client().await?.watch())
    }

    /// Signs in. `consent`: the user's consent, after an error that asked for it.
    ///
    /// # Errors
    /// See [`AuthClient::sign_in`].
    pub async fn sign_in(&self, credentials: Credentials, consent: Consent) -> Result<SessionView, Error> {
        Ok(self.client().await?.sign_in(credentials, consent).await?)
    }

    /// Signs out.
    ///
    /// # Errors
    /// As [`AuthClient::sign_out`].
    pub async fn sign_out(&self) -> Result<SessionView, Error> {
        Ok(self.client().await?.sign_out().await?)
    }

    /// Asks the server now whether the session still exists, and renews it.
    ///
    /// # Errors
    /// As [`AuthClient::check_in`].
    pub async fn check_in(&self) -> Result<SessionView, Error> {
        Ok(self.client().await?.check_in().await?)
    }

    /// The devices that are signed in to the account.
    ///
    /// # Errors
    /// As [`AuthClient::sessions`].
    pub async fn sessions(&self) -> Result<Vec<DeviceSession>, Error> {
        Ok(self.client().await?.sessions().await?)
    }

    /// Ends the session of one device, and returns the remaining sessions.
    ///
    /// # Errors
    /// See [`AuthClient::end_session`].
    pub async fn end_session(&self, sid: &str) -> Result<Vec<DeviceSession>, Error> {
        Ok(self.client().await?.end_session(sid).await?)
    }

    /// Ends all sessions except this one, and returns the remaining sessions.
    ///
    /// # Errors
    /// See [`AuthClient::end_other_sessions`].
    pub async fn end_other_sessions(&self) -> Result<Vec<DeviceSession>, Error> {
        Ok(self.client().await?.end_other_sessions().await?)
    }

    /// Changes the account's password.
    ///
    /// # Errors
    /// As [`AuthClient::change_password`].
    pub async fn change_password(&self, change: PasswordChange) -> Result<(), Error> {
        Ok(self.client().await?.change_password(change).await?)
    }

    /// Sends a `GET` with the access token. No scope applies to Rust code.
    ///
    /// # Errors
    /// As [`AuthClient::get`].
    pub async fn get(&self, request: impl Into<GetRequest<'_>>) -> Result<ApiResponse, Error> {
        Ok(self.client().await?.get(request).await?)
    }

    /// Like [`Self::get`], or the last response while the server is unreachable.
    ///
    /// # Errors
    /// See [`AuthClient::get_cached`].
    pub async fn get_cached(&self, request: impl Into<GetRequest<'_>>) -> Result<CachedResponse, Error> {
        let opened = self.opened().await?;
        Ok(opened.client.get_cached(request, &opened.cache).await?)
    }

    /// Sends a request that may change something, once.
    ///
    /// # Errors
    /// As [`AuthClient::send`].
    pub async fn send(&self, request: &SendRequest<'_>) -> Result<ApiResponse, Error> {
        Ok(self.client().await?.send(request).await?)
    }

    /// The id of the session, while one is signed in.
    pub(crate) fn sid(&self) -> Option<String> {
        self.opened.borrow().as_ref()?.client.sid()
    }

    pub(crate) fn server_url(&self) -> &ServerUrl {
        &self.server_url
    }

    pub(crate) fn requests(&self) -> &Requests {
        &self.requests
    }

    pub(crate) fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    async fn opened(&self) -> Result<Opened, Error> {
        let mut opened = self.opened.clone();
        let opened = opened.wait_for(Option::is_some).await.map_err(|_| Error::NotOpened)?;
        opened.clone().ok_or(Error::NotOpened)
    }
}
