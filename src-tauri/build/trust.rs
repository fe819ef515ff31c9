//! Which public keys a release build refuses. Part of the build script, and of the tests.

use std::path::Path;

/// The variable that lets an optimised build for this computer alone carry a development key.
pub(crate) const ALLOW_VARIABLE: &str = "LATCHKEY_ALLOW_DEVELOPMENT_KEY";

/// The line that `latchkey-server keys generate --development` writes above a public key.
const DEVELOPMENT_NOTE: &str = "purpose: development";

/// The private halves of the pair, present and next, as the server names them.
const PRIVATE_HALVES: [&str; 2] = ["auth-private.key", "auth-next.key"];

const ADVICE: &str = "A release goes to people, and believes whoever has the private half.\n  \
     Make a pair on the server:   latchkey-server keys generate\n  \
     Bring its public half here:  LATCHKEY_PUBLIC_KEY_FILE=path/to/auth-public.key\n  \
     Only an optimised build for this machine:  LATCHKEY_ALLOW_DEVELOPMENT_KEY=1";

/// Why a release build refuses `key`, a file of public keys: a sentence and what to do. `None` if
/// it does not.
///
/// A pair is one for development if it is marked so, or if its private half lies beside it: the
/// private half of a real server never leaves the server.
///
/// # Errors
/// If the file cannot be read.
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
