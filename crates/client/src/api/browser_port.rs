//! The part of the port about requests that the user completes in the system's browser. No call
//! returns a token for polling alone.

use std::future::Future;

use secrecy::SecretString;

use super::browser::{BrowserBegin, BrowserRequest, BrowserResult, BrowserState, BrowserStatus};
use super::challenge::SignInAnswer;
use super::exchange::{Caller, Reply};

/// The calls about browser requests.
pub trait BrowserApi {
    /// `POST /api/auth/browser`, with the access token to confirm a session. Replaces an earlier
    /// request of the same key.
    fn begin_browser(
        &self,
        caller: Caller<'_>,
        begin: &BrowserBegin<'_>,
        access_token: Option<&SecretString>,
    ) -> impl Future<Output = Reply<BrowserRequest>> + Send;

    /// `POST /api/auth/browser/poll`: waits up to 25 seconds for a state other than `seen`.
    fn poll_browser(
        &self,
        caller: Caller<'_>,
        request: &str,
        seen: Option<BrowserState>,
    ) -> impl Future<Output = Reply<BrowserStatus>> + Send;

    /// `POST /api/auth/browser/finish` of a sign-in.
    fn finish_browser(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &BrowserResult,
    ) -> impl Future<Output = Reply<SignInAnswer>> + Send;

    /// `POST /api/auth/browser/finish` of a confirmation: an access token with a fresh `auth_time`.
    /// The request knows its session.
    fn confirm_by_browser(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &BrowserResult,
    ) -> impl Future<Output = Reply<SecretString>> + Send;

    /// `DELETE /api/auth/browser`: the user gives up.
    fn cancel_browser(&self, caller: Caller<'_>, request: &str) -> impl Future<Output = Reply<()>> + Send;
}
