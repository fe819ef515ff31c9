//! The meaning of each response; a portal's or a gateway's response has none.

use super::*;
use crate::api::error::EndReason;

fn response(status: u16, media_type: &str, body: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, media_type.parse().unwrap());
    headers.insert(DATE, "Fri, 15 Jan 2027 08:00:00 GMT".parse().unwrap());
    headers.insert("dpop-nonce", "n".parse().unwrap());
    let status = StatusCode::from_u16(status).unwrap();
    Response { status, headers, body: Zeroizing::new(body.as_bytes().to_vec()) }
}

fn problem(status: u16, code: &str) -> Response {
    response(status, "application/problem+json", &format!(r#"{{"status":{status},"code":"{code}"}}"#))
}

#[test]
fn only_a_problem_of_the_server_ends_a_session() {
    assert_eq!(problem(401, "session_revoked").check(), Err(ApiError::Ended(EndReason::Revoked.into())));
    assert_eq!(problem(401, "account_disabled").check(), Err(ApiError::Ended(EndReason::Revoked.into())));
    assert_eq!(problem(401, "session_expired").check(), Err(ApiError::Ended(EndReason::Expired.into())));
    let because = |reason| {
        let body = format!(r#"{{"code":"session_revoked","reason":"{reason}"}}"#);
        response(401, "application/problem+json", &body).check()
    };
    assert_eq!(because("replaced"), Err(ApiError::Ended(EndReason::Replaced.into())));
    assert_eq!(because("a later one"), Err(ApiError::Ended(EndReason::Revoked.into())));
    for (response, expected) in [
        (problem(403, "session_revoked"), ApiError::Refused),
        (problem(503, "session_revoked"), ApiError::Unavailable),
        (problem(401, "invalid_token"), ApiError::TokenRefused),
        (problem(401, "use_dpop_nonce"), ApiError::TokenRefused),
        (problem(401, "a_routes_own"), ApiError::Refused),
        (response(401, "text/html", r#"{"code":"session_revoked"}"#), ApiError::InvalidResponse),
        (response(401, "application/json", r#"{"code":"session_revoked"}"#), ApiError::InvalidResponse),
        (response(401, "application/problem+json", "<html>"), ApiError::InvalidResponse),
        (response(302, "text/html", ""), ApiError::InvalidResponse),
        (response(500, "text/html", ""), ApiError::Unavailable),
        (problem(429, "too_many_attempts"), ApiError::Throttled { retry_after_seconds: None }),
        (problem(401, "session_unknown"), ApiError::SessionUnknown),
        (problem(403, "provider_sign_in_required"), ApiError::ProviderSignInRequired),
        (problem(403, "session_unknown"), ApiError::Refused),
        (problem(401, "invalid_credentials"), ApiError::WrongCredentials),
    ] {
        assert_eq!(response.check(), Err(expected), "{}", response.status);
    }
}

#[test]
fn a_portals_page_is_an_invalid_response_to_a_sign_in() {
    for response in [
        response(200, "text/html", r#"{"token":"a.b.c"}"#),
        response(200, "application/json", "<html>"),
        response(200, "application/json", r#"{"token":7}"#),
        response(204, "application/json", r#"{"token":"a.b.c"}"#),
    ] {
        assert_eq!(response.tokens().err(), Some(ApiError::InvalidResponse));
    }
    assert!(response(200, "Application/JSON; charset=utf-8", r#"{"token":"a.b.c"}"#).tokens().is_ok());
}

#[test]
fn a_portals_page_does_not_count_as_success() {
    for response in [
        response(200, "text/html", "<html>"),
        response(200, "application/json", "{}"),
        response(302, "text/html", ""),
    ] {
        assert_eq!(response.done(), Err(ApiError::InvalidResponse));
        assert_eq!(response.ended(), Err(ApiError::InvalidResponse));
        assert_eq!(response.done(), Err(ApiError::InvalidResponse));
    }
    let page = response(404, "text/html", r#"{"code":"not_found"}"#);
    assert_eq!(page.ended(), Err(ApiError::InvalidResponse));
    let done = response(204, "text/plain", "");
    assert_eq!((done.done(), done.ended(), done.done()), (Ok(()), Ok(()), Ok(())));
}

#[test]
fn a_session_that_has_ended_before_counts_as_ended() {
    assert_eq!(problem(404, "not_found").ended(), Ok(()));
    assert_eq!(problem(401, "session_revoked").ended(), Err(ApiError::Ended(EndReason::Revoked.into())));
}

#[test]
fn a_sign_out_token_is_refused_for_ever_only_by_the_server_for_what_it_is() {
    assert_eq!(response(204, "", "").delivered(), Ok(()));
    assert_eq!(problem(400, "invalid_request").delivered(), Err(ApiError::Refused));
    for (response, expected) in [
        // A path that a proxy has left a prefix at, and the answers of gateways.
        (problem(401, "token_missing"), ApiError::TokenRefused),
        (problem(401, "session_revoked"), ApiError::TokenRefused),
        (problem(403, "forbidden"), ApiError::TokenRefused),
        (problem(404, "not_found"), ApiError::TokenRefused),
        (response(400, "text/html", "invalid_request"), ApiError::InvalidResponse),
        (problem(408, "request_timeout"), ApiError::Unavailable),
        (problem(503, "unavailable"), ApiError::Unavailable),
    ] {
        assert_eq!(response.delivered(), Err(expected));
    }
    assert!(matches!(problem(429, "too_many_attempts").delivered(), Err(ApiError::Throttled { .. })));
}

#[test]
fn a_refused_password_change_has_its_reason() {
    let short = |body| response(400, "application/problem+json", body).done();
    assert_eq!(
        short(r#"{"code":"password_too_short","min_length":15}"#),
        Err(ApiError::PasswordTooShort { min_length: Some(15) })
    );
    assert_eq!(
        short(r#"{"code":"password_too_short"}"#),
        Err(ApiError::PasswordTooShort { min_length: None })
    );
    for (response, expected) in [
        (problem(403, "wrong_password"), ApiError::WrongCredentials),
        (problem(400, "password_too_long"), ApiError::PasswordTooLong),
        (problem(400, "password_too_common"), ApiError::PasswordTooCommon),
        (problem(400, "password_breached"), ApiError::PasswordBreached),
        (problem(400, "invalid_request"), ApiError::Refused),
        (problem(429, "too_many_attempts"), ApiError::Throttled { retry_after_seconds: None }),
        (problem(503, "busy"), ApiError::Unavailable),
        (problem(401, "session_revoked"), ApiError::Ended(EndReason::Revoked.into())),
        (problem(401, "wrong_password"), ApiError::Refused),
        (response(403, "text/html", r#"{"code":"wrong_password"}"#), ApiError::InvalidResponse),
    ] {
        assert_eq!(response.done(), Err(expected));
    }
}

#[test]
fn a_refused_passkey_or_link_has_its_reason() {
    for (response, expected) in [
        (problem(409, "too_many_passkeys"), ApiError::TooManyPasskeys),
        (problem(409, "passkey_taken"), ApiError::PasskeyTaken),
        (problem(409, "linked_elsewhere"), ApiError::LinkedElsewhere),
        (problem(403, "browser_unavailable"), ApiError::BrowserUnavailable),
        (problem(403, "too_many_passkeys"), ApiError::Refused),
        (problem(409, "a_routes_own"), ApiError::Refused),
    ] {
        assert!(matches!(expected, ApiError::Refused) || response.is_known_problem(), "{expected}");
        assert_eq!(response.check(), Err(expected));
    }
}

#[test]
fn only_the_codes_of_the_server_are_known() {
    for code in SERVER_CODES {
        assert!(problem(401, code).is_known_problem(), "{code}");
    }
    assert!(!problem(401, "a_routes_own").is_known_problem());
    assert!(!response(401, "text/html", r#"{"code":"session_revoked"}"#).is_known_problem());
    assert!(SERVER_CODES.is_sorted());
}

#[test]
fn the_date_and_the_wanted_nonce_are_read() {
    let asked = problem(401, "use_dpop_nonce");
    assert_eq!(asked.date(), Some(UnixTime::new(1_800_000_000)));
    assert_eq!(asked.wanted_nonce(), Some("n"));
    assert_eq!(problem(401, "invalid_token").wanted_nonce(), None);
}

#[test]
fn a_feature_sees_its_own_response_and_its_headers() {
    let mut found = response(404, "application/json", "{}");
    found.headers.insert("set-cookie", "a=b".parse().unwrap());
    let seen = found.api_response(false).unwrap();
    assert_eq!((seen.status, seen.text().as_str(), seen.header("set-cookie")), (404, "{}", None));
    assert_eq!(seen.header("content-type"), Some("application/json"));
}

#[test]
fn a_304_is_valid_only_for_a_conditional_request() {
    let unchanged = response(304, "text/plain", "");
    assert_eq!(unchanged.api_response(true).map(|seen| seen.status), Ok(304));
    assert_eq!(unchanged.api_response(false), Err(ApiError::InvalidResponse));
    let elsewhere = response(302, "text/plain", "");
    assert_eq!(elsewhere.api_response(true), Err(ApiError::InvalidResponse));
}
