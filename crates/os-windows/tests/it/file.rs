//! A file is replaced by another one.

use std::fs::{self, OpenOptions};
use std::os::windows::fs::OpenOptionsExt as _;

use latchkey_os_windows::file::replace;

#[test]
fn a_file_is_replaced_and_its_draft_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let (draft, file) = (root.path().join("draft"), root.path().join("file"));
    for text in ["first", "second"] {
        fs::write(&draft, text).unwrap();
        replace(&draft, &file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
        assert!(!draft.exists());
    }
}

#[test]
fn a_path_of_more_than_260_characters_is_no_error() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a".repeat(120)).join("b".repeat(120)).join("c".repeat(120));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("draft"), "new").unwrap();
    replace(&folder.join("draft"), &folder.join("file")).unwrap();
    assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "new");
}

#[test]
fn a_file_that_another_program_holds_is_not_replaced() {
    let root = tempfile::tempdir().unwrap();
    let (draft, file) = (root.path().join("draft"), root.path().join("file"));
    fs::write(&draft, "new").unwrap();
    fs::write(&file, "old").unwrap();
    let holder = OpenOptions::new().read(true).share_mode(0).open(&file).unwrap();
    let code = replace(&draft, &file).unwrap_err().raw_os_error();
    assert!(matches!(code, Some(5 | 32)), "{code:?}");
    drop(holder);
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    replace(&draft, &file).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
}

#[test]
fn a_file_that_another_program_reads_and_shares_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    let (draft, file) = (root.path().join("draft"), root.path().join("file"));
    let prepare = || {
        fs::write(&draft, "new").unwrap();
        fs::write(&file, "old").unwrap();
        // The standard library shares everything.
        fs::File::open(&file).unwrap()
    };
    let reader = prepare();
    if let Err(error) = fs::rename(&draft, &file) {
        eprintln!("not tested: this system (Wine 8) does not replace an open file ({error})");
        return;
    }
    drop(reader);
    let reader = prepare();
    replace(&draft, &file).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    assert_eq!(std::io::read_to_string(reader).unwrap(), "old");
}
