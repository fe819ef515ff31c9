//! A server to test against, with a clock that the test moves.

mod device;
mod forge;
mod postgres;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use latchkey_server::accounts::{self, NewAccount, Username};
use latchkey_server::admin::Admin;
use latchkey_server::{Application, AuditFilter, Clock, Settings, keys};
use latchkey_token::{KeySet, TokenKind, UnixTime, Verifier};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use device::{Device, text};
pub(crate) use forge::{Forge, encode};
pub(crate) use postgres::Cluster;

pub(crate) const USERNAME: &str = "Ladiesman217";
pub(crate) const PASSWORD: &str = "autobots rule";

/// When tests begin: 2027-01-15.
pub(crate) const START: UnixTime = UnixTime::new(1_800_000_000);

/// How long another server may take to see an end. It is a second on a machine that is not busy; the settings allow no slower
/// look, and the next one after that is a minute away.
pub(crate) const SOON: Duration = Duration::from_secs(5);

pub(crate) const DAY: i64 = 86_400;

/// A clock that stands until it is moved.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn now(&self) -> UnixTime {
        UnixTime::new(self.0.load(Ordering::SeqCst))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// One RSA pair for all tests of the process: making one takes seconds.
pub(crate) fn key_folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        keys::generate(folder.path(), 2048).unwrap();
        folder
    };
    FOLDER.get_or_init(make).path()
}

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) clock: TestClock,
    pub(crate) settings: Settings,
    http: Client,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
    folder: Option<TempDir>,
}

/// Settings for a database in `folder`, with hashes that cost nothing and no delay.
pub(crate) fn settings(folder: &Path) -> Settings {
    let mut settings = Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        database_url: format!("sqlite:{}", folder.join("latchkey.db").display()).into(),
        keys: key_folder().to_owned(),
        ..Settings::default()
    };
    settings.passwords.min_length = 13;
    settings.passwords.memory_kib = 64;
    settings.passwords.iterations = 1;
    settings.passwords.failure_delay_ms = [0, 0];
    settings
}

pub(crate) fn sam() -> NewAccount {
    NewAccount {
        username: Username::parse(USERNAME).unwrap(),
        password: PASSWORD.into(),
        given_name: Some("Sam".into()),
        family_name: Some("Witwicky".into()),
        email: Some("sam@example.com".into()),
        claims: json!({ "team": "autobots", "level": 7 }).as_object().unwrap().clone(),
    }
}

/// One test for each database: `mod name { on_sqlite, on_postgresql }` runs `name(server)`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use crate::support::{Cluster, Server};

            #[tokio::test]
            async fn on_sqlite() {
                super::$name(Server::start().await).await;
            }

            #[tokio::test]
            async fn on_postgresql() {
                let cluster = Cluster::shared();
                let url = cluster.database().await;
                super::$name(Server::start_with(|settings| settings.database_url = url.into()).await).await;
            }
        }
    )+};
}
pub(crate) use on_both;

impl Server {
    /// A server with one account.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, with other settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        change(&mut settings);
        accounts::add(&settings, sam(), START).await.unwrap();
        let clock = TestClock(Arc::new(AtomicI64::new(START.seconds())));
        Self { folder: Some(folder), ..Self::run(settings, clock).await }
    }

    /// Another server on the same database and clock.
    pub(crate) async fn another(&self) -> Self {
        Self::run(self.settings.clone(), self.clock.clone()).await
    }

    /// A server with these settings, on a database that is there.
    pub(crate) async fn start_on(settings: Settings, clock: TestClock) -> Self {
        Self::run(settings, clock).await
    }

    async fn run(settings: Settings, clock: TestClock) -> Self {
        let source = clock.clone();
        let application =
            Application::build(settings.clone(), Clock::new(move || source.now())).await.unwrap();
        let url = application.url();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            application.run_until_stopped(stopped).await.unwrap();
        });
        let http = Client::builder().no_proxy().build().unwrap();
        Self { url, clock, settings, http, stop: Some(stop), running, folder: None }
    }

    /// Stops it as an operator would, and waits.
    pub(crate) async fn stop(mut self) -> Option<TempDir> {
        drop(self.stop.take());
        self.running.await.unwrap();
        self.folder.take()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A sign-in without a device key.
    pub(crate) async fn sign_in(&self, device_id: &str) -> String {
        let request = self.request(Method::POST, "/api/auth").header("x-client", device_id);
        let response =
            request.json(&json!({ "username": USERNAME, "password": PASSWORD })).send().await.unwrap();
        ok(response).await["token"].as_str().unwrap().to_owned()
    }

    /// `GET /` with a bearer token.
    pub(crate) async fn hello(&self, device_id: &str, token: &str) -> Response {
        let request = self.request(Method::GET, "/").header("x-client", device_id);
        request.header("authorization", format!("Bearer {token}")).send().await.unwrap()
    }

    /// An attempt to sign in with a password, by a device without a key.
    pub(crate) async fn attempt(&self, username: &str, password: &str) -> Response {
        let request = self.request(Method::POST, "/api/auth").header("x-client", "device-0");
        request.json(&json!({ "username": username, "password": password })).send().await.unwrap()
    }

    /// An operator's hand on its database.
    pub(crate) async fn admin(&self) -> Admin {
        Admin::open(&self.settings).await.unwrap()
    }

    /// The names of what the audit log has, the oldest first.
    pub(crate) async fn audited(&self) -> Vec<String> {
        let filter = AuditFilter { most: 1000, ..AuditFilter::default() };
        self.admin().await.audit(&filter).await.unwrap().into_iter().map(|event| event.event).collect()
    }

    pub(crate) fn public_keys(&self) -> KeySet {
        KeySet::from_pem(&std::fs::read_to_string(self.settings.keys.join("auth-public.key")).unwrap())
            .unwrap()
    }

    /// What the app does with a session token.
    pub(crate) fn session_verifier(&self, device: &Device) -> Verifier {
        Verifier::new(TokenKind::Session, self.public_keys(), "latchkey", device.id.as_str())
            .bound_to(device.key.thumbprint().clone())
    }

    pub(crate) fn access_verifier(&self, device_id: &str) -> Verifier {
        Verifier::new(TokenKind::Access, self.public_keys(), "latchkey", "latchkey-api").also_for(device_id)
    }

    /// Runs a statement as an operator would, past the server.
    pub(crate) async fn sql(&self, statement: &'static str) {
        use sqlx::{AnyConnection, Connection as _};
        sqlx::any::install_default_drivers();
        let path = self.folder.as_ref().expect("only on SQLite").path().join("latchkey.db");
        let mut connection = AnyConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// What a statement answers, as text.
    pub(crate) async fn scalar(&self, statement: &'static str) -> String {
        use sqlx::{AnyConnection, Connection as _};
        sqlx::any::install_default_drivers();
        let url = format!("sqlite:{}", self.database_file().display());
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        let text = sqlx::query_scalar(statement).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        text
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.database_file().exists()
    }

    pub(crate) fn database_file(&self) -> PathBuf {
        self.folder.as_ref().unwrap().path().join("latchkey.db")
    }
}

/// The JSON of an answer that must be a success.
pub(crate) async fn ok(response: Response) -> Value {
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Checks that an answer is the problem document of `status` and `code`, and returns it.
pub(crate) async fn problem(response: Response, status: u16, code: &str) -> Value {
    let headers = response.headers().clone();
    let actual = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(actual.as_u16(), status, "{text}");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(headers.contains_key("x-request-id"));
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["code"], code, "{text}");
    assert_eq!(document["status"], status);
    assert_eq!(document["type"], "about:blank");
    assert_eq!(document["title"], actual.canonical_reason().unwrap());
    assert!(document["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    assert_eq!(
        headers.contains_key("www-authenticate"),
        status == 401,
        "a 401, and only that, has a challenge"
    );
    assert_eq!(headers.contains_key("retry-after"), [429, 503].contains(&status));
    document
}
