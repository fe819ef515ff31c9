//! Several devices in one home: each has a separate session, and none loses another's.

use std::sync::Arc;

use super::fakes::{AWAY, DAY, FakeServer, World, sid, sign_in, sign_in_with_key_file, state};
use crate::api::ApiError;
use crate::auth_client::AuthClient;
use crate::secret_error::SecretError;
use crate::storage::{MAX_DEVICES, PrivateFile, Record, Store as _};

struct Home {
    world: World,
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { world: World::new(), folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("app")
    }

    fn start(&self, id: &str) -> Arc<AuthClient<FakeServer>> {
        self.world.start_in(&self.path(), id)
    }

    async fn signed_in(&self, id: &str) -> Arc<AuthClient<FakeServer>> {
        let session = self.start(id);
        sign_in(&session).await.unwrap();
        session
    }

    fn has_key(&self) -> bool {
        self.world.device.keychain.lock().unwrap().as_ref().is_ok_and(|secrets| !secrets.is_empty())
    }

    /// The documents that are there.
    fn records(&self) -> usize {
        let names = self.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_str().unwrap().ends_with(".json")).count()
    }
}

#[tokio::test]
async fn each_device_asks_for_the_password_once() {
    let home = Home::new();
    home.signed_in("device-1").await;
    let second = home.start("device-2");
    assert_eq!(state(&second), "signed-out: device-changed");
    assert!(!format!("{:?}", second.snapshot()).contains("Ladiesman217"));
    sign_in(&second).await.unwrap();
    for id in ["device-1", "device-2", "device-1", "device-2"] {
        let session = home.start(id);
        assert_eq!(state(&session), "signed-in", "{id}");
        session.check_in().await.unwrap();
        assert_eq!(session.snapshot().device.shared_with, 1);
    }
    assert_eq!(home.world.server.living.lock().unwrap().len(), 2);
    assert_eq!(home.world.server.count("deliver"), 0);
}

#[tokio::test]
async fn signing_out_on_one_device_leaves_the_other_its_session_and_key() {
    let home = Home::new();
    let (first, second) = (home.signed_in("device-1").await, home.signed_in("device-2").await);
    first.sign_out_and_settle().await;
    assert!(home.has_key());
    assert_eq!(state(&home.start("device-1")), "signed-out: signed-out");
    assert_eq!(state(&home.start("device-2")), "signed-in");
    second.sign_out_and_settle().await;
    assert!(!home.has_key(), "no device needs it any more");
}

#[tokio::test]
async fn a_key_stays_while_a_record_cannot_be_read() {
    let home = Home::new();
    let (first, _) = (home.signed_in("device-1").await, home.signed_in("device-2").await);
    let own = crate::storage::DeviceFiles::new(home.path(), Some("device-2")).path();
    std::fs::write(own, r#"{ "format": 2, "sessions": [] }"#).unwrap();
    first.sign_out_and_settle().await;
    assert!(home.has_key(), "a later version may need it");
}

#[tokio::test]
async fn a_device_with_its_key_in_another_place_does_not_keep_this_key() {
    let home = Home::new();
    let first = home.signed_in("device-1").await;
    *home.world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let second = home.signed_in("device-2").await;
    assert_eq!(second.snapshot().device.shared_with, 0);
    let key_file = home.world.device.key_file.lock().unwrap().clone();
    assert!(key_file.is_ok_and(|secrets| !secrets.is_empty()));
    second.sign_out_and_settle().await;
    assert_eq!(*home.world.device.key_file.lock().unwrap(), Ok(Vec::new()));
    drop(first);
}

#[tokio::test]
async fn a_sign_out_token_is_delivered_by_any_device_that_is_online() {
    let home = Home::new();
    let (first, second) = (home.signed_in("device-1").await, home.signed_in("device-2").await);
    home.world.fail(AWAY);
    first.sign_out_and_settle().await;
    assert!(second.deliver().await.is_err());
    home.world.fail(None);
    second.deliver().await.unwrap();
    assert_eq!(home.world.server.count("deliver"), 2, "once in vain");
    home.start("device-1").deliver().await.unwrap();
    assert_eq!(home.world.server.count("deliver"), 2, "it is done");
    assert_eq!(state(&home.start("device-1")), "signed-out: signed-out");
    assert_eq!(state(&home.start("device-2")), "signed-in");
}

#[tokio::test]
async fn another_devices_token_for_another_server_waits_for_that_server() {
    let home = Home::new();
    let (first, second) = (home.signed_in("device-1").await, home.signed_in("device-2").await);
    home.world.fail(AWAY);
    first.sign_out_and_settle().await;
    home.world.fail(None);
    let own = crate::storage::DeviceFiles::new(home.path(), Some("device-1")).path();
    let key = latchkey_token::DeviceKey::derive(&[7; 32]).unwrap();
    let now = latchkey_token::UnixTime::new(super::fakes::START);
    let elsewhere =
        latchkey_token::proof::issue_sign_out_token(&key, "another issuer", "session-9", now).unwrap();
    let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(&own).unwrap()).unwrap();
    record["notices"] = serde_json::json!([elsewhere]);
    std::fs::write(&own, record.to_string()).unwrap();
    second.deliver().await.unwrap();
    assert_eq!(home.world.server.count("deliver"), 0);
    assert!(std::fs::read_to_string(own).unwrap().contains(&elsewhere));
}

#[tokio::test]
async fn a_token_of_this_device_for_another_server_waits_for_that_server() {
    let (world, client) = World::signed_in().await;
    client.sign_out_and_settle().await;
    let key = latchkey_token::DeviceKey::derive(&[7; 32]).unwrap();
    let now = latchkey_token::UnixTime::new(super::fakes::START);
    let elsewhere =
        latchkey_token::proof::issue_sign_out_token(&key, "another issuer", "session-9", now).unwrap();
    let mut record = world.disk.json();
    record["notices"].as_array_mut().unwrap().push(elsewhere.clone().into());
    *world.disk.document.lock().unwrap() = Some(record.to_string().into_bytes());
    world.start().deliver().await.unwrap();
    assert_eq!(world.server.count("deliver"), 1);
    assert_eq!(world.disk.json()["notices"], serde_json::json!([elsewhere]));
}

#[tokio::test]
async fn a_ninth_device_replaces_the_one_unused_for_longest() {
    let home = Home::new();
    for number in 1..=MAX_DEVICES {
        home.signed_in(&format!("device-{number}")).await;
        age_records(&home);
    }
    // The first one is used again; the third is signed out.
    home.world.clock.pass(2 * DAY);
    home.start("device-1").check_in().await.unwrap();
    age_records(&home);
    home.signed_in("device-9").await.deliver().await.unwrap();
    assert_eq!(home.records(), MAX_DEVICES);
    assert_eq!(state(&home.start("device-2")), "signed-out: device-changed", "it has no place any more");
    assert_eq!(state(&home.start("device-1")), "signed-in");
    let calls = home.world.server.calls.lock().unwrap().clone();
    let tokens: Vec<_> = calls.iter().filter_map(|call| call.strip_prefix("deliver ")).collect();
    let ended = latchkey_token::proof::verify_sign_out_token(tokens[0], "issuer").unwrap().sid;
    assert_eq!((tokens.len(), ended.as_str()), (1, "session-1"), "and its session is ended");

    home.start("device-3").sign_out_and_settle().await;
    home.signed_in("device-10").await;
    assert_eq!(home.records(), MAX_DEVICES);
    assert_eq!(state(&home.start("device-4")), "signed-in", "one that is signed out goes first");
    assert_eq!(state(&home.start("device-3")), "signed-out: device-changed");
}

/// Moves every record a minute into the past, so that the next write is newer.
fn age_records(home: &Home) {
    for entry in home.path().read_dir().unwrap() {
        let file = std::fs::File::options().append(true).open(entry.unwrap().path()).unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written - std::time::Duration::from_secs(60)).unwrap();
    }
}

#[tokio::test]
async fn a_profile_of_an_earlier_version_keeps_its_session() {
    let home = Home::new();
    let former = PrivateFile::new(home.path().join("session.json"));
    home.signed_in("device-1").await;
    let own = crate::storage::DeviceFiles::new(home.path(), Some("device-1"));
    std::fs::rename(own.path(), home.path().join("session.json")).unwrap();
    let before = former.read().unwrap();

    let stranger = home.start("device-2");
    assert_eq!(state(&stranger), "signed-out: device-changed");
    sign_in(&stranger).await.unwrap();
    assert_eq!(former.read().unwrap(), before, "another device leaves it");

    let session = home.start("device-1");
    assert_eq!((state(&session).as_str(), sid(&session).as_deref()), ("signed-in", Some("session-0")));
    assert_eq!(session.snapshot().device.shared_with, 1);
    assert_eq!((former.read().unwrap(), own.read()), (before, Ok(None)), "a start writes nothing");
    home.world.clock.pass(2 * DAY);
    session.check_in().await.unwrap();
    assert_eq!(former.read(), Ok(None));
    assert!(own.read().unwrap().is_some(), "from the first write on it is this device's own");
    assert_eq!(state(&home.start("device-1")), "signed-in");
    assert_eq!(state(&home.start("device-2")), "signed-in");
}

#[tokio::test]
async fn a_session_of_an_earlier_version_that_cannot_be_opened_is_left_alone() {
    let home = Home::new();
    home.signed_in("device-1").await;
    let own = crate::storage::DeviceFiles::new(home.path(), Some("device-1"));
    std::fs::rename(own.path(), home.path().join("session.json")).unwrap();
    let former = PrivateFile::new(home.path().join("session.json"));
    let before = former.read().unwrap();

    // A container with the same home and no keychain: whose session it is cannot be known there.
    let secret = home.world.device.keychain.lock().unwrap().clone();
    *home.world.device.keychain.lock().unwrap() = Err(SecretError::Missing);
    let container = home.start("device-2");
    home.world.fail(ApiError::WrongCredentials);
    assert!(sign_in_with_key_file(&container).await.is_err());
    assert_eq!(former.read().unwrap(), before, "after a wrong password");
    home.world.fail(None);
    sign_in_with_key_file(&container).await.unwrap();
    assert_eq!(state(&container), "signed-in");
    assert_eq!(former.read().unwrap(), before, "after a sign-in");

    *home.world.device.keychain.lock().unwrap() = secret;
    assert_eq!(state(&home.start("device-1")), "signed-in");
}

#[tokio::test]
async fn a_record_that_another_device_touches_ends_no_session_in_memory() {
    let home = Home::new();
    let first = home.signed_in("device-1").await;
    let own = crate::storage::DeviceFiles::new(home.path(), Some("device-1"));
    let document = own.read().unwrap().unwrap();
    let mut record = Record::from_bytes(&document).unwrap();
    record.add_notice("waits".to_owned());
    own.replace(Some(&document), &record.to_bytes()).unwrap();
    // The keychain has locked itself since the start.
    *home.world.device.keychain.lock().unwrap() = Err(SecretError::Locked);
    first.check_in().await.unwrap();
    assert_eq!(state(&first), "signed-in");
}

#[tokio::test]
async fn a_session_of_an_earlier_version_can_be_signed_out() {
    let home = Home::new();
    home.signed_in("device-1").await;
    let own = crate::storage::DeviceFiles::new(home.path(), Some("device-1"));
    std::fs::rename(own.path(), home.path().join("session.json")).unwrap();
    home.start("device-1").sign_out_and_settle().await;
    assert_eq!((home.records(), home.has_key()), (1, false));
    assert_eq!(state(&home.start("device-1")), "signed-out: signed-out");
}
