//! The account's devices and its password at the real server.

use latchkey_client::api::DeviceSession;
use latchkey_client::api::PasswordChange;
use latchkey_client::error::SessionError;
use latchkey_testkit::app::{App, AppSession, sign_in, sign_in_as};
use latchkey_testkit::{PASSWORD, Server, USERNAME};

use crate::support::state::state;

const NEW: &str = "megatron must be stopped";

/// A server with its devices, and two of them that are signed in to its account.
async fn two() -> ((Server, [App; 3]), AppSession, AppSession) {
    let server = Server::for_app().start().await;
    let apps = [(); 3].map(|()| App::new(&server.url));
    let (first, second) = (apps[0].signed_in().await, apps[1].signed_in().await);
    ((server, apps), first, second)
}

fn other(list: &[DeviceSession]) -> &DeviceSession {
    list.iter().find(|device| !device.current).unwrap()
}

fn change(current: &str, new: &str, end_others: bool) -> PasswordChange {
    PasswordChange { current: current.into(), new: new.into(), end_others }
}

#[tokio::test]
async fn every_device_is_listed_with_its_name_platform_and_address() {
    let (_server, first, second) = two().await;
    let list = first.sessions().await.unwrap();
    assert_eq!(list.iter().filter(|device| device.current).count(), 1);
    assert_eq!(list.len(), 2);
    #[cfg(target_os = "linux")]
    let host_name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    for device in &list {
        #[cfg(target_os = "linux")]
        if host_name.trim() != "localhost" {
            assert_eq!(device.device_name.as_deref(), Some(host_name.trim()));
        }
        assert_eq!(device.platform.as_deref(), Some(std::env::consts::OS));
        assert_eq!(device.address.as_deref(), Some("127.0.0.1"));
        assert!(device.lease_ends_at.unwrap() > device.signed_in_at);
    }
    assert_ne!(other(&list).sid, other(&second.sessions().await.unwrap()).sid);
}

#[tokio::test]
async fn a_session_ended_from_another_device_signs_out_at_its_next_contact() {
    let (_server, first, second) = two().await;
    let sid = other(&first.sessions().await.unwrap()).sid.clone();
    let left = first.end_session(&sid).await.unwrap();
    assert_eq!(left.iter().map(|device| device.current).collect::<Vec<_>>(), [true]);
    assert_eq!(state(&second), "signed-in", "it has not been informed yet");
    assert_eq!(second.check_in().await, Err(SessionError::SessionOver));
    assert_eq!(state(&second), "signed-out: ended-by-device");
    assert_eq!(first.end_session(&sid).await.unwrap(), left, "over already is as good");
    let own = left.first().unwrap().sid.clone();
    assert_eq!(first.end_session(&own).await, Err(SessionError::PathNotAllowed));
    assert_eq!(state(&first), "signed-in");
}

#[tokio::test]
async fn ending_all_other_sessions_leaves_this_one() {
    let ((_server, apps), first, second) = two().await;
    let third = apps[2].signed_in().await;
    assert_eq!(first.end_other_sessions().await.unwrap().len(), 1);
    for session in [&second, &third] {
        assert_eq!(session.sessions().await, Err(SessionError::SessionOver));
        assert_eq!(state(session), "signed-out: ended-by-device");
    }
    first.check_in().await.unwrap();
}

#[tokio::test]
async fn the_password_changes_only_with_the_current_one() {
    let ((_server, apps), first, second) = two().await;
    let wrong = first.change_password(change("decepticons rule", NEW, true)).await;
    assert_eq!(wrong, Err(SessionError::WrongCredentials));
    let short = first.change_password(change(PASSWORD, "short", true)).await;
    assert_eq!(short, Err(SessionError::PasswordTooShort { min_length: Some(13) }));
    let common = first.change_password(change(PASSWORD, "passwordpassword", true)).await;
    assert_eq!(common, Err(SessionError::PasswordTooCommon));
    let long = first.change_password(change(PASSWORD, &"long ".repeat(500), true)).await;
    assert_eq!(long, Err(SessionError::PasswordTooLong));
    second.check_in().await.unwrap();

    first.change_password(change(PASSWORD, NEW, false)).await.unwrap();
    second.check_in().await.unwrap();
    let third = apps[2].start();
    assert_eq!(sign_in(&third).await, Err(SessionError::WrongCredentials));
    sign_in_as(&third, USERNAME, NEW).await.unwrap();

    first.change_password(change(NEW, "autobots must win", true)).await.unwrap();
    for session in [&second, &third] {
        assert_eq!(session.check_in().await, Err(SessionError::SessionOver));
    }
    first.check_in().await.unwrap();
    assert_eq!(state(&first), "signed-in");
}
