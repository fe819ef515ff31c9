//! Latchkey's server with notes and two accounts, with the keys that the app was built for.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use latchkey_example_notes::routes;
use latchkey_server::accounts::{self, NewAccount, Username};
use latchkey_server::{Application, Clock, Settings};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const PASSWORD: &str = "autobots rule";

pub(crate) struct Server {
    pub(crate) url: String,
    settings: Settings,
    /// How far its clock is ahead of the machine's, in seconds.
    pub(crate) ahead: Arc<AtomicI64>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            database_url: format!("sqlite:{}", folder.path().join("latchkey.db").display()).into(),
            keys: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config"),
            ..Settings::default()
        };
        settings.passwords.min_length = 13;
        settings.passwords.memory_kib = 64;
        settings.passwords.iterations = 1;
        for username in ["sam", "mikaela"] {
            let account = NewAccount {
                username: Username::parse(username).unwrap(),
                password: PASSWORD.into(),
                given_name: None,
                family_name: None,
                email: None,
                claims: serde_json::Map::new(),
            };
            accounts::add(&settings, account, Clock::system().now()).await.unwrap();
        }
        let mut server = Self { url: String::new(), settings, ahead: Arc::default(), running: None, folder };
        server.start_again().await;
        server
    }

    /// Brings it back at the same address.
    pub(crate) async fn start_again(&mut self) {
        let notes = routes(&self.folder.path().join("notes.db")).await.unwrap();
        let application = Application::build(self.settings.clone(), self.clock()).await.unwrap();
        let application = application.with_routes(notes);
        self.settings.listen = application.address();
        self.url = application.url();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async {
            let stopped = async { drop(stopped.await) };
            application.run_until_stopped(stopped).await.unwrap();
        });
        self.running = Some((stop, running));
    }

    fn clock(&self) -> Clock {
        let (machine, ahead) = (Clock::system(), Arc::clone(&self.ahead));
        Clock::new(move || machine.now().plus(ahead.load(Ordering::SeqCst)))
    }

    pub(crate) async fn stop(&mut self) {
        let (stop, running) = self.running.take().unwrap();
        drop(stop);
        running.await.unwrap();
    }

    /// Somebody with a script.
    pub(crate) async fn script(&self, username: &str) -> Script {
        let http = Client::builder().no_proxy().build().unwrap();
        let request = http.post(format!("{}/api/auth", self.url)).header("x-client", "script");
        let request = request.json(&json!({ "username": username, "password": PASSWORD }));
        let answer: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
        let token = answer["token"].as_str().unwrap().to_owned();
        Script { http, notes: format!("{}/api/notes", self.url), token }
    }
}

pub(crate) struct Script {
    http: Client,
    notes: String,
    token: String,
}

impl Script {
    pub(crate) async fn add(&self, text: &str) -> u16 {
        self.signed(self.http.post(&self.notes).body(text.to_owned())).send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn notes(&self) -> Value {
        let answer = self.signed(self.http.get(&self.notes)).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["notes"].clone()
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("x-client", "script").bearer_auth(&self.token)
    }
}
