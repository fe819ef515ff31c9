//! File systems and folders that differ from the usual ones: without locks, without fsync, a folder
//! that is a link, a folder that belongs to another user, a snapshot that shares the files. The app
//! does what is safe, and reports the exact fault otherwise.

use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Stdio;

use latchkey_testkit::app::session_file;
use latchkey_testkit::headless::{found, program, run, set_env};
use latchkey_testkit::{PASSWORD, Server, USERNAME, copy_program};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

const SIGN_IN: &[&str] = &["sign-in", USERNAME];

/// A user who owns nothing of root's.
const OTHER_USER: u32 = 65_534;

async fn server() -> Server {
    Server::for_app().settings(|settings| settings.sessions.renew_after_seconds = 0).start().await
}

/// Runs a job of the app to its end, and returns every line of its output.
async fn said(mut command: Command, server_url: &str) -> Vec<Value> {
    set_env(&mut command, server_url);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It can end before it reads.
    let _ = stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs a job whose calls fail, and returns its result.
async fn with_fault(folder: &Path, url: &str, injection: &str, paths: &[&Path], job: &[&str]) -> Value {
    let log = tempfile::tempdir().unwrap();
    let log = log.path().join("log");
    let mut command = Command::new("strace");
    command.arg("-f").arg("-o").arg(&log).args(["-e", &format!("inject={injection}")]);
    for path in paths {
        command.arg("-P").arg(path);
    }
    command.arg(program()).arg(folder).args(job);
    let said = said(command, url).await.pop().unwrap();
    assert!(std::fs::read_to_string(&log).unwrap().contains("(INJECTED)"), "{injection} hit nothing");
    said
}

async fn is_persisted(folder: &Path, view: &Value, context: &str) {
    assert_eq!(
        (&view["state"], &view["lease"]["kept"]),
        (&"signed-in".into(), &true.into()),
        "{context}: {view}"
    );
    assert_eq!(found(folder).await["state"], "signed-in", "{context}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_file_system_without_locks_the_session_is_persisted_and_ended() {
    let server = server().await;
    for error in ["ENOLCK", "EBADF", "ENOSYS", "EOPNOTSUPP", "EINVAL"] {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("app");
        let fault = format!("flock:error={error}");
        let view = with_fault(&folder, &server.url, &fault, &[], SIGN_IN).await;
        is_persisted(&folder, &view, error).await;
        let view = with_fault(&folder, &server.url, &fault, &[], &["check-in"]).await;
        is_persisted(&folder, &view, error).await;
        let drafts =
            folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(drafts.filter(|name| name.contains(".new")).count(), 0, "{error}: no draft stays");
        let view = with_fault(&folder, &server.url, &fault, &[], &["sign-out"]).await;
        assert_eq!(
            (&view["state"], &view["reason"]),
            (&"signed-out".into(), &"signed-out".into()),
            "{error}"
        );
        assert_eq!(found(&folder).await["reason"], "signed-out", "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_file_system_without_fsync_the_session_is_persisted() {
    let server = server().await;
    for error in ["EINVAL", "EOPNOTSUPP", "ENOSYS"] {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("app");
        let view = with_fault(&folder, &server.url, &format!("fsync:error={error}"), &[], SIGN_IN).await;
        is_persisted(&folder, &view, error).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_disk_is_reported_by_its_own_cause() {
    let server = server().await;
    for (fault, cause) in [
        ("write:error=ENOSPC", "disk-full"),
        ("write:error=EDQUOT", "quota-exceeded"),
        ("fsync:error=EIO", "disk-error"),
        ("openat:error=EROFS", "read-only"),
        ("openat:error=EACCES", "not-permitted"),
        ("rename:error=EPERM", "not-permitted"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("app");
        run(&folder, &server.url, SIGN_IN).await;
        let session = session_file(&folder);
        let draft = session.with_file_name(format!("{}.new", session.file_name().unwrap().to_str().unwrap()));
        let paths: &[&Path] = &[&draft];
        let before = std::fs::read(&session).unwrap();

        let view = with_fault(&folder, &server.url, fault, paths, &["sign-out"]).await;
        assert_eq!((&view["code"], &view["cause"]), (&"not-kept".into(), &cause.into()), "{fault}: {view}");
        assert_eq!(std::fs::read(&session).unwrap(), before, "{fault}");
        let view = with_fault(&folder, &server.url, fault, paths, SIGN_IN).await;
        let lease = &view["lease"];
        assert_eq!((&lease["kept"], &lease["cause"]), (&false.into(), &cause.into()), "{fault}: {view}");
        assert_eq!(std::fs::read(&session).unwrap(), before, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_another_process_holds_is_reported() {
    let server = server().await;
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("app");
    run(&folder, &server.url, SIGN_IN).await;
    let lock = std::fs::File::open(folder.join("session.lock")).unwrap();
    lock.lock().unwrap();
    let view = run(&folder, &server.url, &["sign-out"]).await;
    assert_eq!((&view["code"], &view["cause"]), (&"not-kept".into(), &"locked".into()), "{view}");
    lock.unlock().unwrap();
    assert_eq!(run(&folder, &server.url, &["sign-out"]).await["state"], "signed-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_a_link_to_a_folder_of_the_user_is_used() {
    let server = server().await;
    let place = tempfile::tempdir().unwrap();
    let (folder, elsewhere) = (place.path().join("app"), place.path().join("elsewhere"));
    std::fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, &folder).unwrap();
    let view = run(&folder, &server.url, SIGN_IN).await;
    is_persisted(&folder, &view, "a link").await;
    assert_eq!(elsewhere.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(run(&folder, &server.url, &["sign-out"]).await["state"], "signed-out");
    assert!(folder.is_symlink());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_a_hard_linked_snapshot_is_read_and_replaced() {
    let server = server().await;
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("app");
    run(&folder, &server.url, SIGN_IN).await;
    for number in 1..=2 {
        let snapshot = place.path().join(format!("snapshot-{number}"));
        let copied = Command::new("cp").arg("-al").arg(&folder).arg(&snapshot).status().await.unwrap();
        assert!(copied.success());
        let before = std::fs::read(session_file(&snapshot)).unwrap();
        assert_eq!(found(&folder).await["state"], "signed-in", "with the snapshot there");
        if number == 1 {
            let view = run(&folder, &server.url, &["check-in"]).await;
            is_persisted(&folder, &view, "renewed").await;
        } else {
            assert_eq!(run(&folder, &server.url, &["sign-out"]).await["state"], "signed-out");
            assert_eq!(found(&folder).await["reason"], "signed-out");
            assert!(!folder.join("device.key").exists());
        }
        assert_eq!(
            std::fs::read(session_file(&snapshot)).unwrap(),
            before,
            "the snapshot keeps what it holds"
        );
    }
}

/// A place for the app's folder that another user can access, and a command that runs a job as that
/// user. Only root can do this; `None` for any other user.
fn as_other_user(job: &[&str]) -> Option<(TempDir, Command)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let place = tempfile::tempdir().unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    chown(place.path(), Some(OTHER_USER), None).unwrap();
    // The program can be in a folder that only root can read.
    let copy = place.path().join("headless");
    copy_program(&program(), &copy);
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={OTHER_USER}"), "--clear-groups", "--"]).arg(&copy);
    command.arg(place.path().join("app")).args(job).env("HOME", place.path());
    Some((place, command))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_root_is_reported_and_the_sign_in_lasts_until_the_end() {
    let server = server().await;
    let Some((place, command)) = as_other_user(SIGN_IN) else { return };
    let folder = place.path().join("app");
    run(&folder, &server.url, SIGN_IN).await;
    let before = std::fs::read(session_file(&folder)).unwrap();
    let said = said(command, &server.url).await;
    let [found, view] = said.as_slice() else { panic!("{said:?}") };
    let unreadable = (&found["state"], &found["reason"], &found["cause"]);
    let expected = (&"held".into(), &"store-unreadable".into(), &"owned-by-root".into());
    assert_eq!(unreadable, expected, "{found}");
    let lease = &view["lease"];
    assert_eq!((&lease["kept"], &lease["cause"]), (&false.into(), &"owned-by-root".into()), "{view}");
    assert_eq!(std::fs::read(session_file(&folder)).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_of_root_is_reported_and_the_sign_in_lasts_until_the_end() {
    let server = server().await;
    let Some((place, command)) = as_other_user(SIGN_IN) else { return };
    let folder = place.path().join("app");
    std::fs::create_dir(&folder).unwrap();
    chown(&folder, Some(OTHER_USER), None).unwrap();
    std::fs::write(folder.join("device.key"), [7; 32]).unwrap();
    std::fs::set_permissions(folder.join("device.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let view = said(command, &server.url).await.pop().unwrap();
    let lease = &view["lease"];
    assert_eq!((&lease["kept"], &lease["cause"]), (&false.into(), &"owned-by-root".into()), "{view}");
    assert_eq!(std::fs::read(folder.join("device.key")).unwrap(), [7; 32]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_file_of_root_is_reported_and_set_aside_by_a_sign_in() {
    let server = server().await;
    let Some((place, command)) = as_other_user(SIGN_IN) else { return };
    let folder = place.path().join("app");
    std::fs::create_dir(&folder).unwrap();
    chown(&folder, Some(OTHER_USER), None).unwrap();
    let session = session_file(&folder);
    std::fs::write(&session, "root was here").unwrap();
    std::fs::set_permissions(&session, std::fs::Permissions::from_mode(0o600)).unwrap();
    let said = said(command, &server.url).await;
    let [found, view] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((&found["reason"], &found["cause"]), (&"store-unreadable".into(), &"owned-by-root".into()));
    assert_eq!(view["lease"]["kept"], true, "{view}");
    let name = format!("{}.kept-1", session.file_name().unwrap().to_str().unwrap());
    assert_eq!(std::fs::read(session.with_file_name(name)).unwrap(), b"root was here");
}
