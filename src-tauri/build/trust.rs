//! Which public keys a release build refuses. Part of the build script, and of the tests.

use std::path::Path;

/// The variable that allows a development key in an optimised build for this computer.
pub(crate) const ALLOW_VARIABLE: &str = "LATCHKEY_ALLOW_DEVELOPMENT_KEY";

/// The line that `latchkey-server keys generate --development` writes above a public key.
const DEVELOPMENT_NOTE: &str = "purpose: development";

/// The private keys of the pair, current and next, by the server's file names.
const PRIVATE_HALVES: [&str; 2] = ["auth-private.key", "auth-next.key"];

const ADVICE: &str = "A release goes to people, and believes anyone who has the private half.\n  \
     Make a pair on the server:   latchkey-server keys generate\n  \
     Bring its public half here:  LATCHKEY_PUBLIC_KEY_FILE=path/to/auth-public.key\n  \
     Only an optimised build for this machine:  LATCHKEY_ALLOW_DEVELOPMENT_KEY=1";

/// Why a release build refuses `key`, a file of public keys: a sentence and what to do. `None` if
/// it accepts it.
///
/// A key pair is for development if it is marked as such, or if its private key is in the same
/// folder: the private key of a real server never leaves the server.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub(crate) fn refusal(key: &Path) -> std::io::Result<Option<String>> {
    let key = key.canonicalize()?;
    let text = std::fs::read_to_string(&key)?;
    let shown = key.display();
    if text.lines().any(|line| line.trim() == DEVELOPMENT_NOTE) {
        return Ok(Some(format!("{shown} is marked as a development key. {ADVICE}")));
    }
    let private = PRIVATE_HALVES.iter().map(|name| key.with_file_name(name)).find(|path| path.exists());
    Ok(private.map(|private| {
        let name = private.file_name().unwrap_or_default().display();
        format!("{shown} is of a development key pair: its private half, {name}, lies beside it. {ADVICE}")
    }))
}
