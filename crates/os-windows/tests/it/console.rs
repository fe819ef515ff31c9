//! A process without a console uses that of its parent, except for a stream that is redirected.

use std::os::windows::process::CommandExt as _;
use std::process::Command;

use latchkey_os_windows::console::attach_to_parent;

/// The new process has no console (`CreateProcess`, DETACHED_PROCESS).
const DETACHED: u32 = 8;
/// Set in the process that the test starts.
const CHILD: &str = "LATCHKEY_TEST_CONSOLE_CHILD";

#[test]
fn a_redirected_stream_stays_redirected() {
    if std::env::var_os(CHILD).is_some() {
        attach_to_parent();
        println!("after attaching");
        eprintln!("an error after attaching");
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "console::a_redirected_stream_stays_redirected", "--nocapture"]);
    let output = child.env(CHILD, "1").creation_flags(DETACHED).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("after attaching"), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("an error after attaching"), "{output:?}");
}

#[test]
fn a_process_with_a_console_keeps_it() {
    // Whether this test has a console depends on who runs it; a second call finds what the first
    // one has found.
    assert_eq!(attach_to_parent(), attach_to_parent());
}
