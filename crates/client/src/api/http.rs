//! The calls over HTTP: their requests, and the meaning of their responses.

use std::time::Duration;

use latchkey_token::proof::{self, Htu, Request};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use super::api_response::ApiResponse;
use super::body::Body;
use super::challenge::SignInAnswer;
use super::connection::Connection;
use super::credentials::PasswordChange;
use super::devices::{DeviceSession, SessionId, SessionsJson};
use super::error::ApiError;
use super::exchange::{Caller, Reply};
use super::port::Api;
use super::request::{GetRequest, SendRequest};
use super::request_headers::{RequestHeader, RequestHeaders};
use super::response::Response;
use super::server_url::ServerUrl;

/// The server at its URL. Clones share the HTTP client.
#[derive(Clone)]
pub struct HttpApi {
    pub(super) connection: Connection,
    server: ServerUrl,
}

/// One call, without its proof.
struct Call<'a> {
    method: Method,
    url: Url,
    token: Option<&'a SecretString>,
    headers: Option<&'a RequestHeaders>,
    body: Option<Body>,
    /// Replaces the connection's limit.
    timeout: Option<Duration>,
}

impl HttpApi {
    /// A client for one server. Connects to nothing, and reads no certificates, before the first
    /// request.
    #[must_use]
    pub fn new(server: ServerUrl) -> Self {
        Self { connection: Connection::new(&server), server }
    }

    pub(super) fn url(&self, path: &str) -> Result<Url, ApiError> {
        self.server.join(path).ok_or(ApiError::PathNotAllowed)
    }

    /// Makes a call with a proof, and again with the server's nonce if it asks for one, because
    /// this clock is wrong. It asks before it reads the request. A call without a response is not
    /// repeated.
    async fn proved(&self, caller: Caller<'_>, call: Call<'_>) -> Result<Response, ApiError> {
        let first = self.attempt(caller, &call, None).await?;
        match first.wanted_nonce() {
            Some(nonce) => self.attempt(caller, &call, Some(nonce)).await,
            None => Ok(first),
        }
    }

    /// A call with the access token and without a body.
    pub(super) async fn simple(
        &self,
        caller: Caller<'_>,
        method: Method,
        path: &str,
        access_token: &SecretString,
    ) -> Result<Response, ApiError> {
        let call = Call {
            method,
            url: self.url(path)?,
            token: Some(access_token),
            headers: None,
            body: None,
            timeout: None,
        };
        self.proved(caller, call).await
    }

    /// A call of the client itself with a document, and the access token if there is one.
    pub(super) async fn document(
        &self,
        caller: Caller<'_>,
        (method, path): (Method, &str),
        access_token: Option<&SecretString>,
        document: &impl Serialize,
    ) -> Result<Response, ApiError> {
        let body = Some(Body::json(document)?);
        let call =
            Call { method, url: self.url(path)?, token: access_token, headers: None, body, timeout: None };
        self.proved(caller, call).await
    }

    /// A call with a document, without a token, whose response the server may hold back.
    pub(super) async fn slow_document(
        &self,
        caller: Caller<'_>,
        (method, path): (Method, &str),
        document: &impl Serialize,
        timeout: Duration,
    ) -> Result<Response, ApiError> {
        let body = Some(Body::json(document)?);
        let url = self.url(path)?;
        let call = Call { method, url, token: None, headers: None, body, timeout: Some(timeout) };
        self.proved(caller, call).await
    }

    async fn attempt(
        &self,
        caller: Caller<'_>,
        call: &Call<'_>,
        nonce: Option<&str>,
    ) -> Result<Response, ApiError> {
        let target = Htu::parse(call.url.as_str()).map_err(|_| ApiError::PathNotAllowed)?;
        let token = call.token.map(ExposeSecret::expose_secret);
        let request = Request { method: call.method.as_str(), url: &target, token, nonce };
        let proof = proof::sign(caller.key, request, caller.now).map_err(|_| ApiError::NoProof)?;
        let request = self.connection.request(call.method.clone(), call.url.clone())?;
        let mut request = request.header("x-client", caller.device_id).header("dpop", proof);
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, authorization(token)?);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, body.media_type).body(body.bytes.to_vec());
        }
        if let Some(headers) = call.headers {
            // Replaces the body's `Content-Type`.
            request = request.headers(headers.as_map().clone());
        }
        self.connection.read(request, &call.url).await
    }
}

impl Api for HttpApi {
    async fn renew(&self, caller: Caller<'_>, session_token: &SecretString) -> Reply<SignInAnswer> {
        let response = async {
            let call = Call {
                method: Method::POST,
                url: self.url("/api/auth/renew")?,
                token: Some(session_token),
                headers: None,
                body: None,
                timeout: None,
            };
            self.proved(caller, call).await
        };
        reply(response.await, Response::sign_in_answer)
    }

    async fn get(
        &self,
        caller: Caller<'_>,
        request: &GetRequest<'_>,
        access_token: &SecretString,
    ) -> Reply<ApiResponse> {
        let response = async {
            let call = Call {
                method: Method::GET,
                url: self.url(request.path)?,
                token: Some(access_token),
                headers: Some(&request.headers),
                body: None,
                timeout: None,
            };
            self.proved(caller, call).await
        };
        let is_conditional = request.headers.get(RequestHeader::IfNoneMatch).is_some();
        reply(response.await, |response| response.api_response(is_conditional))
    }

    async fn send(
        &self,
        caller: Caller<'_>,
        request: &SendRequest<'_>,
        access_token: &SecretString,
    ) -> Reply<ApiResponse> {
        let response = async {
            request.check()?;
            let call = Call {
                method: request.method.into(),
                url: self.server.join_to_send(request.path).ok_or(ApiError::PathNotAllowed)?,
                token: Some(access_token),
                headers: Some(&request.headers),
                body: request.body.map(Body::bytes),
                timeout: None,
            };
            self.proved(caller, call).await
        };
        reply(response.await, |response| response.api_response(false))
    }

    async fn sessions(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<Vec<DeviceSession>> {
        let response = self.simple(caller, Method::GET, "/api/sessions", access_token).await;
        reply(response, |response| Ok(response.document::<SessionsJson>()?.into()))
    }

    async fn end_session(
        &self,
        caller: Caller<'_>,
        sid: &SessionId,
        access_token: &SecretString,
    ) -> Reply<()> {
        let path = format!("/api/sessions/{sid}");
        reply(self.simple(caller, Method::DELETE, &path, access_token).await, Response::ended)
    }

    async fn end_other_sessions(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<()> {
        reply(self.simple(caller, Method::DELETE, "/api/sessions", access_token).await, Response::done)
    }

    async fn change_password(
        &self,
        caller: Caller<'_>,
        change: &PasswordChange,
        access_token: &SecretString,
    ) -> Reply<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            current: &'a str,
            new: &'a str,
            end_other_sessions: bool,
        }
        let body = Document {
            current: change.current.expose_secret(),
            new: change.new.expose_secret(),
            end_other_sessions: change.end_others,
        };
        let route = (Method::PUT, "/api/me/password");
        let response = self.document(caller, route, Some(access_token), &body);
        reply(response.await, Response::done)
    }

    async fn deliver(&self, sign_out_token: &str) -> Reply<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            notice: &'a str,
        }
        let response = async {
            let body =
                serde_json::to_vec(&Document { notice: sign_out_token }).map_err(|_| ApiError::Refused)?;
            let url = self.url("/api/auth/sign-out")?;
            let request = self.connection.request(Method::POST, url.clone())?;
            self.connection.read(request.header(CONTENT_TYPE, "application/json").body(body), &url).await
        };
        reply(response.await, Response::delivered)
    }

    async fn give_back(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<()> {
        reply(self.simple(caller, Method::DELETE, "/api/auth", access_token).await, Response::done)
    }

    fn is_authenticated(&self) -> bool {
        self.server.is_tls() || cfg!(debug_assertions)
    }
}

/// The reply that a response means.
pub(super) fn reply<T>(
    response: Result<Response, ApiError>,
    meaning: impl FnOnce(&Response) -> Result<T, ApiError>,
) -> Reply<T> {
    match response {
        Ok(response) => {
            let outcome = meaning(&response);
            response.log(outcome.as_ref().err());
            let understood = outcome.is_ok() || response.is_known_problem();
            Reply { understood, date: response.date(), outcome }
        }
        Err(error) => Reply { understood: false, date: None, outcome: Err(error) },
    }
}

/// `Authorization: DPoP <token>` (RFC 9449 §7.1), which debug output does not show.
fn authorization(token: &str) -> Result<HeaderValue, ApiError> {
    let text = Zeroizing::new(format!("DPoP {token}"));
    let mut value = HeaderValue::from_str(&text).map_err(|_| ApiError::TokenRefused)?;
    value.set_sensitive(true);
    Ok(value)
}
