//! Owners, modes, links and pipes.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::storage::private_folder;

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn an_open_file_or_folder_is_closed_to_others() {
    let (_root, file) = place();
    let folder = file.path.parent().unwrap();
    fs::create_dir(folder).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(&file.path, "one").unwrap();
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).unwrap();
    file.read().unwrap();
    assert_eq!(mode(&file.path), 0o600);
    file.replace(Some(b"one"), b"two").unwrap();
    assert_eq!((mode(folder), mode(&file.path)), (0o700, 0o600));
}

#[test]
fn links_pipes_and_folders_are_refused_and_set_aside_unchanged() {
    let (root, file) = place();
    private_folder::prepare(file.path.parent().unwrap()).unwrap();
    let target = root.path().join("target");
    fs::write(&target, "precious").unwrap();

    symlink(&target, &file.path).unwrap();
    assert_eq!(file.read(), Err(FileError::NotPlain));
    assert_eq!(file.replace(None, b"new"), Err(FileError::NotPlain));
    file.set_aside(None).unwrap();

    fs::hard_link(&target, &file.path).unwrap();
    assert_eq!(file.read(), Err(FileError::NotPlain));
    file.set_aside(None).unwrap();

    fs::create_dir(&file.path).unwrap();
    assert!(file.read().is_err());
    file.set_aside(None).unwrap();

    let made = std::process::Command::new("mkfifo").arg(&file.path).status().unwrap();
    assert!(made.success());
    assert_eq!(file.read(), Err(FileError::NotPlain), "without waiting for a writer");
    file.set_aside(None).unwrap();

    file.replace(None, b"new").unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    for number in 1..=4 {
        assert!(beside(&file.path, &format!(".kept-{number}")).symlink_metadata().is_ok());
    }
}

/// Only root can give a file to another user; for other users there is nothing to test.
#[test]
fn a_file_of_another_user_is_refused_and_not_changed() {
    let (_root, file) = place();
    file.replace(None, b"one").unwrap();
    let owner = |path: &Path, user| std::os::unix::fs::chown(path, Some(user), None);
    if rustix::process::geteuid().is_root() {
        owner(&file.path, 65_534).unwrap();
        assert_eq!(file.read(), Err(FileError::OwnedByOther));
        assert_eq!(file.replace(Some(b"one"), b"two"), Err(FileError::OwnedByOther));
        owner(&file.path, 0).unwrap();
        owner(file.folder().unwrap(), 65_534).unwrap();
        assert_eq!(file.replace(Some(b"one"), b"two"), Err(FileError::OwnedByOther));
        assert_eq!(fs::read(&file.path).unwrap(), b"one");
    }
}

#[test]
fn a_link_to_a_folder_of_the_same_user_is_followed() {
    let (root, file) = place();
    let elsewhere = root.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, file.path.parent().unwrap()).unwrap();
    file.replace(None, b"new").unwrap();
    assert_eq!(fs::read(elsewhere.join("session.json")).unwrap(), b"new");
    assert_eq!(mode(&elsewhere), 0o700);
}

#[test]
fn a_hard_linked_snapshot_is_not_changed_by_a_write() {
    let (root, file) = place();
    file.replace(None, b"one").unwrap();
    let snapshot = root.path().join("snapshot");
    fs::hard_link(&file.path, &snapshot).unwrap();
    fs::hard_link(beside(&file.path, ".lock"), root.path().join("snapshot.lock")).unwrap();
    assert_eq!(file.read().unwrap().as_deref(), Some(&b"one"[..]));
    file.replace(Some(b"one"), b"two").unwrap();
    assert_eq!(
        (fs::read(&file.path).unwrap(), fs::read(&snapshot).unwrap()),
        (b"two".to_vec(), b"one".to_vec())
    );
    assert_eq!(mode(&snapshot), 0o600);
}
