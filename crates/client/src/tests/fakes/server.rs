//! The sign-in server: its responses, and the calls that it received. Its tokens are real ones,
//! signed by a real key.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{KeySet, TokenKind, UnixTime};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::account::FakeAccount;
use super::browser::FakeBrowserRequests;
use super::machine::FakeClock;
use super::{DAY, START};
use crate::api::{
    Api, ApiError, ApiResponse, Caller, DeviceSession, EndReason, GetRequest, PasswordChange, Reply,
    SendRequest, SessionId, SignInAnswer, Tokens,
};
use crate::clock::Clock;

const LEASE: i64 = 14 * DAY;
const ACCESS: i64 = 900;

static PAIR: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

/// The public keys that the app is built with.
pub(crate) fn public_keys() -> KeySet {
    let der: PublicKeyX509Der<'_> = PAIR.public_key().as_der().unwrap();
    KeySet::from_pem(&pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref()))).unwrap()
}

/// A token of `kind` with `claims`, signed by the server's key.
pub(crate) fn token(kind: TokenKind, claims: &Value) -> SecretString {
    let kid = public_keys().kids().next().unwrap().to_string();
    let header = json!({ "alg": "RS256", "typ": kind.typ(), "kid": kid }).to_string();
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = vec![0; PAIR.public_modulus_len()];
    PAIR.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)).into()
}
/// The sign-in server.
#[derive(Clone)]
pub(crate) struct FakeServer(Arc<ServerState>);

pub(crate) struct ServerState {
    clock: Arc<FakeClock>,
    /// Server time minus wall time at the start.
    pub(crate) ahead: AtomicI64,
    /// How far the `Date` of responses is ahead of the server's time.
    pub(crate) date_ahead: AtomicI64,
    /// Whether the connection authenticates the server.
    pub(crate) authenticated: AtomicBool,
    /// The error that every call returns instead of its result.
    pub(crate) fault: Mutex<Option<ApiError>>,
    /// Changes the claims of the next tokens.
    pub(crate) tamper: Mutex<Option<fn(&mut Value)>>,
    pub(crate) always_new_session: Mutex<bool>,
    /// Whether a gateway responds with `Retry-After`.
    pub(crate) throttled_by_stranger: Mutex<bool>,
    pub(crate) calls: Mutex<Vec<String>>,
    pub(crate) gate: tokio::sync::Semaphore,
    pub(super) sessions: AtomicUsize,
    /// The active sessions, with the names that their devices report.
    pub(crate) living: Mutex<Vec<(String, Option<String>)>>,
    pub(super) password: Mutex<String>,
    /// Device id and key of each session.
    owners: Mutex<Vec<(String, (String, String))>>,
    /// The sessions that a newer sign-in of the same device and key has replaced.
    pub(crate) replaced: Mutex<Vec<String>>,
    /// Holds back the next response of this name, once it is decided.
    held_back: Mutex<Option<(String, Arc<tokio::sync::Notify>)>>,
    pub(crate) account: FakeAccount,
    pub(crate) browser: FakeBrowserRequests,
}

impl std::ops::Deref for FakeServer {
    type Target = ServerState;

    fn deref(&self) -> &ServerState {
        &self.0
    }
}

impl FakeServer {
    pub(crate) fn new(clock: &Arc<FakeClock>) -> Self {
        Self(Arc::new(ServerState {
            clock: Arc::clone(clock),
            ahead: 0.into(),
            date_ahead: 0.into(),
            authenticated: true.into(),
            fault: None.into(),
            tamper: None.into(),
            always_new_session: false.into(),
            throttled_by_stranger: false.into(),
            calls: Mutex::default(),
            gate: tokio::sync::Semaphore::new(1000),
            sessions: 0.into(),
            living: Mutex::default(),
            password: Mutex::new("autobots rule".to_owned()),
            owners: Mutex::default(),
            replaced: Mutex::default(),
            held_back: Mutex::default(),
            account: FakeAccount::default(),
            browser: FakeBrowserRequests::default(),
        }))
    }

    /// Decides the next call of this name, and holds back its response until the returned
    /// notification.
    pub(crate) fn hold_back(&self, call: &str) -> Arc<tokio::sync::Notify> {
        let let_go = Arc::new(tokio::sync::Notify::new());
        *self.held_back.lock().unwrap() = Some((call.to_owned(), Arc::clone(&let_go)));
        let_go
    }

    /// The tokens of a new session.
    pub(super) fn start(&self, caller: Caller<'_>, device_name: Option<&str>) -> Tokens {
        let sid = format!("session-{}", self.sessions.fetch_add(1, Ordering::SeqCst));
        let make = |kind| token(kind, &self.claims(kind, caller, &sid, self.now()));
        self.living.lock().unwrap().push((sid.clone(), device_name.map(str::to_owned)));
        self.replace_earlier(&sid, caller);
        let session = Some(make(TokenKind::Session));
        Tokens { access: make(TokenKind::Access), session, ends_in: self.account.ends_in(), notices: 0 }
    }

    fn replace_earlier(&self, sid: &str, caller: Caller<'_>) {
        let owner = (caller.device_id.to_owned(), caller.key.thumbprint().to_string());
        let mut owners = self.owners.lock().unwrap();
        let mut replaced = self.replaced.lock().unwrap();
        let earlier = owners.extract_if(.., |(_, of)| *of == owner);
        replaced.extend(earlier.map(|(sid, _)| sid));
        owners.push((sid.to_owned(), owner));
        self.living.lock().unwrap().retain(|(sid, _)| !replaced.contains(sid));
    }

    /// The living session of this device and key.
    pub(super) fn owner_sid(&self, caller: Caller<'_>) -> Option<String> {
        let owner = (caller.device_id.to_owned(), caller.key.thumbprint().to_string());
        self.owners.lock().unwrap().iter().find(|(_, of)| *of == owner).map(|(sid, _)| sid.clone())
    }

    /// New tokens of a session that continues.
    pub(super) fn tokens_of(&self, caller: Caller<'_>, sid: &str) -> Tokens {
        let make = |kind| token(kind, &self.claims(kind, caller, sid, self.now()));
        let session = Some(make(TokenKind::Session));
        Tokens { access: make(TokenKind::Access), session, ends_in: None, notices: self.account.notices() }
    }

    pub(super) fn check_alive(&self, token: &SecretString) -> Result<(), ApiError> {
        let is_replaced = self.replaced.lock().unwrap().contains(&sid_of(token));
        if is_replaced { Err(ApiError::Ended(EndReason::Replaced.into())) } else { Ok(()) }
    }

    pub(super) fn now(&self) -> i64 {
        START + self.0.ahead.load(Ordering::SeqCst) + i64::try_from(self.clock.steady().as_secs()).unwrap()
    }

    pub(crate) fn count(&self, call: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|made| made.starts_with(call)).count()
    }

    pub(super) fn claims(&self, kind: TokenKind, caller: Caller<'_>, sid: &str, auth_time: i64) -> Value {
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

    pub(super) async fn respond<T>(
        &self,
        call: String,
        value: impl FnOnce() -> Result<T, ApiError>,
    ) -> Reply<T> {
        let made = call.clone();
        self.calls.lock().unwrap().push(call);
        let _open = self.gate.acquire().await.unwrap();
        let fault = self.fault.lock().unwrap().clone();
        let reached = !matches!(fault, Some(ApiError::Unreachable(_)));
        // A portal or a gateway responds: it has a separate clock.
        let is_stranger = match fault {
            Some(ApiError::InvalidResponse | ApiError::Unavailable) => true,
            Some(ApiError::Throttled { .. }) => *self.throttled_by_stranger.lock().unwrap(),
            _ => false,
        };
        let date = self.now() + self.date_ahead.load(Ordering::SeqCst);
        let outcome = fault.map_or_else(value, Err);
        let held_back = self.held_back.lock().unwrap().take_if(|(name, _)| made.starts_with(&**name));
        if let Some((_, let_go)) = held_back {
            let_go.notified().await;
        }
        Reply { understood: reached && !is_stranger, date: reached.then(|| UnixTime::new(date)), outcome }
    }
}

impl Api for FakeServer {
    async fn renew(&self, caller: Caller<'_>, session_token: &SecretString) -> Reply<SignInAnswer> {
        let value = || {
            self.check_alive(session_token)?;
            if let Some(challenge) = self.account.renewal_challenge() {
                return Ok(SignInAnswer::Challenge(challenge));
            }
            let payload = session_token.expose_secret().split('.').nth(1).unwrap();
            let old: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
            let (sid, auth_time) = (old["sid"].as_str().unwrap(), old["auth_time"].as_i64().unwrap());
            let make = |kind| token(kind, &self.claims(kind, caller, sid, auth_time));
            let aged =
                self.now() - old["iat"].as_i64().unwrap() > DAY || *self.always_new_session.lock().unwrap();
            Ok(SignInAnswer::Tokens(Tokens {
                access: make(TokenKind::Access),
                session: aged.then(|| make(TokenKind::Session)),
                ends_in: self.account.ends_in(),
                notices: self.account.notices(),
            }))
        };
        self.respond("renew".into(), value).await
    }

    async fn get(
        &self,
        _: Caller<'_>,
        request: &GetRequest<'_>,
        access: &SecretString,
    ) -> Reply<ApiResponse> {
        let value = || {
            self.check_alive(access)?;
            Ok(ApiResponse { status: 200, headers: Vec::new(), body: b"Hello World!".to_vec() })
        };
        self.respond(format!("get {}", request.path), value).await
    }

    async fn send(
        &self,
        _: Caller<'_>,
        request: &SendRequest<'_>,
        access: &SecretString,
    ) -> Reply<ApiResponse> {
        let value = || {
            self.check_alive(access)?;
            Ok(ApiResponse { status: 201, headers: Vec::new(), body: Vec::new() })
        };
        let body = request.body.map(String::from_utf8_lossy);
        self.respond(format!("send {:?} {} {body:?}", request.method, request.path), value).await
    }

    async fn sessions(&self, caller: Caller<'_>, access: &SecretString) -> Reply<Vec<DeviceSession>> {
        let own = sid_of(access);
        let value = || {
            self.check_alive(access)?;
            let living = self.living.lock().unwrap();
            Ok(living.iter().map(|(sid, name)| listed(sid, name.clone(), *sid == own)).collect())
        };
        self.respond(format!("sessions {}", caller.device_id), value).await
    }

    async fn end_session(&self, _: Caller<'_>, sid: &SessionId, _: &SecretString) -> Reply<()> {
        let value = || {
            self.living.lock().unwrap().retain(|(living, _)| living != sid.as_str());
            Ok(())
        };
        self.respond(format!("end {sid}"), value).await
    }

    async fn end_other_sessions(&self, _: Caller<'_>, access: &SecretString) -> Reply<()> {
        let value = || {
            self.living.lock().unwrap().retain(|(living, _)| *living == sid_of(access));
            Ok(())
        };
        self.respond("end-others".into(), value).await
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
        self.respond("change-password".into(), value).await
    }

    async fn deliver(&self, token: &str) -> Reply<()> {
        let value = || {
            latchkey_token::proof::verify_sign_out_token(token, "issuer")
                .map(|_| ())
                .map_err(|_| ApiError::Refused)
        };
        self.respond(format!("deliver {token}"), value).await
    }

    async fn give_back(&self, _: Caller<'_>, access: &SecretString) -> Reply<()> {
        let value = || {
            self.living.lock().unwrap().retain(|(living, _)| *living != sid_of(access));
            Ok(())
        };
        self.respond("give-back".into(), value).await
    }

    fn is_authenticated(&self) -> bool {
        self.authenticated.load(Ordering::SeqCst)
    }
}

pub(super) fn sid_of(token: &SecretString) -> String {
    let payload = token.expose_secret().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["sid"].as_str().unwrap().to_owned()
}

fn listed(sid: &str, device_name: Option<String>, current: bool) -> DeviceSession {
    DeviceSession {
        sid: sid.to_owned(),
        current,
        same_device: current,
        device_name,
        platform: None,
        signed_in_at: START,
        last_seen_at: START,
        lease_ends_at: None,
        address: None,
    }
}
