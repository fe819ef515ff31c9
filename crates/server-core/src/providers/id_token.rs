//! The verification of ID tokens (OpenID Connect Core 1.0 §3.1.3.7), as strict as that of our own
//! tokens: the algorithm is the setting's, the key is the issuer's, and every claim that is there
//! has its form. Reads no clock and calls no server.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use latchkey_token::{LEEWAY_SECONDS, UnixTime};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Maximum length of an ID token, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// Maximum length of `sub` (OpenID Connect Core 1.0 §2), in bytes.
const MAX_SUB_BYTES: usize = 255;

/// Maximum number of keys that are looked at.
const MAX_KEYS: usize = 64;

/// How long an ID token may be valid at most, in seconds. It is used when it comes.
const MAX_AGE_SECONDS: i64 = 86_400;

/// An algorithm of an ID token. Symmetric ones and `none` are not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[allow(missing_docs, reason = "RFC 7518 §3.1 and RFC 8037 §3.1 name them")]
pub enum IdTokenAlgorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

impl IdTokenAlgorithm {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::RS256 => Algorithm::RS256,
            Self::RS384 => Algorithm::RS384,
            Self::RS512 => Algorithm::RS512,
            Self::PS256 => Algorithm::PS256,
            Self::PS384 => Algorithm::PS384,
            Self::PS512 => Algorithm::PS512,
            Self::ES256 => Algorithm::ES256,
            Self::ES384 => Algorithm::ES384,
            Self::EdDSA => Algorithm::EdDSA,
        }
    }
}

/// The rule that an ID token breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// It is no JWT, or has a header that is not understood.
    #[error("the ID token is malformed")]
    Malformed,
    /// Its algorithm is not one of the setting.
    #[error("the ID token has an algorithm that the settings do not allow")]
    Algorithm,
    /// No key of the provider has its key id.
    #[error("the ID token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature of the ID token is wrong")]
    Signature,
    /// `iss` is another one.
    #[error("the ID token is of another issuer")]
    Issuer,
    /// `aud` or `azp` is not this server alone.
    #[error("the ID token is for another client")]
    Audience,
    /// It has expired, is from the future, or is valid for too long.
    #[error("the ID token has expired, or is from the future")]
    Time,
    /// `nonce` is not the one that was sent.
    #[error("the ID token has another nonce")]
    Nonce,
    /// A claim is missing, or has another form.
    #[error("a claim of the ID token is missing or has another form")]
    Claims,
}

/// What an ID token must be.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// `aud`.
    pub client_id: &'a str,
    /// `nonce`.
    pub nonce: &'a str,
    /// The algorithms of the setting.
    pub algorithms: &'a [IdTokenAlgorithm],
}

/// The claims of a verified ID token.
#[derive(Clone)]
pub struct IdToken {
    /// `sub`.
    pub sub: String,
    /// `auth_time`.
    pub auth_time: Option<UnixTime>,
    /// All of them.
    pub claims: Map<String, Value>,
}

/// Verifies an ID token.
///
/// # Errors
/// The first rule that it breaks. After [`IdTokenError::UnknownKey`] the keys may be fetched anew.
pub fn verify_id_token(
    token: &str,
    keys: &JwkSet,
    expected: &Expected<'_>,
    now: UnixTime,
) -> Result<IdToken, IdTokenError> {
    let claims = signed(token, keys, expected.algorithms, &["jwt"])?;
    let nonce = claims.get("nonce").and_then(Value::as_str).unwrap_or_default();
    let is_same = verify_slices_are_equal(nonce.as_bytes(), expected.nonce.as_bytes()).is_ok();
    let token = check(claims, expected, now)?;
    if is_same { Ok(token) } else { Err(IdTokenError::Nonce) }
}

/// Verifies the ID token of a refresh (OpenID Connect Core 1.0 §12.2): of the same person as
/// before, `sub`. It need not have a nonce, and none is expected: the nonce of the sign-in is not
/// stored, and this token is from the provider's own answer.
///
/// # Errors
/// The first rule that it breaks.
pub fn verify_refreshed_id_token(
    token: &str,
    keys: &JwkSet,
    expected: &Expected<'_>,
    sub: &str,
    now: UnixTime,
) -> Result<IdToken, IdTokenError> {
    let claims = signed(token, keys, expected.algorithms, &["jwt"])?;
    let token = check(claims, expected, now)?;
    if token.sub == sub { Ok(token) } else { Err(IdTokenError::Claims) }
}

/// The claims behind a good signature. `types`: the values that `typ` may have, if it is there.
pub(super) fn signed(
    token: &str,
    keys: &JwkSet,
    algorithms: &[IdTokenAlgorithm],
    types: &[&str],
) -> Result<Map<String, Value>, IdTokenError> {
    if token.len() > MAX_BYTES {
        return Err(IdTokenError::Malformed);
    }
    let header = decode_header(token).map_err(|_| IdTokenError::Malformed)?;
    // Other kinds of JWT of the same issuer have a type of their own (RFC 8725 §3.11).
    let is_type = |typ: &str| types.iter().any(|allowed| typ.eq_ignore_ascii_case(allowed));
    if header.typ.as_deref().is_some_and(|typ| !is_type(typ)) || header.crit.is_some() {
        return Err(IdTokenError::Malformed);
    }
    if !algorithms.iter().any(|allowed| allowed.algorithm() == header.alg) {
        return Err(IdTokenError::Algorithm);
    }
    let fitting = keys.keys.iter().take(MAX_KEYS).filter(|key| fits(key, header.alg));
    let mut chosen = fitting.filter(|key| match &header.kid {
        Some(kid) => key.common.key_id.as_ref() == Some(kid),
        None => true,
    });
    // Without a key id, only the one key that there is.
    let (Some(key), None) = (chosen.next(), chosen.next()) else { return Err(IdTokenError::UnknownKey) };
    let key = DecodingKey::from_jwk(key).map_err(|_| IdTokenError::UnknownKey)?;
    let mut validation = Validation::new(header.alg);
    validation.algorithms = vec![header.alg];
    // The library reads the clock itself, and takes what is not there as right.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    #[allow(clippy::disallowed_methods, reason = "not a token of ours: crit, typ and times are checked here")]
    let data = decode::<Map<String, Value>>(token, &key, &validation);
    Ok(data.map_err(|_| IdTokenError::Signature)?.claims)
}

/// Whether a key is for signatures of this algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_of_family = match (&key.algorithm, algorithm) {
        (
            AlgorithmParameters::RSA(_),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        )
        | (AlgorithmParameters::OctetKeyPair(_), Algorithm::EdDSA) => true,
        (AlgorithmParameters::EllipticCurve(params), Algorithm::ES256) => {
            params.curve == jsonwebtoken::jwk::EllipticCurve::P256
        }
        (AlgorithmParameters::EllipticCurve(params), Algorithm::ES384) => {
            params.curve == jsonwebtoken::jwk::EllipticCurve::P384
        }
        _ => false,
    };
    let is_for_signatures =
        key.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    let says_another =
        key.common.key_algorithm.as_ref().is_some_and(|named| named.to_string() != format!("{algorithm:?}"));
    is_of_family && is_for_signatures && !says_another
}

fn check(
    claims: Map<String, Value>,
    expected: &Expected<'_>,
    now: UnixTime,
) -> Result<IdToken, IdTokenError> {
    check_parties(&claims, expected)?;
    let iat = check_times(&claims, now)?;
    if now.since(iat) > MAX_AGE_SECONDS {
        return Err(IdTokenError::Time);
    }
    let sub = subject(&claims)?.ok_or(IdTokenError::Claims)?.to_owned();
    let auth_time = time(&claims, "auth_time")?;
    if auth_time.is_some_and(|at| at > now.plus(LEEWAY_SECONDS)) {
        return Err(IdTokenError::Time);
    }
    Ok(IdToken { sub, auth_time, claims })
}

fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<UnixTime>, IdTokenError> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(|at| Some(UnixTime::new(at))).ok_or(IdTokenError::Claims),
    }
}

/// `sub`, if it is there.
pub(super) fn subject(claims: &Map<String, Value>) -> Result<Option<&str>, IdTokenError> {
    let Some(sub) = claims.get("sub") else { return Ok(None) };
    let is_one = |sub: &&str| (1..=MAX_SUB_BYTES).contains(&sub.len()) && !sub.contains('\0');
    sub.as_str().filter(is_one).map(Some).ok_or(IdTokenError::Claims)
}

/// Whether a token is of this issuer, and for this server alone.
pub(super) fn check_parties(
    claims: &Map<String, Value>,
    expected: &Expected<'_>,
) -> Result<(), IdTokenError> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(IdTokenError::Issuer);
    }
    let is_own = match claims.get("aud") {
        Some(Value::String(one)) => one == expected.client_id,
        // No other audience is trusted.
        Some(Value::Array(several)) => {
            !several.is_empty() && several.iter().all(|one| one.as_str() == Some(expected.client_id))
        }
        _ => false,
    };
    let is_for_other = claims.get("azp").is_some_and(|azp| azp.as_str() != Some(expected.client_id));
    if is_own && !is_for_other { Ok(()) } else { Err(IdTokenError::Audience) }
}

/// Checks `exp`, `iat` and `nbf`. Returns `iat`.
pub(super) fn check_times(claims: &Map<String, Value>, now: UnixTime) -> Result<UnixTime, IdTokenError> {
    let (exp, iat) = (time(claims, "exp")?, time(claims, "iat")?);
    let (exp, iat) = (exp.ok_or(IdTokenError::Claims)?, iat.ok_or(IdTokenError::Claims)?);
    let latest = now.plus(LEEWAY_SECONDS);
    let is_over = now.since(exp) >= LEEWAY_SECONDS;
    let is_future = iat > latest || time(claims, "nbf")?.is_some_and(|nbf| nbf > latest);
    if is_over || is_future || exp <= iat { Err(IdTokenError::Time) } else { Ok(iat) }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;

    const NOW: UnixTime = UnixTime::new(1_800_000_000);

    struct Provider {
        key: EncodingKey,
        keys: JwkSet,
    }

    fn provider() -> Provider {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let der = pair.to_pkcs8v1().unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let keys =
            json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "one", "use": "sig" }] });
        Provider { key: EncodingKey::from_ec_der(der.as_ref()), keys: serde_json::from_value(keys).unwrap() }
    }

    fn claims() -> Value {
        json!({
            "iss": "https://id.example", "aud": "latchkey", "sub": "sam", "nonce": "n-1",
            "iat": NOW.seconds(), "exp": NOW.seconds() + 300, "auth_time": NOW.seconds() - 10,
        })
    }

    const EXPECTED: Expected<'static> = Expected {
        issuer: "https://id.example",
        client_id: "latchkey",
        nonce: "n-1",
        algorithms: &[IdTokenAlgorithm::ES256],
    };

    fn header() -> Header {
        Header { kid: Some("one".into()), ..Header::new(Algorithm::ES256) }
    }

    #[test]
    fn a_good_token_passes_and_each_wrong_claim_has_its_error() {
        let provider = provider();
        let verify = |claims: &Value| {
            let token = encode(&header(), claims, &provider.key).unwrap();
            verify_id_token(&token, &provider.keys, &EXPECTED, NOW).map(|token| token.sub)
        };
        assert_eq!(verify(&claims()), Ok("sam".to_owned()));
        let several = json!(["latchkey"]);
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
            };
            claims
        };
        assert_eq!(verify(&with("aud", several)), Ok("sam".to_owned()));
        assert_eq!(verify(&with("azp", json!("latchkey"))), Ok("sam".to_owned()));
        let now = NOW.seconds();
        for (name, value, error) in [
            ("iss", json!("https://id.example/"), IdTokenError::Issuer),
            ("iss", Value::Null, IdTokenError::Issuer),
            ("aud", json!("other"), IdTokenError::Audience),
            ("aud", json!(["latchkey", "other"]), IdTokenError::Audience),
            ("aud", json!([]), IdTokenError::Audience),
            ("azp", json!("other"), IdTokenError::Audience),
            ("exp", json!(now - 60), IdTokenError::Time),
            ("exp", json!("later"), IdTokenError::Claims),
            ("exp", json!(1e300), IdTokenError::Claims),
            ("exp", Value::Null, IdTokenError::Claims),
            ("iat", json!(now + 61), IdTokenError::Time),
            ("iat", json!(now - 100_000), IdTokenError::Time),
            ("iat", Value::Null, IdTokenError::Claims),
            ("nbf", json!(now + 61), IdTokenError::Time),
            ("auth_time", json!(now + 61), IdTokenError::Time),
            ("auth_time", json!("now"), IdTokenError::Claims),
            ("nonce", json!("n-2"), IdTokenError::Nonce),
            ("nonce", Value::Null, IdTokenError::Nonce),
            ("sub", json!(""), IdTokenError::Claims),
            ("sub", json!(7), IdTokenError::Claims),
            ("sub", json!("x".repeat(256)), IdTokenError::Claims),
            ("sub", json!("a\u{0}b"), IdTokenError::Claims),
        ] {
            assert_eq!(verify(&with(name, value.clone())), Err(error), "{name} {value}");
        }
    }

    #[test]
    fn the_algorithm_is_the_settings_and_the_key_the_issuers() {
        let (own, other) = (provider(), provider());
        let verify = |token: &str, expected: &Expected<'_>| {
            verify_id_token(token, &own.keys, expected, NOW).map(|token| token.sub)
        };
        let good = encode(&header(), &claims(), &own.key).unwrap();
        let rsa = Expected { algorithms: &[IdTokenAlgorithm::RS256], ..EXPECTED };
        assert_eq!(verify(&good, &rsa), Err(IdTokenError::Algorithm));
        let forged = encode(&header(), &claims(), &other.key).unwrap();
        assert_eq!(verify(&forged, &EXPECTED), Err(IdTokenError::Signature));
        let unknown = Header { kid: Some("two".into()), ..header() };
        let unknown = encode(&unknown, &claims(), &own.key).unwrap();
        assert_eq!(verify(&unknown, &EXPECTED), Err(IdTokenError::UnknownKey));
        let unnamed = encode(&Header::new(Algorithm::ES256), &claims(), &own.key).unwrap();
        assert_eq!(verify(&unnamed, &EXPECTED), Ok("sam".to_owned()));
        let logout = Header { typ: Some("logout+jwt".into()), ..header() };
        let logout = encode(&logout, &claims(), &own.key).unwrap();
        assert_eq!(verify(&logout, &EXPECTED), Err(IdTokenError::Malformed));
        // Signed with the public key as a shared secret, or not at all.
        let body = good.split('.').nth(1).unwrap();
        let none = format!("{}.{body}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert_eq!(verify(&none, &EXPECTED), Err(IdTokenError::Malformed));
        let hmac = encode(&Header::default(), &claims(), &EncodingKey::from_secret(b"public")).unwrap();
        assert_eq!(verify(&hmac, &EXPECTED), Err(IdTokenError::Algorithm));
        for cut in 0..good.len() {
            assert!(verify(good.get(..cut).unwrap(), &EXPECTED).is_err(), "{cut}");
        }
    }
}
