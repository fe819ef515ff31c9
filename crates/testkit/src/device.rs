//! A device with a key that sends requests to a server, like the app.

use latchkey_token::proof::{self, Htu};
use latchkey_token::{DeviceKey, UnixTime};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{PASSWORD, Server, USERNAME, ok};

/// A device with a key.
pub struct Device {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: DeviceKey,
}

impl Device {
    /// Device `number`, always with the same id and key.
    pub fn new(number: u8) -> Self {
        Self { id: format!("device-{number}"), key: DeviceKey::derive(&[number; 32]).unwrap() }
    }

    /// A proof for one request to `server`, at the server's time and without a nonce.
    pub fn proof(&self, server: &Server, method: &Method, path: &str, token: Option<&str>) -> String {
        self.proof_at(server, method, path, token, server.clock.now(), None)
    }

    /// A proof for one request to `server`, with the given time and nonce.
    pub fn proof_at(
        &self,
        server: &Server,
        method: &Method,
        path: &str,
        token: Option<&str>,
        now: UnixTime,
        nonce: Option<&str>,
    ) -> String {
        let url = Htu::parse(&format!("{}{path}", server.public_url())).unwrap();
        let request = proof::Request { method: method.as_str(), url: &url, token, nonce };
        proof::sign(&self.key, request, now).unwrap()
    }

    /// Signs [`sam`](crate::sam) in with a proof, and returns the tokens.
    pub async fn sign_in(&self, server: &Server) -> Value {
        let proof = self.proof(server, &Method::POST, "/api/auth", None);
        ok(self.sign_in_with(server, &proof).await).await
    }

    /// Tries to sign [`sam`](crate::sam) in with `password` and a proof.
    pub async fn attempt(&self, server: &Server, password: &str) -> Response {
        let proof = self.proof(server, &Method::POST, "/api/auth", None);
        let body = json!({ "username": USERNAME, "password": password });
        let request = server.request(Method::POST, "/api/auth").header("x-client", &self.id);
        request.header("dpop", proof).json(&body).send().await.unwrap()
    }

    /// Tries to sign [`sam`](crate::sam) in with a proof, under the given name and system.
    pub async fn sign_in_as(&self, server: &Server, name: &str, platform: &str) -> Response {
        let proof = self.proof(server, &Method::POST, "/api/auth", None);
        let body = json!({
            "username": USERNAME, "password": PASSWORD, "device_name": name, "platform": platform
        });
        let request = server.request(Method::POST, "/api/auth").header("x-client", &self.id);
        request.header("dpop", proof).json(&body).send().await.unwrap()
    }

    /// Sends `PUT` with a bound token, a new proof and a JSON body.
    pub async fn put(&self, server: &Server, path: &str, token: &str, body: &Value) -> Response {
        self.send(server, Method::PUT, path, token, body).await
    }

    /// Sends `POST` with a bound token, a new proof and a JSON body.
    pub async fn post(&self, server: &Server, path: &str, token: &str, body: &Value) -> Response {
        self.send(server, Method::POST, path, token, body).await
    }

    async fn send(&self, server: &Server, method: Method, path: &str, token: &str, body: &Value) -> Response {
        let proof = self.proof(server, &method, path, Some(token));
        let request = server.request(method, path).header("x-client", &self.id);
        let request = request.header("authorization", format!("DPoP {token}")).header("dpop", proof);
        request.json(body).send().await.unwrap()
    }

    /// Signs [`sam`](crate::sam) in with the given proof.
    pub async fn sign_in_with(&self, server: &Server, proof: &str) -> Response {
        let request = server.request(Method::POST, "/api/auth").header("x-client", &self.id);
        let body = json!({ "username": USERNAME, "password": PASSWORD });
        request.header("dpop", proof).json(&body).send().await.unwrap()
    }

    /// Sends a request with a bound token and a new proof.
    pub async fn call(&self, server: &Server, method: Method, path: &str, token: &str) -> Response {
        let proof = self.proof(server, &method, path, Some(token));
        self.call_with(server, method, path, token, &proof).await
    }

    /// Sends a request with a bound token and the given proof.
    pub async fn call_with(
        &self,
        server: &Server,
        method: Method,
        path: &str,
        token: &str,
        proof: &str,
    ) -> Response {
        let request = server.request(method, path).header("x-client", &self.id);
        let request = request.header("authorization", format!("DPoP {token}")).header("dpop", proof);
        request.send().await.unwrap()
    }

    /// Renews the session of a session token.
    pub async fn renew(&self, server: &Server, session_token: &str) -> Response {
        self.call(server, Method::POST, "/api/auth/renew", session_token).await
    }
}

/// The text of a member of a JSON object.
///
/// # Panics
/// Panics if the member is missing or not a text.
pub fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}
