//! Reads a password from a terminal or from standard input; never from an argument, which other
//! users can see.

use std::io::{self, IsTerminal as _, Read as _};

use latchkey_server::MAX_PASSWORD_BYTES;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::Failure;

/// U+FEFF at the beginning or the end of a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a new password.
pub(super) fn read(from_stdin: bool) -> Result<SecretString, Failure> {
    if from_stdin {
        from_line()
    } else if io::stdin().is_terminal() {
        let password = SecretString::from(rpassword::prompt_password("Password: ")?);
        let again = SecretString::from(rpassword::prompt_password("Again: ")?);
        if password.expose_secret() == again.expose_secret() {
            Ok(password)
        } else {
            Err(Failure("the two passwords differ".into()))
        }
    } else {
        Err(Failure("there is no terminal to ask for the password on; give it with --password-stdin".into()))
    }
}

/// One line, with or without its end.
fn from_line() -> Result<SecretString, Failure> {
    // Room for everything that is read, so that growing leaves no copy in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PASSWORD_BYTES * 2));
    io::stdin().lock().take(MAX_PASSWORD_BYTES as u64 + 6).read_to_end(&mut bytes)?;
    line(&bytes).map(SecretString::from)
}

/// The password of a line, without the byte order marks that editors and shells of Windows add.
fn line(bytes: &[u8]) -> Result<&str, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        Failure(
            "the password is not UTF-8 text; in PowerShell, set $OutputEncoding to UTF-8 before the pipe"
                .into(),
        )
    })?;
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(line.trim_end_matches(BYTE_ORDER_MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_without_its_end_and_byte_order_marks() {
        for text in
            ["pass word", "pass word\n", "pass word\r\n", "\u{feff}pass word\r\n", "pass word\u{feff}\n"]
        {
            assert_eq!(line(text.as_bytes()).unwrap(), "pass word", "{text:?}");
        }
        for (text, expected) in
            [("", ""), ("\u{feff}", ""), (" a \n", " a "), ("a\u{feff}b", "a\u{feff}b"), ("a\n\n", "a\n")]
        {
            assert_eq!(line(text.as_bytes()).unwrap(), expected, "{text:?}");
        }
        // UTF-16, as PowerShell writes it into a file.
        assert!(line(b"\xff\xfep\0w\0").unwrap_err().to_string().contains("UTF-8"));
    }
}
