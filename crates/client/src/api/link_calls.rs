//! The calls over HTTP about the account's links to accounts of providers.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::browser::BrowserResult;
use super::exchange::{Caller, Reply};
use super::http::{HttpApi, reply};
use super::link_port::LinkApi;
use super::links::{LinkId, Links, LinksJson};
use super::response::Response;

impl LinkApi for HttpApi {
    async fn links(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<Links> {
        let response = self.simple(caller, Method::GET, "/api/me/links", access_token).await;
        reply(response, |response| Ok(response.document::<LinksJson>()?.into()))
    }

    async fn finish_link(&self, caller: Caller<'_>, request: &str, result: &BrowserResult) -> Reply<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            request: &'a str,
            result: &'a str,
        }
        let body = Document { request, result: result.expose_secret() };
        let response = self.document(caller, (Method::POST, "/api/auth/browser/finish"), None, &body);
        reply(response.await, Response::done)
    }

    async fn remove_link(&self, caller: Caller<'_>, id: &LinkId, access_token: &SecretString) -> Reply<()> {
        let path = format!("/api/me/links/{id}");
        reply(self.simple(caller, Method::DELETE, &path, access_token).await, Response::unlinked)
    }
}
