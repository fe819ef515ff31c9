//! A client of the server: with a device key like the app, or without like a script.

use anyhow::{Context, Result, bail};
use latchkey_token::DeviceKey;
use latchkey_token::proof::{self, Htu};
use serde_json::{Value, json};

use crate::clock;
use crate::wire::{self, Connection};

/// A device. Its id and key follow from its number.
pub(crate) struct Device {
    pub(crate) id: String,
    key: DeviceKey,
}

/// The tokens of a sign-in.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    /// Present only with a device key.
    pub(crate) session: Option<String>,
}

impl Tokens {
    pub(crate) fn parse(response: &Value) -> Result<Self> {
        let text = |name: &str| response.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self { access: text("token").context("no token")?, session: text("session_token") })
    }
}

impl Device {
    pub(crate) fn new(number: u64) -> Result<Self> {
        let mut secret = [7; 32];
        for (byte, digit) in secret.iter_mut().zip(number.to_be_bytes()) {
            *byte = digit;
        }
        Ok(Self { id: format!("device-{number}"), key: DeviceKey::derive(&secret)? })
    }

    /// Makes a proof for one request to the server at `url`.
    pub(crate) fn proof(&self, url: &str, method: &str, path: &str, token: Option<&str>) -> Result<String> {
        let target = Htu::parse(&format!("{url}{path}"))?;
        Ok(proof::sign(&self.key, proof::Request { method, url: &target, token, nonce: None }, clock::now())?)
    }

    /// Makes a sign-in request with a proof.
    pub(crate) fn sign_in(&self, url: &str, username: &str, password: &str) -> Result<Vec<u8>> {
        let proof = self.proof(url, "POST", "/api/auth", None)?;
        let body = json!({ "username": username, "password": password });
        Ok(wire::request("POST", "/api/auth", &[("x-client", &self.id), ("dpop", &proof)], Some(&body)))
    }

    /// Makes a sign-in request without a proof.
    pub(crate) fn sign_in_bearer(&self, username: &str, password: &str) -> Vec<u8> {
        let body = json!({ "username": username, "password": password });
        wire::request("POST", "/api/auth", &[("x-client", &self.id)], Some(&body))
    }

    /// Makes a request with a bound token and a new proof.
    pub(crate) fn call(&self, url: &str, method: &str, path: &str, token: &str) -> Result<Vec<u8>> {
        let proof = self.proof(url, method, path, Some(token))?;
        let authorization = format!("DPoP {token}");
        let headers = [("x-client", self.id.as_str()), ("authorization", &authorization), ("dpop", &proof)];
        Ok(wire::request(method, path, &headers, None))
    }

    /// Makes a request with a bearer token.
    pub(crate) fn call_bearer(&self, method: &str, path: &str, token: &str) -> Vec<u8> {
        let authorization = format!("Bearer {token}");
        wire::request(method, path, &[("x-client", &self.id), ("authorization", &authorization)], None)
    }
}

/// Sends a sign-in request, and returns its tokens. Any status except 200 is an error.
pub(crate) async fn tokens(connection: &mut Connection, request: &[u8]) -> Result<Tokens> {
    let response = connection.exchange(request).await?;
    if response.status != 200 {
        bail!("a sign-in returned {}: {}", response.status, String::from_utf8_lossy(response.body));
    }
    Tokens::parse(&response.json()?)
}
