//! The transitions of the state.

use std::sync::LazyLock;
use std::time::Duration;

use latchkey_token::{Audience, Claims, Profile};

use super::*;
use crate::device::Secret;
use crate::storage::StoredSession;
use crate::tests::names;
use crate::verified_session::Keys;

const START: i64 = 1_800_000_000;

static KEYS: LazyLock<Arc<Keys>> =
    LazyLock::new(|| Keys::derive(&Secret::from_bytes(&[7; 32]).unwrap()).unwrap());

fn claims(sid: &str) -> Claims {
    let profile = Profile {
        preferred_username: "Ladiesman217".to_owned(),
        given_name: None,
        family_name: None,
        email: None,
    };
    Claims {
        iss: "issuer".to_owned(),
        sub: "account-1".to_owned(),
        aud: Audience::One("device-1".to_owned()),
        iat: UnixTime::new(START),
        exp: UnixTime::new(START + 1000),
        nbf: None,
        jti: "t".to_owned(),
        sid: sid.to_owned(),
        client_id: None,
        auth_time: UnixTime::new(START),
        acr: None,
        amr: None,
        cnf: None,
        profile,
        custom: serde_json::Map::new(),
    }
}

fn session(sid: &str) -> VerifiedSession {
    VerifiedSession {
        claims: claims(sid),
        stored: StoredSession::new("a.b.c".into(), UnixTime::new(START)),
        device_id: "device-1".to_owned(),
        keys: Arc::clone(&KEYS),
        key_place: Some(KeyPlace::Keychain),
        is_unknown: false,
        lacks_factor: false,
        needs_provider: false,
    }
}

fn access() -> AccessToken {
    AccessToken::new("a.b.c".into(), &claims("one"), Duration::ZERO)
}

fn active(sid: &str) -> State {
    let mut state = State::default();
    state.start_session(session(sid));
    state.set_access(access());
    state
}

fn reason(state: &State, now: i64) -> String {
    let view = state.view(UnixTime::new(now));
    format!("{} {}", names::state(&view), names::reason(&view).as_deref().unwrap_or("-"))
}

#[test]
fn every_sign_in_and_every_end_is_a_new_epoch_without_an_access_token() {
    let mut state = active("one");
    let first = state.epoch();
    state.start_session(session("two"));
    assert!(state.epoch() != first && state.access().is_none());
    let second = state.epoch();
    state.set_access(access());
    state.end_session(SignedOutReason::Revoked, None);
    assert!(state.epoch() != second && state.access().is_none());
    assert_eq!(reason(&state, START), "signed-out revoked");
}

#[test]
fn a_renewal_and_a_reload_of_the_same_session_keep_the_epoch_and_the_access_token() {
    let mut state = active("one");
    let epoch = state.epoch();
    state.update_session(session("one").with_newest(UnixTime::new(START + 5)));
    state.load(Stored::default(), SessionState::Active(Arc::new(session("one"))));
    assert!(state.epoch() == epoch && state.access().is_some());
}

#[test]
fn a_reload_of_another_session_is_a_new_epoch() {
    for next in [
        SessionState::Active(Arc::new(session("two"))),
        SessionState::SignedOut(SignedOutReason::SignedOut),
        SessionState::Locked(Lock::StoreNewer),
    ] {
        let mut state = active("one");
        let epoch = state.epoch();
        state.load(Stored::default(), next);
        assert!(state.epoch() != epoch && state.access().is_none());
    }
}

#[test]
fn a_late_response_does_not_change_a_later_session() {
    let mut state = active("one");
    let late = state.epoch();
    state.start_session(session("two"));
    state.set_access(access());
    state.hold_unknown(late);
    state.drop_access(late);
    assert_eq!(reason(&state, START), "signed-in -");
    assert!(state.access().is_some());
}

#[test]
fn an_unknown_session_is_held_until_it_is_renewed() {
    let mut state = active("one");
    state.hold_unknown(state.epoch());
    assert_eq!(reason(&state, START), "held session-unknown");
    assert!(state.access().is_none());
    state.update_session(session("one"));
    assert_eq!(reason(&state, START), "signed-in -");
}

#[test]
fn time_holds_a_session_and_gives_it_back() {
    let state = active("one");
    for (now, expected) in [
        (START - 61, "held clock-moved-back"),
        (START - 60, "signed-in -"),
        (START + 1059, "signed-in -"),
        (START + 1060, "held lease-expired"),
    ] {
        assert_eq!(reason(&state, now), expected, "{now}");
    }
}

#[test]
fn every_lock_has_a_reason_and_most_have_a_cause() {
    let fault = StorageFault::DiskError;
    for (lock, reason, cause) in [
        (Lock::Secret(SecretError::Denied), "keychain-locked", Some("denied")),
        (Lock::Secret(SecretError::Missing), "keychain-unavailable", Some("missing")),
        (Lock::StoreUnreadable(fault), "store-unreadable", Some("disk-error")),
        (Lock::StoreNewer, "store-newer", None),
        (Lock::DeviceId(fault), "device-id-unavailable", Some("disk-error")),
    ] {
        let mut state = State::default();
        state.load(Stored::default(), SessionState::Locked(lock));
        let view = state.view(UnixTime::new(START));
        assert_eq!((names::state(&view), names::reason(&view).as_deref()), ("held", Some(reason)));
        assert_eq!(names::cause(&view).as_deref(), cause, "{reason}");
    }
}

#[test]
fn the_users_answer_is_remembered_while_the_keychain_stays_locked() {
    let locked = |error| SessionState::Locked(Lock::Secret(error));
    let mut state = State::default();
    state.load(Stored::default(), locked(SecretError::Locked));
    state.keep_answer(Some(Lock::Secret(SecretError::Denied)));
    assert_eq!(state.lock(), Some(Lock::Secret(SecretError::Denied)));
    state.load(Stored::default(), locked(SecretError::Missing));
    state.keep_answer(Some(Lock::Secret(SecretError::Denied)));
    assert_eq!(state.lock(), Some(Lock::Secret(SecretError::Missing)));
}

#[test]
fn a_session_in_memory_only_has_its_cause() {
    let mut state = active("one");
    state.not_persisted = Some(StorageFault::DiskFull);
    let StateView::SignedIn { lease, .. } = state.view(UnixTime::new(START)) else { panic!("not signed in") };
    assert_eq!((lease.kept, lease.cause), (false, Some(StorageFault::DiskFull)));
    state.end_session(SignedOutReason::SignedOut, None);
    assert_eq!(state.not_persisted, None);
}
