//! A device that calls a server through a proxy, by the proxy's public name.

use std::net::{Ipv4Addr, SocketAddr};

use latchkey_testkit::{Device, PASSWORD, TestClock, USERNAME, ok, text};
use latchkey_token::proof::{self, Htu};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response};
use serde_json::json;

/// The loopback address that clients call from: not the one that proxies call the server from.
pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// A public name with a certificate.
pub(crate) struct Site {
    name: &'static str,
    address: SocketAddr,
    certificate: String,
    key: String,
}

impl Site {
    /// The site of `name`, served at `address`.
    pub(crate) fn new(name: &'static str, address: SocketAddr) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        Self { name, address, certificate: cert.pem(), key: signing_key.serialize_pem() }
    }

    /// The certificate and its key, PEM.
    pub(crate) fn pem(&self) -> (&str, &str) {
        (&self.certificate, &self.key)
    }

    /// The URL that clients call.
    pub(crate) fn url(&self) -> String {
        format!("https://{}:{}", self.name, self.address.port())
    }
}

/// A signed-in device behind a proxy.
pub(crate) struct Caller {
    http: Client,
    url: String,
    device: Device,
    token: String,
}

impl Caller {
    /// Signs in at `url`, a URL of the site.
    pub(crate) async fn sign_in(site: &Site, url: &str) -> Self {
        let http = Client::builder()
            .no_proxy()
            .tls_certs_only([Certificate::from_pem(site.certificate.as_bytes()).unwrap()]);
        let http = http.resolve(site.name, site.address).local_address(Some(CLIENT.into())).build().unwrap();
        let mut caller = Self { http, url: url.to_owned(), device: Device::new(1), token: String::new() };
        let body = json!({ "username": USERNAME, "password": PASSWORD });
        let tokens = ok(caller.request(Method::POST, "/api/auth").json(&body).send().await.unwrap()).await;
        text(&tokens, "token").clone_into(&mut caller.token);
        caller
    }

    /// A request with a new proof, and with the token once there is one.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.url);
        let token = Some(self.token.as_str()).filter(|token| !token.is_empty());
        let target = Htu::parse(&url).unwrap();
        let request = proof::Request { method: method.as_str(), url: &target, token, nonce: None };
        let proof = proof::sign(&self.device.key, request, TestClock::running().now()).unwrap();
        let request =
            self.http.request(method, &url).header("x-client", &self.device.id).header("dpop", proof);
        // What a client says of its own address is not believed.
        let request = request.header("x-forwarded-for", "203.0.113.9").header("forwarded", "for=203.0.113.9");
        match token {
            Some(token) => request.header("authorization", format!("DPoP {token}")),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }
}
