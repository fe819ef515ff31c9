//! Reads a password from a terminal or from standard input; never from an argument, which other
//! users can see.

use std::io::{self, IsTerminal as _, Read as _};

use latchkey_server::MAX_PASSWORD_BYTES;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::Failure;

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
    io::stdin().lock().take(MAX_PASSWORD_BYTES as u64 + 3).read_to_end(&mut bytes)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure("the password is not UTF-8 text".into()))?;
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(SecretString::from(line))
}
