//! Latchkey servers on the machine's clock, proofs for requests to a service, and a proxy for the
//! published keys.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use latchkey_server::keys;
use latchkey_testkit::{Device, Server, TestClock, key_folder, text};
use latchkey_token::proof::{self, Htu};
use latchkey_token::{DeviceKey, UnixTime};
use reqwest::Client;
use serde_json::Value;
use tokio::net::TcpListener;

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn now() -> UnixTime {
    TestClock::running().now()
}

/// Starts a server. It has the same keys as the other tests, in its own files.
pub(crate) async fn start() -> Server {
    start_with(|folder| {
        for name in [keys::PRIVATE_KEY_FILE, keys::PUBLIC_KEY_FILE] {
            fs::copy(key_folder().join(name), folder.join(name)).unwrap();
        }
    })
    .await
}

/// Starts a server with its own key.
pub(crate) async fn start_with_other_key() -> Server {
    start_with(|folder| drop(keys::generate(folder, 2048).unwrap())).await
}

async fn start_with(put_keys: impl FnOnce(&Path)) -> Server {
    let builder = Server::builder().clock(&TestClock::running());
    let folder = builder.folder().to_owned();
    put_keys(&folder);
    builder.keys(folder).start().await
}

/// Signs a device in, and returns its access token.
pub(crate) async fn bound_token(latchkey: &Server, device: &Device) -> String {
    let tokens = device.sign_in(latchkey).await;
    assert_eq!(tokens["token_type"], "DPoP");
    text(&tokens, "token").to_owned()
}

/// A proof for one request, without a nonce.
pub(crate) fn proof_for(
    key: &DeviceKey,
    method: &str,
    url: &str,
    token: Option<&str>,
    now: UnixTime,
) -> String {
    let url = Htu::parse(url).unwrap();
    proof::sign(key, proof::Request { method, url: &url, token, nonce: None }, now).unwrap()
}

/// A proxy for the published keys that counts fetches and can be set down.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) url: String,
    fetches: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
}

impl Front {
    /// Starts a proxy in front of `latchkey`.
    pub(crate) async fn start(latchkey: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let front = Self { url, fetches: Arc::default(), is_down: Arc::default() };
        let state = (front.clone(), format!("{}/.well-known/jwks.json", latchkey.url));
        let router = Router::new().route("/.well-known/jwks.json", get(forward)).with_state(state);
        tokio::spawn(async { axum::serve(listener, router).await });
        front
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }
}

async fn forward(State((front, url)): State<(Front, String)>) -> Result<Json<Value>, StatusCode> {
    if front.is_down.load(Ordering::SeqCst) {
        return Err(StatusCode::BAD_GATEWAY);
    }
    front.fetches.fetch_add(1, Ordering::SeqCst);
    Ok(Json(client().get(url).send().await.unwrap().json().await.unwrap()))
}
