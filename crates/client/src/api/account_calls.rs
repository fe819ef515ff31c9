//! The calls over HTTP about the account of a session.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::account_port::AccountApi;
use super::credentials::Confirmation;
use super::exchange::{Caller, Reply};
use super::factor::{AccountDetails, MeJson, ProposalJson, RecoveryCodesJson, RemovalJson, TotpProposal};
use super::http::{HttpApi, reply};
use super::notices::{Notice, NoticeAnswer, NoticeAnswered, NoticeId, NoticesJson};
use super::response::Response;

impl AccountApi for HttpApi {
    async fn confirm(
        &self,
        caller: Caller<'_>,
        confirmation: &Confirmation,
        access_token: &SecretString,
    ) -> Reply<SecretString> {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            password: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            code: Option<&'a str>,
        }
        #[derive(Deserialize)]
        struct Confirmed {
            token: SecretString,
        }
        let body = Document {
            password: confirmation.password.as_ref().map(ExposeSecret::expose_secret),
            code: confirmation.code.as_ref().map(ExposeSecret::expose_secret),
        };
        let response = self.document(caller, (Method::POST, "/api/auth/confirm"), Some(access_token), &body);
        reply(response.await, |response| Ok(response.document::<Confirmed>()?.token))
    }

    async fn account(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<AccountDetails> {
        let response = self.simple(caller, Method::GET, "/api/me", access_token).await;
        reply(response, |response| Ok(response.document::<MeJson>()?.into()))
    }

    async fn start_totp(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<TotpProposal> {
        let response = self.simple(caller, Method::POST, "/api/me/totp", access_token).await;
        reply(response, |response| response.document::<ProposalJson>()?.try_into())
    }

    async fn enable_totp(
        &self,
        caller: Caller<'_>,
        code: &SecretString,
        access_token: &SecretString,
    ) -> Reply<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            code: &'a str,
        }
        let body = Document { code: code.expose_secret() };
        let response = self.document(caller, (Method::PUT, "/api/me/totp"), Some(access_token), &body);
        reply(response.await, Response::done)
    }

    async fn disable_totp(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<()> {
        reply(self.simple(caller, Method::DELETE, "/api/me/totp", access_token).await, Response::done)
    }

    async fn request_factor_removal(
        &self,
        caller: Caller<'_>,
        password: Option<&SecretString>,
        access_token: &SecretString,
    ) -> Reply<i64> {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            password: Option<&'a str>,
        }
        let body = Document { password: password.map(ExposeSecret::expose_secret) };
        let request = (Method::POST, "/api/me/totp/removal");
        let response = self.document(caller, request, Some(access_token), &body).await;
        reply(response, |response| Ok(response.accepted::<RemovalJson>()?.removal_at))
    }

    async fn cancel_factor_removal(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<()> {
        let response = self.simple(caller, Method::DELETE, "/api/me/totp/removal", access_token).await;
        reply(response, Response::done)
    }

    async fn new_recovery_codes(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> Reply<Vec<SecretString>> {
        let response = self.simple(caller, Method::POST, "/api/me/recovery-codes", access_token).await;
        reply(response, |response| response.document::<RecoveryCodesJson>()?.try_into())
    }

    async fn notices(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<Vec<Notice>> {
        let response = self.simple(caller, Method::GET, "/api/me/notices", access_token).await;
        reply(response, |response| Ok(response.document::<NoticesJson>()?.into()))
    }

    async fn answer_notice(
        &self,
        caller: Caller<'_>,
        id: &NoticeId,
        answer: NoticeAnswer,
        access_token: &SecretString,
    ) -> Reply<NoticeAnswered> {
        #[derive(Serialize)]
        struct Document {
            answer: &'static str,
        }
        let answer = match answer {
            NoticeAnswer::Mine => "mine",
            NoticeAnswer::NotMine => "not_mine",
        };
        let path = format!("/api/me/notices/{id}");
        let body = Document { answer };
        let response = self.document(caller, (Method::POST, &path), Some(access_token), &body);
        reply(response.await, Response::document)
    }
}
