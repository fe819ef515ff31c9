//! The calls over HTTP about requests that the user completes in the system's browser.

use std::time::Duration;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::browser::{
    BrowserBegin, BrowserGoal, BrowserRequest, BrowserResult, BrowserState, BrowserStatus, RequestJson,
    StatusJson,
};
use super::browser_port::BrowserApi;
use super::challenge::SignInAnswer;
use super::exchange::{Caller, Reply};
use super::http::{HttpApi, reply};
use super::response::Response;

/// How long a poll may take: the server answers within 25 seconds.
const POLL_TIMEOUT: Duration = Duration::from_secs(35);

#[derive(Serialize)]
struct Finish<'a> {
    request: &'a str,
    result: &'a str,
}

impl BrowserApi for HttpApi {
    async fn begin_browser(
        &self,
        caller: Caller<'_>,
        begin: &BrowserBegin<'_>,
        access_token: Option<&SecretString>,
    ) -> Reply<BrowserRequest> {
        #[derive(Serialize)]
        struct Document<'a> {
            purpose: BrowserGoal,
            way: Option<&'static str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            provider: Option<&'a str>,
            mode: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            port: Option<u16>,
            #[serde(skip_serializing_if = "Option::is_none")]
            language: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            device_name: Option<&'a str>,
            platform: &'a str,
            select_account: bool,
        }
        let (way, provider) = begin.way.map_or((None, None), |way| {
            let (way, provider) = way.names();
            (Some(way), provider)
        });
        let body = Document {
            purpose: begin.goal,
            way,
            provider,
            mode: if begin.port.is_some() { "here" } else { "other" },
            port: begin.port,
            language: begin.language,
            device_name: begin.device_name,
            platform: std::env::consts::OS,
            select_account: begin.select_account,
        };
        let response = self.document(caller, (Method::POST, "/api/auth/browser"), access_token, &body);
        reply(response.await, |response| response.document::<RequestJson>()?.try_into())
    }

    async fn poll_browser(
        &self,
        caller: Caller<'_>,
        request: &str,
        seen: Option<BrowserState>,
    ) -> Reply<BrowserStatus> {
        #[derive(Serialize)]
        struct Document<'a> {
            request: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            seen: Option<BrowserState>,
        }
        let body = Document { request, seen };
        let route = (Method::POST, "/api/auth/browser/poll");
        let response = self.slow_document(caller, route, &body, POLL_TIMEOUT).await;
        reply(response, |response| Ok(response.document::<StatusJson>()?.into()))
    }

    async fn finish_browser(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &BrowserResult,
    ) -> Reply<SignInAnswer> {
        let body = Finish { request, result: result.expose_secret() };
        let response = self.document(caller, (Method::POST, "/api/auth/browser/finish"), None, &body);
        reply(response.await, Response::first_answer)
    }

    async fn confirm_by_browser(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &BrowserResult,
    ) -> Reply<SecretString> {
        #[derive(Deserialize)]
        struct Confirmed {
            token: SecretString,
        }
        let body = Finish { request, result: result.expose_secret() };
        let response = self.document(caller, (Method::POST, "/api/auth/browser/finish"), None, &body);
        reply(response.await, |response| Ok(response.document::<Confirmed>()?.token))
    }

    async fn cancel_browser(&self, caller: Caller<'_>, request: &str) -> Reply<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            request: &'a str,
        }
        let body = Document { request };
        let response = self.document(caller, (Method::DELETE, "/api/auth/browser"), None, &body);
        reply(response.await, Response::done)
    }
}
