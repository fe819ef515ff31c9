//! Files and folders are closed to others. Wine has these lists too, and derives them from the
//! permissions of the file below it.

use std::fs;

use latchkey_os_windows::acl::{is_owned_by_other, others_can_read, others_have_access, restrict};

#[test]
fn a_restricted_folder_and_the_files_created_in_it_are_closed_to_others() {
    let root = tempfile::tempdir().unwrap();
    let (folder, file) = (root.path().join("folder"), root.path().join("folder/file"));
    fs::create_dir(&folder).unwrap();
    restrict(&folder).unwrap();
    assert!(!others_have_access(&folder).unwrap());
    fs::write(&file, "private").unwrap();
    restrict(&file).unwrap();
    assert!(!others_have_access(&file).unwrap());
    assert!(!others_can_read(&file).unwrap());
    assert!(!is_owned_by_other(&file).unwrap());
    // The user still has access.
    fs::write(&file, "changed").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "changed");
    fs::remove_file(&file).unwrap();
}

#[test]
fn a_missing_file_is_an_error_of_the_system() {
    let root = tempfile::tempdir().unwrap();
    let missing = root.path().join("missing");
    for error in [restrict(&missing).err(), others_can_read(&missing).err()] {
        assert_eq!(error.map(|error| error.kind()), Some(std::io::ErrorKind::NotFound));
    }
}
