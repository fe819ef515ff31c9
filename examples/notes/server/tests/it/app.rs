//! The app without its window: the real session, HTTP and disk, and a keychain that is a variable.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use latchkey_client::Consent;
use latchkey_client::api::{
    Credentials, HttpApi, NetworkCause, RequestHeader, RequestHeaders, SendMethod, SendRequest,
};
use latchkey_client::auth_client::AuthClient;
use latchkey_client::clock::SystemClock;
use latchkey_client::device::{Device, DeviceId, DeviceIdError, Interaction, Machine, ProcessLock, Secret};
use latchkey_client::error::SessionError;
use latchkey_client::offline_cache::{CachedResponse, OfflineCache};
use latchkey_client::secret_error::SecretError;
use latchkey_client::settings::{ServerUrl, Settings};
use latchkey_client::storage::{FileError, PrivateFile};
use latchkey_client::view::KeyPlace;
use latchkey_token::KeySet;
use tempfile::TempDir;

use latchkey_testkit::PASSWORD;

/// The outcome of a call while no process listens at the server's address.
pub(crate) const AWAY: SessionError =
    SessionError::ServerUnreachable { cause: NetworkCause::NothingListening };

/// One device. Its folder and its secret stay when the app on it exits.
pub(crate) struct Desktop {
    folder: TempDir,
    secret: Arc<Mutex<Option<Secret>>>,
    server_url: String,
}

pub(crate) struct App {
    pub(crate) session: Arc<AuthClient<HttpApi>>,
    pub(crate) copies: Arc<OfflineCache>,
}

fn settings(server_url: &str) -> Settings {
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../config/auth-public.key");
    Settings {
        server_url: ServerUrl::parse(server_url).unwrap(),
        issuer: "latchkey".to_owned(),
        audience: "latchkey-api".to_owned(),
        keys: KeySet::from_pem(&std::fs::read_to_string(key).unwrap()).unwrap(),
        key_file: None,
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

impl Desktop {
    pub(crate) fn new(server_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, secret: Arc::default(), server_url: server_url.to_owned() }
    }

    pub(crate) fn copies(&self) -> PathBuf {
        self.folder.path().join("copies")
    }

    pub(crate) fn start(&self) -> App {
        let settings = settings(&self.server_url);
        let api = HttpApi::new(settings.server_url.clone()).unwrap();
        let store = Arc::new(PrivateFile::new(self.folder.path().join("session.json")));
        let device = Arc::new(Keyring {
            machine: Machine::new(self.folder.path(), "app.latchkey.desktop"),
            secret: Arc::clone(&self.secret),
        });
        let session =
            Arc::new(AuthClient::open(settings, api, store, device, Arc::new(SystemClock::default())));
        let copies = Arc::new(OfflineCache::new(self.copies()));
        tokio::spawn(session.clear_cache(Arc::clone(&copies)));
        App { session, copies }
    }

    pub(crate) async fn signed_in(&self, username: &str) -> App {
        let app = self.start();
        app.sign_in(username).await;
        app
    }
}

impl App {
    pub(crate) async fn sign_in(&self, username: &str) {
        let credentials = Credentials { username: username.into(), password: PASSWORD.into() };
        self.session.sign_in(credentials, Consent::default()).await.unwrap();
    }

    pub(crate) async fn notes(&self) -> Result<CachedResponse, SessionError> {
        self.session.get_cached("/api/notes", &self.copies).await
    }

    pub(crate) async fn add(&self, text: &str) -> Result<u16, SessionError> {
        let mut headers = RequestHeaders::default();
        headers.set(RequestHeader::ContentType, "text/plain; charset=utf-8").unwrap();
        let (method, path, body) = (SendMethod::Post, "/api/notes", Some(text.as_bytes()));
        let request = SendRequest { method, path, headers, body };
        self.session.send(&request).await.map(|response| response.status)
    }
}

struct Keyring {
    machine: Machine,
    secret: Arc<Mutex<Option<Secret>>>,
}

impl Device for Keyring {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        self.machine.id()
    }

    fn name(&self) -> Option<String> {
        None
    }

    fn secrets(&self, _: KeyPlace, _: Interaction) -> Result<Vec<Secret>, SecretError> {
        Ok(self.secret.lock().unwrap().clone().into_iter().collect())
    }

    fn persist_secret(&self, _: KeyPlace, new: &Secret) -> Result<Secret, SecretError> {
        Ok(self.secret.lock().unwrap().get_or_insert_with(|| new.clone()).clone())
    }

    fn forget_secret(&self, _: KeyPlace) -> Result<(), SecretError> {
        *self.secret.lock().unwrap() = None;
        Ok(())
    }

    fn key_file(&self) -> Result<Option<Secret>, FileError> {
        Ok(None)
    }

    fn persist_key_file(&self, new: &Secret) -> Result<Secret, FileError> {
        Ok(new.clone())
    }

    fn set_aside_key_file(&self, _: &Secret) -> Result<(), FileError> {
        Ok(())
    }

    fn set_up_keychain(&self) -> Result<(), SecretError> {
        Ok(())
    }

    fn lock(&self) -> ProcessLock {
        self.machine.lock()
    }
}
