//! The calls over HTTP that sign in.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::IgnoredAny;

use super::challenge::SignInAnswer;
use super::credentials::{CodeRedemption, Credentials, EnrolmentProof};
use super::exchange::{Caller, Reply};
use super::factor::{ProposalJson, TotpProposal};
use super::http::{HttpApi, reply};
use super::options::{OptionsJson, SignInOptions};
use super::response::Response;
use super::sign_in_port::SignInApi;

impl SignInApi for HttpApi {
    async fn options(&self, device_id: &str) -> Reply<SignInOptions> {
        let response = async {
            let url = self.url("/api/auth/options")?;
            let request = self.connection.request(Method::GET, url.clone())?;
            self.connection.read(request.header("x-client", device_id), &url).await
        };
        reply(response.await, |response| response.document::<OptionsJson>()?.try_into())
    }

    async fn sign_in(
        &self,
        caller: Caller<'_>,
        credentials: &Credentials,
        device_name: Option<&str>,
    ) -> Reply<SignInAnswer> {
        #[derive(Serialize)]
        struct Document<'a> {
            username: &'a str,
            password: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            device_name: Option<&'a str>,
            platform: &'a str,
        }
        let body = Document {
            username: &credentials.username,
            password: credentials.password.expose_secret(),
            device_name,
            platform: std::env::consts::OS,
        };
        let response = self.document(caller, (Method::POST, "/api/auth"), None, &body);
        reply(response.await, Response::first_answer)
    }

    async fn second_factor(
        &self,
        caller: Caller<'_>,
        challenge: &SecretString,
        code: &SecretString,
    ) -> Reply<SignInAnswer> {
        #[derive(Serialize)]
        struct Document<'a> {
            challenge: &'a str,
            code: &'a str,
        }
        let body = Document { challenge: challenge.expose_secret(), code: code.expose_secret() };
        let response = self.document(caller, (Method::POST, "/api/auth/second-factor"), None, &body);
        reply(response.await, Response::first_answer)
    }

    async fn enrol(
        &self,
        caller: Caller<'_>,
        challenge: &SecretString,
        proof: &EnrolmentProof,
    ) -> Reply<TotpProposal> {
        #[derive(Serialize)]
        struct Document<'a> {
            challenge: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            code: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            password: Option<&'a str>,
        }
        let body = Document {
            challenge: challenge.expose_secret(),
            code: proof.code.as_ref().map(ExposeSecret::expose_secret),
            password: proof.password.as_ref().map(ExposeSecret::expose_secret),
        };
        let response = self.document(caller, (Method::POST, "/api/auth/second-factor/enrol"), None, &body);
        reply(response.await, |response| response.document::<ProposalJson>()?.try_into())
    }

    async fn forgot(&self, caller: Caller<'_>, username: &str) -> Reply<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            username: &'a str,
        }
        let body = Document { username };
        let response = self.document(caller, (Method::POST, "/api/auth/forgot"), None, &body);
        reply(response.await, |response| response.accepted::<IgnoredAny>().map(drop))
    }

    async fn redeem(
        &self,
        caller: Caller<'_>,
        redemption: &CodeRedemption,
        device_name: Option<&str>,
    ) -> Reply<SignInAnswer> {
        #[derive(Serialize)]
        struct Document<'a> {
            code: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            new_password: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            username: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            device_name: Option<&'a str>,
            platform: &'a str,
        }
        let body = Document {
            code: redemption.code.expose_secret(),
            new_password: redemption.new_password.as_ref().map(ExposeSecret::expose_secret),
            username: redemption.username.as_deref(),
            device_name,
            platform: std::env::consts::OS,
        };
        let response = self.document(caller, (Method::POST, "/api/auth/code"), None, &body);
        reply(response.await, Response::first_answer)
    }
}
