//! The part of the port about the account's passkeys.

use std::future::Future;

use secrecy::SecretString;

use super::browser::{BrowserRequest, BrowserResult};
use super::exchange::{Caller, Reply};
use super::passkeys::{Passkey, PasskeyId, Passkeys};

/// The calls about passkeys, each with the access token.
pub trait PasskeyApi {
    /// `GET /api/me/passkeys`.
    fn passkeys(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<Passkeys>> + Send;

    /// `POST /api/me/passkeys`: begins a request that adds one, in a browser on this computer.
    fn add_passkey(
        &self,
        caller: Caller<'_>,
        port: u16,
        language: Option<&str>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<BrowserRequest>> + Send;

    /// `POST /api/me/passkeys/finish`: from now on it counts.
    fn finish_passkey(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &BrowserResult,
        name: &str,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<Passkey>> + Send;

    /// `PATCH /api/me/passkeys/{id}`.
    fn rename_passkey(
        &self,
        caller: Caller<'_>,
        id: &PasskeyId,
        name: &str,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<Passkey>> + Send;

    /// `DELETE /api/me/passkeys/{id}`. One that was removed before counts as removed.
    fn remove_passkey(
        &self,
        caller: Caller<'_>,
        id: &PasskeyId,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;
}
