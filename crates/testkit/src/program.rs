//! Copies of programs that a test runs.

use std::path::Path;
use std::process::Command;

/// Copies a program. A copy that this process wrote could not be run while a child that another
/// test starts at the same moment has the file open for writing (`ETXTBSY`), so `cp` writes it.
///
/// # Panics
/// Panics if it cannot be copied.
pub fn copy_program(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg(from).arg(to).output().unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
}
