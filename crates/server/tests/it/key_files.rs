//! Key files as service managers and containers hand them over, and files that others can read.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use latchkey_testkit::namespaces::unshared;
use latchkey_testkit::{copy_program, wait_for};
use rustix::fs::XattrFlags;
use rustix::io::Errno;

use crate::cli::{Running, fails, prepared, program, succeeds};

/// The service's user and group, its group of a volume, and a user that is neither it nor root.
const SERVICE: u32 = 64_201;
const VOLUME: u32 = 64_202;
const STRANGER: u32 = 64_203;

/// Whether owners can be changed; without root only the server's user exists in a test.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A folder that the service can enter, with the program and the keys, and the private key's file.
fn installed() -> (tempfile::TempDir, PathBuf) {
    let folder = prepared();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    copy_program(Path::new(env!("CARGO_BIN_EXE_latchkey-server")), &folder.path().join("server"));
    let key = folder.path().join("config/auth-private.key");
    (folder, key)
}

/// `config check` as the service.
fn check_as_service(folder: &Path) -> Output {
    let (user, group) = (format!("--reuid={SERVICE}"), format!("--regid={SERVICE}"));
    let mut command = Command::new("setpriv");
    command.args([&user, &group, &format!("--groups={VOLUME}"), "--", "./server", "config", "check"]);
    command.current_dir(folder).env_clear().stdin(Stdio::null()).output().unwrap()
}

/// Grants `readers` permission to read, with a list as setfacl(1) writes it. `false` if the file
/// system has no lists.
fn grant(file: &Path, readers: &[u32]) -> bool {
    let mut list = 2_u32.to_le_bytes().to_vec();
    let mut entry = |tag: u16, bits: u16, id: u32| {
        list.extend([tag.to_le_bytes(), bits.to_le_bytes()].concat());
        list.extend(id.to_le_bytes());
    };
    entry(0x01, 4, u32::MAX);
    readers.iter().for_each(|id| entry(0x02, 4, *id));
    for (tag, bits) in [(0x04, 0), (0x10, 4), (0x20, 0)] {
        entry(tag, bits, u32::MAX);
    }
    match rustix::fs::setxattr(file, "system.posix_acl_access", &list, XattrFlags::empty()) {
        Ok(()) => true,
        Err(Errno::OPNOTSUPP) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_key_file_is_accepted_if_only_the_server_and_root_can_read_it() {
    if !is_root() {
        return eprintln!("skipped: only root can give a file to another user");
    }
    let (folder, key) = installed();
    let check = |owner: u32, group: u32, mode: u32| {
        chown(&key, Some(owner), Some(group)).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        check_as_service(folder.path())
    };
    for (owner, group, mode) in [
        (SERVICE, SERVICE, 0o600),
        (SERVICE, SERVICE, 0o440),
        (0, SERVICE, 0o640),
        // Kubernetes with fsGroup.
        (0, VOLUME, 0o440),
    ] {
        succeeds(&check(owner, group, mode));
    }
    for (owner, group, mode, parts) in [
        (0, 0, 0o444, ["can be read by other users", "chmod 600"]),
        (SERVICE, STRANGER, 0o640, ["can be read by the group 64203", "chmod 600"]),
        (SERVICE, VOLUME, 0o640, ["can be read by the group 64202", "mode 0440"]),
        (STRANGER, SERVICE, 0o640, ["can be read by the user 64203", "chown"]),
        (SERVICE, SERVICE, 0o602, ["can be changed by other users", "chmod 600"]),
    ] {
        let error = fails(&check(owner, group, mode), 1);
        assert!(parts.iter().all(|part| error.contains(part)), "{mode:o}: {error}");
    }
}

#[test]
fn a_key_file_with_a_list_of_readers_is_accepted_if_they_are_the_server_and_root() {
    let (folder, key) = installed();
    let own = if is_root() { SERVICE } else { rustix::process::geteuid().as_raw() };
    let check = |readers: &[u32]| {
        // As systemd makes a credential: mode 0400, then an entry for the service.
        fs::set_permissions(&key, Permissions::from_mode(0o400)).unwrap();
        if !grant(&key, readers) {
            return None;
        }
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o440);
        Some(match is_root() {
            true => check_as_service(folder.path()),
            false => program(folder.path()).args(["config", "check"]).output().unwrap(),
        })
    };
    let Some(own_only) = check(&[own]) else {
        return eprintln!("skipped: the temporary folder's file system has no access control lists");
    };
    succeeds(&own_only);
    let error = fails(&check(&[own, STRANGER]).unwrap(), 1);
    assert!(error.contains("can be read by the user 64203") && error.contains("setfacl -b"), "{error}");
}

/// Puts the key with mode `$3` into a file system of the kind `$1` in a folder with mode `$2`, and
/// runs the rest.
const ON_A_MOUNT: &str = r#"
kind="$1" folder="$2" mode="$3"; shift 3
mkdir secrets
mount -t tmpfs none secrets
cp config/auth-private.key secrets/key
chmod "$mode" secrets/key
chmod "$folder" secrets
if [ "$kind" = disk ]; then
    cp -a secrets disk; umount secrets; rmdir secrets; mv disk secrets
elif [ "$kind" = read-only ]; then
    cp -a secrets disk; umount secrets; mount --bind disk secrets; mount -o remount,bind,ro secrets
fi
export LATCHKEY_PRIVATE_KEY_FILE=secrets/key
exec "$@"
"#;

fn on_a_mount(folder: &Path, mount: [&str; 3], arguments: &[&str]) -> Command {
    let mut command = unshared(&["--mount"], ON_A_MOUNT).into_std();
    command.args(mount).arg(env!("CARGO_BIN_EXE_latchkey-server")).args(arguments);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_key_file_with_an_open_mode_is_accepted_on_a_mount_that_shuts_others_out() {
    for (mount, accepted) in [
        (["memory", "755", "444"], true),
        (["memory", "1777", "444"], false),
        (["memory", "755", "644"], false),
        (["read-only", "755", "644"], true),
        (["read-only", "777", "644"], false),
        (["disk", "755", "444"], false),
    ] {
        let folder = prepared();
        let output = on_a_mount(folder.path(), mount, &["config", "check"]).output().unwrap();
        match accepted {
            true => drop(succeeds(&output)),
            false => assert!(fails(&output, 1).contains("can be read by other users"), "{mount:?}"),
        }
    }
}

#[tokio::test]
async fn an_open_mode_is_logged_once() {
    let folder = prepared();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let mut command = on_a_mount(folder.path(), ["memory", "755", "444"], &serve);
    command.stderr(fs::File::create(folder.path().join("log")).unwrap());
    let server = Running::start(command);
    let log = || fs::read_to_string(folder.path().join("log")).unwrap();
    server.signal("-HUP");
    wait_for("the keys are read again", async || log().contains("keys read").then_some(())).await;
    assert_eq!(log().matches("can read the private key").count(), 1, "{}", log());
}
