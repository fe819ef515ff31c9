//! A provider (OpenID Connect) whose answers a test can spoil, one rule at a time. It signs with
//! ES256 and listens on this computer. What a real provider does is tested with a certified one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::Router;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::TestClock;

/// What the provider does wrong, and whom it says that the user is.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// Claims of the ID token in place of the right ones; `null` removes one.
    pub claims: Map<String, Value>,
    /// Members of the header of the ID token in place of the right ones.
    pub header: Map<String, Value>,
    /// Members of the metadata in place of the right ones; `null` removes one.
    pub metadata: Map<String, Value>,
    /// What the token endpoint answers in place of tokens.
    pub token: Option<(u16, String)>,
    /// What the metadata is in place of JSON.
    pub nonsense: Option<String>,
    /// Sign with a key that is not published.
    pub foreign_key: bool,
    /// What `userinfo` says.
    pub userinfo: Map<String, Value>,
    /// Give refresh tokens, each good once: one that is used a second time was stolen, and then no
    /// token of that sign-in is good any more (RFC 9700 §4.14.2).
    pub refresh: bool,
    /// What it does with refreshes.
    pub answer: RefreshAnswer,
    /// Whether the answer with its keys waits for [`TestProvider::release`].
    pub holds_keys: bool,
}

/// What a provider does with refreshes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RefreshAnswer {
    /// It answers.
    #[default]
    Normal,
    /// It gives out another refresh token, and the answer does not arrive: a gateway has given up.
    Lost,
    /// It gives out another refresh token, and the answer waits for [`TestProvider::release`].
    Held,
    /// It does nothing, and answers this.
    Refused(u16, &'static str),
}

struct Shared {
    issuer: String,
    clock: TestClock,
    keys: Vec<(String, EcdsaKeyPair)>,
    behaviour: Behaviour,
    /// What was asked for with each code.
    codes: HashMap<String, HashMap<String, String>>,
    calls: HashMap<&'static str, usize>,
    /// The sign-in of each refresh token that was given out, and the token of each that is good.
    refreshes: HashMap<String, u64>,
    good: HashMap<u64, String>,
    released: Arc<Notify>,
}

type Handle = Arc<Mutex<Shared>>;

/// A provider. It stops when this value is dropped.
pub struct TestProvider {
    /// Its issuer.
    pub issuer: String,
    shared: Handle,
    task: JoinHandle<()>,
}

impl Drop for TestProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Replaces members; `null` removes one.
fn change(mut object: Value, changes: &Map<String, Value>) -> Value {
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes {
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
    object
}

impl TestProvider {
    /// Starts one. Its tokens have the times of `clock`.
    ///
    /// # Panics
    /// Panics if no port is free.
    pub async fn start(clock: &TestClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared {
            issuer: issuer.clone(),
            clock: clock.clone(),
            keys: vec![("first".to_owned(), key())],
            behaviour: Behaviour::default(),
            codes: HashMap::new(),
            calls: HashMap::new(),
            refreshes: HashMap::new(),
            good: HashMap::new(),
            released: Arc::default(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { issuer, shared, task }
    }

    /// Changes what it does.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.lock().behaviour);
    }

    /// Signs with a new key from now on, and publishes only that.
    pub fn rotate(&self) {
        let mut shared = self.lock();
        let name = format!("key-{}", shared.keys.len() + 1);
        shared.keys.push((name, key()));
    }

    /// Ends all sessions there: no refresh token is good any more.
    pub fn revoke(&self) {
        self.lock().good.clear();
    }

    /// Sends the answers that are held.
    pub fn release(&self) {
        self.lock().released.notify_waiters();
    }

    /// A logout token for the sign-ins of [`Self::consent`], with other claims and members of the
    /// header; `null` removes one.
    pub fn logout_token(&self, claims: &Value, header: &Value) -> String {
        let shared = self.lock();
        let now = shared.clock.now().seconds();
        let token = json!({
            "iss": shared.issuer, "aud": "latchkey", "iat": now, "exp": now + 120,
            "jti": uuid::Uuid::new_v4().to_string(), "sub": "sam-at-work", "sid": "provider-session",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let mut more = header.as_object().unwrap().clone();
        more.entry("typ").or_insert(json!("logout+jwt"));
        shared.sign(&change(token, claims.as_object().unwrap()), &more)
    }

    /// How often an endpoint was called: `metadata`, `jwks`, `token`, `refresh` or `userinfo`.
    pub fn calls(&self, endpoint: &str) -> usize {
        self.lock().calls.get(endpoint).copied().unwrap_or_default()
    }

    /// What a user's consent does: the URL that the browser goes back to, with a new code.
    ///
    /// # Panics
    /// Panics if `url` is not one of its authorization endpoint, with all that it must have.
    pub fn consent(&self, url: &str) -> String {
        let url = reqwest::Url::parse(url).unwrap();
        assert_eq!(format!("{}/auth", self.issuer), url.as_str().split('?').next().unwrap());
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        for (name, value) in [("response_type", "code"), ("code_challenge_method", "S256")] {
            assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        assert!(asked["state"].len() >= 16 && asked["nonce"].len() >= 16);
        let code = uuid::Uuid::new_v4().to_string();
        let mut back = reqwest::Url::parse(&asked["redirect_uri"]).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &asked["state"])
            .append_pair("iss", &self.issuer);
        self.lock().codes.insert(code, asked);
        back.into()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock<'a>(shared: &'a Handle, endpoint: &'static str) -> std::sync::MutexGuard<'a, Shared> {
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    *shared.calls.entry(endpoint).or_default() += 1;
    shared
}

async fn metadata(State(shared): State<Handle>) -> Response {
    let shared = lock(&shared, "metadata");
    if let Some(nonsense) = &shared.behaviour.nonsense {
        return nonsense.clone().into_response();
    }
    let issuer = &shared.issuer;
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "authorization_response_iss_parameter_supported": true,
    });
    axum::Json(change(document, &shared.behaviour.metadata)).into_response()
}

async fn jwks(State(shared): State<Handle>) -> Response {
    let (response, released) = {
        let shared = lock(&shared, "jwks");
        let released = shared.behaviour.holds_keys.then(|| Arc::clone(&shared.released));
        (keys(&shared), released)
    };
    if let Some(released) = released {
        released.notified().await;
    }
    response
}

fn keys(shared: &Shared) -> Response {
    let (kid, pair) = shared.keys.last().unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
    let key =
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "use": "sig", "alg": "ES256" });
    axum::Json(json!({ "keys": [key] })).into_response()
}

async fn userinfo(State(shared): State<Handle>, headers: HeaderMap) -> Response {
    let shared = lock(&shared, "userinfo");
    if headers.get("authorization").is_none_or(|value| value != "Bearer access") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    axum::Json(change(json!({ "sub": "sam-at-work" }), &shared.behaviour.userinfo)).into_response()
}

impl Shared {
    /// Signs a token.
    fn sign(&self, claims: &Value, header: &Map<String, Value>) -> String {
        let (kid, published) = self.keys.last().unwrap();
        let header = change(json!({ "alg": "ES256", "typ": "JWT", "kid": kid }), header);
        let input = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let foreign = key();
        let pair = if self.behaviour.foreign_key { &foreign } else { published };
        let signature = encode(pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap());
        format!("{input}.{signature}")
    }

    /// An ID token.
    fn id_token(&self, nonce: Option<&str>) -> String {
        let now = self.clock.now().seconds();
        let claims = json!({
            "iss": self.issuer, "sub": "sam-at-work", "aud": "latchkey", "nonce": nonce,
            "iat": now, "exp": now + 300, "auth_time": now, "sid": "provider-session",
        });
        let claims = change(claims, &self.behaviour.claims);
        self.sign(&claims, &self.behaviour.header)
    }

    /// Another refresh token of a sign-in.
    fn give(&mut self, sign_in: u64) -> String {
        let token = uuid::Uuid::new_v4().to_string();
        self.refreshes.insert(token.clone(), sign_in);
        self.good.insert(sign_in, token.clone());
        token
    }
}

fn answer(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/json")], body).into_response()
}

fn refused() -> Response {
    answer(400, json!({ "error": "invalid_grant" }).to_string())
}

async fn token(State(shared): State<Handle>, Form(given): Form<HashMap<String, String>>) -> Response {
    if given.get("grant_type").is_some_and(|kind| kind == "refresh_token") {
        return refresh(&shared, &given["refresh_token"]).await;
    }
    let mut shared = lock(&shared, "token");
    if let Some((status, body)) = shared.behaviour.token.clone() {
        return answer(status, body);
    }
    // A code is good once (RFC 6749 §4.1.2).
    let Some(asked) = given.get("code").and_then(|code| shared.codes.remove(code)) else { return refused() };
    let verifier = given.get("code_verifier").cloned().unwrap_or_default();
    let is_same = encode(digest(&SHA256, verifier.as_bytes())) == asked["code_challenge"]
        && given.get("redirect_uri") == asked.get("redirect_uri")
        && asked["client_id"] == "latchkey";
    if !is_same {
        return refused();
    }
    let mut body = json!({
        "access_token": "access", "token_type": "Bearer", "expires_in": 300,
        "id_token": shared.id_token(Some(&asked["nonce"])),
    });
    if shared.behaviour.refresh {
        let sign_in = u64::try_from(shared.refreshes.len()).unwrap();
        body["refresh_token"] = shared.give(sign_in).into();
    }
    answer(200, body.to_string())
}

async fn refresh(shared: &Handle, given: &str) -> Response {
    let (body, released) = {
        let mut shared = lock(shared, "refresh");
        if let RefreshAnswer::Refused(status, body) = &shared.behaviour.answer {
            return answer(*status, (*body).to_owned());
        }
        let Some(sign_in) = shared.refreshes.get(given).copied() else { return refused() };
        if shared.good.get(&sign_in).map(String::as_str) != Some(given) {
            shared.good.remove(&sign_in);
            return refused();
        }
        let token = shared.give(sign_in);
        let id_token = shared.id_token(None);
        let body = json!({
            "access_token": "access", "token_type": "Bearer", "refresh_token": token, "id_token": id_token,
        });
        match shared.behaviour.answer {
            RefreshAnswer::Lost => return answer(504, "<html>gateway</html>".into()),
            RefreshAnswer::Held => (body, Some(Arc::clone(&shared.released))),
            _ => (body, None),
        }
    };
    if let Some(released) = released {
        released.notified().await;
    }
    answer(200, body.to_string())
}
