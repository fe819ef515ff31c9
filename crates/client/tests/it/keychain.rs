//! The device's secret in a real GNOME keychain: kept, read back, out of reach for a while, damaged, and gone after signing
//! out. Whatever happens to it, nothing is written over what could not be read.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::support::bus::{Bus, ENTRY, Keychain, PATIENCE, items};
use crate::support::headless::{Headless, session_file};
use crate::support::server::{Ahead, Server, USERNAME};

/// A person with a desktop and an account.
struct Person {
    bus: Bus,
    server: Server,
    folder: TempDir,
}

impl Person {
    async fn new(bus: Bus) -> Self {
        let server = Server::start(&Ahead::default(), |_| {}).await;
        Self { bus, server, folder: tempfile::tempdir().unwrap() }
    }

    /// One whose session is kept, with its secret in the keychain.
    async fn signed_in() -> Self {
        let person = Self::new(Bus::with_keychain().await).await;
        let view = person.sign_in().await;
        assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "keychain"), "{view}");
        person
    }

    /// What the app finds when it starts.
    async fn opened(&self) -> Value {
        self.headless(&["check-in"]).await.opened
    }

    /// State and reason at a start. Starting writes nothing.
    async fn standing(&self) -> (String, String) {
        let before = self.files();
        let view = self.opened().await;
        assert_eq!(self.files(), before, "{view}");
        let text = |name: &str| view[name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("reason"))
    }

    async fn sign_in(&self) -> Value {
        self.run(&["sign-in", USERNAME]).await
    }

    /// What a sign-in says that is refused for the keychain's sake.
    async fn refused(&self) -> (String, String) {
        let said = self.sign_in().await;
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        (text("code"), text("cause"))
    }

    async fn run(&self, job: &[&str]) -> Value {
        let mut headless = self.headless(job).await;
        headless.go().await;
        headless.line().await.expect("it said nothing")
    }

    async fn headless(&self, job: &[&str]) -> Headless {
        Headless::start_on(&self.bus.address(), self.folder.path(), &self.server.url, job).await
    }

    /// The app's files and what is in them.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        files(self.folder.path())
    }

    fn has_file(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }

    /// The app's only entry.
    async fn secret(&self) -> Vec<u8> {
        let mut secrets = self.bus.secrets().await;
        assert_eq!(secrets.len(), 1, "one entry for one device");
        secrets.remove(0)
    }

    /// Another program writes into the app's entry.
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
async fn kept_in_the_keychain_and_nowhere_else_until_signing_out() {
    let person = Person::signed_in().await;
    let secret = person.secret().await;
    assert_eq!(secret.len(), 32);
    assert!(!person.has_file("device.key"));
    let readable = |files: &[(String, Vec<u8>)], part: &[u8]| {
        files.iter().any(|(_, bytes)| bytes.windows(part.len()).any(|window| window == part))
    };
    assert!(!readable(&person.files(), &secret));
    assert_eq!(person.standing().await, signed_in());
    assert_eq!(person.run(&["check-in"]).await["state"], "signed-in");
    assert_eq!(person.secret().await, secret, "renewing needs no other secret");

    let document = std::fs::read(session_file(person.folder.path())).unwrap();
    let sealed = serde_json::from_slice::<Value>(&document).unwrap()["sealed"].as_str().unwrap().to_owned();
    assert_eq!(person.run(&["sign-out"]).await["state"], "signed-out");
    assert_eq!(person.bus.secrets().await, Vec::<Vec<u8>>::new());
    assert!(!readable(&person.files(), sealed.as_bytes()));
    assert!(!readable(&person.files(), b"\"sealed\""));
    assert_eq!(person.standing().await, signed_out("signed-out"));

    assert_eq!(person.sign_in().await["state"], "signed-in");
    assert_ne!(person.secret().await, secret, "a new one for each time");
}

#[tokio::test]
async fn a_locked_keychain_holds_the_session_until_it_is_unlocked() {
    let mut person = Person::signed_in().await;
    let secret = person.secret().await;
    let files = person.files();

    person.bus.start_keychain(Keychain::Locked).await;
    assert_eq!(person.standing().await, held("keychain-locked"));
    // Nothing on this bus can show the keychain's dialogue.
    let said = person.run(&["check-in"]).await;
    assert_eq!([&said["code"], &said["cause"]], ["keychain-locked", "no-prompter"]);
    assert_eq!(person.refused().await, asks("no-prompter"));
    assert_eq!(person.files(), files);

    person.bus.start_keychain(Keychain::Open).await;
    assert_eq!(person.standing().await, signed_in());
    assert_eq!(person.secret().await, secret);
    assert_eq!(person.run(&["check-in"]).await["state"], "signed-in");
}

#[tokio::test]
async fn nobody_signs_in_past_a_locked_keychain() {
    let mut person = Person::new(Bus::with_keychain().await).await;
    // Now there is a keychain, but it is empty.
    person.bus.start_keychain(Keychain::Locked).await;
    assert_eq!(person.refused().await, asks("no-prompter"));
    assert_eq!(person.files(), []);
    assert_eq!(person.standing().await, signed_out("never-signed-in"));

    // One that was never set up would ask for a new password.
    let mut person = Person::new(Bus::start().await).await;
    person.bus.start_keychain(Keychain::Locked).await;
    assert_eq!(person.refused().await, asks("never-set-up"));
    assert_eq!(person.files(), []);

    // The person agrees to a key file.
    let view = person.run(&["sign-in-with-key-file", USERNAME]).await;
    assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "file"), "{view}");
    assert_eq!(person.standing().await, signed_in());
}

#[tokio::test]
async fn without_a_keychain_the_secret_is_in_a_file_until_signing_out() {
    let person = Person::new(Bus::start().await).await;
    let view = person.sign_in().await;
    assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "file"), "{view}");
    let secret = std::fs::read(person.folder.path().join("device.key")).unwrap();
    assert_eq!(secret.len(), 32);
    assert_eq!(person.standing().await, signed_in());

    assert_eq!(person.run(&["sign-out"]).await["state"], "signed-out");
    assert!(!person.has_file("device.key") && !person.has_file("device.key.new"));
    for (name, bytes) in person.files() {
        assert!(!bytes.windows(32).any(|window| window == secret), "the secret is in {name}");
        assert!(!String::from_utf8_lossy(&bytes).contains("\"sealed\""), "the session is in {name}");
    }
    assert_eq!(person.standing().await, signed_out("signed-out"));
}

#[tokio::test]
async fn a_keychain_that_went_away_holds_the_session_until_it_is_back() {
    let mut person = Person::signed_in().await;
    let secret = person.secret().await;
    person.bus.stop_keychain().await;
    assert_eq!(person.standing().await, held("keychain-unavailable"));
    assert_eq!(person.run(&["check-in"]).await["cause"], "missing");
    assert!(!person.has_file("device.key"));

    person.bus.start_keychain(Keychain::Open).await;
    assert_eq!(person.standing().await, signed_in());

    // A person who does not wait for it may sign in anew, with a key file. What is in the keychain
    // is left alone.
    person.bus.stop_keychain().await;
    assert_eq!(person.refused().await, asks("missing"));
    assert!(!person.has_file("device.key"));
    let view = person.run(&["sign-in-with-key-file", USERNAME]).await;
    assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "file"), "{view}");
    person.bus.start_keychain(Keychain::Open).await;
    assert_eq!(person.standing().await, signed_in());
    assert_eq!(person.secret().await, secret);

    // With the keychain back, the next sign-in leaves the weaker place.
    let view = person.sign_in().await;
    assert_eq!((&view["state"], key_place(&view)), (&json!("signed-in"), "keychain"), "{view}");
    assert!(!person.has_file("device.key"));
    assert_eq!(person.standing().await, signed_in());
}

#[tokio::test]
async fn a_damaged_secret_is_left_alone_and_comes_back() {
    let person = Person::signed_in().await;
    let secret = person.secret().await;
    let files = person.files();
    for damaged in [&b"short"[..], b"", &[7; 33], &[7; 4096]] {
        person.change_secret(damaged).await;
        assert_eq!(person.standing().await, held("keychain-unavailable"));
        assert_eq!(person.run(&["check-in"]).await["cause"], "damaged");
        assert_eq!(person.refused().await, asks("damaged"));
        assert_eq!(person.secret().await, damaged);
    }
    // As long as a secret, but not ours: it opens nothing, and what it does not open stays.
    person.change_secret(&[7; 32]).await;
    assert_eq!(person.standing().await, signed_out("store-damaged"));
    assert_eq!(person.files(), files);
    person.change_secret(&secret).await;
    assert_eq!(person.standing().await, signed_in());
}

#[tokio::test]
async fn an_entry_that_another_program_has_doubled_or_deleted() {
    let person = Person::signed_in().await;
    let secret = person.secret().await;
    let service = person.bus.service().await;
    let collection = service.get_default_collection().await.unwrap();
    let mut attributes = std::collections::HashMap::from(ENTRY);
    attributes.insert("another", "program's");
    for content in [&[7; 32][..], b"1"] {
        let double = collection.create_item("double", attributes.clone(), content, false, "text/plain");
        let double = double.await.unwrap();
        // The one that opens the session is taken.
        assert_eq!(person.standing().await, signed_in());
        assert_eq!(person.sign_in().await["state"], "signed-in");
        assert_eq!(person.standing().await, signed_in());
        assert_eq!(person.bus.secrets().await.len(), 2);
        double.delete().await.unwrap();
        assert_eq!(person.standing().await, signed_in());
    }

    // None of them opens it.
    let double = collection.create_item("double", attributes, &[7; 32], false, "text/plain").await.unwrap();
    for item in items(&service).await {
        item.set_secret(&[8; 32], "text/plain").await.unwrap();
    }
    assert_eq!(person.standing().await, held("keychain-unavailable"));
    assert_eq!(person.opened().await["cause"], "ambiguous");
    assert_eq!(person.run(&["check-in"]).await["cause"], "ambiguous");
    double.delete().await.unwrap();

    items(&service).await[0].delete().await.unwrap();
    assert_eq!(person.standing().await, signed_out("device-key-missing"));
    assert_eq!(person.sign_in().await["state"], "signed-in");
    assert_ne!(person.secret().await, secret);
    assert_eq!(person.standing().await, signed_in());
}

#[tokio::test]
async fn a_locked_entry_beside_an_open_keychain_is_locked() {
    let person = Person::signed_in().await;
    let service = person.bus.service().await;
    service.get_default_collection().await.unwrap().lock().await.unwrap();
    // The entry stays behind in a collection that is not the default any more.
    let session = service.get_collection_by_alias("session").await.unwrap();
    person
        .bus
        .connect()
        .await
        .call_method(
            Some("org.freedesktop.secrets"),
            "/org/freedesktop/secrets",
            Some("org.freedesktop.Secret.Service"),
            "SetAlias",
            &("default", &*session.collection_path),
        )
        .await
        .unwrap();
    assert!(!service.get_default_collection().await.unwrap().is_locked().await.unwrap());
    assert_eq!(person.standing().await, held("keychain-locked"));
    assert_eq!(person.refused().await, asks("no-prompter"));
}

#[tokio::test]
async fn a_keychain_that_comes_up_after_the_app_is_noticed_by_itself() {
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
        let noticed = async { while headless.line().await.expect("it ended")["state"] != "signed-in" {} };
        timeout(PATIENCE, noticed).await.expect("it is not noticed");
    }
}
