//! `latchkey --status` on machines without a network, a machine id, or a valid time zone.

use std::path::{Path, PathBuf};

use latchkey_testkit::headless::{run, set_env};
use latchkey_testkit::namespaces::{WITH_MACHINE_ID, unshared};
use latchkey_testkit::{APP_IDENTIFIER, Server, USERNAME};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

const APP: &str = env!("CARGO_BIN_EXE_latchkey");

/// A data folder in which the app is signed in; the server is stopped.
async fn signed_in() -> TempDir {
    let data = tempfile::tempdir().unwrap();
    let server = Server::for_app().start().await;
    let view = run(&data.path().join(APP_IDENTIFIER), &server.url, &["sign-in", USERNAME]).await;
    assert_eq!(view["state"], "signed-in");
    data
}

async fn with_machine_id(id: &Path, data: &Path) -> (Option<i32>, Value) {
    let mut command = unshared(&["--mount"], WITH_MACHINE_ID);
    command.arg(id).arg(APP).arg("--status");
    status(command, data).await
}

fn file(folder: &TempDir, contents: &[u8]) -> PathBuf {
    let path = folder.path().join("machine-id");
    std::fs::write(&path, contents).unwrap();
    path
}

/// The exit code and the output of `--status` in a data folder.
async fn status(mut command: Command, data: &Path) -> (Option<i32>, Value) {
    command.env("XDG_DATA_HOME", data).env("HOME", data);
    set_env(&mut command, "http://127.0.0.1:1");
    let output = command.kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let view = serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("no view: {said} {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), view)
}

#[tokio::test(flavor = "multi_thread")]
async fn status_is_signed_in_without_a_network_and_sends_no_packet() {
    let data = signed_in().await;
    let mut command = unshared(&["--net"], r#"exec "$@""#);
    command.args([APP, "--status"]);
    let (code, view) = status(command, data.path()).await;
    assert_eq!(
        (code, &view["state"], &view["account"]["username"]),
        (Some(0), &"signed-in".into(), &USERNAME.into())
    );

    let log = data.path().join("network-calls");
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "trace=%network", "-o"]).arg(&log).args([APP, "--status"]);
    assert_eq!(status(command, data.path()).await.0, Some(0));
    let calls = std::fs::read_to_string(log).unwrap();
    assert!(calls.contains("exited with 0"), "strace traced the complete run");
    assert!(!calls.contains("AF_INET"), "it has used the network:\n{calls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_an_id_gets_one_for_this_installation() {
    let folder = tempfile::tempdir().unwrap();
    let mut ids: Vec<Option<&[u8]>> = vec![None];
    let contents: [&[u8]; 8] = [
        b"",
        b"\n",
        b"uninitialized\n",
        b"00000000000000000000000000000000\n",
        b"ffffffffffffffffffffffffffffffff\n",
        b"abc\n",
        &[b'a'; 100_000],
        b"\x00\xff\xfe\x80binary\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    ];
    ids.extend(contents.map(Some));
    for id in ids {
        let data = tempfile::tempdir().unwrap();
        let path = match id {
            Some(contents) => file(&folder, contents),
            None => folder.path().join("not-there"),
        };
        let shown = id.map(|id| String::from_utf8_lossy(id).chars().take(40).collect::<String>());
        let (code, first) = with_machine_id(&path, data.path()).await;
        assert_eq!((code, &first["device"]["idSource"]), (Some(3), &"installation".into()), "{shown:?}");
        let (_, second) = with_machine_id(&path, data.path()).await;
        assert_eq!(first["device"]["id"], second["device"]["id"], "{shown:?}: the id has changed");
        assert_eq!(first["device"]["id"].as_str().map(str::len), Some(64));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_another_machine_no_account_is_shown_and_nothing_is_lost() {
    let data = signed_in().await;
    let folder = tempfile::tempdir().unwrap();
    let other = file(&folder, b"5d0c9a3f7e1b42c6a8d4e2f60b1c3d5e\n");
    let (code, view) = with_machine_id(&other, data.path()).await;
    assert_eq!(
        (code, &view["state"], &view["reason"]),
        (Some(3), &"signed-out".into(), &"device-changed".into())
    );
    let said = view.to_string();
    for name in [USERNAME, "Sam", "Witwicky", "5d0c9a3f7e1b42c6a8d4e2f60b1c3d5e"] {
        assert!(!said.contains(name), "{name} is in {said}");
    }
    let mut command = Command::new(APP);
    command.arg("--status");
    assert_eq!(status(command, data.path()).await.0, Some(0), "on its own machine");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_time_zone_and_language_is_accepted() {
    let data = signed_in().await;
    for (zone, language) in [
        (":/does/not/exist", "C"),
        ("UTC+99999999999999999999", "xx_YY.UTF-99"),
        ("Pacific/Kiritimati", ""),
        ("\u{202e}", "\u{202e}"),
    ] {
        let mut command = Command::new(APP);
        command.arg("--status").env("TZ", zone).env("LANG", language).env("LC_ALL", language);
        assert_eq!(status(command, data.path()).await.0, Some(0), "{zone} {language}");
    }
}
