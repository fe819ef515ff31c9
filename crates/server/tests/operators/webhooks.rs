//! Webhooks: the receiver of `docs/operating.md`, run as it is written there, with the library
//! `standardwebhooks` from Python's package index.

use latchkey_server::settings::WebhookSettings;
use latchkey_testkit::{Server, TestClock, USERNAME};
use serde_json::Value;

use crate::neighbour::{Neighbour, free_address};
use crate::python::program;

const DOCUMENT: &str = include_str!("../../../../docs/operating.md");
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The receiver, as the document shows it.
fn documented() -> &'static str {
    let (_, rest) = DOCUMENT.split_once("```python\nimport http.server").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    script
}

#[tokio::test]
async fn the_documented_receiver_takes_what_is_signed_and_nothing_else() {
    let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
    let script = folder.path().join("receiver.py");
    std::fs::write(&script, format!("import http.server{}", documented())).unwrap();
    let python = program("python3");
    let mut running = Neighbour::start(
        folder.path(),
        &[
            "env",
            &format!("WEBHOOK_SECRET={SECRET}"),
            &format!("PORT={}", address.port()),
            python.to_str().unwrap(),
            script.to_str().unwrap(),
        ],
    );
    running.until_listening(address).await;
    let secret = |name: &str, secret: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let file = folder.path().join(name);
        std::fs::write(&file, secret).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        file
    };
    let new = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDQkqUWs8WLAE=";
    let webhook = |name: &str, secret_files| WebhookSettings {
        name: name.to_owned(),
        url: format!("http://{address}/").parse().unwrap(),
        secret_files,
        events: vec!["signed_in".to_owned()],
        personal: true,
        ca_file: None,
    };
    // The library refuses messages that are minutes old: the server's clock is this machine's.
    let server = Server::builder().clock(&TestClock::running()).settings(|settings| {
        settings.webhooks = vec![
            webhook("rotated", vec![secret("new", new), secret("old", SECRET)]),
            webhook("foreign", vec![secret("new", new)]),
        ];
    });
    let server = server.start().await;
    server.sign_in_as("device", USERNAME).await;
    let told = running
        .until("the event", async || {
            let line = running_line(folder.path())?;
            serde_json::from_str::<Value>(&line).ok()
        })
        .await;
    assert_eq!((&told["type"], &told["data"]["username"]), (&"signed_in".into(), &USERNAME.into()));
    // The one whose secret the receiver does not know was answered 401, and is tried again.
    let admin = server.admin().await;
    let states = latchkey_testkit::wait_for("both outcomes", async || {
        let states = admin.webhooks().await.unwrap();
        (states[0].failures > 0 && states[1].queued == 0).then_some(states)
    })
    .await;
    assert_eq!((states[0].name.as_str(), states[0].queued), ("foreign", 1));
    assert_eq!((states[1].name.as_str(), states[1].failures), ("rotated", 0));
}

/// The first line that the receiver has printed of an event.
fn running_line(folder: &std::path::Path) -> Option<String> {
    let output = std::fs::read_to_string(folder.join("env.log")).ok()?;
    output.lines().find(|line| line.starts_with('{')).map(str::to_owned)
}
