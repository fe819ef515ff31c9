//! The part of the façade about the system's browser: signing in, confirming, and adding a passkey
//! or a link there; and the account's passkeys and links.

use std::sync::Arc;

use crate::api::{Api, BrowserWay, Links, Passkey, Passkeys};
use crate::auth_client::AuthClient;
use crate::browser::{self, BrowserPurpose, BrowserStart, SystemBrowser};
use crate::error::SessionError;
use crate::other_account;
use crate::view::SessionView;

impl<A: Api> AuthClient<A> {
    /// Begins a sign-in in the system's browser, in place of an earlier request, and opens it with
    /// `browser` unless it is on another device. The snapshot shows how it stands; the session
    /// starts by itself when the result comes in.
    ///
    /// # Errors
    /// [`SessionError::BrowserUnavailable`], [`SessionError::OtherDeviceOff`]; as
    /// [`AuthClient::sign_in`] about the keychain and the server. An earlier request goes on then.
    pub async fn sign_in_with_browser(
        &self,
        start: BrowserStart,
        browser: Arc<dyn SystemBrowser>,
    ) -> Result<SessionView, SessionError> {
        browser::start(&self.context, BrowserPurpose::SignIn, start, browser).await?;
        Ok(self.snapshot())
    }

    /// Begins a confirmation of the session in the browser (RFC 9470): like
    /// [`AuthClient::confirm`], for an account without a password.
    ///
    /// # Errors
    /// As [`AuthClient::sign_in_with_browser`] and [`AuthClient::get`].
    pub async fn confirm_with_browser(
        &self,
        start: BrowserStart,
        browser: Arc<dyn SystemBrowser>,
    ) -> Result<SessionView, SessionError> {
        browser::start(&self.context, BrowserPurpose::Confirm, start, browser).await?;
        Ok(self.snapshot())
    }

    /// Begins to add a passkey, in the browser on this computer. It counts after
    /// [`AuthClient::finish_passkey`].
    ///
    /// # Errors
    /// [`SessionError::ConfirmationRequired`]; as [`AuthClient::get`].
    pub async fn add_passkey(
        &self,
        start: BrowserStart,
        browser: Arc<dyn SystemBrowser>,
    ) -> Result<SessionView, SessionError> {
        browser::start(&self.context, BrowserPurpose::Passkey, start, browser).await?;
        Ok(self.snapshot())
    }

    /// Uses the characters that the browser's last page shows, or the address of the page that the
    /// browser could not show.
    ///
    /// # Errors
    /// [`SessionError::MalformedCode`], [`SessionError::WrongResult`],
    /// [`SessionError::BrowserExpired`]; [`SessionError::NothingPending`] if this process has no
    /// request, for instance after a restart; [`SessionError::SecondFactorRequired`] and the like
    /// as [`AuthClient::sign_in`].
    pub async fn submit_browser_result(&self, text: &str) -> Result<SessionView, SessionError> {
        browser::submit(&self.context, text).await?;
        Ok(self.snapshot())
    }

    /// Opens the page of the request once more.
    ///
    /// # Errors
    /// [`SessionError::BrowserNotOpened`], [`SessionError::NothingPending`].
    pub async fn open_browser(&self, browser: Arc<dyn SystemBrowser>) -> Result<SessionView, SessionError> {
        browser::open_again(&self.context, browser).await?;
        Ok(self.snapshot())
    }

    /// Gives up the request in the browser, or closes what it has left on screen. A sign-in whose
    /// result is being used goes on.
    pub fn cancel_browser(&self) -> SessionView {
        browser::cancel(&self.context);
        self.snapshot()
    }

    /// Answers whether the sign-in of another account, which
    /// [`other_account`](SessionView::other_account) shows, replaces the present session. If not,
    /// the server ends it.
    ///
    /// # Errors
    /// [`SessionError::NothingPending`]; as [`AuthClient::sign_in`].
    pub async fn answer_other_account(&self, replaces: bool) -> Result<SessionView, SessionError> {
        other_account::answer(&self.context, replaces).await?;
        Ok(self.snapshot())
    }

    /// The account's passkeys.
    ///
    /// # Errors
    /// As [`AuthClient::get`].
    pub async fn passkeys(&self) -> Result<Passkeys, SessionError> {
        browser::passkeys::list(&self.context).await
    }

    /// Gives the passkey that was made in the browser its name. From now on it counts.
    ///
    /// # Errors
    /// [`SessionError::CredentialsMissing`] for an empty name; [`SessionError::NothingPending`],
    /// [`SessionError::BrowserExpired`]: begin again; as [`AuthClient::get`].
    pub async fn finish_passkey(&self, name: &str) -> Result<Passkey, SessionError> {
        browser::passkeys::finish(&self.context, name).await
    }

    /// Gives a passkey another name.
    ///
    /// # Errors
    /// [`SessionError::CredentialsMissing`] for an empty name; as [`AuthClient::get`].
    pub async fn rename_passkey(&self, id: &str, name: &str) -> Result<Passkey, SessionError> {
        browser::passkeys::rename(&self.context, id, name).await
    }

    /// Removes a passkey.
    ///
    /// # Errors
    /// [`SessionError::ConfirmationRequired`]; [`SessionError::LastWay`] if the account would have
    /// no way in left; as [`AuthClient::get`].
    pub async fn remove_passkey(&self, id: &str) -> Result<(), SessionError> {
        browser::passkeys::remove(&self.context, id).await
    }

    /// Begins to link an account of the provider with this id, in the browser. It counts when the
    /// result comes in; the snapshot shows how it stands.
    ///
    /// # Errors
    /// [`SessionError::ConfirmationRequired`]; [`SessionError::BrowserUnavailable`] if the server
    /// does not have the provider; as [`AuthClient::get`].
    pub async fn link_provider(
        &self,
        provider: String,
        language: Option<String>,
        browser: Arc<dyn SystemBrowser>,
    ) -> Result<SessionView, SessionError> {
        let way = Some(BrowserWay::Provider(provider));
        let start = BrowserStart { way, language, ..BrowserStart::default() };
        browser::start(&self.context, BrowserPurpose::Link, start, browser).await?;
        Ok(self.snapshot())
    }

    /// The account's links to accounts of providers.
    ///
    /// # Errors
    /// As [`AuthClient::get`].
    pub async fn links(&self) -> Result<Links, SessionError> {
        browser::links::list(&self.context).await
    }

    /// Removes a link: that account of the provider no longer signs in here.
    ///
    /// # Errors
    /// [`SessionError::ConfirmationRequired`]; [`SessionError::LastWay`] if the account would have
    /// no way in left; as [`AuthClient::get`].
    pub async fn remove_link(&self, id: &str) -> Result<(), SessionError> {
        browser::links::remove(&self.context, id).await
    }
}
