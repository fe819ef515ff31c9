//! Pins the bytes on disk to the files in `tests/fixtures/disk`: this version reads each of them,
//! and writes each of them with the same names, members and order.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use latchkey_token::{KeySet, UnixTime};
use secrecy::ExposeSecret as _;

use crate::api::HttpApi;
use crate::auth_client::AuthClient;
use crate::clock::Clock;
use crate::device::{
    Device, DeviceId, DeviceIdError, IdSource, Interaction, KeyPlace, Machine, ProcessLock, Secret,
};
use crate::reasons::{Ended, EndedBy, SignedOutReason};
use crate::secret_error::SecretError;
use crate::settings::{ServerUrl, Settings};
use crate::storage::{DeviceFiles, FileError, Record, StoredSession};
use crate::view::StateView;

const DEVICE_ID: &str = "device-1";
const SESSION_FILE: &str = "session-03204de92e11fc8c528139be41906592.json";
const CACHED_FILE: &str = "copies/03204de92e11fc8c528139be41906592/\
    79856244e5fd40dc500bbd425722a38c087f2751ed1dcaa08a2bf6546b2004c5";
const PATH: &str = "/api/notes";
const SIGNED_IN_AT: i64 = 1_800_000_000;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(root().join(name)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/disk")
}

fn text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

fn secret() -> Secret {
    Secret::from_bytes(&[7; 32]).unwrap()
}

fn record(name: &str) -> Record {
    Record::from_bytes(&fixture(name)).unwrap()
}

/// An empty record with one change, as it is written.
fn written(change: impl FnOnce(&mut Record)) -> String {
    let mut record = Record::default();
    change(&mut record);
    String::from_utf8(record.to_bytes()).unwrap()
}

/// A copy of the fixture, which a start may change.
fn copy_of(fixture: &str) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join(fixture), &folder.path().join("app"));
    folder
}

/// A minute after the sign-in.
struct FixedClock;

impl Clock for FixedClock {
    fn wall(&self) -> UnixTime {
        UnixTime::new(SIGNED_IN_AT + 60)
    }

    fn steady(&self) -> Duration {
        Duration::ZERO
    }
}

/// The machine of the test with the device id of the fixture.
struct FixtureDevice(Machine);

impl Device for FixtureDevice {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        Ok(DeviceId::for_test(DEVICE_ID, IdSource::Machine))
    }

    fn name(&self) -> Option<String> {
        None
    }

    fn secrets(&self, place: KeyPlace, interaction: Interaction) -> Result<Vec<Secret>, SecretError> {
        self.0.secrets(place, interaction)
    }

    fn persist_secret(
        &self,
        place: KeyPlace,
        new: &Secret,
        lock: &ProcessLock,
    ) -> Result<Secret, SecretError> {
        self.0.persist_secret(place, new, lock)
    }

    fn forget_secret(&self, place: KeyPlace, lock: &ProcessLock) -> Result<(), SecretError> {
        self.0.forget_secret(place, lock)
    }

    fn key_file(&self) -> Result<Option<Secret>, FileError> {
        self.0.key_file()
    }

    fn persist_key_file(&self, new: &Secret) -> Result<Secret, FileError> {
        self.0.persist_key_file(new)
    }

    fn set_aside_key_file(&self, last_read: &Secret) -> Result<(), FileError> {
        self.0.set_aside_key_file(last_read)
    }

    fn set_up_keychain(&self) -> Result<(), SecretError> {
        self.0.set_up_keychain()
    }

    fn lock(&self) -> ProcessLock {
        self.0.lock()
    }
}

/// Starts the client on `folder`, with a server that nothing listens for.
fn start(folder: &Path) -> (Arc<AuthClient<HttpApi>>, DeviceFiles) {
    let settings = Settings {
        server_url: ServerUrl::parse("http://127.0.0.1:1").unwrap(),
        issuer: "issuer".to_owned(),
        audience: "api".to_owned(),
        keys: KeySet::from_pem(&text("public.pem")).unwrap(),
        key_file: None,
        app_version: String::new(),
    };
    let api = HttpApi::new(settings.server_url.clone());
    let files = DeviceFiles::new(folder, Some(DEVICE_ID));
    let device = FixtureDevice(Machine::new(folder, "app.latchkey.test"));
    let session =
        AuthClient::open(settings, api, Arc::new(files.clone()), Arc::new(device), Arc::new(FixedClock));
    (Arc::new(session), files)
}

#[track_caller]
fn assert_signed_in(session: &AuthClient<HttpApi>) {
    let view = session.snapshot();
    let StateView::SignedIn { account, lease, .. } = view.state else { panic!("{:?}", view.state) };
    assert_eq!(account.username, "Ladiesman217");
    assert!(lease.kept);
    assert_eq!(view.device.key_place, Some(KeyPlace::File));
}

#[tokio::test]
async fn a_current_folder_is_signed_in_and_its_cached_response_is_read() {
    let folder = copy_of("signed-in");
    let (session, files) = start(&folder.path().join("app"));
    assert_signed_in(&session);
    let cached = session.get_cached(PATH, &Arc::new(files.offline_cache())).await.unwrap();
    assert_eq!((cached.response.status, cached.response.text().as_str()), (200, "Hello World!"));
    assert_eq!(cached.cached_at, Some(SIGNED_IN_AT));
}

#[tokio::test]
async fn a_former_document_is_signed_in_and_renamed_at_the_next_write() {
    let folder = copy_of("former");
    let app = folder.path().join("app");
    let (session, files) = start(&app);
    assert_signed_in(&session);
    session.sign_out().await.unwrap();
    assert!(!app.join("session.json").exists());
    let ended = Record::from_bytes(&fs::read(files.path()).unwrap()).unwrap();
    assert_eq!(ended.ended, Some(SignedOutReason::SignedOut));
}

#[tokio::test]
async fn a_signed_out_folder_names_its_reason() {
    let folder = copy_of("signed-out");
    let (session, _) = start(&folder.path().join("app"));
    let expected = StateView::SignedOut { reason: SignedOutReason::SignedOut, ended: None };
    assert_eq!(session.snapshot().state, expected);
}

#[test]
fn the_document_is_written_byte_for_byte() {
    for (name, shape) in [
        (
            format!("signed-in/{SESSION_FILE}"),
            "{\n  \"format\": 1,\n  \"key_place\": \"file\",\n  \"key_file\": \"KEY_FILE\",\n  \
             \"sealed\": \"SEALED\"\n}",
        ),
        (
            format!("signed-out/{SESSION_FILE}"),
            "{\n  \"format\": 1,\n  \"ended\": \"signed-out\",\n  \"discarded_key_file\": \
             \"DISCARDED\",\n  \"notices\": [\n    \"NOTICE\"\n  ]\n}",
        ),
    ] {
        let record = record(&name);
        let written = String::from_utf8(record.to_bytes()).unwrap();
        assert_eq!(written, text(&name));
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let expected = shape
            .replace("KEY_FILE", &part(&record.key_file))
            .replace("DISCARDED", &part(&record.discarded_key_file))
            .replace("SEALED", &part(&record.sealed))
            .replace("NOTICE", record.notices.first().map_or("", String::as_str));
        assert_eq!(written, expected);
    }
}

#[test]
fn a_secret_that_is_still_to_be_deleted_is_a_member_of_its_own() {
    let mut record = Record::default();
    record.delete_secret = true;
    let document = record.to_bytes();
    assert_eq!(document, b"{\n  \"format\": 1,\n  \"delete_secret\": true\n}");
    assert_eq!(Record::from_bytes(&document), Ok(record));
}

#[test]
fn the_sealed_session_has_a_token_and_the_latest_time() {
    let key = secret().sealing_key().unwrap();
    let sealed = record(&format!("signed-in/{SESSION_FILE}")).sealed.unwrap();
    let session = StoredSession::open(&sealed, &key).unwrap();
    assert_eq!(session.newest, UnixTime::new(SIGNED_IN_AT));
    let expected = format!(r#"{{"token":"{}","newest":{SIGNED_IN_AT}}}"#, session.token.expose_secret());
    let resealed = session.seal(&key).unwrap();
    for sealed in [sealed, resealed] {
        assert_eq!(key.open(&sealed).unwrap().as_slice(), expected.as_bytes());
    }
}

#[test]
fn each_reason_and_each_key_place_has_a_fixed_name_on_disk() {
    for (ended, name) in [
        (SignedOutReason::NeverSignedIn, "never-signed-in"),
        (SignedOutReason::SignedOut, "signed-out"),
        (SignedOutReason::Revoked, "revoked"),
        (SignedOutReason::Replaced, "replaced"),
        (SignedOutReason::SessionEnded, "session-ended"),
        (SignedOutReason::DeviceChanged, "device-changed"),
        (SignedOutReason::DeviceKeyMissing, "device-key-missing"),
        (SignedOutReason::StoreDamaged, "store-damaged"),
    ] {
        let document = format!("{{\n  \"format\": 1,\n  \"ended\": \"{name}\"\n}}");
        let record = Record::from_bytes(document.as_bytes()).unwrap();
        assert_eq!(record.ended, Some(ended));
        assert_eq!(written(|record| record.ended = Some(ended)), document);
    }
    for (place, name) in [(KeyPlace::Keychain, "keychain"), (KeyPlace::File, "file")] {
        let document = format!("{{\n  \"format\": 1,\n  \"key_place\": \"{name}\"\n}}");
        let record = Record::from_bytes(document.as_bytes()).unwrap();
        assert_eq!(record.key_place, Some(place));
        assert_eq!(written(|record| record.key_place = Some(place)), document);
    }
}

#[test]
fn a_reason_that_earlier_versions_do_not_know_is_revoked_for_them() {
    for (ended, name) in [
        (SignedOutReason::PasswordReset, "password-reset"),
        (SignedOutReason::EndedByDevice, "ended-by-device"),
        (SignedOutReason::NotMe, "not-me"),
        (SignedOutReason::ProviderLogout, "provider-logout"),
    ] {
        let document =
            format!("{{\n  \"format\": 1,\n  \"ended\": \"revoked\",\n  \"ended_as\": \"{name}\"\n}}");
        assert_eq!(Record::from_bytes(document.as_bytes()).unwrap().ended, Some(ended));
        assert_eq!(written(|record| record.ended = Some(ended)), document);
    }
}

#[test]
fn a_detail_that_an_earlier_version_has_carried_over_says_nothing_about_another_end() {
    let text = br#"{"format":1,"ended":"signed-out","ended_as":"not-me"}"#;
    let record = Record::from_bytes(text).unwrap();
    assert_eq!(record.ended, Some(SignedOutReason::SignedOut));
    let present = br#"{"format":1,"ended_as":"not-me","sealed":"abc"}"#;
    assert_eq!(Record::from_bytes(present).unwrap().ended, None);
}

#[test]
fn an_end_is_written_with_its_time_and_device() {
    let name = format!("ended/{SESSION_FILE}");
    let record = record(&name);
    let by = EndedBy { name: Some("desk".to_owned()), platform: Some("linux".to_owned()) };
    assert_eq!(record.ended, Some(SignedOutReason::EndedByDevice));
    assert_eq!(record.ended_how, Some(Ended { at: UnixTime::new(SIGNED_IN_AT), by: Some(by) }));
    assert_eq!(String::from_utf8(record.to_bytes()).unwrap(), text(&name));
}

#[test]
fn a_reason_of_a_later_version_is_read_as_revoked() {
    let record = Record::from_bytes(br#"{"format":1,"ended":"a-later-one","ended_how":{"at":7}}"#).unwrap();
    assert_eq!(record.ended, Some(SignedOutReason::Revoked));
    assert_eq!(record.ended_how, Some(Ended { at: UnixTime::new(7), by: None }));
    let record = Record::from_bytes(br#"{"format":1,"ended":"revoked","ended_as":"a-later-one"}"#).unwrap();
    assert_eq!(record.ended, Some(SignedOutReason::Revoked));
}

#[test]
fn the_key_file_is_the_secret_itself() {
    assert_eq!(fixture("signed-in/device.key"), secret().as_bytes());
    let folder = tempfile::tempdir().unwrap();
    let machine = Machine::new(folder.path(), "app.latchkey.test");
    machine.persist_secret(KeyPlace::File, &secret(), &ProcessLock::none()).unwrap();
    assert_eq!(fs::read(folder.path().join("device.key")).unwrap(), fixture("signed-in/device.key"));
}

#[test]
fn the_cached_response_names_its_session_path_and_time() {
    let sealed = text(&format!("signed-in/{CACHED_FILE}"));
    let plain = secret().sealing_key().unwrap().open_response(&sealed).unwrap();
    let expected =
        format!(r#"{{"sid":"session-0","path":"{PATH}","taken_at":{SIGNED_IN_AT},"body":"Hello World!"}}"#);
    assert_eq!(std::str::from_utf8(&plain).unwrap(), expected);
}

#[test]
fn the_files_have_fixed_names() {
    let folder = tempfile::tempdir().unwrap();
    let files = DeviceFiles::new(folder.path(), Some(DEVICE_ID));
    assert_eq!(files.path(), folder.path().join(SESSION_FILE));
    files.offline_cache().persist(PATH, "sealed").unwrap();
    assert_eq!(fs::read(folder.path().join(CACHED_FILE)).unwrap(), b"sealed");
}
