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
}

struct Shared {
    issuer: String,
    clock: TestClock,
    keys: Vec<(String, EcdsaKeyPair)>,
    behaviour: Behaviour,
    /// What was asked for with each code.
    codes: HashMap<String, HashMap<String, String>>,
    calls: HashMap<&'static str, usize>,
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

    /// How often an endpoint was called: `metadata`, `jwks`, `token` or `userinfo`.
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
    let shared = lock(&shared, "jwks");
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

async fn token(State(shared): State<Handle>, Form(given): Form<HashMap<String, String>>) -> Response {
    let mut shared = lock(&shared, "token");
    if let Some((status, body)) = shared.behaviour.token.clone() {
        let status = StatusCode::from_u16(status).unwrap();
        return (status, [("content-type", "application/json")], body).into_response();
    }
    let refused =
        || (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": "invalid_grant" }))).into_response();
    // A code is good once (RFC 6749 §4.1.2).
    let Some(asked) = given.get("code").and_then(|code| shared.codes.remove(code)) else { return refused() };
    let verifier = given.get("code_verifier").cloned().unwrap_or_default();
    let is_same = encode(digest(&SHA256, verifier.as_bytes())) == asked["code_challenge"]
        && given.get("redirect_uri") == asked.get("redirect_uri");
    if !is_same {
        return refused();
    }
    let now = shared.clock.now().seconds();
    let claims = json!({
        "iss": shared.issuer, "sub": "sam-at-work", "aud": asked["client_id"], "nonce": asked["nonce"],
        "iat": now, "exp": now + 300, "auth_time": now, "sid": "provider-session",
    });
    let claims = change(claims, &shared.behaviour.claims);
    let (kid, published) = shared.keys.last().unwrap();
    let header = change(json!({ "alg": "ES256", "typ": "JWT", "kid": kid }), &shared.behaviour.header);
    let input = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let foreign = key();
    let pair = if shared.behaviour.foreign_key { &foreign } else { published };
    let signature = encode(pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap());
    axum::Json(json!({
        "access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": format!("{input}.{signature}"),
    }))
    .into_response()
}
