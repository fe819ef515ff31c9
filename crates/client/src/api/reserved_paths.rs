//! The server's routes that an app must not send to: they respond with tokens or change the
//! account, and the client has methods for them. Refuses every spelling that a server or a proxy
//! might read as one of them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The first two segments of their paths.
pub(super) const RESERVED: [[&str; 2]; 3] = [["api", "auth"], ["api", "me"], ["api", "sessions"]];

/// Maximum length of a path, in bytes.
const MAX_PATH_BYTES: usize = 8192;

/// Whether a path, as it is written in a URL, is a reserved path or below one, or whether a server
/// can read it as one that decodes it more often, reads `\` as `/`, drops empty segments, or
/// ignores case (RFC 3986 §6.2, and beyond it).
pub(super) fn is_reserved(path: &str) -> bool {
    if path.len() > MAX_PATH_BYTES {
        return true;
    }
    // Bytes that are not UTF-8 can become any path.
    let Ok(mut reading) = percent_decode_str(path).decode_utf8().map(Cow::into_owned) else { return true };
    if is_one(path) {
        return true;
    }
    loop {
        if is_one(&reading) {
            return true;
        }
        let decoded = percent_decode_str(&reading).decode_utf8_lossy();
        if decoded == reading {
            return false;
        }
        reading = decoded.into_owned();
    }
}

fn is_one(path: &str) -> bool {
    let names: Vec<&str> = path.split(['/', '\\']).map(name).collect();
    // `Url` has resolved dot segments: a remaining one was hidden by encoding.
    if names.iter().any(|name| matches!(*name, "." | "..")) {
        return true;
    }
    let mut given = names.iter().map(|name| name.trim_matches('.')).filter(|name| !name.is_empty());
    let given = [given.next().unwrap_or_default(), given.next().unwrap_or_default()];
    given.iter().any(|name| name.contains(char::REPLACEMENT_CHARACTER))
        || RESERVED
            .iter()
            .any(|names| names.iter().zip(given).all(|(name, given)| name.eq_ignore_ascii_case(given)))
}

/// A segment without its parameters, without the text after a hidden `?` or `#`, and without the
/// blanks and control characters around it, which some servers drop.
fn name(segment: &str) -> &str {
    let name = segment.split([';', '?', '#']).next().unwrap_or_default();
    name.trim_matches(|c: char| c.is_whitespace() || c.is_control())
}
