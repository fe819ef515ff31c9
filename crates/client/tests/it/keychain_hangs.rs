//! A keychain that stops responding at each of the app's calls: each call ends in time, with a
//! specific state, and writes nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use latchkey_testkit::app::session_file;
use latchkey_testkit::bus::{Bus, Keychain};
use latchkey_testkit::headless::Headless;
use latchkey_testkit::{Server, USERNAME};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::gate::Gate;

/// The app's time limit is two seconds; the rest is for a process that starts on a busy machine.
/// Without the app's limit it would wait forever.
const BOUND: Duration = Duration::from_secs(10);

/// A signed-in device with a gate between the app and the keychain.
struct Device {
    bus: Bus,
    gate: Gate,
    server: Server,
    folder: TempDir,
}

impl Device {
    async fn signed_in() -> Self {
        let bus = Bus::with_keychain().await;
        let gate = Gate::open(bus.socket());
        let server = Server::for_app().start().await;
        let device = Self { bus, gate, server, folder: tempfile::tempdir().unwrap() };
        let view = device.run(&["sign-in", USERNAME]).await;
        assert_eq!((&view["state"], &view["device"]["keyPlace"]), (&"signed-in".into(), &"keychain".into()));
        device
    }

    async fn start(&self, job: &[&str]) -> Headless {
        Headless::start_on(&self.gate.address(), self.folder.path(), &self.server.url, job).await
    }

    async fn run(&self, job: &[&str]) -> Value {
        let mut headless = self.start(job).await;
        headless.go().await;
        headless.line().await.expect("no output")
    }
}

fn session(folder: &Path) -> Vec<u8> {
    std::fs::read(session_file(folder)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_ends_in_time_at_whichever_message_the_keychain_hangs() {
    let device = Device::signed_in().await;
    let (before, secrets) = (session(device.folder.path()), device.bus.secrets().await);
    let mut held = 0;
    for messages in 0.. {
        device.gate.shut_after(messages);
        let started = Instant::now();
        let view = device.start(&["check-in"]).await.opened;
        assert!(started.elapsed() < BOUND, "{messages}: {:?}", started.elapsed());
        assert_eq!(session(device.folder.path()), before, "{messages}: something was written");
        assert_eq!(device.bus.secrets().await, secrets, "{messages}: the entry was touched");
        match (view["state"].as_str(), view["reason"].as_str()) {
            (Some("held"), Some("keychain-unavailable")) => held += 1,
            (Some("signed-in"), None) => break,
            _ => panic!("silent after {messages} messages ({:?}): {view}", device.gate.called()),
        }
    }
    assert!(held >= 5, "reading takes more than {held} calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_in_time_at_whichever_message_the_keychain_hangs() {
    let device = Device::signed_in().await;
    let (before, secrets) = (session(device.folder.path()), device.bus.secrets().await);
    let mut refused = 0;
    for messages in 0.. {
        device.gate.shut_after(usize::MAX);
        let mut headless = device.start(&["sign-in", USERNAME]).await;
        device.gate.shut_after(messages);
        let started = Instant::now();
        headless.go().await;
        let said = headless.line().await.expect("no output");
        assert!(started.elapsed() < BOUND, "{messages}: {:?}", started.elapsed());
        assert_eq!(device.bus.secrets().await, secrets, "{messages}: the entry was touched");
        match (said["code"].as_str(), said["state"].as_str()) {
            (Some("key-file-consent"), None) => {
                assert_eq!(said["cause"], "no-answer", "{messages}");
                assert_eq!(session(device.folder.path()), before, "{messages}: something was written");
                refused += 1;
            }
            (None, Some("signed-in")) => break,
            _ => panic!("silent after {messages} messages ({:?}): {said}", device.gate.called()),
        }
    }
    assert!(refused >= 5, "reading takes more than {refused} calls");
}

/// The complete keychain, stopped while it runs, and continued later.
#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_hangs_holds_the_session_until_it_responds() {
    let mut device = Device::signed_in().await;
    device.gate.shut_after(0);
    let mut headless = device.start(&["check-in"]).await;
    assert_eq!(headless.opened["reason"], "keychain-unavailable");
    device.gate.shut_after(usize::MAX);
    headless.go().await;
    let said = headless.line().await.expect("no output");
    assert_eq!(said["state"], "signed-in", "the same window, without a new sign-in: {said}");
    device.bus.start_keychain(Keychain::Open).await;
    assert_eq!(device.start(&["check-in"]).await.opened["state"], "signed-in");
}
