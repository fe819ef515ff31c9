//! The calls over HTTP: what each sends, and what its answer means.

use latchkey_token::proof::{self, Htu, Request};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::connection::Connection;
use super::devices::SessionsJson;
use super::sending::{Body, SendBody, SendMethod};
use super::{Api, ApiError, Caller, Credentials, DeviceSession, PasswordChange, Reply, SessionId, Tokens};
use crate::settings::ServerUrl;
use crate::view::ApiReply;

/// The server behind its URL. Cheap to clone: the connection's set-up is shared.
#[derive(Clone)]
pub struct HttpApi {
    connection: Connection,
    server: ServerUrl,
}

/// One call, before it is proved.
struct Call<'a> {
    method: Method,
    url: Url,
    token: Option<&'a SecretString>,
    body: Option<Body>,
}

impl HttpApi {
    /// A client for one server.
    ///
    /// # Errors
    /// When TLS cannot be set up, for instance because the machine has no root certificates.
    pub fn new(server: ServerUrl) -> Result<Self, ApiError> {
        Ok(Self { connection: Connection::new(&server)?, server })
    }

    fn url(&self, path: &str) -> Result<Url, ApiError> {
        self.server.join(path).ok_or(ApiError::PathNotAllowed)
    }

    /// Makes a call with a proof; once more with the server's nonce if it asks for one, because this clock is wrong. It asks
    /// at its door, before anything is done. What got no answer is not sent again.
    async fn proved(&self, caller: Caller<'_>, call: Call<'_>) -> Result<Answer, ApiError> {
        let first = self.attempt(caller, &call, None).await?;
        match first.wanted_nonce() {
            Some(nonce) => self.attempt(caller, &call, Some(nonce)).await,
            None => Ok(first),
        }
    }

    /// A call with the access token and without a body.
    async fn simple(
        &self,
        caller: Caller<'_>,
        method: Method,
        path: &str,
        access_token: &SecretString,
    ) -> Result<Answer, ApiError> {
        let call = Call { method, url: self.url(path)?, token: Some(access_token), body: None };
        self.proved(caller, call).await
    }

    async fn attempt(
        &self,
        caller: Caller<'_>,
        call: &Call<'_>,
        nonce: Option<&str>,
    ) -> Result<Answer, ApiError> {
        let target = Htu::parse(call.url.as_str()).map_err(|_| ApiError::PathNotAllowed)?;
        let token = call.token.map(ExposeSecret::expose_secret);
        let request = Request { method: call.method.as_str(), url: &target, token, nonce };
        let proof = proof::sign(caller.key, request, caller.now).map_err(|_| ApiError::NoProof)?;
        let request = self.connection.request(call.method.clone(), call.url.clone());
        let mut request = request.header("x-client", caller.device_id).header("dpop", proof);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, authorization(token)?);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, body.media_type).body(body.bytes.to_vec());
        }
        self.connection.read(request, &call.url).await
    }
}

impl Api for HttpApi {
    async fn sign_in(
        &self,
        caller: Caller<'_>,
        credentials: &Credentials,
        device_name: Option<&str>,
    ) -> Reply<Tokens> {
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
        let answer = async {
            let call = Call {
                method: Method::POST,
                url: self.url("/api/auth")?,
                token: None,
                body: Some(json(&body)?),
            };
            self.proved(caller, call).await
        };
        reply(answer.await, Answer::tokens)
    }

    async fn renew(&self, caller: Caller<'_>, session_token: &SecretString) -> Reply<Tokens> {
        let answer = async {
            let call = Call {
                method: Method::POST,
                url: self.url("/api/auth/renew")?,
                token: Some(session_token),
                body: None,
            };
            self.proved(caller, call).await
        };
        reply(answer.await, Answer::tokens)
    }

    async fn get(&self, caller: Caller<'_>, path: &str, access_token: &SecretString) -> Reply<ApiReply> {
        reply(self.simple(caller, Method::GET, path, access_token).await, Answer::reply)
    }

    async fn send(
        &self,
        caller: Caller<'_>,
        method: SendMethod,
        path: &str,
        body: Option<&SendBody>,
        access_token: &SecretString,
    ) -> Reply<ApiReply> {
        let answer = async {
            let call = Call {
                method: method.into(),
                url: self.server.join_to_send(path).ok_or(ApiError::PathNotAllowed)?,
                token: Some(access_token),
                body: body.map(SendBody::encode).transpose()?,
            };
            self.proved(caller, call).await
        };
        reply(answer.await, Answer::reply)
    }

    async fn sessions(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<Vec<DeviceSession>> {
        let answer = self.simple(caller, Method::GET, "/api/sessions", access_token).await;
        reply(answer, |answer| Ok(answer.document::<SessionsJson>()?.into()))
    }

    async fn end_session(
        &self,
        caller: Caller<'_>,
        sid: &SessionId,
        access_token: &SecretString,
    ) -> Reply<()> {
        let path = format!("/api/sessions/{sid}");
        reply(self.simple(caller, Method::DELETE, &path, access_token).await, Answer::ended)
    }

    async fn end_other_sessions(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<()> {
        reply(self.simple(caller, Method::DELETE, "/api/sessions", access_token).await, Answer::done)
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
        let answer = async {
            let call = Call {
                method: Method::PUT,
                url: self.url("/api/me/password")?,
                token: Some(access_token),
                body: Some(json(&body)?),
            };
            self.proved(caller, call).await
        };
        reply(answer.await, Answer::password_changed)
    }

    async fn deliver(&self, notice: &str) -> Reply<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            notice: &'a str,
        }
        let answer = async {
            let body = serde_json::to_vec(&Document { notice }).map_err(|_| ApiError::Refused)?;
            let url = self.url("/api/auth/sign-out")?;
            let request = self.connection.request(Method::POST, url.clone());
            self.connection.read(request.header(CONTENT_TYPE, "application/json").body(body), &url).await
        };
        reply(answer.await, Answer::done)
    }

    async fn give_back(&self, caller: Caller<'_>, access_token: &SecretString) -> Reply<()> {
        reply(self.simple(caller, Method::DELETE, "/api/auth", access_token).await, Answer::done)
    }

    fn is_authenticated(&self) -> bool {
        self.server.is_tls() || cfg!(debug_assertions)
    }
}

/// A document as a body.
pub(super) fn json(document: &impl Serialize) -> Result<Body, ApiError> {
    let bytes = serde_json::to_vec(document).map_err(|_| ApiError::Refused)?;
    Ok(Body { media_type: "application/json", bytes: Zeroizing::new(bytes) })
}

fn reply<T>(
    answer: Result<Answer, ApiError>,
    meaning: impl FnOnce(&Answer) -> Result<T, ApiError>,
) -> Reply<T> {
    match answer {
        Ok(answer) => {
            let outcome = meaning(&answer);
            answer.log(outcome.as_ref().err());
            let understood = outcome.is_ok() || answer.is_known_problem();
            Reply { understood, date: answer.date(), outcome }
        }
        Err(error) => Reply { understood: false, date: None, outcome: Err(error) },
    }
}

/// `Authorization: DPoP <token>` (RFC 9449 §7.1), kept out of debug output.
fn authorization(token: &str) -> Result<HeaderValue, ApiError> {
    let text = Zeroizing::new(format!("DPoP {token}"));
    let mut value = HeaderValue::from_str(&text).map_err(|_| ApiError::TokenRefused)?;
    value.set_sensitive(true);
    Ok(value)
}
