//! The hostile tokens of `crates/token/tests/vectors` at the third of three places where tokens are
//! checked: sealed by the device's key, in the file that the app reads when it starts; and in the
//! response of a server to a sign-in. Only the token is wrong.

use std::sync::Arc;
use std::time::Duration;

use latchkey_client::api::HttpApi;
use latchkey_client::auth_client::AuthClient;
use latchkey_client::clock::Clock;
use latchkey_client::device::{
    Device, DeviceId, DeviceIdError, Interaction, KeyPlace, Machine, ProcessLock, Secret,
};
use latchkey_client::error::SessionError;
use latchkey_client::secret_error::SecretError;
use latchkey_client::settings::{ServerUrl, Settings};
use latchkey_client::storage::{FileError, PrivateFile, Record, StoredSession};
use latchkey_testkit::app::{AppSession, sign_in};
use latchkey_testkit::{APP_IDENTIFIER, USERNAME};
use latchkey_token::{KeySet, UnixTime};
use serde_json::json;
use tempfile::TempDir;
use token_vectors::{Kind, ServerKey, Vector, World, vectors};

use crate::support::bad_server::{Answer, BadServer};
use crate::support::state::state;

const NOW: UnixTime = UnixTime::new(1_800_000_000);

/// No process listens there.
const NO_SERVER: &str = "http://127.0.0.1:1";

/// A clock that does not advance.
struct Stopped;

impl Clock for Stopped {
    fn wall(&self) -> UnixTime {
        NOW
    }

    fn steady(&self) -> Duration {
        Duration::ZERO
    }
}

/// This machine with one secret, which stays.
struct OneSecret {
    machine: Machine,
    secret: Secret,
}

impl Device for OneSecret {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        self.machine.id()
    }

    fn name(&self) -> Option<String> {
        None
    }

    fn secrets(&self, _: KeyPlace, _: Interaction) -> Result<Vec<Secret>, SecretError> {
        Ok(vec![self.secret.clone()])
    }

    fn persist_secret(&self, _: KeyPlace, _: &Secret, _: &ProcessLock) -> Result<Secret, SecretError> {
        Ok(self.secret.clone())
    }

    fn forget_secret(&self, _: KeyPlace, _: &ProcessLock) -> Result<(), SecretError> {
        panic!("a start forgets nothing")
    }

    fn key_file(&self) -> Result<Option<Secret>, FileError> {
        panic!("there is no key file")
    }

    fn persist_key_file(&self, _: &Secret) -> Result<Secret, FileError> {
        panic!("there is no key file")
    }

    fn set_aside_key_file(&self, _: &Secret) -> Result<(), FileError> {
        panic!("there is no key file")
    }

    fn set_up_keychain(&self) -> Result<(), SecretError> {
        panic!("there is a keychain")
    }

    fn lock(&self) -> ProcessLock {
        ProcessLock::none()
    }
}

/// A device on which the app was used, and a forger who has everything but the server's key.
struct Desk {
    folder: TempDir,
    device: Arc<OneSecret>,
    world: World,
    api: HttpApi,
}

impl Desk {
    fn new() -> Self {
        Self::at(NO_SERVER)
    }

    fn at(server_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret = Secret::generate().unwrap();
        let device = Arc::new(OneSecret { machine: Machine::new(folder.path(), APP_IDENTIFIER), secret });
        let (id, key) = (device.id().unwrap(), device.secret.device_key().unwrap());
        let names = ["issuer", "api", id.as_str(), key.thumbprint().as_str()];
        let world = World::new(ServerKey::generate(), NOW.seconds(), names);
        let api = HttpApi::new(ServerUrl::parse(server_url).unwrap());
        Self { folder, device, world, api }
    }

    /// The state of the app when it starts with this token.
    fn start(&self, token: String) -> AppSession {
        let session = StoredSession::new(token.into(), NOW);
        let sealed = session.seal(&self.device.secret.sealing_key().unwrap()).unwrap();
        let mut record = Record::default();
        (record.sealed, record.key_place) = (Some(sealed), Some(KeyPlace::File));
        let (file, document) = (self.folder.path().join("session.json"), record.to_bytes());
        std::fs::write(&file, &document).unwrap();
        let session = self.open();
        assert_eq!(std::fs::read(&file).unwrap(), document, "a start writes nothing");
        session
    }

    fn open(&self) -> AppSession {
        let settings = Settings {
            server_url: ServerUrl::parse(NO_SERVER).unwrap(),
            issuer: self.world.issuer.clone(),
            audience: self.world.api.clone(),
            keys: KeySet::from_pem(&self.world.key.public_pem()).unwrap(),
            key_file: None,
            app_version: String::new(),
        };
        let store = Arc::new(PrivateFile::new(self.folder.path().join("session.json")));
        let device = Arc::clone(&self.device);
        Arc::new(AuthClient::open(settings, self.api.clone(), store, device, Arc::new(Stopped)))
    }
}

/// The expected state of the session; never more than the token allows.
fn due(vector: &Vector) -> &'static str {
    match vector.expect.as_str() {
        "ok" => "signed-in",
        "expired" => "held: lease-expired",
        "wrong_audience" => "signed-out: device-changed",
        "wrong_device_key" => "signed-out: device-key-missing",
        "unknown_key" | "wrong_issuer" => "signed-out: session-ended",
        _ => "signed-out: store-damaged",
    }
}

#[tokio::test]
async fn no_stored_hostile_token_is_accepted() {
    let desk = Desk::new();
    let mut tried = 0;
    for vector in vectors().iter().filter(|vector| vector.kinds.contains(&Kind::Session)) {
        let session = desk.start(desk.world.forge(vector, Kind::Session));
        assert_eq!(state(&session), due(vector), "{}", vector.name);
        let shown = format!("{:?}", session.snapshot());
        assert_eq!(shown.contains(USERNAME), vector.expect == "ok", "{}: {shown}", vector.name);
        tried += 1;
    }
    assert!(tried > 300, "only {tried}");
}

#[tokio::test]
async fn a_valid_access_token_is_not_accepted_as_a_stored_session() {
    let desk = Desk::new();
    let good = vectors().into_iter().filter(|vector| vector.expect == "ok");
    for vector in good.filter(|vector| vector.kinds.contains(&Kind::Access)) {
        let session = desk.start(desk.world.forge(&vector, Kind::Access));
        assert_eq!(state(&session), "signed-out: store-damaged", "{}", vector.name);
    }
}

/// The response to a sign-in.
fn tokens(access: &str, session: &str) -> Answer {
    let body = json!({
        "token": access, "token_type": "DPoP", "expires_in": 900, "session_token": session, "session_expires_in": 1_209_600,
    })
    .to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    Answer::Bytes(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

#[tokio::test]
async fn no_hostile_token_from_a_server_is_accepted() {
    let server = BadServer::start(Answer::Close).await;
    let desk = Desk::at(&server.url);
    let vectors = vectors();
    let good = |kind| desk.world.forge(vectors.iter().find(|vector| vector.name == "good").unwrap(), kind);
    let (good_access, good_session) = (good(Kind::Access), good(Kind::Session));
    let file = desk.folder.path().join("session.json");
    let mut tried = 0;
    let hostile = vectors.iter().filter(|vector| vector.expect != "ok");
    for (vector, kind) in hostile.flat_map(|vector| vector.kinds.iter().map(move |kind| (vector, *kind))) {
        let token = desk.world.forge(vector, kind);
        server.say(match kind {
            Kind::Access => tokens(&token, &good_session),
            Kind::Session => tokens(&good_access, &token),
        });
        let session = desk.open();
        let told =
            sign_in(&session).await.err().unwrap_or_else(|| panic!("{} got in as {kind:?}", vector.name));
        let is_told = match told {
            SessionError::ServerAnswerInvalid | SessionError::ClockWrong => true,
            SessionError::ServerKeyUnknown { .. } => vector.expect == "unknown_key",
            _ => false,
        };
        assert!(is_told, "{}: {told:?}", vector.name);
        assert_eq!(state(&session), "signed-out: never-signed-in", "{}", vector.name);
        assert!(!file.exists(), "{}: something was written", vector.name);
        tried += 1;
    }
    assert!(tried > 700, "only {tried}");
    // Each kind in the field of the other, then each in the right one.
    server.say(tokens(&good_session, &good_access));
    assert_eq!(sign_in(&desk.open()).await, Err(SessionError::ServerAnswerInvalid));
    server.say(tokens(&good_access, &good_session));
    let session = desk.open();
    sign_in(&session).await.unwrap();
    assert_eq!(state(&session), "signed-in");
}
