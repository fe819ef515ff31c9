//! The client in this process: with real HTTP and a real disk, a clock that the test moves, and a
//! keychain in memory.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use latchkey_client::Consent;
use latchkey_client::api::{Credentials, HttpApi, NetworkCause};
use latchkey_client::auth_client::AuthClient;
use latchkey_client::clock::Clock;
use latchkey_client::device::{Device, DeviceId, DeviceIdError, Interaction, Machine, ProcessLock, Secret};
use latchkey_client::error::SessionError;
use latchkey_client::secret_error::SecretError;
use latchkey_client::storage::{DeviceFiles, FileError};
use latchkey_client::view::{KeyPlace, SessionView};
use latchkey_token::UnixTime;
use tempfile::TempDir;

use super::json;
use super::server::{Ahead, PASSWORD, USERNAME};
use super::settings::{APP_IDENTIFIER, settings};

/// The error of a call while nothing listens at the server's address.
pub(crate) const AWAY: SessionError =
    SessionError::ServerUnreachable { cause: NetworkCause::NothingListening };

/// One device: its folder, its secret and its clock outlive each start of the app.
#[derive(Clone)]
pub(crate) struct App {
    folder: Arc<TempDir>,
    secret: Arc<Mutex<Option<Secret>>>,
    /// How far its clock is ahead of the machine's.
    pub(crate) clock: Ahead,
    server_url: String,
}

pub(crate) type AppSession = Arc<AuthClient<HttpApi>>;

impl App {
    pub(crate) fn new(server_url: &str) -> Self {
        Self {
            folder: Arc::new(tempfile::tempdir().unwrap()),
            secret: Arc::default(),
            clock: Ahead::default(),
            server_url: server_url.to_owned(),
        }
    }

    /// A copy of the device with its secret, as a thief has it.
    pub(crate) fn copied(&self) -> Self {
        let secret = self.secret.lock().unwrap().clone();
        let copy = Self { secret: Arc::new(Mutex::new(secret)), ..Self::new(&self.server_url) };
        std::fs::copy(self.file(), copy.file()).unwrap();
        copy
    }

    /// The same device with another server's address.
    pub(crate) fn moved_to(&self, server_url: &str) -> Self {
        Self { server_url: server_url.to_owned(), ..self.clone() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self) -> std::path::PathBuf {
        super::headless::session_file(self.folder())
    }

    /// Starts the app.
    pub(crate) fn start(&self) -> AppSession {
        let settings = settings(&self.server_url);
        let api = HttpApi::new(settings.server_url.clone()).unwrap();
        let machine = Machine::new(self.folder(), APP_IDENTIFIER);
        let store = Arc::new(DeviceFiles::new(self.folder(), Some(machine.id().unwrap().as_str())));
        let device = TestDevice { machine, secret: Arc::clone(&self.secret) };
        let clock = TestClock { ahead: self.clock.clone(), started: Instant::now() };
        Arc::new(AuthClient::open(settings, api, store, Arc::new(device), Arc::new(clock)))
    }

    /// Starts the app and signs in.
    pub(crate) async fn signed_in(&self) -> AppSession {
        let session = self.start();
        sign_in(&session).await.unwrap();
        session
    }
}

pub(crate) async fn sign_in(session: &AppSession) -> Result<SessionView, SessionError> {
    sign_in_with(session, PASSWORD).await
}

pub(crate) async fn sign_in_with(session: &AppSession, password: &str) -> Result<SessionView, SessionError> {
    let credentials = Credentials { username: USERNAME.into(), password: password.into() };
    session.sign_in(credentials, Consent::default()).await
}

/// The state, and its reason if it has one: `held: lease-expired`.
pub(crate) fn state(session: &AppSession) -> String {
    let view = json::session(&session.snapshot());
    match view["reason"].as_str() {
        Some(reason) => format!("{}: {reason}", view["state"].as_str().unwrap()),
        None => view["state"].as_str().unwrap().to_owned(),
    }
}

struct TestClock {
    ahead: Ahead,
    started: Instant,
}

impl Clock for TestClock {
    fn wall(&self) -> UnixTime {
        latchkey_server::Clock::system().now().plus(self.ahead.seconds())
    }

    fn steady(&self) -> Duration {
        self.started.elapsed()
    }
}

/// This machine, with a keychain in memory.
struct TestDevice {
    machine: Machine,
    secret: Arc<Mutex<Option<Secret>>>,
}

impl Device for TestDevice {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        self.machine.id()
    }

    fn name(&self) -> Option<String> {
        self.machine.name()
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
