//! The checks of the verifier, one by one.

use latchkey_token::{Claim, LEEWAY_SECONDS, MAX_TOKEN_BYTES, TokenKind, UnixTime, Verifier, VerifyError};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::issuer::{API, DEVICE, ISSUER, NOW, OURS, THEIRS, claims, device_key, verifier};

const KINDS: [TokenKind; 2] = [TokenKind::Access, TokenKind::Session];

fn verify(kind: TokenKind, token: &str) -> Result<latchkey_token::Claims, VerifyError> {
    verifier(kind).verify(token, NOW)
}

/// Verifies a valid token with one claim replaced, or removed if `value` is `None`.
fn with(kind: TokenKind, name: &str, value: Option<Value>) -> Result<latchkey_token::Claims, VerifyError> {
    let mut claims = claims(kind);
    match value {
        Some(value) => claims[name] = value,
        None => {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    verify(kind, &OURS.token(kind, &claims))
}

#[test]
fn a_valid_token_gives_its_claims() {
    for kind in KINDS {
        let sent = claims(kind);
        let read = verify(kind, &OURS.token(kind, &sent)).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), sent);
        assert_eq!(read.custom, json!({ "team": "autobots" }).as_object().unwrap().clone());
    }
}

#[test]
fn a_token_of_the_other_kind_is_rejected() {
    for (made, expected) in [(TokenKind::Access, TokenKind::Session), (TokenKind::Session, TokenKind::Access)]
    {
        let token = OURS.token(made, &claims(made));
        assert_eq!(verify(expected, &token), Err(VerifyError::WrongType));
    }
}

#[test]
fn a_token_of_another_key_is_rejected_even_under_our_key_id() {
    let claims = claims(TokenKind::Session);
    let token = THEIRS.token(TokenKind::Session, &claims);
    assert_eq!(verify(TokenKind::Session, &token), Err(VerifyError::UnknownKey));
    let forged = THEIRS.sign(&OURS.header(TokenKind::Session).to_string(), &claims.to_string());
    assert_eq!(verify(TokenKind::Session, &forged), Err(VerifyError::WrongSignature));
}

#[test]
fn a_token_with_a_changed_payload_or_signature_is_rejected() {
    let token = OURS.token(TokenKind::Session, &claims(TokenKind::Session));
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let other = OURS.token(TokenKind::Session, &json!({ "sub": "root" }));
    let other_payload = other.split('.').nth(1).unwrap();
    let cases = [
        format!("{header}.{other_payload}.{signature}"),
        format!("{header}.{payload}.{}", &signature[..signature.len() - 4]),
        format!("{header}.{payload}.{signature}AAAA"),
        format!("{header}.{payload}.{}", "A".repeat(signature.len() - 1) + "A"),
        format!("{header}.{payload}.AA"),
    ];
    for case in cases {
        let error = verify(TokenKind::Session, &case).unwrap_err();
        assert!(matches!(error, VerifyError::WrongSignature | VerifyError::NotCompact), "{error:?}");
    }
}

#[test]
fn a_malformed_payload_is_rejected_although_it_is_signed() {
    let header = OURS.header(TokenKind::Session).to_string();
    let good = claims(TokenKind::Session).to_string();
    let twice = good.replacen('{', r#"{"aud":"device-2","#, 1);
    for payload in ["[]", "null", "\"x\"", "{", "\u{feff}{}", twice.as_str()] {
        let token = OURS.sign(&header, payload);
        assert_eq!(verify(TokenKind::Session, &token), Err(VerifyError::PayloadMalformed), "{payload}");
    }
}

#[test]
fn a_token_without_a_required_claim_is_rejected() {
    for kind in KINDS {
        for (name, claim) in [
            ("iss", Claim::Iss),
            ("aud", Claim::Aud),
            ("iat", Claim::Iat),
            ("exp", Claim::Exp),
            ("cnf", Claim::Cnf),
            ("sub", Claim::Sub),
            ("jti", Claim::Jti),
            ("sid", Claim::Sid),
            ("auth_time", Claim::AuthTime),
            ("preferred_username", Claim::PreferredUsername),
        ] {
            assert_eq!(with(kind, name, None), Err(VerifyError::ClaimMissing(claim)));
        }
        for name in ["given_name", "family_name", "email", "team"] {
            assert!(with(kind, name, None).is_ok(), "{name}");
        }
    }
}

#[test]
fn a_claim_of_a_wrong_type_or_out_of_range_is_rejected() {
    let wrong_text = [json!(null), json!(1), json!(true), json!([]), json!(["x"]), json!({}), json!("")];
    for (name, claim) in [
        ("iss", Claim::Iss),
        ("sub", Claim::Sub),
        ("jti", Claim::Jti),
        ("sid", Claim::Sid),
        ("preferred_username", Claim::PreferredUsername),
        ("given_name", Claim::GivenName),
        ("family_name", Claim::FamilyName),
        ("email", Claim::Email),
    ] {
        for value in &wrong_text {
            let verdict = with(TokenKind::Access, name, Some(value.clone()));
            assert_eq!(verdict, Err(VerifyError::ClaimMalformed(claim)), "{name}: {value}");
        }
    }
    let wrong_time = [
        json!(null),
        json!("1800000000"),
        json!(1.8e9),
        json!(1_800_000_000.5),
        json!(true),
        json!([]),
        json!(-1),
        json!(253_402_300_800_i64),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
    ];
    for (name, claim) in
        [("iat", Claim::Iat), ("exp", Claim::Exp), ("nbf", Claim::Nbf), ("auth_time", Claim::AuthTime)]
    {
        for value in &wrong_time {
            let verdict = with(TokenKind::Access, name, Some(value.clone()));
            assert_eq!(verdict, Err(VerifyError::ClaimMalformed(claim)), "{name}: {value}");
        }
    }
    let jkt = device_key().thumbprint().to_string();
    for value in [
        json!(null),
        json!(jkt),
        json!([jkt]),
        json!({}),
        json!({ "jkt": 1 }),
        json!({ "jkt": "" }),
        json!({ "jkt": format!("{jkt}=") }),
        json!({ "jkt": "short" }),
        json!({ "jwk": {} }),
    ] {
        let verdict = with(TokenKind::Session, "cnf", Some(value.clone()));
        assert_eq!(verdict, Err(VerifyError::ClaimMalformed(Claim::Cnf)), "{value}");
    }
}

#[test]
fn a_token_that_lacks_an_expected_audience_is_rejected() {
    let malformed = Err(VerifyError::ClaimMalformed(Claim::Aud));
    for value in
        [json!(null), json!(1), json!({}), json!([]), json!(""), json!([""]), json!([API, 1]), json!([[API]])]
    {
        assert_eq!(with(TokenKind::Access, "aud", Some(value.clone())), malformed, "{value}");
    }
    for value in [json!(API), json!(DEVICE), json!([API]), json!([API, "device-2"]), json!([API, "Device-1"])]
    {
        let verdict = with(TokenKind::Access, "aud", Some(value.clone()));
        assert_eq!(verdict, Err(VerifyError::WrongAudience), "{value}");
    }
    assert!(with(TokenKind::Access, "aud", Some(json!([DEVICE, API, "third"]))).is_ok());

    assert_eq!(with(TokenKind::Session, "aud", Some(json!("device-2"))), Err(VerifyError::WrongAudience));
    assert_eq!(
        with(TokenKind::Session, "aud", Some(json!([DEVICE]))),
        malformed,
        "a list for a session token"
    );
}

#[test]
fn an_issuer_that_differs_in_one_character_is_rejected() {
    for issuer in
        ["https://auth.example/", "https://AUTH.example", "http://auth.example", "https://auth.example.evil"]
    {
        assert_eq!(
            with(TokenKind::Access, "iss", Some(json!(issuer))),
            Err(VerifyError::WrongIssuer),
            "{issuer}"
        );
    }
}

#[test]
fn times_have_exactly_a_minute_of_leeway() {
    let at = |offset: i64| Some(json!(NOW.seconds() + offset));
    for kind in KINDS {
        assert!(with(kind, "iat", at(LEEWAY_SECONDS)).is_ok());
        assert_eq!(with(kind, "iat", at(LEEWAY_SECONDS + 1)), Err(VerifyError::IssuedInFuture));
        assert!(with(kind, "nbf", at(LEEWAY_SECONDS)).is_ok());
        assert_eq!(with(kind, "nbf", at(LEEWAY_SECONDS + 1)), Err(VerifyError::NotYetValid));
        assert!(with(kind, "exp", at(1 - LEEWAY_SECONDS)).is_ok());
        assert_eq!(with(kind, "exp", at(-LEEWAY_SECONDS)), Err(VerifyError::Expired));
        let latest = UnixTime::MAX_CLAIM.seconds();
        assert!(with(kind, "exp", Some(json!(latest))).is_ok(), "the last second of the year 9999");
    }
}

#[test]
fn an_expired_token_is_accepted_as_a_hint_only_on_request() {
    let mut claims = claims(TokenKind::Session);
    claims["exp"] = json!(NOW.seconds() - 86_400);
    let token = OURS.token(TokenKind::Session, &claims);
    let hint = verifier(TokenKind::Session).accepting_expired_as_hint();
    assert!(hint.verify(&token, NOW).is_ok());
    claims["aud"] = json!("device-2");
    let other = OURS.token(TokenKind::Session, &claims);
    assert_eq!(hint.verify(&other, NOW), Err(VerifyError::WrongAudience));
    claims.as_object_mut().unwrap().remove("exp");
    claims["aud"] = json!(DEVICE);
    let endless = OURS.token(TokenKind::Session, &claims);
    assert_eq!(hint.verify(&endless, NOW), Err(VerifyError::ClaimMissing(Claim::Exp)));
}

#[test]
fn an_absurd_clock_gives_an_error_without_a_panic() {
    let token = OURS.token(TokenKind::Session, &claims(TokenKind::Session));
    let at = |seconds: i64| verifier(TokenKind::Session).verify(&token, UnixTime::new(seconds)).unwrap_err();
    for seconds in [i64::MIN, i64::MIN + 1, -86_400, -1, 0, 1] {
        assert_eq!(at(seconds), VerifyError::IssuedInFuture, "{seconds}");
    }
    for seconds in [2_147_483_648, 4_102_444_800, 253_402_300_799, i64::MAX - 1, i64::MAX] {
        assert_eq!(at(seconds), VerifyError::Expired, "{seconds}");
    }
}

#[test]
fn a_token_bound_to_another_device_key_is_rejected() {
    let other = latchkey_token::DeviceKey::derive(&[2; 32]).unwrap();
    let cnf = json!({ "jkt": other.thumbprint().as_str() });
    assert_eq!(with(TokenKind::Session, "cnf", Some(cnf)), Err(VerifyError::WrongDeviceKey));
    // Without an expected device key, a bearer token is accepted.
    let mut bearer = claims(TokenKind::Access);
    bearer.as_object_mut().unwrap().remove("cnf");
    let unbound = Verifier::new(TokenKind::Access, OURS.keys(), ISSUER, API);
    assert_eq!(unbound.verify(&OURS.token(TokenKind::Access, &bearer), NOW).unwrap().cnf, None);
}

#[test]
fn the_first_check_that_fails_is_the_error() {
    // Every check fails for this token. Correcting it from the front shows the order.
    let mut header = json!({ "alg": "none", "crit": ["exp"], "jwk": {}, "typ": "JWT", "kid": "nobody" });
    let mut payload =
        json!({ "iss": "x", "aud": "x", "iat": NOW.seconds() + 9999, "exp": 0, "cnf": { "jkt": "x" } });
    let error = |header: &Value, payload: &Value, issuer: &crate::issuer::Issuer| {
        verify(TokenKind::Session, &issuer.sign(&header.to_string(), &payload.to_string())).unwrap_err()
    };
    assert_eq!(error(&header, &payload, &THEIRS), VerifyError::AlgorithmNotAllowed);
    header["alg"] = json!("RS256");
    assert_eq!(error(&header, &payload, &THEIRS), VerifyError::CriticalHeader);
    header.as_object_mut().unwrap().remove("crit");
    assert_eq!(error(&header, &payload, &THEIRS), VerifyError::HeaderNotAllowed);
    header.as_object_mut().unwrap().remove("jwk");
    assert_eq!(error(&header, &payload, &THEIRS), VerifyError::WrongType);
    header["typ"] = json!("session+jwt");
    assert_eq!(error(&header, &payload, &THEIRS), VerifyError::UnknownKey);
    header["kid"] = json!(OURS.kid);
    assert_eq!(error(&header, &payload, &THEIRS), VerifyError::WrongSignature);
    assert_eq!(error(&header, &payload, &OURS), VerifyError::WrongIssuer);
    payload["iss"] = json!(ISSUER);
    assert_eq!(error(&header, &payload, &OURS), VerifyError::WrongAudience);
    payload["aud"] = json!(DEVICE);
    assert_eq!(error(&header, &payload, &OURS), VerifyError::IssuedInFuture);
    payload["iat"] = json!(NOW.seconds());
    assert_eq!(error(&header, &payload, &OURS), VerifyError::Expired);
    payload["exp"] = json!(NOW.seconds() + 1);
    assert_eq!(error(&header, &payload, &OURS), VerifyError::ClaimMalformed(Claim::Cnf));
    payload["cnf"] = claims(TokenKind::Session)["cnf"].clone();
    assert_eq!(error(&header, &payload, &OURS), VerifyError::ClaimMissing(Claim::Sub));
}

#[test]
fn a_token_that_is_too_long_is_rejected() {
    let long = "A".repeat(MAX_TOKEN_BYTES + 1);
    assert_eq!(verify(TokenKind::Access, &long), Err(VerifyError::TooLong));
    assert_eq!(
        with(TokenKind::Access, "team", Some(json!("x".repeat(MAX_TOKEN_BYTES)))),
        Err(VerifyError::TooLong)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_text_is_rejected_without_a_panic(text in ".{0,200}") {
        prop_assert!(verify(TokenKind::Access, &text).is_err());
    }

    #[test]
    fn a_token_with_one_changed_character_is_rejected(position in 0usize..1000, replacement in "[A-Za-z0-9_.=-]") {
        let token = OURS.token(TokenKind::Session, &claims(TokenKind::Session));
        let position = position % token.len();
        let mut changed = token.clone();
        changed.replace_range(position..=position, &replacement);
        prop_assert_eq!(verify(TokenKind::Session, &changed).is_ok(), changed == token);
    }

    #[test]
    fn any_signed_payload_gives_a_result_without_a_panic(name in "[a-z_]{2,8}", value in any::<i64>()) {
        let _ = with(TokenKind::Access, &name, Some(json!(value)));
    }
}

#[test]
fn how_the_user_signed_in_is_read_and_other_values_are_custom_claims() {
    for kind in KINDS {
        let none = verify(kind, &OURS.token(kind, &claims(kind))).unwrap();
        assert_eq!((none.acr, none.amr), (None, None));
        let read = with(kind, "acr", Some(json!("2fa"))).unwrap();
        assert_eq!(read.acr.as_deref(), Some("2fa"));
        let read = with(kind, "amr", Some(json!(["pwd", "otp"]))).unwrap();
        assert_eq!(read.amr.unwrap(), ["pwd", "otp"]);
        // A server of an earlier version may have issued these as an account's custom claims.
        for value in [json!(""), json!(7), json!(null), json!(["2fa"])] {
            let read = with(kind, "acr", Some(value.clone())).unwrap();
            assert_eq!((read.acr, &read.custom["acr"]), (None, &value));
        }
        for value in [json!("pwd"), json!(["pwd", ""]), json!(["pwd", 7]), json!({})] {
            let read = with(kind, "amr", Some(value.clone())).unwrap();
            assert_eq!((read.amr, &read.custom["amr"]), (None, &value));
        }
    }
}
