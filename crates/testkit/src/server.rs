//! The real server in this process, on a free port, with its own database.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axum::Router;
use latchkey_server::accounts::{self, NewAccount};
use latchkey_server::admin::{self, Admin};
use latchkey_server::settings::Listen;
use latchkey_server::{Application, AuditFilter, DEFAULT_ISSUER, Reload, Settings, keys};
use latchkey_token::{KeySet, TokenKind, Verifier};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinHandle;

use crate::{Device, PASSWORD, TestClock, USERNAME, ok, sam};

/// The file name of a SQLite database in the server's folder.
const DATABASE: &str = "latchkey.db";

/// The folder of an RSA key pair for all tests of the process: generating one takes seconds.
pub fn key_folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        keys::generate(folder.path(), 2048).unwrap();
        folder
    };
    FOLDER.get_or_init(make).path()
}

/// The folder of the key pair whose public key is in the app.
pub(crate) fn config_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    assert!(
        folder.join(keys::PRIVATE_KEY_FILE).is_file(),
        "there is no key pair in config/: `cargo xtask test` makes it"
    );
    folder
}

/// Settings for a database in `folder`, with fast password hashes and without delays.
pub fn settings(folder: &Path) -> Settings {
    let mut settings = Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        database_url: format!("sqlite:{}", folder.join(DATABASE).display()).into(),
        keys: key_folder().to_owned(),
        ..Settings::default()
    };
    // What the tests' apps are built with, also where there is a public URL.
    settings.tokens.issuer = Some(DEFAULT_ISSUER.to_owned());
    settings.passwords.min_length = 13;
    settings.passwords.memory_kib = 64;
    settings.passwords.iterations = 1;
    settings.passwords.failure_delay_ms = [0, 0];
    settings
}

/// Copies a database with the server's tables to `file`, unless there is one. Copying them takes
/// less time than making them.
async fn copy_tables(file: &Path) {
    static TEMPLATE: OnceCell<TempDir> = OnceCell::const_new();
    let make = async || {
        let folder = tempfile::tempdir().unwrap();
        admin::migrate(&settings(folder.path())).await.unwrap();
        folder
    };
    let template = TEMPLATE.get_or_init(make).await;
    if !file.exists() {
        std::fs::copy(template.path().join(DATABASE), file).unwrap();
    }
}

/// A server that is about to start.
pub struct ServerBuilder {
    folder: TempDir,
    settings: Settings,
    clock: TestClock,
    accounts: Vec<NewAccount>,
    routes: Option<Router>,
}

impl ServerBuilder {
    /// Sets the clock; the default is frozen.
    #[must_use]
    pub fn clock(mut self, clock: &TestClock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// Sets the folder of the key pair; the default is [`key_folder`].
    #[must_use]
    pub fn keys(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.keys = folder.into();
        self
    }

    /// Sets the accounts; the default is [`sam`].
    #[must_use]
    pub fn accounts(mut self, accounts: impl IntoIterator<Item = NewAccount>) -> Self {
        self.accounts = accounts.into_iter().collect();
        self
    }

    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Adds routes, behind the server's guard.
    #[must_use]
    pub fn routes(mut self, routes: Router) -> Self {
        self.routes = Some(routes);
        self
    }

    /// Its temporary folder, which is removed with the last server that uses it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds the accounts and starts the server.
    pub async fn start(self) -> Server {
        if self.settings.database_url.to_string() == settings(self.folder()).database_url.to_string() {
            copy_tables(&self.folder().join(DATABASE)).await;
        }
        for account in self.accounts {
            accounts::add(&self.settings, account, self.clock.now()).await.unwrap();
        }
        Server::run(self.settings, self.clock, self.routes, Arc::new(self.folder)).await
    }
}

/// A running server. It stops when this value is dropped.
pub struct Server {
    /// Its address, without a slash at the end. On a Unix socket, `public_url`: requests are made
    /// for that over the socket.
    pub url: String,
    /// Its clock.
    pub clock: TestClock,
    /// Its settings; `listen` is the address that it listens on.
    pub settings: Settings,
    /// The address of its metrics, if they are served.
    pub metrics: Option<SocketAddr>,
    /// Makes it reload keys and certificates.
    pub reload: Reload,
    http: Client,
    routes: Option<Router>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    folder: Arc<TempDir>,
}

impl Server {
    /// A server with the account of [`sam`], on SQLite, with a frozen clock. It can be changed
    /// before it starts.
    pub fn builder() -> ServerBuilder {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        ServerBuilder { folder, settings, clock: TestClock::frozen(), accounts: vec![sam()], routes: None }
    }

    /// [`Server::builder`] on the machine's clock, with the key pair that the app in this
    /// repository trusts.
    pub fn for_app() -> ServerBuilder {
        Self::builder().clock(&TestClock::running()).keys(config_folder())
    }

    /// Starts [`Server::builder`] unchanged.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Starts [`Server::builder`] with changed settings.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::builder().settings(change).start().await
    }

    /// Starts another server on the same database and clock.
    pub async fn another(&self) -> Self {
        self.like(&self.clock, |_| {}).await
    }

    /// Starts another server on the same database, with the given clock and changed settings.
    pub async fn like(&self, clock: &TestClock, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.settings.clone();
        if let Listen::Tcp(address) = &mut settings.listen {
            address.set_port(0);
        }
        change(&mut settings);
        Self::run(settings, clock.clone(), self.routes.clone(), Arc::clone(&self.folder)).await
    }

    async fn run(settings: Settings, clock: TestClock, routes: Option<Router>, folder: Arc<TempDir>) -> Self {
        let application = build(&settings, &clock, routes.as_ref()).await;
        let reload = application.reload();
        let (http, url) = match (settings.listen.path(), &settings.public_url) {
            #[cfg(unix)]
            (Some(socket), Some(public_url)) => {
                (Client::builder().unix_socket(socket), public_url.as_written().to_owned())
            }
            _ => (Client::builder(), application.url()),
        };
        let http = http.no_proxy().redirect(Policy::none()).build().unwrap();
        let metrics = application.metrics_address();
        let settings = Settings { listen: application.listen().clone(), ..settings };
        let running = Some(spawn(application));
        Self { url, clock, settings, metrics, reload, http, routes, running, folder }
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.settings.listen.address().unwrap()
    }

    /// Stops it like an operator, and waits until it has stopped. Its address refuses connections.
    pub async fn stop(&mut self) {
        if let Some((stop, running)) = self.running.take() {
            drop(stop);
            running.await.unwrap();
        }
    }

    /// Starts a stopped server again, at the same address, on the same database.
    pub async fn start_again(&mut self) {
        let application = build(&self.settings, &self.clock, self.routes.as_ref()).await;
        self.reload = application.reload();
        self.running = Some(spawn(application));
    }

    /// Replaces the database of a stopped server with a new one that has the account of [`sam`].
    pub async fn lose_database(&mut self) {
        let file = self.folder.path().join("another.db");
        self.settings.database_url = format!("sqlite:{}", file.display()).into();
        accounts::add(&self.settings, sam(), self.clock.now()).await.unwrap();
    }

    /// Its temporary folder, which is removed with the last server that uses it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The URL that clients make proofs for, without a slash at the end: another one than its own
    /// behind a proxy.
    pub fn public_url(&self) -> String {
        self.settings.public_url.as_ref().map_or_else(|| self.url.clone(), |url| url.as_str().to_owned())
    }

    /// The file of its SQLite database.
    pub fn database_file(&self) -> PathBuf {
        self.folder().join(DATABASE)
    }

    /// Whether it is on SQLite.
    pub fn is_sqlite(&self) -> bool {
        self.database_file().exists()
    }

    /// A request to `path` on it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// Tries to sign in, as a client without a device key.
    pub async fn attempt(&self, device_id: &str, username: &str, password: &str) -> Response {
        let request = self.request(Method::POST, "/api/auth").header("x-client", device_id);
        request.json(&json!({ "username": username, "password": password })).send().await.unwrap()
    }

    /// Signs [`sam`] in without a device key, and returns the bearer token.
    pub async fn sign_in(&self, device_id: &str) -> String {
        self.sign_in_as(device_id, USERNAME).await
    }

    /// Signs an account in without a device key, and returns the bearer token.
    pub async fn sign_in_as(&self, device_id: &str, username: &str) -> String {
        let tokens = ok(self.attempt(device_id, username, PASSWORD).await).await;
        tokens["token"].as_str().unwrap().to_owned()
    }

    /// Calls `GET /` with a bearer token.
    pub async fn hello(&self, device_id: &str, token: &str) -> Response {
        self.request(Method::GET, "/").header("x-client", device_id).bearer_auth(token).send().await.unwrap()
    }

    /// An operator's access to its database.
    pub async fn admin(&self) -> Admin {
        Admin::open(&self.settings).await.unwrap()
    }

    /// The number of active sessions.
    pub async fn living_sessions(&self) -> usize {
        self.admin().await.sessions(None, self.clock.now()).await.unwrap().len()
    }

    /// The names of the events in the audit log, oldest first.
    pub async fn audited(&self) -> Vec<String> {
        let filter = AuditFilter { max: 1000, ..AuditFilter::default() };
        self.admin().await.audit(&filter).await.unwrap().into_iter().map(|event| event.event).collect()
    }

    /// The public keys that it publishes.
    pub fn public_keys(&self) -> KeySet {
        let file = self.settings.keys.join(keys::PUBLIC_KEY_FILE);
        KeySet::from_pem(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    /// The app's verifier of session tokens for `device`.
    pub fn session_verifier(&self, device: &Device) -> Verifier {
        Verifier::new(TokenKind::Session, self.public_keys(), self.settings.tokens.issuer(), &device.id)
            .bound_to(device.key.thumbprint().clone())
    }

    /// The API's verifier of access tokens for a device id.
    pub fn access_verifier(&self, device_id: &str) -> Verifier {
        Verifier::new(TokenKind::Access, self.public_keys(), self.settings.tokens.issuer(), "latchkey-api")
            .also_for(device_id)
    }
}

async fn build(settings: &Settings, clock: &TestClock, routes: Option<&Router>) -> Application {
    let application = Application::build(settings.clone(), clock.for_server()).await.unwrap();
    match routes {
        Some(routes) => application.with_routes(routes.clone()),
        None => application,
    }
}

fn spawn(application: Application) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        application.run_until_stopped(stopped).await.unwrap();
    });
    (stop, running)
}
