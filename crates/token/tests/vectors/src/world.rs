//! The forger's knowledge: the keys, and the header and claims of a valid token.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::keys::ServerKey;
use crate::kind::Kind;

static STRANGER: LazyLock<ServerKey> = LazyLock::new(ServerKey::generate);

/// The server and the device of one test.
pub struct World {
    /// The server's key.
    pub key: ServerKey,
    /// The current time, in seconds since 1970.
    pub now: i64,
    /// The server's `iss`.
    pub issuer: String,
    /// The API's `aud`.
    pub api: String,
    /// The device's id.
    pub device: String,
    /// The thumbprint of the device's key.
    pub jkt: String,
    /// The account's id.
    pub sub: String,
    /// The id of its session on this device.
    pub sid: String,
    /// A key that is not trusted.
    pub(crate) stranger: &'static ServerKey,
}

impl World {
    /// Makes a world with a key and the names issuer, API, device id and thumbprint.
    pub fn new(key: ServerKey, now: i64, [issuer, api, device, jkt]: [&str; 4]) -> Self {
        let [issuer, api, device, jkt] = [issuer, api, device, jkt].map(str::to_owned);
        let (sub, sid) = ("account-1".to_owned(), "session-1".to_owned());
        Self { key, now, issuer, api, device, jkt, sub, sid, stranger: &STRANGER }
    }

    pub(crate) fn typ(kind: Kind) -> &'static str {
        match kind {
            Kind::Access => "at+jwt",
            Kind::Session => "session+jwt",
        }
    }

    pub(crate) fn header(&self, kind: Kind) -> Map<String, Value> {
        object(json!({ "alg": "RS256", "typ": Self::typ(kind), "kid": self.key.kid() }))
    }

    pub(crate) fn claims(&self, kind: Kind) -> Map<String, Value> {
        let (aud, lives) = match kind {
            Kind::Access => (json!([self.api, self.device]), 900),
            Kind::Session => (json!(self.device), 14 * 86_400),
        };
        let mut claims = object(json!({
            "iss": self.issuer, "sub": self.sub, "aud": aud, "iat": self.now, "exp": self.now + lives, "jti": "token-1",
            "sid": self.sid, "auth_time": self.now - 5, "cnf": { "jkt": self.jkt }, "preferred_username": "Ladiesman217",
            "given_name": "Sam", "family_name": "Witwicky", "email": "sam@example.com",
        }));
        if kind == Kind::Access {
            claims.insert("client_id".to_owned(), json!(self.device));
        }
        claims
    }

    /// The value that `<name>` stands for in a recipe.
    pub(crate) fn lookup(&self, name: &str, kind: Kind) -> Option<String> {
        if let Some(left_out) = name.strip_prefix("claims-without:") {
            let mut claims = self.claims(kind);
            claims.remove(left_out);
            return Some(members(&claims));
        }
        let other = match kind {
            Kind::Access => Kind::Session,
            Kind::Session => Kind::Access,
        };
        Some(match name {
            "now" => self.now.to_string(),
            "issuer" => self.issuer.clone(),
            "ISSUER" => self.issuer.to_uppercase(),
            "api" => self.api.clone(),
            "device" => self.device.clone(),
            "DEVICE" => self.device.to_uppercase(),
            "jkt" => self.jkt.clone(),
            "sid" => self.sid.clone(),
            "sub" => self.sub.clone(),
            "kid" => self.key.kid(),
            "KID" => self.key.kid().to_uppercase(),
            "typ" => Self::typ(kind).to_owned(),
            "other-typ" => Self::typ(other).to_owned(),
            "aud" => self.claims(kind)["aud"].to_string(),
            // The members of a valid header or payload, without the braces.
            "header" => members(&self.header(kind)),
            "claims" => members(&self.claims(kind)),
            "public-jwk" => self.key.jwk(),
            "stranger-jwk" => self.stranger.jwk(),
            "stranger-kid" => self.stranger.kid(),
            _ => return None,
        })
    }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is not an object"),
    }
}

fn members(object: &Map<String, Value>) -> String {
    let text = Value::Object(object.clone()).to_string();
    text[1..text.len() - 1].to_owned()
}
