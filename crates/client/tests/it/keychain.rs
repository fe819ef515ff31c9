//! The device's secret in a real GNOME keychain: stored, read back, unavailable for a while,
//! damaged, and deleted after signing out. A secret that could not be read is never overwritten.

use std::path::Path;

use latchkey_testkit::app::session_file;
use latchkey_testkit::bus::{Bus, ENTRY, KEYCHAIN, Keychain, items};
use latchkey_testkit::headless::Headless;
use latchkey_testkit::{DEADLINE, Server, USERNAME};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

/// A user with a desktop and an account.
struct Person {
    bus: Bus,
    server: Server,
    folder: TempDir,
}

impl Person {
    async fn new(bus: Bus) -> Self {
        let server = Server::for_app().start().await;
        Self { bus, server, folder: tempfile::tempdir().unwrap() }
    }

    /// A user whose session is persisted, with its secret in the keychain.
    async fn signed_in() -> Self {
        let person = Self::new(Bus::with_keychain().await).await;
        let view = person.sign_in().await;
        assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "keychain"), "{view}");
        person
    }

    /// The view at a start.
    async fn opened(&self) -> Value {
        self.headless(&["check-in"]).await.opened
    }

    /// State and reason at a start, which writes no file.
    async fn state_and_reason(&self) -> (String, String) {
        let before = self.files();
        let view = self.opened().await;
        assert_eq!(self.files(), before, "{view}");
        let text = |name: &str| view[name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("reason"))
    }

    async fn sign_in(&self) -> Value {
        self.run(&["sign-in", USERNAME]).await
    }

    /// The error of a sign-in that the keychain prevents.
    async fn refused(&self) -> (String, String) {
        let said = self.sign_in().await;
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        (text("code"), text("cause"))
    }

    async fn run(&self, job: &[&str]) -> Value {
        let mut headless = self.headless(job).await;
        headless.go().await;
        headless.line().await.expect("no output")
    }

    async fn headless(&self, job: &[&str]) -> Headless {
        Headless::start_on(&self.bus.address(), self.folder.path(), &self.server.url, job).await
    }

    /// The app's files and their contents.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        files(self.folder.path())
    }

    fn has_file(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }

    /// The app's only entry.
    async fn secret(&self) -> Vec<u8> {
        let mut secrets = self.bus.secrets().await;
        assert_eq!(secrets.len(), 1, "not one entry for one device");
        secrets.remove(0)
    }

    /// Another program replaces the contents of the app's entry.
    async fn change_secret(&self, secret: &[u8]) {
        let service = self.bus.service().await;
        items(&service).await[0].set_secret(secret, "application/octet-stream").await.unwrap();
    }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn key_place(view: &Value) -> &str {
    view["device"]["keyPlace"].as_str().unwrap_or_default()
}

fn signed_in() -> (String, String) {
    ("signed-in".into(), String::new())
}

fn signed_out(reason: &str) -> (String, String) {
    ("signed-out".into(), reason.into())
}

/// A sign-in that would need a key file.
fn asks(cause: &str) -> (String, String) {
    ("key-file-consent".into(), cause.into())
}

fn held(reason: &str) -> (String, String) {
    ("held".into(), reason.into())
}

#[tokio::test]
async fn the_secret_is_in_the_keychain_alone_until_signing_out() {
    let person = Person::signed_in().await;
    let secret = person.secret().await;
    assert_eq!(secret.len(), 32);
    assert!(!person.has_file("device.key"));
    let readable = |files: &[(String, Vec<u8>)], part: &[u8]| {
        files.iter().any(|(_, bytes)| bytes.windows(part.len()).any(|window| window == part))
    };
    assert!(!readable(&person.files(), &secret));
    assert_eq!(person.state_and_reason().await, signed_in());
    assert_eq!(person.run(&["check-in"]).await["state"], "signed-in");
    assert_eq!(person.secret().await, secret, "renewing has replaced the secret");

    let document = std::fs::read(session_file(person.folder.path())).unwrap();
    let sealed = serde_json::from_slice::<Value>(&document).unwrap()["sealed"].as_str().unwrap().to_owned();
    assert_eq!(person.run(&["sign-out"]).await["state"], "signed-out");
    assert_eq!(person.bus.secrets().await, Vec::<Vec<u8>>::new());
    assert!(!readable(&person.files(), sealed.as_bytes()));
    assert!(!readable(&person.files(), b"\"sealed\""));
    assert_eq!(person.state_and_reason().await, signed_out("signed-out"));

    assert_eq!(person.sign_in().await["state"], "signed-in");
    assert_ne!(person.secret().await, secret, "the next sign-in has the old secret");
}

#[tokio::test]
async fn a_locked_keychain_holds_the_session_until_it_is_unlocked() {
    let mut person = Person::signed_in().await;
    let secret = person.secret().await;
    let files = person.files();

    person.bus.start_keychain(Keychain::Locked).await;
    assert_eq!(person.state_and_reason().await, held("keychain-locked"));
    // No program on this bus can show the keychain's prompt.
    let said = person.run(&["check-in"]).await;
    assert_eq!([&said["code"], &said["cause"]], ["keychain-locked", "no-prompter"]);
    assert_eq!(person.refused().await, asks("no-prompter"));
    assert_eq!(person.files(), files);

    person.bus.start_keychain(Keychain::Open).await;
    assert_eq!(person.state_and_reason().await, signed_in());
    assert_eq!(person.secret().await, secret);
    assert_eq!(person.run(&["check-in"]).await["state"], "signed-in");
}

#[tokio::test]
async fn a_sign_in_with_a_locked_keychain_asks_for_consent_to_a_key_file() {
    let mut person = Person::new(Bus::with_keychain().await).await;
    // Now there is a keychain, but without an entry.
    person.bus.start_keychain(Keychain::Locked).await;
    assert_eq!(person.refused().await, asks("no-prompter"));
    assert_eq!(person.files(), []);
    assert_eq!(person.state_and_reason().await, signed_out("never-signed-in"));

    // A keychain that was never set up prompts for a new password.
    let mut person = Person::new(Bus::start().await).await;
    person.bus.start_keychain(Keychain::Locked).await;
    assert_eq!(person.refused().await, asks("never-set-up"));
    assert_eq!(person.files(), []);

    // The user agrees to a key file.
    let view = person.run(&["sign-in-with-key-file", USERNAME]).await;
    assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "file"), "{view}");
    assert_eq!(person.state_and_reason().await, signed_in());
}

#[tokio::test]
async fn without_a_keychain_the_secret_is_in_a_file_until_signing_out() {
    let person = Person::new(Bus::start().await).await;
    let view = person.sign_in().await;
    assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "file"), "{view}");
    let secret = std::fs::read(person.folder.path().join("device.key")).unwrap();
    assert_eq!(secret.len(), 32);
    assert_eq!(person.state_and_reason().await, signed_in());

    assert_eq!(person.run(&["sign-out"]).await["state"], "signed-out");
    assert!(!person.has_file("device.key") && !person.has_file("device.key.new"));
    for (name, bytes) in person.files() {
        assert!(!bytes.windows(32).any(|window| window == secret), "the secret is in {name}");
        assert!(!String::from_utf8_lossy(&bytes).contains("\"sealed\""), "the session is in {name}");
    }
    assert_eq!(person.state_and_reason().await, signed_out("signed-out"));
}

#[tokio::test]
async fn a_missing_keychain_holds_the_session_until_it_is_back() {
    let mut person = Person::signed_in().await;
    let secret = person.secret().await;
    person.bus.stop_keychain().await;
    assert_eq!(person.state_and_reason().await, held("keychain-unavailable"));
    assert_eq!(person.run(&["check-in"]).await["cause"], "missing");
    assert!(!person.has_file("device.key"));

    person.bus.start_keychain(Keychain::Open).await;
    assert_eq!(person.state_and_reason().await, signed_in());

    // Without it, a user can sign in again with a key file. The keychain's entry stays.
    person.bus.stop_keychain().await;
    assert_eq!(person.refused().await, asks("missing"));
    assert!(!person.has_file("device.key"));
    let view = person.run(&["sign-in-with-key-file", USERNAME]).await;
    assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "file"), "{view}");
    person.bus.start_keychain(Keychain::Open).await;
    assert_eq!(person.state_and_reason().await, signed_in());
    assert_eq!(person.secret().await, secret);

    // With the keychain back, the next sign-in deletes the key file.
    let view = person.sign_in().await;
    assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "keychain"), "{view}");
    assert!(!person.has_file("device.key"));
    assert_eq!(person.state_and_reason().await, signed_in());
}

#[tokio::test]
async fn a_damaged_entry_holds_the_session_until_it_is_restored() {
    let person = Person::signed_in().await;
    let secret = person.secret().await;
    let files = person.files();
    for damaged in [&b"short"[..], b"", &[7; 33], &[7; 4096]] {
        person.change_secret(damaged).await;
        assert_eq!(person.state_and_reason().await, held("keychain-unavailable"));
        assert_eq!(person.run(&["check-in"]).await["cause"], "damaged");
        assert_eq!(person.refused().await, asks("damaged"));
        assert_eq!(person.secret().await, damaged);
    }
    // As long as a secret, but another one: it opens nothing, and the session stays.
    person.change_secret(&[7; 32]).await;
    assert_eq!(person.state_and_reason().await, signed_out("store-damaged"));
    assert_eq!(person.files(), files);
    person.change_secret(&secret).await;
    assert_eq!(person.state_and_reason().await, signed_in());
}

#[tokio::test]
async fn the_entry_that_opens_the_session_is_found_among_copies() {
    let person = Person::signed_in().await;
    let secret = person.secret().await;
    let service = person.bus.service().await;
    let collection = service.get_default_collection().await.unwrap();
    let mut attributes = std::collections::HashMap::from(ENTRY);
    attributes.insert("another", "program's");
    for content in [&[7; 32][..], b"1"] {
        let double = collection.create_item("double", attributes.clone(), content, false, "text/plain");
        let double = double.await.unwrap();
        // The entry that opens the session is used.
        assert_eq!(person.state_and_reason().await, signed_in());
        assert_eq!(person.sign_in().await["state"], "signed-in");
        assert_eq!(person.state_and_reason().await, signed_in());
        assert_eq!(person.bus.secrets().await.len(), 2);
        double.delete().await.unwrap();
        assert_eq!(person.state_and_reason().await, signed_in());
    }

    // No entry opens the session.
    let double = collection.create_item("double", attributes, &[7; 32], false, "text/plain").await.unwrap();
    for item in items(&service).await {
        item.set_secret(&[8; 32], "text/plain").await.unwrap();
    }
    assert_eq!(person.state_and_reason().await, held("keychain-unavailable"));
    assert_eq!(person.opened().await["cause"], "ambiguous");
    assert_eq!(person.run(&["check-in"]).await["cause"], "ambiguous");
    double.delete().await.unwrap();

    items(&service).await[0].delete().await.unwrap();
    assert_eq!(person.state_and_reason().await, signed_out("device-key-missing"));
    assert_eq!(person.sign_in().await["state"], "signed-in");
    assert_ne!(person.secret().await, secret);
    assert_eq!(person.state_and_reason().await, signed_in());
}

#[tokio::test]
async fn a_locked_entry_next_to_an_open_keychain_holds_the_session() {
    let person = Person::signed_in().await;
    let service = person.bus.service().await;
    service.get_default_collection().await.unwrap().lock().await.unwrap();
    // The entry is in a collection that is no longer the default.
    let session = service.get_collection_by_alias("session").await.unwrap();
    person
        .bus
        .connect()
        .await
        .call_method(
            Some(KEYCHAIN),
            "/org/freedesktop/secrets",
            Some("org.freedesktop.Secret.Service"),
            "SetAlias",
            &("default", &*session.collection_path),
        )
        .await
        .unwrap();
    assert!(!service.get_default_collection().await.unwrap().is_locked().await.unwrap());
    assert_eq!(person.state_and_reason().await, held("keychain-locked"));
    assert_eq!(person.refused().await, asks("no-prompter"));
}

#[tokio::test]
async fn a_keychain_that_starts_after_the_app_is_found_without_a_request() {
    let mut person = Person::signed_in().await;
    for keychain in [None, Some(Keychain::Locked)] {
        match keychain {
            None => person.bus.stop_keychain().await,
            Some(keychain) => person.bus.start_keychain(keychain).await,
        }
        let mut headless = person.headless(&["watch"]).await;
        assert_eq!(headless.opened["state"], "held");
        headless.go().await;
        person.bus.start_keychain(Keychain::Open).await;
        let noticed =
            async { while headless.line().await.expect("the program ended")["state"] != "signed-in" {} };
        timeout(DEADLINE, noticed).await.expect("the keychain is not found");
    }
}
