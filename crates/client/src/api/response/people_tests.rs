//! The answers about second factors, codes, confirmations and notices. Whatever a server or a
//! portal sends, no text of it reaches a window unchecked.

use proptest::prelude::*;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::*;
use crate::api::challenge::Challenge;
use crate::api::error::EndReason;
use crate::api::factor::{MeJson, ProposalJson, RecoveryCodesJson, TotpProposal};
use crate::api::notices::{Notice, NoticesJson};
use crate::api::options::{ForgotWay, OptionsJson, SignInOptions, SignInWay};
use crate::factor_method::{FactorMethod, Needs};
use crate::reasons::{Ended, EndedBy};

fn response(status: u16, media_type: &str, body: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, media_type.parse().unwrap());
    let status = StatusCode::from_u16(status).unwrap();
    Response { status, headers, body: Zeroizing::new(body.as_bytes().to_vec()) }
}

fn problem(status: u16, body: &Value) -> Response {
    response(status, "application/problem+json", &body.to_string())
}

fn document<T: DeserializeOwned>(body: &Value) -> Result<T, ApiError> {
    response(200, "application/json", &body.to_string()).document()
}

fn challenge(status: u16, body: &Value) -> Result<Challenge, ApiError> {
    match problem(status, body).first_answer()? {
        SignInAnswer::Challenge(challenge) => Ok(challenge),
        SignInAnswer::Tokens(_) => panic!("a problem has no tokens"),
    }
}

#[test]
fn a_challenge_is_read_with_its_kind_and_methods() {
    let body = json!({
        "code": "second_factor_required", "challenge": "abc", "expires_in": 300,
        "methods": ["totp", "recovery_code", "factor_code", "a later one"],
    });
    let read = challenge(401, &body).unwrap();
    assert_eq!((read.kind, read.authorized, read.expires_in), (PendingKind::SecondFactor, true, 300));
    assert_eq!(read.methods, [FactorMethod::Totp, FactorMethod::RecoveryCode, FactorMethod::FactorCode]);
    for (body, authorized) in [
        (json!({ "code": "enrolment_required", "challenge": "abc" }), false),
        (json!({ "code": "enrolment_required", "challenge": "abc", "authorized": true }), true),
        (json!({ "code": "factor_required", "challenge": "abc", "expires_in": 1 }), true),
    ] {
        let read = challenge(401, &body).unwrap();
        assert_eq!((read.kind, read.authorized), (PendingKind::Enrolment, authorized));
    }
}

#[test]
fn a_challenge_that_no_server_of_ours_makes_is_refused() {
    for text in ["", "a b", "a\u{e9}", &"x".repeat(1025)] {
        let body = json!({ "code": "second_factor_required", "challenge": text });
        assert_eq!(challenge(401, &body).err(), Some(ApiError::InvalidResponse), "{text}");
    }
    let without = json!({ "code": "second_factor_required" });
    assert_eq!(challenge(401, &without).err(), Some(ApiError::InvalidResponse));
    let elsewhere = json!({ "code": "second_factor_required", "challenge": "abc" });
    assert_eq!(challenge(403, &elsewhere).err(), Some(ApiError::Refused));
    let long = json!({ "code": "second_factor_required", "challenge": "abc", "expires_in": i64::MAX });
    assert_eq!(challenge(401, &long).unwrap().expires_in, 3600);
}

#[test]
fn each_refusal_has_a_meaning_and_none_of_them_ends_a_session() {
    for (status, code, expected) in [
        (401, "wrong_code", ApiError::WrongCode { tries_left: None }),
        (403, "wrong_code", ApiError::WrongCode { tries_left: None }),
        (401, "code_used", ApiError::CodeUsed),
        (401, "challenge_expired", ApiError::ChallengeExpired),
        (401, "invalid_code", ApiError::InvalidCode),
        (400, "malformed_code", ApiError::MalformedCode),
        (400, "code_for_factor", ApiError::CodeForFactor),
        (403, "forgot_unavailable", ApiError::ForgotUnavailable),
        (401, "proof_required", ApiError::ProofRequired),
        (403, "factor_required", ApiError::FactorRequired),
        (409, "enrolment_expired", ApiError::EnrolmentExpired),
        (403, "wrong_password", ApiError::WrongCredentials),
        (400, "password_too_common", ApiError::PasswordTooCommon),
        (400, "password_breached", ApiError::PasswordBreached),
    ] {
        let response = problem(status, &json!({ "code": code }));
        assert_eq!(response.check(), Err(expected), "{code}");
        assert!(response.is_known_problem(), "{code}");
    }
    let counted = problem(401, &json!({ "code": "wrong_code", "tries_left": 3 }));
    assert_eq!(counted.check(), Err(ApiError::WrongCode { tries_left: Some(3) }));
    let disabled = problem(401, &json!({ "code": "account_disabled" }));
    assert_eq!(disabled.first_answer().err(), Some(ApiError::AccountDisabled));
}

#[test]
fn a_missing_confirmation_names_what_it_needs_and_is_no_refused_token() {
    let needs = |status, code: &str, needs: Value| {
        problem(status, &json!({ "code": code, "needs": needs })).check().err()
    };
    for (names, expected) in [
        (json!(["password"]), Needs::Password),
        (json!(["code"]), Needs::Code),
        (json!(["code", "password"]), Needs::Both),
        (json!([]), Needs::Password),
        (json!(["a later one"]), Needs::Password),
    ] {
        let expected = Some(ApiError::ConfirmationRequired { needs: expected, or_passkey: false });
        assert_eq!(needs(401, "insufficient_user_authentication", names.clone()), expected);
        assert_eq!(needs(400, "confirmation_incomplete", names), expected);
    }
    let body =
        json!({ "code": "insufficient_user_authentication", "needs": ["password"], "or_passkey": true });
    let expected = ApiError::ConfirmationRequired { needs: Needs::Password, or_passkey: true };
    assert_eq!(problem(401, &body).check(), Err(expected));
}

#[test]
fn an_end_tells_its_reason_time_and_device() {
    let end = |body: Value| match problem(401, &body).check() {
        Err(ApiError::Ended(end)) => end,
        other => panic!("{other:?}"),
    };
    for (reason, expected) in [
        ("signed_out", EndReason::Revoked),
        ("revoked", EndReason::Revoked),
        ("account_disabled", EndReason::Revoked),
        ("replaced", EndReason::Replaced),
        ("password_reset", EndReason::PasswordReset),
        ("ended_by_device", EndReason::EndedByDevice),
        ("not_me", EndReason::NotMe),
        ("provider_logout", EndReason::ProviderLogout),
        ("a later one", EndReason::Revoked),
    ] {
        let read = end(json!({ "code": "session_revoked", "reason": reason }));
        assert_eq!((read.reason, read.how), (expected, None), "{reason}");
    }
    let name = format!("de\u{202e}sk\n{}", "x".repeat(100));
    let by = json!({ "name": name, "platform": "linux" });
    let read = end(json!({ "code": "session_revoked", "reason": "not_me", "ended_at": 7, "ended_by": by }));
    let by = EndedBy { name: Some(format!("desk{}", "x".repeat(36))), platform: Some("linux".to_owned()) };
    assert_eq!(read.how, Some(Ended { at: UnixTime::new(7), by: Some(by) }));
    let read = end(json!({ "code": "session_revoked", "ended_at": 7, "ended_by": null }));
    assert_eq!(read.how, Some(Ended { at: UnixTime::new(7), by: None }));
}

#[test]
fn a_proposal_that_no_authenticator_reads_is_refused() {
    let good = json!({
        "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "otpauth_uri": "otpauth://totp/Latchkey:Sam?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "recovery_codes": ["0123-4567-89AB-CDEF"],
        "expires_in": 600,
    });
    let read = |body: &Value| document::<ProposalJson>(body).and_then(TotpProposal::try_from);
    let proposal = read(&good).ok().unwrap();
    assert_eq!((proposal.recovery_codes.len(), proposal.expires_in), (1, 600));
    for (member, value) in [
        ("secret", json!("short")),
        ("secret", json!("JBSWY3DPEHPK3PX<")),
        ("otpauth_uri", json!("javascript:alert(1)")),
        ("otpauth_uri", json!("otpauth://totp/a b")),
        ("otpauth_uri", json!(format!("otpauth://totp/{}", "x".repeat(1024)))),
        ("recovery_codes", json!([])),
        ("recovery_codes", json!(["<b>"])),
        ("recovery_codes", json!(vec!["A"; 33])),
        ("recovery_codes", json!("A")),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        assert_eq!(read(&bad).err(), Some(ApiError::InvalidResponse), "{bad}");
    }
    let codes = document::<RecoveryCodesJson>(&json!({ "recovery_codes": ["A-B"] })).unwrap();
    assert_eq!(Vec::<SecretString>::try_from(codes).ok().unwrap()[0].expose_secret(), "A-B");
}

#[test]
fn a_later_servers_ways_and_notices_are_left_out() {
    let body = json!({ "ways": ["password", "passkey", "code"], "forgot": "pigeon", "contact": "a\u{7}b" });
    let options = SignInOptions::try_from(document::<OptionsJson>(&body).unwrap()).unwrap();
    let expected = SignInOptions {
        ways: vec![SignInWay::Password, SignInWay::Code],
        forgot: ForgotWay::Contact,
        contact: Some("ab".to_owned()),
        min_password_length: None,
        browser: None,
    };
    assert_eq!(options, expected);
    let notice = |id: &str, kind: &str| json!({ "id": id, "kind": kind, "at": 1, "can_answer": true });
    let body =
        json!({ "notices": [notice("a", "new_sign_in"), notice("b", "later"), notice("../c", "code_used")] });
    let notices = Vec::<Notice>::from(document::<NoticesJson>(&body).unwrap());
    assert_eq!(notices.iter().map(|notice| notice.id.as_str()).collect::<Vec<_>>(), ["a"]);
    let many: Vec<Value> = (0..50).map(|number| notice(&number.to_string(), "code_used")).collect();
    assert_eq!(Vec::<Notice>::from(document::<NoticesJson>(&json!({ "notices": many })).unwrap()).len(), 20);
}

proptest! {
    #[test]
    fn any_members_are_read_without_a_panic(
        code in prop::sample::select(vec![
            "second_factor_required", "enrolment_required", "factor_required", "wrong_code", "session_revoked",
            "insufficient_user_authentication", "account_disabled",
        ]),
        status in prop::sample::select(vec![200u16, 400, 401, 403, 409, 429, 503]),
        name in prop::sample::select(vec![
            "challenge", "expires_in", "authorized", "methods", "needs", "tries_left", "ended_at", "ended_by", "reason",
        ]),
        value in prop_oneof![
            any::<i64>().prop_map(Value::from), ".{0,30}".prop_map(Value::from), Just(Value::Null),
            Just(json!([])), Just(json!({})), Just(json!([1, "a"])), Just(json!(true)), Just(json!(1e300)),
        ],
    ) {
        let response = problem(status, &json!({ "code": code, "challenge": "abc", name: value }));
        let _ = (response.check(), response.first_answer().err(), response.sign_in_answer().err());
    }

    #[test]
    fn any_document_is_read_without_a_panic(body in ".{0,200}") {
        let response = response(200, "application/json", &body);
        let _ = response.document::<ProposalJson>().and_then(TotpProposal::try_from).err();
        let _ = response.document::<NoticesJson>().map(Vec::<Notice>::from).err();
        let _ = response.document::<OptionsJson>().and_then(SignInOptions::try_from).err();
        let _ = response.document::<MeJson>().err();
    }
}
