//! The program's output on a terminal. Does not panic when writing fails: `print!` does.

use std::io::{self, ErrorKind, Write as _};

/// On Windows, uses the console of the program that started this one, for the streams that are not
/// redirected: a release has no console of its own. Returns whether there is a console.
#[cfg(windows)]
pub fn use_console() -> bool {
    latchkey_os_windows::console::attach_to_parent()
}

/// Prints a text on standard output. A reader that has closed its pipe has read enough, and is not
/// an error.
///
/// # Errors
/// Returns an error if it cannot be written: a full disk, for one.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints a text on standard error, if it can be written.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
