//! Access control lists, links, and files that another program has open.
//!
//! Wine derives the lists from the permissions of Unix, and has no links: where that leaves nothing
//! to test, the test says so and ends.

use std::os::windows::fs::{OpenOptionsExt as _, symlink_dir, symlink_file};
use std::process::Command;
use std::time::{Duration, Instant};

use latchkey_os_windows::acl;

use super::*;
use crate::storage::private_folder;

/// Lets everyone read the file or folder, and returns whether that was possible. Wine's `icacls`
/// does nothing; there, others can read a new file if the permissions of Unix allow it.
fn open_to_everyone(path: &Path) -> bool {
    let _ = Command::new("icacls").arg(path).args(["/grant", "*S-1-1-0:(R)"]).output();
    let is_open = acl::others_can_read(path).unwrap();
    if !is_open {
        eprintln!("not tested: this system (Wine) opens no file to others");
    }
    is_open
}

/// Opens the file as a program does that lets no other use it.
fn hold(path: &Path) -> File {
    OpenOptions::new().read(true).share_mode(0).open(path).unwrap()
}

/// Runs `work` while another program has the file open, which releases it after a moment.
fn while_held_for_a_moment<T>(path: &Path, work: impl FnOnce() -> T) -> T {
    let held = hold(path);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let until = Instant::now() + Duration::from_millis(200);
            while let Some(rest) = until.checked_duration_since(Instant::now()) {
                std::thread::park_timeout(rest);
            }
            drop(held);
        });
        work()
    })
}

/// Whether there is a link now. Windows makes one only for some users, and Wine 8 none at all.
fn is_linked(outcome: &std::io::Result<()>, link: &Path) -> bool {
    let is_linked = outcome.is_ok() && link.is_symlink();
    if !is_linked {
        eprintln!("not tested: this system makes no links for this user ({outcome:?})");
    }
    is_linked
}

#[test]
fn an_open_file_or_folder_is_closed_to_others() {
    let (_root, file) = place();
    let folder = file.path.parent().unwrap();
    fs::create_dir(folder).unwrap();
    fs::write(&file.path, "one").unwrap();
    if !open_to_everyone(folder) || !open_to_everyone(&file.path) {
        return;
    }
    file.read().unwrap();
    assert!(!acl::others_have_access(&file.path).unwrap());
    file.replace(Some(b"one"), b"two").unwrap();
    for path in [folder, &file.path, &beside(&file.path, ".lock")] {
        assert!(!acl::others_have_access(path).unwrap(), "{}", path.display());
    }
}

#[test]
fn a_new_folder_and_file_are_closed_to_others() {
    let (_root, file) = place();
    file.replace(None, b"one").unwrap();
    for path in [file.folder().unwrap(), &file.path] {
        assert!(!acl::others_have_access(path).unwrap(), "{}", path.display());
    }
}

#[test]
fn a_file_with_a_second_name_is_refused_if_it_is_open_to_others() {
    let (root, file) = place();
    file.replace(None, b"one").unwrap();
    let second = root.path().join("second");
    fs::hard_link(&file.path, &second).unwrap();
    assert_eq!(file.read().unwrap().as_deref(), Some(&b"one"[..]), "a snapshot of this user");
    file.replace(Some(b"one"), b"two").unwrap();
    assert_eq!(fs::read(&second).unwrap(), b"one", "the snapshot is not changed");

    fs::remove_file(&file.path).unwrap();
    fs::write(&second, "of others").unwrap();
    if !open_again(&second) {
        return;
    }
    fs::hard_link(&second, &file.path).unwrap();
    assert_eq!(file.read(), Err(FileError::NotPlain));
    file.set_aside(None).unwrap();
    assert_eq!(fs::read(&second).unwrap(), b"of others");
}

/// A new file in place of one that was closed, open to everyone.
fn open_again(path: &Path) -> bool {
    let text = fs::read(path).unwrap();
    fs::remove_file(path).unwrap();
    fs::write(path, text).unwrap();
    open_to_everyone(path)
}

#[test]
fn a_folder_in_place_of_the_file_is_refused_and_set_aside() {
    let (_root, file) = place();
    fs::create_dir_all(&file.path).unwrap();
    assert_eq!(file.read(), Err(FileError::NotPlain));
    file.set_aside(None).unwrap();
    file.replace(None, b"new").unwrap();
}

#[test]
fn a_link_is_refused_and_set_aside_unchanged() {
    let (root, file) = place();
    private_folder::prepare(file.folder().unwrap()).unwrap();
    let target = root.path().join("target");
    fs::write(&target, "precious").unwrap();
    if !is_linked(&symlink_file(&target, &file.path), &file.path) {
        return;
    }
    assert_eq!(file.read(), Err(FileError::NotPlain));
    assert_eq!(file.replace(None, b"new"), Err(FileError::NotPlain));
    file.set_aside(None).unwrap();
    file.replace(None, b"new").unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"precious");
}

#[test]
fn a_link_to_a_folder_of_the_same_user_is_followed() {
    let (root, file) = place();
    let elsewhere = root.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    if !is_linked(&symlink_dir(&elsewhere, file.folder().unwrap()), file.folder().unwrap()) {
        return;
    }
    file.replace(None, b"new").unwrap();
    assert_eq!(fs::read(elsewhere.join("session.json")).unwrap(), b"new");
    assert!(!acl::others_have_access(&elsewhere).unwrap());
}

#[test]
fn a_file_that_another_program_holds_for_a_moment_is_read_replaced_and_removed() {
    let (_root, file) = place();
    file.replace(None, b"one").unwrap();
    let read = while_held_for_a_moment(&file.path, || file.read());
    assert_eq!(read.unwrap().as_deref(), Some(&b"one"[..]));
    while_held_for_a_moment(&file.path, || file.replace(Some(b"one"), b"two")).unwrap();
    assert_eq!(file.read().unwrap().as_deref(), Some(&b"two"[..]));
    while_held_for_a_moment(&file.path, || file.remove_if(b"two")).unwrap();
    assert_eq!(file.read(), Ok(None));
}

#[test]
fn a_file_that_another_program_does_not_release_is_locked_after_a_second_and_unchanged() {
    let (_root, file) = place();
    file.replace(None, b"one").unwrap();
    let held = hold(&file.path);
    let start = Instant::now();
    assert_eq!(file.read(), Err(FileError::Locked));
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(file.replace(Some(b"one"), b"two"), Err(FileError::Locked));
    drop(held);
    assert_eq!(file.read().unwrap().as_deref(), Some(&b"one"[..]));
}

#[test]
fn a_document_that_is_shared_for_reading_alone_is_read_and_not_replaced() {
    /// Lets other programs read, as a backup does.
    const SHARE_READ: u32 = 1;
    let (_root, file) = place();
    file.replace(None, b"one").unwrap();
    let held = OpenOptions::new().read(true).share_mode(SHARE_READ).open(&file.path).unwrap();
    assert_eq!(file.read().unwrap().as_deref(), Some(&b"one"[..]));
    let error = file.replace(Some(b"one"), b"two").unwrap_err();
    assert!(matches!(error, FileError::Locked | FileError::NotPermitted), "{error}");
    drop(held);
    file.replace(Some(b"one"), b"two").unwrap();
}

#[test]
fn what_is_not_permitted_without_another_program_is_reported_as_such_after_a_second() {
    let (_root, file) = place();
    file.replace(None, b"one").unwrap();
    // A folder cannot be deleted as a file.
    fs::create_dir(beside(&file.path, ".new")).unwrap();
    let start = Instant::now();
    assert_eq!(file.replace(Some(b"one"), b"two"), Err(FileError::NotPermitted));
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(file.read().unwrap().as_deref(), Some(&b"one"[..]));
}

#[test]
fn a_part_that_another_program_has_locked_is_locked_after_a_second() {
    let (_root, file) = place();
    file.replace(None, b"one").unwrap();
    let other = OpenOptions::new().read(true).write(true).open(&file.path).unwrap();
    other.lock().unwrap();
    if fs::read(&file.path).is_ok() {
        eprintln!("not tested: this system (Wine) lets other programs read what is locked");
        return;
    }
    assert_eq!(file.read(), Err(FileError::Locked));
    other.unlock().unwrap();
    assert_eq!(file.read().unwrap().as_deref(), Some(&b"one"[..]));
}
