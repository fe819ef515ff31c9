//! The port through which the client calls the server: one method for each call. Knows no HTTP
//! library.

use std::future::Future;

use secrecy::SecretString;

use super::account_port::AccountApi;
use super::api_response::ApiResponse;
use super::browser_port::BrowserApi;
use super::challenge::SignInAnswer;
use super::credentials::PasswordChange;
use super::devices::{DeviceSession, SessionId};
use super::exchange::{Caller, Reply};
use super::link_port::LinkApi;
use super::passkey_port::PasskeyApi;
use super::request::{GetRequest, SendRequest};
use super::sign_in_port::SignInApi;

/// The calls that the client makes.
pub trait Api: SignInApi + AccountApi + BrowserApi + PasskeyApi + LinkApi + Send + Sync + 'static {
    /// `POST /api/auth/renew`.
    fn renew(
        &self,
        caller: Caller<'_>,
        session_token: &SecretString,
    ) -> impl Future<Output = Reply<SignInAnswer>> + Send;

    /// `GET` of any path, with the access token.
    fn get(
        &self,
        caller: Caller<'_>,
        request: &GetRequest<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<ApiResponse>> + Send;

    /// Sends a request to a path that is not reserved, with the access token. It is sent again only
    /// when the server has refused it before it read it, for the nonce of its proof.
    fn send(
        &self,
        caller: Caller<'_>,
        request: &SendRequest<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<ApiResponse>> + Send;

    /// `GET /api/sessions`.
    fn sessions(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<Vec<DeviceSession>>> + Send;

    /// `DELETE /api/sessions/{sid}`. A session that has ended before counts as ended.
    fn end_session(
        &self,
        caller: Caller<'_>,
        sid: &SessionId,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `DELETE /api/sessions`: all except the caller's.
    fn end_other_sessions(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `PUT /api/me/password`.
    fn change_password(
        &self,
        caller: Caller<'_>,
        change: &PasswordChange,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `POST /api/auth/sign-out`: delivers a sign-out token.
    fn deliver(&self, sign_out_token: &str) -> impl Future<Output = Reply<()>> + Send;

    /// `DELETE /api/auth`: ends the session of an access token that this device cannot use.
    fn give_back(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// Whether the connection proves that the server responds, so that the time in a response can
    /// be trusted: TLS does. In development builds a server on this computer counts too.
    fn is_authenticated(&self) -> bool;
}
