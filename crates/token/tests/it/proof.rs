//! Proofs of possession: each rule of RFC 9449 §4.3 that needs no state rejects a proof.

use latchkey_token::proof::{
    Expectation, Htu, ProofError, Request, VerifiedProof, WINDOW_SECONDS, sign, verify,
};
use latchkey_token::{DeviceKey, SentToken, UnixTime};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::issuer::{NOW, OURS, device_key};
use crate::proof_vectors::{sign_raw, test_key_jwk};

const URL: &str = "https://auth.example/api/auth";

fn check(proof: &str, token: Option<&str>) -> Result<VerifiedProof, ProofError> {
    check_at(proof, token, NOW)
}

fn check_at(proof: &str, token: Option<&str>, now: UnixTime) -> Result<VerifiedProof, ProofError> {
    let url = Htu::parse(URL).unwrap();
    let nonce_is_fresh = |nonce: &str| nonce == "fresh";
    let token = token.map(SentToken::new);
    let expected = Expectation {
        method: "POST",
        url: &url,
        is_from_proxy: false,
        token: token.as_ref(),
        bound_to: None,
        nonce_is_fresh: &nonce_is_fresh,
        now,
    };
    verify(proof, &expected)
}

fn header() -> Value {
    json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": test_key_jwk() })
}

fn payload() -> Value {
    json!({ "jti": "one", "htm": "POST", "htu": URL, "iat": NOW.seconds() })
}

fn with_header(name: &str, value: Value) -> Result<VerifiedProof, ProofError> {
    let mut header = header();
    header[name] = value;
    check(&sign_raw(&header, &payload()), None)
}

fn with_claim(name: &str, value: Value) -> Result<VerifiedProof, ProofError> {
    let mut payload = payload();
    payload[name] = value;
    check(&sign_raw(&header(), &payload), None)
}

#[test]
fn a_signed_proof_verifies_and_has_a_new_id() {
    let url = Htu::parse(URL).unwrap();
    let key = device_key();
    for (token, nonce) in [(None, None), (Some("a.b.c"), None), (Some("a.b.c"), Some("fresh"))] {
        let proof = sign(&key, Request { method: "POST", url: &url, token, nonce }, NOW).unwrap();
        let verified = check(&proof, token).unwrap();
        assert_eq!(&verified.jkt, key.thumbprint());
        assert_eq!(verified.iat, NOW);
        assert_eq!(verified.with_nonce, nonce.is_some());
        assert!(verified.jti.len() >= 16);
        let again = sign(&key, Request { method: "POST", url: &url, token, nonce }, NOW).unwrap();
        assert_ne!(check(&again, token).unwrap().jti, verified.jti);
    }
}

#[test]
fn rule_2_a_text_that_is_no_jwt_is_rejected() {
    for text in ["", "a", "a.b", "a.b.c.d", "e30.e30", &"A".repeat(10_000)] {
        assert_eq!(check(text, None), Err(ProofError::NotCompact), "{text}");
    }
}

#[test]
fn rule_3_a_missing_claim_or_a_wrong_type_is_rejected() {
    for name in ["jti", "htm", "htu", "iat"] {
        let mut payload = payload();
        payload.as_object_mut().unwrap().remove(name);
        assert_eq!(check(&sign_raw(&header(), &payload), None), Err(ProofError::ClaimsMalformed), "{name}");
        for value in [json!(null), json!([]), json!({}), json!(true)] {
            assert_eq!(with_claim(name, value.clone()), Err(ProofError::ClaimsMalformed), "{name}: {value}");
        }
    }
    assert_eq!(with_claim("jti", json!("")), Err(ProofError::ClaimsMalformed));
    assert_eq!(with_claim("jti", json!("x".repeat(257))), Err(ProofError::ClaimsMalformed));
    assert_eq!(with_claim("iat", json!(1.5)), Err(ProofError::ClaimsMalformed));
    assert_eq!(with_claim("nonce", json!(7)), Err(ProofError::ClaimsMalformed));
}

#[test]
fn rule_4_another_typ_is_rejected() {
    for typ in [json!("JWT"), json!("at+jwt"), json!("DPOP+JWT"), json!(null), json!(["dpop+jwt"])] {
        assert_eq!(with_header("typ", typ), Err(ProofError::WrongType));
    }
}

#[test]
fn rule_5_another_algorithm_or_crit_is_rejected() {
    for alg in ["none", "HS256", "RS256", "ES384", "es256", ""] {
        assert_eq!(with_header("alg", json!(alg)), Err(ProofError::AlgorithmNotAllowed), "{alg}");
    }
    assert_eq!(with_header("crit", json!(["exp"])), Err(ProofError::CriticalHeader));
}

#[test]
fn rule_6_a_wrong_signature_is_rejected() {
    let proof = sign_raw(&header(), &payload());
    let (input, _) = proof.rsplit_once('.').unwrap();
    let other = sign_raw(&header(), &json!({}));
    for signature in [other.rsplit_once('.').unwrap().1, &"A".repeat(86), &"A".repeat(84), "AA"] {
        assert_eq!(
            check(&format!("{input}.{signature}"), None),
            Err(ProofError::WrongSignature),
            "{signature}"
        );
    }
    // A point that is not on the curve.
    let mut header = header();
    header["jwk"]["y"] = header["jwk"]["x"].clone();
    assert_eq!(check(&sign_raw(&header, &payload()), None), Err(ProofError::WrongSignature));
    let rsa = OURS.sign(&self::header().to_string(), &payload().to_string());
    assert_eq!(check(&rsa, None), Err(ProofError::WrongSignature));
}

#[test]
fn rule_7_a_private_key_or_a_key_other_than_p256_is_rejected() {
    for member in ["d", "k", "p", "q", "dp", "dq", "qi", "oth"] {
        let mut jwk = test_key_jwk();
        jwk[member] = json!("AQAB");
        assert_eq!(with_header("jwk", jwk), Err(ProofError::PrivateKey), "{member}");
    }
    for (member, value) in [
        ("kty", json!("RSA")),
        ("kty", json!("oct")),
        ("crv", json!("P-384")),
        ("crv", json!(null)),
        ("x", json!("AQAB")),
        ("x", json!("")),
        ("y", json!(7)),
        ("y", json!(format!("{}=", test_key_jwk()["y"].as_str().unwrap()))),
    ] {
        let mut jwk = test_key_jwk();
        jwk[member] = value.clone();
        assert_eq!(with_header("jwk", jwk), Err(ProofError::KeyMalformed), "{member}: {value}");
    }
    for jwk in [json!(null), json!("key"), json!([]), json!({})] {
        assert_eq!(with_header("jwk", jwk.clone()), Err(ProofError::KeyMalformed), "{jwk}");
    }
}

#[test]
fn rules_8_and_9_another_method_or_url_is_rejected() {
    for method in ["GET", "post", "DELETE", ""] {
        assert_eq!(with_claim("htm", json!(method)), Err(ProofError::WrongMethod), "{method}");
    }
    assert!(with_claim("htu", json!("HTTPS://AUTH.example:443/api/auth?x=1#y")).is_ok());
    for url in [
        "https://auth.example/api/auth/renew",
        "http://auth.example/api/auth",
        "https://evil.example/api/auth",
        "x",
    ] {
        assert_eq!(with_claim("htu", json!(url)), Err(ProofError::WrongUrl), "{url}");
    }
}

#[test]
fn rules_10_and_11_a_proof_needs_a_recent_time_or_a_fresh_nonce() {
    let proof = sign_raw(&header(), &payload());
    for offset in [-WINDOW_SECONDS, 0, WINDOW_SECONDS] {
        assert!(check_at(&proof, None, NOW.plus(offset)).is_ok());
    }
    for offset in [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1, i64::MIN, i64::MAX] {
        assert_eq!(check_at(&proof, None, NOW.plus(offset)), Err(ProofError::OutsideWindow), "{offset}");
    }
    let mut with_nonce = payload();
    with_nonce["nonce"] = json!("fresh");
    with_nonce["iat"] = json!(-86_400);
    assert!(
        check(&sign_raw(&header(), &with_nonce), None).is_ok(),
        "a fresh nonce makes up for a wrong clock"
    );
    with_nonce["nonce"] = json!("stale");
    with_nonce["iat"] = json!(NOW.seconds());
    assert_eq!(check(&sign_raw(&header(), &with_nonce), None), Err(ProofError::NonceNotFresh));
    assert!(ProofError::NonceNotFresh.wants_nonce() && ProofError::OutsideWindow.wants_nonce());
    assert!(!ProofError::WrongSignature.wants_nonce());
}

#[test]
fn rule_12_another_token_or_another_key_is_rejected() {
    let url = Htu::parse(URL).unwrap();
    let key = device_key();
    let request = Request { method: "POST", url: &url, token: Some("a.b.c"), nonce: None };
    let proof = sign(&key, request, NOW).unwrap();
    assert_eq!(check(&proof, Some("a.b.d")), Err(ProofError::WrongToken));
    let without = sign(&key, Request { token: None, ..request }, NOW).unwrap();
    assert_eq!(check(&without, Some("a.b.c")), Err(ProofError::WrongToken));

    let other = DeviceKey::derive(&[9; 32]).unwrap();
    let expected = Expectation {
        method: "POST",
        url: &url,
        is_from_proxy: false,
        token: Some(&"a.b.c".into()),
        bound_to: Some(other.thumbprint()),
        nonce_is_fresh: &|_| false,
        now: NOW,
    };
    assert_eq!(verify(&proof, &expected), Err(ProofError::WrongKey));
    assert!(verify(&proof, &Expectation { bound_to: Some(key.thumbprint()), ..expected }).is_ok());
}

#[test]
fn a_duplicate_name_is_rejected() {
    let twice = header().to_string().replacen('{', r#"{"typ":"dpop+jwt","#, 1);
    let proof = crate::proof_vectors::sign_text(&twice, &payload().to_string());
    assert_eq!(check(&proof, None), Err(ProofError::HeaderMalformed));
    let twice = payload().to_string().replacen('{', r#"{"htm":"GET","#, 1);
    let proof = crate::proof_vectors::sign_text(&header().to_string(), &twice);
    assert_eq!(check(&proof, None), Err(ProofError::ClaimsMalformed));
}

proptest! {
    #[test]
    fn random_text_is_rejected_without_a_panic(text in ".{0,200}") {
        prop_assert!(check(&text, None).is_err());
    }
}
