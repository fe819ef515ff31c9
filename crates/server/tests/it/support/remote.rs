//! A device that calls a server of which only the address is known: a program of its own.

use latchkey_testkit::{Device, TestClock};
use latchkey_token::proof::{self, Htu};
use reqwest::{Client, Method, Response};
use serde_json::Value;

/// A device and the server that it calls.
pub(crate) struct Remote {
    pub(crate) device: Device,
    pub(crate) url: String,
    pub(crate) clock: TestClock,
    http: Client,
}

impl Remote {
    /// Device `number` at the server with this address, whose time is that of `clock`.
    pub(crate) fn new(number: u8, url: &str, clock: &TestClock) -> Self {
        // A server that was killed has closed its connections.
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        Self { device: Device::new(number), url: url.to_owned(), clock: clock.clone(), http }
    }

    /// Sends a JSON body with a proof, and with a bound token if there is one. `None` if the server
    /// went away.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Option<Response> {
        let url = Htu::parse(&format!("{}{path}", self.url)).unwrap();
        let request = proof::Request { method: method.as_str(), url: &url, token, nonce: None };
        let proof = proof::sign(&self.device.key, request, self.clock.now()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.url)).json(body);
        let request = request.header("x-client", &self.device.id).header("dpop", proof);
        let request = match token {
            Some(token) => request.header("authorization", format!("DPoP {token}")),
            None => request,
        };
        request.send().await.ok()
    }

    /// [`Remote::try_send`] to a server that is there.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Response {
        self.try_send(method, path, token, body).await.unwrap()
    }

    /// `POST` without a token.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.send(Method::POST, path, None, body).await
    }
}
