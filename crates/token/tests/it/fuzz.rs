//! Fuzz targets: any bytes as a token, a proof or a key set. They assert what must hold for each
//! accepted input. `latchkey_fuzz` runs them.
//!
//! Mutation cannot produce a valid signature, so the targets sign the input themselves. The checks
//! behind the signature are then reached too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use latchkey_token::proof::{Expectation, Htu, issue_sign_out_token, verify, verify_sign_out_token};
use latchkey_token::{KeySet, MAX_KEYS, MIN_RSA_BITS, TokenKind};
use serde_json::Value;

use crate::issuer::{API, DEVICE, ISSUER, NOW, OURS, claims, device_key, verifier};
use crate::proof_vectors::{sign_text, test_key_jwk};
use latchkey_fuzz::fuzz;

const URL: &str = "https://auth.example/api/auth";

/// Splits the input into a header (first line) and a payload (the rest), and replaces the
/// placeholders `$…`, whose values differ between runs.
fn header_and_payload(input: &[u8], placeholders: &[(&str, &str)]) -> Option<(String, String)> {
    let text = placeholders
        .iter()
        .fold(std::str::from_utf8(input).ok()?.to_owned(), |text, (name, value)| text.replace(name, value));
    let (header, payload) = text.split_once('\n')?;
    Some((header.to_owned(), payload.to_owned()))
}

/// Flips one bit of `text`; returns `None` if the result is not UTF-8.
fn with_flipped_bit(text: &str, bit: usize) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let byte = bytes.get_mut(bit / 8)?;
    *byte ^= 1 << (bit % 8);
    String::from_utf8(bytes).ok()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn token() {
    fuzz("token", 4, try_token);
}

/// Returns whether the input is accepted as a token after signing.
fn try_token(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let jkt = device_key();
    let placeholders = [("$kid", OURS.kid.as_str()), ("$jkt", jkt.thumbprint().as_str())];
    let signed = header_and_payload(input, &placeholders);
    for kind in [TokenKind::Access, TokenKind::Session] {
        assert!(verifier(kind).verify(&text, NOW).is_err(), "unsigned text was accepted");
    }
    let Some((header, payload)) = signed else { return false };
    let mut accepted = false;
    let token = OURS.sign(&header, &payload);
    for kind in [TokenKind::Access, TokenKind::Session] {
        let Ok(read) = verifier(kind).verify(&token, NOW) else { continue };
        accepted = true;
        check_accepted_header(&json(&header), kind);
        check_accepted_claims(&json(&payload), kind);
        // The claims equal the payload, except that only `jkt` of the confirmation is read.
        let mut expected = json(&payload);
        expected["cnf"] = serde_json::json!({ "jkt": expected["cnf"]["jkt"] });
        let read = serde_json::to_value(&read).unwrap();
        assert_eq!(read, expected);
        let again = OURS.token(kind, &read);
        let again = verifier(kind).verify(&again, NOW).map(|claims| serde_json::to_value(claims).unwrap());
        assert_eq!(again, Ok(read), "a token made from the claims has other claims");
        let other = with_flipped_bit(&token, input.len() * 131 % (token.len() * 8));
        assert!(other.is_none_or(|other| verifier(kind).verify(&other, NOW).is_err()));
    }
    accepted
}

/// Checks what RFC 8725 requires of a header, with another parser.
fn check_accepted_header(header: &Value, kind: TokenKind) {
    assert_eq!(header["alg"], "RS256");
    assert_eq!(header["typ"], kind.typ());
    assert_eq!(header["kid"], OURS.kid);
    for name in ["crit", "jwk", "jku", "x5u", "x5c", "b64", "zip"] {
        assert!(header.get(name).is_none(), "{name}");
    }
}

fn check_accepted_claims(payload: &Value, kind: TokenKind) {
    assert_eq!(payload["iss"], ISSUER);
    match kind {
        TokenKind::Session => assert_eq!(payload["aud"], DEVICE),
        TokenKind::Access => {
            let all = payload["aud"].as_array().unwrap();
            assert!(all.iter().any(|one| one == API) && all.iter().any(|one| one == DEVICE));
        }
    }
    let now = NOW.seconds();
    assert!(payload["exp"].as_i64().unwrap() > now - 60 && payload["iat"].as_i64().unwrap() <= now + 60);
    assert!(payload.get("nbf").is_none_or(|nbf| nbf.as_i64().unwrap() <= now + 60));
    assert_eq!(payload["cnf"]["jkt"], device_key().thumbprint().as_str());
    for name in ["sub", "jti", "sid", "preferred_username"] {
        assert!(payload[name].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
}

#[test]
fn proof() {
    fuzz("proof", 5, try_proof);
}

/// Returns whether the input is accepted as a proof or a sign-out token after signing.
fn try_proof(input: &[u8]) -> bool {
    let jwk = test_key_jwk();
    let (x, y) = (jwk["x"].as_str().unwrap(), jwk["y"].as_str().unwrap());
    let url = Htu::parse(URL).unwrap();
    let expected = Expectation {
        method: "POST",
        url: &url,
        is_from_proxy: false,
        token: Some(&"a.b.c".into()),
        bound_to: None,
        nonce_is_fresh: &|nonce| nonce == "fresh",
        now: NOW,
    };
    let text = String::from_utf8_lossy(input);
    assert!(verify(&text, &expected).is_err() && verify_sign_out_token(&text, ISSUER).is_err());

    let Some((header, payload)) = header_and_payload(input, &[("$x", x), ("$y", y)]) else { return false };
    let proof = sign_text(&header, &payload);
    let sign_out = verify_sign_out_token(&proof, ISSUER);
    if let Ok(sign_out) = &sign_out {
        assert_eq!(json(&header)["typ"], "sign-out+jwt");
        assert_eq!(json(&payload)["aud"], ISSUER);
        assert_eq!(json(&payload)["sid"], sign_out.sid.as_str());
    }
    let Ok(verified) = verify(&proof, &expected) else { return sign_out.is_ok() };
    assert!(sign_out.is_err(), "one text is both a proof and a sign-out token");
    let (header, payload) = (json(&header), json(&payload));
    assert_eq!((&header["typ"], &header["alg"]), (&"dpop+jwt".into(), &"ES256".into()));
    assert!(header.get("crit").is_none() && header["jwk"].get("d").is_none());
    assert_eq!((&header["jwk"]["x"], &header["jwk"]["y"]), (&jwk["x"], &jwk["y"]));
    assert_eq!(payload["htm"], "POST");
    assert_eq!(Htu::parse(payload["htu"].as_str().unwrap()).as_ref(), Ok(&url));
    assert_eq!(payload["jti"], verified.jti.as_str());
    assert_eq!(payload["iat"], verified.iat.seconds());
    match payload.get("nonce") {
        Some(nonce) => assert_eq!(nonce, "fresh"),
        None => assert!((verified.iat.seconds() - NOW.seconds()).abs() <= 60),
    }
    let other = with_flipped_bit(&proof, input.len() * 131 % (proof.len() * 8));
    assert!(other.is_none_or(|other| verify(&other, &expected).is_err()));
    true
}

#[test]
fn htu() {
    fuzz("htu", 7, try_htu);
}

fn try_htu(input: &[u8]) -> bool {
    let Ok(url) = Htu::parse(&String::from_utf8_lossy(input)) else { return false };
    assert_eq!(Htu::parse(url.as_str()).as_ref(), Ok(&url), "normalising twice changes the URL");
    assert!(!url.as_str().contains(['?', '#']), "{}", url.as_str());
    let authority = url.as_str().split('/').nth(2).unwrap();
    assert!(!authority.is_empty() && !authority.contains('@'), "{}", url.as_str());
    assert!(url.as_str().starts_with("http://") || url.as_str().starts_with("https://"));
    // RFC 3986 §6.2.2.1: the case of an encoding does not matter, whatever it encodes.
    let (start, path) = url.as_str().split_at(url.as_str().find(authority).unwrap() + authority.len());
    let other = format!("{start}{}", with_other_case(path));
    assert_eq!(Htu::parse(&other).as_ref(), Ok(&url), "{other}");
    true
}

/// The path with each `%2f` as `%2F`, and the reverse.
fn with_other_case(path: &str) -> String {
    let mut bytes = path.as_bytes().to_vec();
    for at in 0..bytes.len() {
        let is_triplet = bytes[at] == b'%'
            && bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count() >= 2;
        if is_triplet {
            for digit in &mut bytes[at + 1..at + 3] {
                *digit = if digit.is_ascii_lowercase() {
                    digit.to_ascii_uppercase()
                } else {
                    digit.to_ascii_lowercase()
                };
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn keys() {
    fuzz("keys", 6, try_keys);
}

/// Returns whether the input is a key set: PEM blocks, or one byte for the tag of a block and its
/// DER contents.
fn try_keys(input: &[u8]) -> bool {
    let text = match input {
        [0, der @ ..] => pem::encode(&pem::Pem::new("PUBLIC KEY", der)),
        [1, der @ ..] => pem::encode(&pem::Pem::new("RSA PUBLIC KEY", der)),
        text => String::from_utf8_lossy(text).into_owned(),
    };
    let Ok(set) = KeySet::from_pem(&text) else { return false };
    let kids: Vec<_> = set.kids().cloned().collect();
    assert!((1..=MAX_KEYS).contains(&kids.len()));
    assert!(kids.iter().all(|kid| kids.iter().filter(|other| *other == kid).count() == 1));
    assert!(!text.contains("PRIVATE KEY-----"));
    let twice = KeySet::from_pem(&format!("{text}\n{text}")).unwrap();
    assert!(twice.kids().eq(&kids), "a duplicate key counts twice");

    let printed = serde_json::to_string(&set.jwks()).unwrap();
    let read: JwkSet = serde_json::from_str(&printed).unwrap();
    assert_eq!(read, set.jwks());
    for (jwk, kid) in read.keys.iter().zip(&kids) {
        assert_eq!(jwk.common.key_id.as_deref(), Some(kid.as_str()));
        let AlgorithmParameters::RSA(rsa) = &jwk.algorithm else { panic!("not RSA") };
        let [n, e] = [&rsa.n, &rsa.e].map(|number| URL_SAFE_NO_PAD.decode(number).unwrap());
        assert!(n.first().is_some_and(|first| *first != 0), "a leading zero gives one key two thumbprints");
        assert!(n.len() * 8 >= MIN_RSA_BITS && e.len() >= 3 && e.first() != Some(&0));
    }
    true
}

#[test]
fn a_token_or_sign_out_token_with_any_bit_flipped_is_rejected() {
    let token = OURS.token(TokenKind::Session, &claims(TokenKind::Session));
    let verifier = verifier(TokenKind::Session);
    assert!(verifier.verify(&token, NOW).is_ok());
    let sign_out = issue_sign_out_token(&device_key(), ISSUER, "session-1", NOW).unwrap();
    assert!(verify_sign_out_token(&sign_out, ISSUER).is_ok());
    for bit in 0..token.len() * 8 {
        let other = with_flipped_bit(&token, bit);
        assert!(other.is_none_or(|other| verifier.verify(&other, NOW).is_err()), "token, bit {bit}");
    }
    for bit in 0..sign_out.len() * 8 {
        let other = with_flipped_bit(&sign_out, bit);
        assert!(
            other.is_none_or(|other| verify_sign_out_token(&other, ISSUER).is_err()),
            "sign-out token, bit {bit}"
        );
    }
}
