//! The app without its window, in this process: with real HTTP and a real disk, a clock that the
//! test moves, and a keychain in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use latchkey_client::Consent;
use latchkey_client::api::{Credentials, HttpApi, NetworkCause};
use latchkey_client::auth_client::AuthClient;
use latchkey_client::clock::Clock;
use latchkey_client::device::{Device as _, Machine};
use latchkey_client::error::SessionError;
use latchkey_client::storage::DeviceFiles;
use latchkey_client::view::SessionView;
use latchkey_token::UnixTime;
use tempfile::TempDir;

use crate::app_settings::{APP_IDENTIFIER, app_settings};
use crate::memory_device::{MemoryDevice, MemoryKeychain};
use crate::{PASSWORD, TestClock, USERNAME};

/// The error of a call while nothing listens at the server's address.
pub const AWAY: SessionError = SessionError::ServerUnreachable { cause: NetworkCause::NothingListening };

/// A started app.
pub type AppSession = Arc<AuthClient<HttpApi>>;

/// The app on one device. The folder, the secret and the clock stay from one start to the next;
/// clones are the same device.
#[derive(Clone)]
pub struct App {
    /// The device's clock, which runs.
    pub clock: TestClock,
    folder: Arc<TempDir>,
    keychain: MemoryKeychain,
    server_url: String,
}

impl App {
    /// The app on a new device, for the server at `server_url`.
    pub fn new(server_url: &str) -> Self {
        Self {
            clock: TestClock::running(),
            folder: Arc::new(tempfile::tempdir().unwrap()),
            keychain: MemoryKeychain::default(),
            server_url: server_url.to_owned(),
        }
    }

    /// A copy of the device with its secret, as a thief has it.
    pub fn copied(&self) -> Self {
        let copy = Self { keychain: self.keychain.copied(), ..Self::new(&self.server_url) };
        std::fs::copy(self.file(), copy.file()).unwrap();
        copy
    }

    /// The same device with another server's address.
    pub fn moved_to(&self, server_url: &str) -> Self {
        Self { server_url: server_url.to_owned(), ..self.clone() }
    }

    /// The app's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of its session.
    pub fn file(&self) -> PathBuf {
        session_file(self.folder())
    }

    /// Starts the app.
    pub fn start(&self) -> AppSession {
        let settings = app_settings(&self.server_url);
        let api = HttpApi::new(settings.server_url.clone());
        let machine = Machine::new(self.folder(), APP_IDENTIFIER);
        let store = Arc::new(DeviceFiles::new(self.folder(), Some(machine.id().unwrap().as_str())));
        let device = MemoryDevice { machine, keychain: self.keychain.clone() };
        let clock = AppClock { wall: self.clock.clone(), started: Instant::now() };
        Arc::new(AuthClient::open(settings, api, store, Arc::new(device), Arc::new(clock)))
    }

    /// Starts the app and signs [`sam`](crate::sam) in.
    pub async fn signed_in(&self) -> AppSession {
        let session = self.start();
        sign_in(&session).await.unwrap();
        session
    }
}

/// Signs [`sam`](crate::sam) in.
///
/// # Errors
/// Returns the client's error.
pub async fn sign_in(session: &AppSession) -> Result<SessionView, SessionError> {
    sign_in_as(session, USERNAME, PASSWORD).await
}

/// Tries to sign an account in with `password`.
///
/// # Errors
/// Returns the client's error.
pub async fn sign_in_as(
    session: &AppSession,
    username: &str,
    password: &str,
) -> Result<SessionView, SessionError> {
    let credentials = Credentials { username: username.into(), password: password.into() };
    session.sign_in(credentials, Consent::default()).await
}

/// The path of this machine's session in the app's folder.
pub fn session_file(folder: &Path) -> PathBuf {
    let id = Machine::new(folder, APP_IDENTIFIER).id().unwrap();
    DeviceFiles::new(folder, Some(id.as_str())).path()
}

struct AppClock {
    wall: TestClock,
    started: Instant,
}

impl Clock for AppClock {
    fn wall(&self) -> UnixTime {
        self.wall.now()
    }

    fn steady(&self) -> Duration {
        self.started.elapsed()
    }
}
