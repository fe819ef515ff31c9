//! A disk that is full or read-only: the fault is reported, and the earlier files are unchanged.

use std::path::Path;
use std::process::Stdio;

use latchkey_testkit::app::session_file;
use latchkey_testkit::headless::{program, run, set_env};
use latchkey_testkit::namespaces::unshared;
use latchkey_testkit::{PASSWORD, Server, USERNAME};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

/// Puts the app's folder `$1` on a separate disk with the files of `$2`, spoils the disk with `$3`,
/// runs the rest, and copies the files on the disk to `$4`.
const ON_A_BAD_DISK: &str = r#"
folder="$1"; before="$2"; spoil="$3"; after="$4"; shift 4
mkdir -m 700 "$folder"
mount -t tmpfs -o size=64k,mode=700 none "$folder"
cp -p "$before"/* "$folder"/ 2>/dev/null || true
case "$spoil" in
    fill) cat /dev/zero > "$folder/filler" 2>/dev/null || true ;;
    lock) mount -o remount,ro "$folder" ;;
esac
"$@" || true
cp -p "$folder"/* "$after"/ 2>/dev/null || true
"#;

struct Device {
    server: Server,
    before: TempDir,
}

impl Device {
    async fn new(signed_in: bool) -> Self {
        let server =
            Server::for_app().settings(|settings| settings.sessions.renew_after_seconds = 0).start().await;
        let before = tempfile::tempdir().unwrap();
        if signed_in {
            let view = run(before.path(), &server.url, &["sign-in", USERNAME]).await;
            assert_eq!(view["lease"]["kept"], true, "{view}");
        }
        Self { server, before }
    }

    /// Does a job on a bad disk; the last output, and the session's file before and after.
    async fn on(&self, spoil: &str, job: &[&str]) -> (Value, Option<Vec<u8>>, Option<Vec<u8>>) {
        let (place, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = place.path().join("app");
        let mut command = unshared(&["--mount"], ON_A_BAD_DISK);
        command.arg(&folder).arg(self.before.path()).arg(spoil).arg(after.path());
        command.arg(program()).arg(&folder).args(job);
        set_env(&mut command, &self.server.url);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let said = serde_json::from_str(said.lines().last().expect("no output")).unwrap();
        let session = |folder: &Path| std::fs::read(session_file(folder)).ok();
        (said, session(self.before.path()), session(after.path()))
    }
}

/// The reported cause for a disk that was spoiled this way.
fn cause_of(spoil: &str) -> &str {
    if spoil == "fill" { "disk-full" } else { "read-only" }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sign_in_on_a_bad_disk_is_reported_as_not_persisted() {
    let device = Device::new(false).await;
    for spoil in ["fill", "lock"] {
        let (said, _, after) = device.on(spoil, &["sign-in", USERNAME]).await;
        assert_eq!(
            (&said["state"], &said["lease"]["kept"], &said["lease"]["cause"]),
            (&"signed-in".into(), &false.into(), &cause_of(spoil).into()),
            "{spoil}: {said}"
        );
        assert_eq!(after, None, "{spoil}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_on_a_bad_disk_leaves_the_older_session() {
    let device = Device::new(true).await;
    for spoil in ["fill", "lock"] {
        let (said, before, after) = device.on(spoil, &["check-in"]).await;
        assert_eq!(said["state"], "signed-in", "{spoil}: {said}");
        assert!(before.is_some() && before == after, "{spoil}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_on_a_bad_disk_fails_and_leaves_the_session() {
    let device = Device::new(true).await;
    for spoil in ["fill", "lock"] {
        let (said, before, after) = device.on(spoil, &["sign-out"]).await;
        assert_eq!((&said["code"], &said["cause"]), (&"not-kept".into(), &cause_of(spoil).into()), "{said}");
        assert!(before.is_some() && before == after, "{spoil}");
    }
}
