//! The ports of the session, in memory: each fault can be provoked. The tokens are real ones, signed by a real key.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{KeySet, TokenKind, UnixTime};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::api::{Api, ApiError, Caller, Credentials, End, PasswordChange, Reply, SessionId, Tokens};
use crate::clock::Clock;
use crate::device::{Device, DeviceId, DeviceIdError, KeyError, Patience, Secret};
use crate::error::SessionError;
use crate::session::Session;
use crate::settings::{ServerUrl, Settings};
use crate::storage::{FileError, Store};
use crate::view::{ApiReply, DeviceSession, IdSource, KeyPlace, SessionView, StateView};

pub(super) const START: i64 = 1_800_000_000;
pub(super) const DAY: i64 = 86_400;
const LEASE: i64 = 14 * DAY;
const ACCESS: i64 = 900;

static PAIR: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

fn public_pem(pair: &KeyPair) -> String {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref()))
}

/// A token of `kind` with `claims`, signed by the server's key.
pub(super) fn token(kind: TokenKind, claims: &Value) -> SecretString {
    let keys = KeySet::from_pem(&public_pem(&PAIR)).unwrap();
    let kid = keys.kids().next().unwrap().to_string();
    let header = json!({ "alg": "RS256", "typ": kind.typ(), "kid": kid }).to_string();
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = vec![0; PAIR.public_modulus_len()];
    PAIR.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)).into()
}

/// The wall clock and the steady clock, set by hand.
pub(super) struct FakeClock {
    wall: AtomicI64,
    steady: AtomicI64,
}

impl FakeClock {
    /// Time passes, for every clock.
    pub(super) fn pass(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::SeqCst);
        self.steady.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Somebody sets the wall clock.
    pub(super) fn set(&self, wall: i64) {
        self.wall.store(wall, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn wall(&self) -> UnixTime {
        UnixTime::new(self.wall.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(self.steady.load(Ordering::SeqCst).try_into().unwrap())
    }
}

/// A disk for one document.
#[derive(Default)]
pub(super) struct FakeDisk {
    pub(super) document: Mutex<Option<Vec<u8>>>,
    pub(super) set_aside: Mutex<Vec<Vec<u8>>>,
    pub(super) full: Mutex<bool>,
    pub(super) unreadable: Mutex<bool>,
    pub(super) writes: AtomicUsize,
}

impl FakeDisk {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.document.lock().unwrap().clone().unwrap_or_default()).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }
}

impl Store for FakeDisk {
    fn read(&self) -> Result<Option<Vec<u8>>, FileError> {
        if *self.unreadable.lock().unwrap() {
            return Err(FileError::NotPlain);
        }
        Ok(self.document.lock().unwrap().clone())
    }

    fn replace(&self, seen: Option<&[u8]>, new: &[u8]) -> Result<(), FileError> {
        if *self.full.lock().unwrap() {
            return Err(FileError::Io(std::io::ErrorKind::StorageFull));
        }
        let mut document = self.document.lock().unwrap();
        if document.as_deref() != seen {
            return Err(FileError::Changed);
        }
        self.writes.fetch_add(1, Ordering::SeqCst);
        *document = Some(new.to_vec());
        Ok(())
    }

    fn set_aside(&self) -> Result<(), FileError> {
        *self.unreadable.lock().unwrap() = false;
        let document = self.document.lock().unwrap().take();
        self.set_aside.lock().unwrap().extend(document);
        Ok(())
    }
}

/// A machine with a keychain and a place for a key file.
pub(super) struct FakeDevice {
    pub(super) id: Mutex<Option<String>>,
    pub(super) keychain: Mutex<Result<Option<Secret>, KeyError>>,
    pub(super) key_file: Mutex<Result<Option<Secret>, KeyError>>,
    pub(super) unlocks_for_person: Mutex<Option<Secret>>,
}

impl FakeDevice {
    fn place(&self, place: KeyPlace) -> &Mutex<Result<Option<Secret>, KeyError>> {
        match place {
            KeyPlace::Keychain => &self.keychain,
            KeyPlace::File => &self.key_file,
        }
    }
}

impl Device for FakeDevice {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        let id = self.id.lock().unwrap().clone().ok_or(DeviceIdError)?;
        Ok(DeviceId::for_test(&id, IdSource::Machine))
    }

    fn name(&self) -> Option<String> {
        Some("sams-laptop".to_owned())
    }

    fn secret(&self, place: KeyPlace, patience: Patience) -> Result<Option<Secret>, KeyError> {
        let mut kept = self.place(place).lock().unwrap();
        if patience == Patience::Person
            && let Some(secret) = self.unlocks_for_person.lock().unwrap().take()
        {
            *kept = Ok(Some(secret));
        }
        kept.clone()
    }

    fn keep_secret(&self, place: KeyPlace, secret: &Secret) -> Result<(), KeyError> {
        let mut kept = self.place(place).lock().unwrap();
        kept.clone()?;
        *kept = Ok(Some(secret.clone()));
        Ok(())
    }

    fn forget_secret(&self, place: KeyPlace) -> Result<(), KeyError> {
        let mut kept = self.place(place).lock().unwrap();
        kept.clone()?;
        *kept = Ok(None);
        Ok(())
    }
}

/// The sign-in server.
#[derive(Clone)]
pub(super) struct FakeServer(Arc<ServerState>);

pub(super) struct ServerState {
    clock: Arc<FakeClock>,
    /// Server time minus wall time at the start.
    pub(super) ahead: AtomicI64,
    /// What every call answers instead of what it should.
    pub(super) fault: Mutex<Option<ApiError>>,
    /// Changes the claims of the next tokens.
    pub(super) tamper: Mutex<Option<fn(&mut Value)>>,
    pub(super) always_new_session: Mutex<bool>,
    pub(super) calls: Mutex<Vec<String>>,
    pub(super) gate: tokio::sync::Semaphore,
    sessions: AtomicUsize,
    /// The sessions that have not ended, and what their devices call themselves.
    pub(super) living: Mutex<Vec<(String, Option<String>)>>,
    password: Mutex<String>,
}

impl std::ops::Deref for FakeServer {
    type Target = ServerState;

    fn deref(&self) -> &ServerState {
        &self.0
    }
}

impl FakeServer {
    fn now(&self) -> i64 {
        START + self.0.ahead.load(Ordering::SeqCst) + i64::try_from(self.clock.steady().as_secs()).unwrap()
    }

    pub(super) fn count(&self, call: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|made| made.starts_with(call)).count()
    }

    fn claims(&self, kind: TokenKind, caller: Caller<'_>, sid: &str, auth_time: i64) -> Value {
        let now = self.now();
        let (aud, lives) = match kind {
            TokenKind::Access => (json!(["api", caller.device_id]), ACCESS),
            TokenKind::Session => (json!(caller.device_id), LEASE),
        };
        let mut claims = json!({
            "iss": "issuer", "sub": "account-1", "aud": aud, "iat": now, "exp": now + lives, "jti": "t", "sid": sid,
            "auth_time": auth_time, "cnf": { "jkt": caller.key.thumbprint() },
            "preferred_username": "Ladiesman217", "given_name": "Sam", "family_name": "Witwicky",
        });
        if let Some(tamper) = *self.tamper.lock().unwrap() {
            tamper(&mut claims);
        }
        claims
    }

    async fn answer<T>(&self, call: String, value: impl FnOnce() -> Result<T, ApiError>) -> Reply<T> {
        self.calls.lock().unwrap().push(call);
        let _open = self.gate.acquire().await.unwrap();
        let fault = *self.fault.lock().unwrap();
        let reached = !matches!(fault, Some(ApiError::Unreachable | ApiError::TimedOut));
        Reply { date: reached.then(|| UnixTime::new(self.now())), outcome: fault.map_or_else(value, Err) }
    }
}

impl Api for FakeServer {
    async fn sign_in(
        &self,
        caller: Caller<'_>,
        credentials: &Credentials,
        device_name: Option<&str>,
    ) -> Reply<Tokens> {
        let value = || {
            if credentials.password.expose_secret() != *self.password.lock().unwrap() {
                return Err(ApiError::WrongCredentials);
            }
            let sid = format!("session-{}", self.sessions.fetch_add(1, Ordering::SeqCst));
            let make = |kind| token(kind, &self.claims(kind, caller, &sid, self.now()));
            self.living.lock().unwrap().push((sid.clone(), device_name.map(str::to_owned)));
            Ok(Tokens { access: make(TokenKind::Access), session: Some(make(TokenKind::Session)) })
        };
        self.answer("sign-in".into(), value).await
    }

    async fn renew(&self, caller: Caller<'_>, session_token: &SecretString) -> Reply<Tokens> {
        let value = || {
            let payload = session_token.expose_secret().split('.').nth(1).unwrap();
            let old: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
            let (sid, auth_time) = (old["sid"].as_str().unwrap(), old["auth_time"].as_i64().unwrap());
            let make = |kind| token(kind, &self.claims(kind, caller, sid, auth_time));
            let aged =
                self.now() - old["iat"].as_i64().unwrap() > DAY || *self.always_new_session.lock().unwrap();
            Ok(Tokens { access: make(TokenKind::Access), session: aged.then(|| make(TokenKind::Session)) })
        };
        self.answer("renew".into(), value).await
    }

    async fn get(&self, _: Caller<'_>, path: &str, _: &SecretString) -> Reply<ApiReply> {
        let value = || Ok(ApiReply { status: 200, body: "Hello World!".into() });
        self.answer(format!("get {path}"), value).await
    }

    async fn sessions(&self, caller: Caller<'_>, access: &SecretString) -> Reply<Vec<DeviceSession>> {
        let own = sid_of(access);
        let value = || {
            let living = self.living.lock().unwrap();
            Ok(living.iter().map(|(sid, name)| listed(sid, name.clone(), *sid == own)).collect())
        };
        self.answer(format!("sessions {}", caller.device_id), value).await
    }

    async fn end_session(&self, _: Caller<'_>, sid: &SessionId, _: &SecretString) -> Reply<()> {
        let value = || {
            self.living.lock().unwrap().retain(|(living, _)| living != sid.as_str());
            Ok(())
        };
        self.answer(format!("end {sid}"), value).await
    }

    async fn end_other_sessions(&self, _: Caller<'_>, access: &SecretString) -> Reply<()> {
        let value = || {
            self.living.lock().unwrap().retain(|(living, _)| *living == sid_of(access));
            Ok(())
        };
        self.answer("end-others".into(), value).await
    }

    async fn change_password(
        &self,
        _: Caller<'_>,
        change: &PasswordChange,
        access: &SecretString,
    ) -> Reply<()> {
        let value = || {
            let mut password = self.password.lock().unwrap();
            let (current, new) = (change.current.expose_secret(), change.new.expose_secret());
            if current != *password {
                return Err(ApiError::WrongCredentials);
            }
            if new.len() < 8 {
                return Err(ApiError::PasswordTooShort { min_length: Some(8) });
            }
            new.clone_into(&mut password);
            if change.end_others {
                self.living.lock().unwrap().retain(|(living, _)| *living == sid_of(access));
            }
            Ok(())
        };
        self.answer("change-password".into(), value).await
    }

    async fn deliver(&self, notice: &str) -> Reply<()> {
        let value = || {
            latchkey_token::proof::verify_notice(notice, "issuer").map(|_| ()).map_err(|_| ApiError::Refused)
        };
        self.answer(format!("deliver {notice}"), value).await
    }
}

fn sid_of(token: &SecretString) -> String {
    let payload = token.expose_secret().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["sid"].as_str().unwrap().to_owned()
}

fn listed(sid: &str, device_name: Option<String>, current: bool) -> DeviceSession {
    DeviceSession {
        sid: sid.to_owned(),
        current,
        device_name,
        platform: None,
        signed_in_at: START,
        last_seen_at: START,
        lease_ends_at: None,
        address: None,
    }
}

/// One device and its server.
pub(super) struct World {
    pub(super) clock: Arc<FakeClock>,
    pub(super) disk: Arc<FakeDisk>,
    pub(super) device: Arc<FakeDevice>,
    pub(super) server: FakeServer,
}

impl World {
    pub(super) fn new() -> Self {
        let clock = Arc::new(FakeClock { wall: START.into(), steady: 0.into() });
        let server = FakeServer(Arc::new(ServerState {
            clock: Arc::clone(&clock),
            ahead: 0.into(),
            fault: None.into(),
            tamper: None.into(),
            always_new_session: false.into(),
            calls: Mutex::default(),
            gate: tokio::sync::Semaphore::new(1000),
            sessions: 0.into(),
            living: Mutex::default(),
            password: Mutex::new("autobots rule".to_owned()),
        }));
        let device = FakeDevice {
            id: Some("device-1".to_owned()).into(),
            keychain: Ok(None).into(),
            key_file: Ok(None).into(),
            unlocks_for_person: None.into(),
        };
        Self { clock, disk: Arc::default(), device: Arc::new(device), server }
    }

    /// The app starts.
    pub(super) fn start(&self) -> Arc<Session<FakeServer>> {
        let settings = Settings {
            server_url: ServerUrl::parse("http://127.0.0.1:1").unwrap(),
            issuer: "issuer".into(),
            audience: "api".into(),
            keys: KeySet::from_pem(&public_pem(&PAIR)).unwrap(),
        };
        let (disk, device, clock) =
            (Arc::clone(&self.disk), Arc::clone(&self.device), Arc::clone(&self.clock));
        Arc::new(Session::open(settings, self.server.clone(), disk, device, clock))
    }

    /// A world in which somebody has signed in.
    pub(super) async fn signed_in() -> (Self, Arc<Session<FakeServer>>) {
        let world = Self::new();
        let session = world.start();
        sign_in(&session).await.unwrap();
        (world, session)
    }

    pub(super) fn fail(&self, fault: impl Into<Option<ApiError>>) {
        *self.server.fault.lock().unwrap() = fault.into();
    }

    pub(super) fn end_at_server(&self, end: End) {
        self.fail(ApiError::Ended(end));
    }
}

pub(super) async fn sign_in(session: &Arc<Session<FakeServer>>) -> Result<SessionView, SessionError> {
    sign_in_with(session, "autobots rule").await
}

pub(super) async fn sign_in_with(
    session: &Arc<Session<FakeServer>>,
    password: &str,
) -> Result<SessionView, SessionError> {
    let credentials = Credentials { username: "Ladiesman217".into(), password: password.into() };
    session.sign_in(credentials).await
}

/// The state in short: `signed-in`, `signed-out: revoked`, `held: lease-expired`.
pub(super) fn state(session: &Session<FakeServer>) -> String {
    let view = serde_json::to_value(session.view()).unwrap();
    match view.get("reason") {
        Some(reason) => format!("{}: {}", view["state"].as_str().unwrap(), reason.as_str().unwrap()),
        None => view["state"].as_str().unwrap().to_owned(),
    }
}

/// The end of the lease and whether the session is kept.
pub(super) fn lease(session: &Session<FakeServer>) -> (i64, bool) {
    match session.view().state {
        StateView::SignedIn { lease, .. } => (lease.ends_at, lease.kept),
        other => panic!("{other:?}"),
    }
}
