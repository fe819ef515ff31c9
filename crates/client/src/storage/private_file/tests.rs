//! A private file is complete and closed to others, whatever was at its path before.

use super::*;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

fn place() -> (tempfile::TempDir, PrivateFile) {
    let root = tempfile::tempdir().unwrap();
    let file = PrivateFile::new(root.path().join("app/session.json"));
    (root, file)
}

#[test]
fn a_document_that_has_changed_since_it_was_read_is_not_replaced() {
    let (_root, file) = place();
    assert_eq!(file.read(), Ok(None));
    file.replace(None, b"one").unwrap();
    assert_eq!(file.replace(None, b"two"), Err(FileError::Changed));
    file.replace(Some(b"one"), b"two").unwrap();
    assert_eq!(file.replace(Some(b"one"), b"three"), Err(FileError::Changed));
    assert_eq!(file.read().unwrap().as_deref(), Some(&b"two"[..]));
    file.remove().unwrap();
    file.remove().unwrap();
    assert_eq!(file.read(), Ok(None));
}

#[test]
fn a_document_that_is_too_large_is_neither_read_nor_written() {
    let (_root, file) = place();
    assert_eq!(file.replace(None, &vec![0; MAX_FILE_BYTES + 1]), Err(FileError::TooLarge));
    file.replace(None, &vec![0; MAX_FILE_BYTES]).unwrap();
    fs::write(&file.path, vec![0; MAX_FILE_BYTES + 1]).unwrap();
    assert_eq!(file.read(), Err(FileError::TooLarge));
}

#[test]
fn a_draft_of_a_killed_process_is_replaced() {
    let (_root, file) = place();
    file.replace(None, b"one").unwrap();
    fs::write(beside(&file.path, ".new"), "half").unwrap();
    file.replace(Some(b"one"), b"two").unwrap();
    assert!(!beside(&file.path, ".new").exists());
}

#[test]
fn concurrent_writers_lose_no_change() {
    let (_root, file) = place();
    file.replace(None, b"0").unwrap();
    let steps = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut steps = 0;
                    while steps < 5 {
                        let last_read = file.read().unwrap().unwrap();
                        let count: usize = std::str::from_utf8(&last_read).unwrap().parse().unwrap();
                        match file.replace(Some(&last_read), (count + 1).to_string().as_bytes()) {
                            Ok(()) => steps += 1,
                            Err(error) => assert!(matches!(error, FileError::Changed | FileError::Locked)),
                        }
                    }
                    steps
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>()
    });
    assert_eq!(file.read().unwrap().unwrap(), steps.to_string().as_bytes());
}
