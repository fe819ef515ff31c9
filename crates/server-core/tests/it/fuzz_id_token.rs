//! Fuzz target: any header and any claims as an ID token or a logout token, signed by the provider,
//! so that the checks behind the signature are reached. How it is run: `latchkey_fuzz`.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_fuzz::fuzz;
use latchkey_server_core::providers::{
    Expected, IdToken, IdTokenAlgorithm, IdTokenError, JwkSet, verify_id_token, verify_logout_token,
};
use latchkey_token::UnixTime;
use serde_json::{Map, Value, json};

const NOW: UnixTime = UnixTime::new(1_800_000_000);

const EXPECTED: Expected<'static> = Expected {
    issuer: "https://id.example",
    client_id: "latchkey",
    nonce: "n-1",
    algorithms: &[IdTokenAlgorithm::ES256],
};

/// The key of the provider, and what it publishes.
fn provider() -> &'static (EcdsaKeyPair, JwkSet) {
    static PROVIDER: OnceLock<(EcdsaKeyPair, JwkSet)> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let key = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "one", "use": "sig" });
        let keys = serde_json::from_value(json!({ "keys": [key] })).unwrap();
        (pair, keys)
    })
}

fn verify(token: &str, expected: &Expected<'_>, now: UnixTime) -> Result<IdToken, IdTokenError> {
    verify_id_token(token, &provider().1, expected, now)
}

#[test]
fn id_token() {
    fuzz("id_token", 4, try_id_token);
}

/// Whether the input, a line of header and lines of claims, is an ID token for this server.
fn try_id_token(input: &[u8]) -> bool {
    // What is not signed is none, whatever it is.
    assert!(verify(&String::from_utf8_lossy(input), &EXPECTED, NOW).is_err());
    let mut parts = input.splitn(2, |byte| *byte == b'\n');
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = provider().0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
    let verified = verify(&token, &EXPECTED, NOW);
    if let Ok(logout) = verify_logout_token(&token, &provider().1, &EXPECTED, NOW) {
        assert!(verified.is_err(), "no token is both");
        let said: Map<String, Value> = serde_json::from_slice(claims).unwrap();
        assert!(!said.contains_key("nonce") && said["events"].is_object());
        assert!(logout.sub.is_some() || logout.sid.is_some());
        assert_eq!(said["jti"].as_str(), Some(logout.jti.as_str()));
        let later = logout.expires_at.plus(1);
        assert!(verify_logout_token(&token, &provider().1, &EXPECTED, later).is_err());
    }
    let Ok(verified) = verified else { return false };

    let header: Map<String, Value> = serde_json::from_slice(header).unwrap();
    assert_eq!(header["alg"], "ES256");
    // A member that is null is one that is not there.
    let member = |name: &str| header.get(name).filter(|value| !value.is_null());
    assert!(member("typ").is_none_or(|typ| typ.as_str().unwrap().eq_ignore_ascii_case("jwt")));
    assert!(member("kid").is_none_or(|kid| kid == "one") && member("crit").is_none());
    let said: Map<String, Value> = serde_json::from_slice(claims).unwrap();
    assert_eq!(verified.claims, said);
    assert_eq!((said["iss"].as_str(), said["nonce"].as_str()), (Some("https://id.example"), Some("n-1")));
    assert_eq!(said["sub"].as_str(), Some(verified.sub.as_str()));
    let audiences: Vec<&Value> = match &said["aud"] {
        Value::Array(several) => several.iter().collect(),
        one => vec![one],
    };
    assert!(!audiences.is_empty() && audiences.iter().all(|one| *one == "latchkey"));
    let time = |name: &str| said.get(name).map(|time| time.as_i64().unwrap());
    let (exp, iat) = (time("exp").unwrap(), time("iat").unwrap());
    assert!(exp > NOW.seconds() - 60 && iat <= NOW.seconds() + 60 && iat < exp);
    assert_eq!(verified.auth_time.map(UnixTime::seconds), time("auth_time"));

    // For another server, another request, or another time it is none.
    for other in [
        Expected { issuer: "https://id.example/", ..EXPECTED },
        Expected { client_id: "Latchkey", ..EXPECTED },
        Expected { nonce: "n-2", ..EXPECTED },
        Expected { algorithms: &[IdTokenAlgorithm::RS256], ..EXPECTED },
    ] {
        assert!(verify(&token, &other, NOW).is_err());
    }
    assert!(verify(&token, &EXPECTED, NOW.plus(86_461)).is_err(), "a day later");
    assert!(
        verify(&signed, &EXPECTED, NOW).is_err() && verify(&format!("{signed}."), &EXPECTED, NOW).is_err()
    );
    true
}
