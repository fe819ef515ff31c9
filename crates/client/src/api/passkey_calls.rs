//! The calls over HTTP about the account's passkeys.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::browser::{BrowserRequest, BrowserResult, RequestJson};
use super::exchange::{Caller, Reply};
use super::http::{HttpApi, reply};
use super::passkey_port::PasskeyApi;
use super::passkeys::{Passkey, PasskeyId, PasskeyJson, Passkeys, PasskeysJson};
use super::response::Response;

impl PasskeyApi for HttpApi {
    async fn passkeys(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<Passkeys> {
        let response = self.simple(caller, Method::GET, "/api/me/passkeys", access_token).await;
        reply(response, |response| Ok(response.document::<PasskeysJson>()?.into()))
    }

    async fn add_passkey(
        &self,
        caller: Caller<'_>,
        port: u16,
        language: Option<&str>,
        access_token: &SecretString,
    ) -> Reply<BrowserRequest> {
        #[derive(Serialize)]
        struct Document<'a> {
            port: u16,
            #[serde(skip_serializing_if = "Option::is_none")]
            language: Option<&'a str>,
        }
        let body = Document { port, language };
        let response = self.document(caller, (Method::POST, "/api/me/passkeys"), Some(access_token), &body);
        reply(response.await, |response| response.document::<RequestJson>()?.try_into())
    }

    async fn finish_passkey(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &BrowserResult,
        name: &str,
        access_token: &SecretString,
    ) -> Reply<Passkey> {
        #[derive(Serialize)]
        struct Document<'a> {
            request: &'a str,
            result: &'a str,
            name: &'a str,
        }
        let body = Document { request, result: result.expose_secret(), name };
        let route = (Method::POST, "/api/me/passkeys/finish");
        let response = self.document(caller, route, Some(access_token), &body);
        reply(response.await, |response| response.created::<PasskeyJson>()?.try_into())
    }

    async fn rename_passkey(
        &self,
        caller: Caller<'_>,
        id: &PasskeyId,
        name: &str,
        access_token: &SecretString,
    ) -> Reply<Passkey> {
        #[derive(Serialize)]
        struct Document<'a> {
            name: &'a str,
        }
        let path = format!("/api/me/passkeys/{id}");
        let body = Document { name };
        let response = self.document(caller, (Method::PATCH, &path), Some(access_token), &body);
        reply(response.await, |response| response.document::<PasskeyJson>()?.try_into())
    }

    async fn remove_passkey(
        &self,
        caller: Caller<'_>,
        id: &PasskeyId,
        access_token: &SecretString,
    ) -> Reply<()> {
        let path = format!("/api/me/passkeys/{id}");
        reply(self.simple(caller, Method::DELETE, &path, access_token).await, Response::ended)
    }
}
