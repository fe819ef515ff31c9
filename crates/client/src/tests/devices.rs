//! The account's devices and its password.

use std::sync::Arc;

use super::fakes::{AWAY, FakeServer, OUT_OF_REACH, World, sign_in_with, state};
use crate::api::{ApiError, DeviceSession, EndReason, NetworkCause, PasswordChange};
use crate::auth_client::AuthClient;
use crate::error::SessionError;

/// Two devices of one account at one server.
async fn two() -> (World, Arc<AuthClient<FakeServer>>, Arc<AuthClient<FakeServer>>) {
    let (world, first) = World::signed_in().await;
    let second = World { server: world.server.clone(), ..World::new() }.start();
    sign_in_with(&second, "autobots rule").await.unwrap();
    (world, first, second)
}

fn sids(list: &[DeviceSession]) -> Vec<(&str, bool)> {
    list.iter().map(|device| (device.sid.as_str(), device.current)).collect()
}

fn change(current: &str, new: &str, end_others: bool) -> PasswordChange {
    PasswordChange { current: current.into(), new: new.into(), end_others }
}

#[tokio::test]
async fn every_device_is_listed_with_its_name_and_one_is_this() {
    let (_world, first, second) = two().await;
    let list = first.sessions().await.unwrap();
    assert_eq!(sids(&list), [("session-0", true), ("session-1", false)]);
    assert_eq!(list[0].device_name.as_deref(), Some("sams-laptop"));
    assert_eq!(sids(&second.sessions().await.unwrap()), [("session-0", false), ("session-1", true)]);
}

#[tokio::test]
async fn ending_sessions_returns_those_that_are_left() {
    let (_world, first, _second) = two().await;
    assert_eq!(sids(&first.end_session("session-1").await.unwrap()), [("session-0", true)]);
    let (_world, first, _second) = two().await;
    assert_eq!(sids(&first.end_other_sessions().await.unwrap()), [("session-0", true)]);
    assert_eq!(state(&first), "signed-in");
}

#[tokio::test]
async fn this_session_and_a_malformed_session_id_are_refused() {
    let (world, session) = World::signed_in().await;
    for sid in ["session-0", "", "..", "../me", "a/b", "a?b", "a#b", "a b"] {
        assert_eq!(session.end_session(sid).await, Err(SessionError::PathNotAllowed), "{sid}");
    }
    assert_eq!(world.server.count("end"), 0, "nothing was sent");
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn a_password_is_changed_only_with_the_current_one() {
    let (world, session) = World::signed_in().await;
    let short = SessionError::PasswordTooShort { min_length: Some(8) };
    for (change, expected) in [
        (change("wrong", "decepticons rule", false), Err(SessionError::WrongCredentials)),
        (change("autobots rule", "short", false), Err(short)),
        (change("", "decepticons rule", false), Err(SessionError::CredentialsMissing)),
        (change("autobots rule", "", false), Err(SessionError::CredentialsMissing)),
        (change("autobots rule", "decepticons rule", false), Ok(())),
    ] {
        assert_eq!(session.change_password(change).await, expected);
        assert_eq!(state(&session), "signed-in");
    }
    assert_eq!(world.server.count("change-password"), 3, "nothing is sent without both");
    let later = World::new();
    let other = World { server: world.server.clone(), ..later }.start();
    assert_eq!(sign_in_with(&other, "autobots rule").await, Err(SessionError::WrongCredentials));
    sign_in_with(&other, "decepticons rule").await.unwrap();
}

#[tokio::test]
async fn a_change_of_password_ends_the_others_if_requested() {
    let (world, first, _second) = two().await;
    first.change_password(change("autobots rule", "decepticons rule", false)).await.unwrap();
    assert_eq!(world.server.living.lock().unwrap().len(), 2);
    first.change_password(change("decepticons rule", "autobots rule", true)).await.unwrap();
    assert_eq!(sids(&first.sessions().await.unwrap()), [("session-0", true)]);
}

#[tokio::test]
async fn a_refused_access_token_is_renewed_once() {
    let (world, session) = World::signed_in().await;
    world.fail(ApiError::TokenRefused);
    assert_eq!(session.sessions().await, Err(SessionError::ServerRefused));
    assert_eq!((world.server.count("sessions"), world.server.count("renew")), (1, 1));
    world.fail(None);
    world.clock.pass(3600);
    session.sessions().await.unwrap();
    assert_eq!(world.server.count("renew"), 2, "an old token is renewed before it is sent");
}

#[tokio::test]
async fn no_fault_of_an_account_call_ends_the_session() {
    let (world, session) = World::signed_in().await;
    for (fault, expected) in [
        (AWAY, OUT_OF_REACH),
        (
            ApiError::Unreachable(NetworkCause::TimedOut),
            SessionError::ServerUnreachable { cause: NetworkCause::TimedOut },
        ),
        (ApiError::Unavailable, SessionError::ServerUnavailable),
        (
            ApiError::Throttled { retry_after_seconds: Some(2) },
            SessionError::Throttled { retry_after_seconds: Some(2) },
        ),
        (ApiError::InvalidResponse, SessionError::ServerAnswerInvalid),
        (ApiError::Refused, SessionError::ServerRefused),
        (ApiError::PasswordTooCommon, SessionError::PasswordTooCommon),
        (ApiError::PasswordBreached, SessionError::PasswordBreached),
        (ApiError::PasswordTooLong, SessionError::PasswordTooLong),
    ] {
        world.fail(fault.clone());
        assert_eq!(session.sessions().await, Err(expected));
        assert_eq!(session.end_session("session-7").await, Err(expected));
        assert_eq!(session.end_other_sessions().await, Err(expected));
        let new = change("autobots rule", "decepticons rule", true);
        assert_eq!(session.change_password(new).await, Err(expected));
        assert_eq!(state(&session), "signed-in", "{fault:?}");
        assert_eq!(state(&world.start()), "signed-in", "{fault:?}");
    }
}

#[tokio::test]
async fn an_account_call_to_an_ended_session_signs_out() {
    for call in 0..4 {
        let (world, session) = World::signed_in().await;
        world.end_at_server(EndReason::Revoked);
        let outcome = match call {
            0 => session.sessions().await.map(drop),
            1 => session.end_session("session-7").await.map(drop),
            2 => session.end_other_sessions().await.map(drop),
            _ => session.change_password(change("autobots rule", "decepticons rule", true)).await,
        };
        assert_eq!(outcome, Err(SessionError::SessionOver));
        assert_eq!(state(&session), "signed-out: revoked");
        assert_eq!(state(&world.start()), "signed-out: revoked");
        assert_eq!(session.sessions().await, Err(SessionError::NotSignedIn));
    }
}
