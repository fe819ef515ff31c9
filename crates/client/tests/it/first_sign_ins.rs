//! Two programs that sign in for the first time at the same moment, in one empty folder: the stored
//! session and the stored secret belong to the same sign-in.

use std::path::Path;

use latchkey_testkit::bus::Bus;
use latchkey_testkit::headless::Headless;
use latchkey_testkit::{Server, USERNAME};
use serde_json::Value;
use tokio::task::JoinSet;

/// Rounds, and desktops that run concurrently.
const ROUNDS: usize = 12;
const DESKTOPS: usize = 3;

const SIGN_IN: [&str; 2] = ["sign-in", USERNAME];

async fn start(bus: Option<&Bus>, folder: &Path, url: &str, job: &[&str]) -> Headless {
    match bus {
        Some(bus) => Headless::start_on(&bus.address(), folder, url, job).await,
        None => Headless::start(folder, url, job).await,
    }
}

/// Continues two programs at the same moment, and returns their output.
async fn together(mut one: Headless, mut other: Headless) -> [Value; 2] {
    tokio::join!(one.go(), other.go());
    let (one, other) = tokio::join!(one.line(), other.line());
    [one.expect("it printed nothing"), other.expect("it printed nothing")]
}

/// Runs two concurrent sign-ins repeatedly, each time on a device without a session.
async fn rounds(url: &str, bus: Option<Bus>) {
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let bus = bus.as_ref();
        let (one, other) =
            tokio::join!(start(bus, folder.path(), url, &SIGN_IN), start(bus, folder.path(), url, &SIGN_IN));
        let said = together(one, other).await;
        let keys = said.each_ref().map(|said| {
            assert_eq!(said["state"], "signed-in", "{round}: {said}");
            said["device"]["keyFingerprint"].clone()
        });
        assert_eq!(keys[0], keys[1], "{round}: both have the one key");
        let opened = start(bus, folder.path(), url, &["sign-out"]).await;
        assert_eq!(opened.opened["state"], "signed-in", "{round}: {}", opened.opened);

        // One signs out while the other signs in: the stored session can be opened, or none is
        // stored.
        let said = together(opened, start(bus, folder.path(), url, &SIGN_IN).await).await;
        let mut last = start(bus, folder.path(), url, &["sign-out"]).await;
        let found = (last.opened["state"].as_str(), last.opened["reason"].as_str());
        assert!(
            matches!(found, (Some("signed-in"), None) | (Some("signed-out"), Some("signed-out"))),
            "{round}: {} after {said:?}",
            last.opened
        );
        last.go().await;
        assert_eq!(last.line().await.unwrap()["state"], "signed-out", "{round}");
        if let Some(bus) = bus {
            assert_eq!(bus.secrets().await.len(), 0, "{round}: signing out leaves no secret");
        }
    }
}

async fn on_desktops(with_keychain: bool) {
    let server = Server::for_app().start().await;
    let mut desktops = JoinSet::new();
    for _ in 0..DESKTOPS {
        let url = server.url.clone();
        desktops.spawn(async move {
            let bus = if with_keychain { Some(Bus::with_keychain().await) } else { None };
            rounds(&url, bus).await;
        });
    }
    while let Some(desktop) = desktops.join_next().await {
        desktop.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_concurrent_first_sign_ins_share_the_secret_in_the_keychain() {
    on_desktops(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_concurrent_first_sign_ins_share_the_key_file() {
    on_desktops(false).await;
}
