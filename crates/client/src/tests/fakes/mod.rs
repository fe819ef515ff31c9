//! The ports of the session, in memory: each fault can be provoked.

mod account;
mod account_calls;
pub(crate) mod browser;
mod browser_calls;
mod machine;
mod server;

use std::path::Path;
use std::sync::Arc;

use crate::Consent;
use crate::api::{ApiError, Credentials, EndReason, NetworkCause};
use crate::auth_client::AuthClient;
use crate::delivery::deliver_sign_out_tokens;
use crate::device::Interaction;
use crate::error::SessionError;
use crate::key_file_policy::KeyFilePolicy;
use crate::reasons::HeldCause;
use crate::secret_error::SecretError;
use crate::settings::{ServerUrl, Settings};
use crate::storage::{DeviceFiles, Store};
use crate::storage_fault::StorageFault;
use crate::tests::names;
use crate::view::{SessionView, StateView};
use crate::{persist, reload};

pub(crate) use account::{Step, notice};
pub(crate) use browser::Browser;
pub(crate) use machine::{FakeClock, FakeDevice, FakeDisk};
pub(crate) use server::FakeServer;

pub(crate) const START: i64 = 1_800_000_000;
pub(crate) const DAY: i64 = 86_400;

/// All that can be wrong with a keychain.
pub(crate) const SECRET_ERRORS: [SecretError; 9] = [
    SecretError::Missing,
    SecretError::NeverSetUp,
    SecretError::Locked,
    SecretError::NoPrompter,
    SecretError::Denied,
    SecretError::Ambiguous,
    SecretError::Damaged,
    SecretError::NoAnswer,
    SecretError::Failed,
];

/// The outcome of a call while the server is unreachable.
pub(crate) const AWAY: ApiError = ApiError::Unreachable(NetworkCause::NothingListening);

/// The same, as an error of the client.
pub(crate) const OUT_OF_REACH: SessionError =
    SessionError::ServerUnreachable { cause: NetworkCause::NothingListening };

/// One device and its server.
pub(crate) struct World {
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) disk: Arc<FakeDisk>,
    pub(crate) device: Arc<FakeDevice>,
    pub(crate) server: FakeServer,
    pub(crate) key_file: Option<KeyFilePolicy>,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(FakeClock::new());
        let server = FakeServer::new(&clock);
        Self { clock, disk: Arc::default(), device: Arc::new(FakeDevice::new()), server, key_file: None }
    }

    /// The app starts.
    pub(crate) fn start(&self) -> Arc<AuthClient<FakeServer>> {
        self.start_on(Arc::clone(&self.disk) as Arc<dyn Store>)
    }

    /// The app starts on the device `id` with real files in `home`, which other devices may share.
    pub(crate) fn start_in(&self, home: &Path, id: &str) -> Arc<AuthClient<FakeServer>> {
        let device = Arc::new(self.device.with_id(id));
        self.start_with(Arc::new(DeviceFiles::new(home, Some(id))), device)
    }

    fn start_on(&self, store: Arc<dyn Store>) -> Arc<AuthClient<FakeServer>> {
        self.start_with(store, Arc::clone(&self.device))
    }

    fn start_with(&self, store: Arc<dyn Store>, device: Arc<FakeDevice>) -> Arc<AuthClient<FakeServer>> {
        let settings = Settings {
            server_url: ServerUrl::parse("http://127.0.0.1:1").unwrap(),
            issuer: "issuer".into(),
            audience: "api".into(),
            keys: server::public_keys(),
            key_file: self.key_file,
            app_version: String::new(),
        };
        let clock = Arc::clone(&self.clock);
        Arc::new(AuthClient::open(settings, self.server.clone(), store, device, clock))
    }

    /// A world in which an account is signed in.
    pub(crate) async fn signed_in() -> (Self, Arc<AuthClient<FakeServer>>) {
        let world = Self::new();
        let session = world.start();
        sign_in(&session).await.unwrap();
        (world, session)
    }

    pub(crate) fn fail(&self, fault: impl Into<Option<ApiError>>) {
        *self.server.fault.lock().unwrap() = fault.into();
    }

    pub(crate) fn end_at_server(&self, end: EndReason) {
        self.fail(ApiError::Ended(end.into()));
    }
}

pub(crate) async fn sign_in(session: &Arc<AuthClient<FakeServer>>) -> Result<SessionView, SessionError> {
    sign_in_with(session, "autobots rule").await
}

pub(crate) async fn sign_in_with(
    session: &Arc<AuthClient<FakeServer>>,
    password: &str,
) -> Result<SessionView, SessionError> {
    let credentials = Credentials { username: "Ladiesman217".into(), password: password.into() };
    session.sign_in(credentials, Consent::default()).await
}

/// Signs in as a user who agrees to a key file.
pub(crate) async fn sign_in_with_key_file(
    session: &Arc<AuthClient<FakeServer>>,
) -> Result<SessionView, SessionError> {
    let credentials = Credentials { username: "Ladiesman217".into(), password: "autobots rule".into() };
    session.sign_in(credentials, Consent { key_file: true, ..Consent::default() }).await
}

/// The state in short: `signed-in`, `signed-out: revoked`, `held: lease-expired`.
pub(crate) fn state(session: &AuthClient<FakeServer>) -> String {
    let view = session.snapshot().state;
    match names::reason(&view) {
        Some(reason) => format!("{}: {reason}", names::state(&view)),
        None => names::state(&view).to_owned(),
    }
}

/// The id of the session in memory.
pub(crate) fn sid(session: &AuthClient<FakeServer>) -> Option<String> {
    session.sid()
}

/// Why the session is in memory only, or held.
pub(crate) fn cause(session: &AuthClient<FakeServer>) -> Option<StorageFault> {
    match session.snapshot().state {
        StateView::SignedIn { lease, .. } => lease.cause,
        StateView::Held { cause: Some(HeldCause::Storage(fault)), .. } => Some(fault),
        StateView::SignedOut { .. } | StateView::Held { .. } => None,
    }
}

/// The end of the lease and whether the session is on disk.
pub(crate) fn lease(session: &AuthClient<FakeServer>) -> (i64, bool) {
    match session.snapshot().state {
        StateView::SignedIn { lease, .. } => (lease.ends_at, lease.kept),
        other => panic!("{other:?}"),
    }
}

/// The tests' access to the parts behind the façade.
impl AuthClient<FakeServer> {
    pub(crate) async fn sign_out_and_settle(&self) {
        self.sign_out().await.unwrap();
        self.keychain_settled().await;
    }

    pub(crate) fn remember_time(&self) {
        self.context().core.try_write(persist::remember_time).expect("no other write is in progress");
    }

    pub(crate) fn open_again(&self) {
        reload::open(&self.context().core);
    }

    pub(crate) async fn reload(&self) {
        reload::reload_if_changed(&self.context().core).await.unwrap();
    }

    pub(crate) async fn retry_unlock(&self, interaction: Interaction) {
        reload::retry_unlock(&self.context().core, interaction).await.unwrap();
    }

    pub(crate) async fn deliver(&self) -> Result<(), SessionError> {
        deliver_sign_out_tokens(self.context()).await
    }

    pub(crate) fn now(&self) -> latchkey_token::UnixTime {
        self.context().core.now()
    }
}
