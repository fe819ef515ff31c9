//! A Latchkey server as an operator runs it, on the machine's clock, and requests of its devices.

use std::fs;
use std::future::pending;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use latchkey_server::accounts::{self, NewAccount, Username};
use latchkey_server::{Application, Clock, Reload, Settings, keys};
use latchkey_token::proof::{self, Htu};
use latchkey_token::{DeviceKey, UnixTime};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

const USERNAME: &str = "Ladiesman217";
const PASSWORD: &str = "autobots rule";

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn now() -> UnixTime {
    Clock::system().now()
}

pub(crate) struct Latchkey {
    pub(crate) url: String,
    pub(crate) settings: Settings,
    pub(crate) reload: Reload,
    folder: Arc<TempDir>,
}

impl Latchkey {
    /// Starts a server with one account. It has the same keys as the other tests, in its own files.
    pub(crate) async fn start() -> Self {
        static KEYS: OnceLock<TempDir> = OnceLock::new();
        let keys_folder = KEYS.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            keys::generate(folder.path(), 2048).unwrap();
            folder
        });
        Self::start_with(|folder| {
            for name in [keys::PRIVATE_KEY_FILE, keys::PUBLIC_KEY_FILE] {
                fs::copy(keys_folder.path().join(name), folder.join(name)).unwrap();
            }
        })
        .await
    }

    /// Starts a server with its own key.
    pub(crate) async fn with_other_key() -> Self {
        Self::start_with(|folder| drop(keys::generate(folder, 2048).unwrap())).await
    }

    async fn start_with(put_keys: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        put_keys(folder.path());
        let mut settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            database_url: format!("sqlite:{}", folder.path().join("latchkey.db").display()).into(),
            keys: folder.path().to_owned(),
            ..Settings::default()
        };
        settings.passwords.min_length = 13;
        settings.passwords.memory_kib = 64;
        settings.passwords.iterations = 1;
        let account = NewAccount {
            username: Username::parse(USERNAME).unwrap(),
            password: PASSWORD.into(),
            given_name: None,
            family_name: None,
            email: None,
            claims: serde_json::Map::new(),
        };
        accounts::add(&settings, account, now()).await.unwrap();
        Self::run(settings, Clock::system(), Arc::new(folder)).await
    }

    /// Starts another server with the same keys and accounts, and changed settings.
    pub(crate) async fn like(&self, clock: Clock, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Self::run(settings, clock, Arc::clone(&self.folder)).await
    }

    async fn run(settings: Settings, clock: Clock, folder: Arc<TempDir>) -> Self {
        let application = Application::build(settings.clone(), clock).await.unwrap();
        let (url, reload) = (application.url(), application.reload());
        tokio::spawn(application.run_until_stopped(pending()));
        Self { url, settings, reload, folder }
    }

    /// Signs in without a device key, and returns the bearer token.
    pub(crate) async fn bearer_token(&self) -> String {
        self.sign_in(None).await["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn sign_in(&self, device: Option<(&DeviceKey, UnixTime)>) -> Value {
        let url = format!("{}/api/auth", self.url);
        let body = json!({ "username": USERNAME, "password": PASSWORD });
        let mut request = client().post(&url).header("x-client", "device-1").json(&body);
        if let Some((key, now)) = device {
            request = request.header("dpop", proof_for(key, "POST", &url, None, now));
        }
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// Starts a proxy for the published keys that counts fetches and can be set down.
    pub(crate) async fn front(&self) -> Front {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let front = Front { url, fetches: Arc::default(), is_down: Arc::default() };
        let state = (front.clone(), format!("{}/.well-known/jwks.json", self.url));
        let router = Router::new().route("/.well-known/jwks.json", get(forward)).with_state(state);
        tokio::spawn(async { axum::serve(listener, router).await });
        front
    }
}

pub(crate) fn device_key() -> DeviceKey {
    DeviceKey::derive(&[1; 32]).unwrap()
}

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

#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) url: String,
    fetches: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
}

impl Front {
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
