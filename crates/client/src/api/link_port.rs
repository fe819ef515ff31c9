//! The part of the port about the account's links to accounts of providers. A link begins like
//! every other request in the browser: see [`BrowserApi`](super::BrowserApi).

use std::future::Future;

use secrecy::SecretString;

use super::browser::BrowserResult;
use super::exchange::{Caller, Reply};
use super::links::{LinkId, Links};

/// The calls about links.
pub trait LinkApi {
    /// `GET /api/me/links`, with the access token.
    fn links(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<Links>> + Send;

    /// `POST /api/auth/browser/finish` of a link: from now on it counts. The request knows its
    /// session.
    fn finish_link(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &BrowserResult,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `DELETE /api/me/links/{id}`, with the access token. One that was removed before counts as
    /// removed.
    fn remove_link(
        &self,
        caller: Caller<'_>,
        id: &LinkId,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;
}
