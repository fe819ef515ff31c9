//! The server's own routes, to which no screen sends anything: they answer with tokens, or change the account, and have
//! commands of their own. Refuses every spelling that a server or a proxy might take for one of them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The first two segments of their paths.
const OWN: [[&str; 2]; 3] = [["api", "auth"], ["api", "me"], ["api", "sessions"]];

/// No path that anything is sent to is longer, in bytes.
const MAX_PATH_BYTES: usize = 8192;

/// Whether a path, as it stands in a URL, is that of an own route or below it, or could be read so by somebody who decodes
/// it more often, takes `\` for `/`, drops empty segments, or knows no upper case (RFC 3986 §6.2, and beyond it).
pub(crate) fn may_lead_to_one(path: &str) -> bool {
    if path.len() > MAX_PATH_BYTES {
        return true;
    }
    // What is no text from the start is nobody's path: whoever makes one of it may come to anything.
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
    // The URL has no dot segments of its own: one that turns up was hidden, and leads who knows where.
    if names.iter().any(|name| matches!(*name, "." | "..")) {
        return true;
    }
    let mut given = names.iter().map(|name| name.trim_matches('.')).filter(|name| !name.is_empty());
    let given = [given.next().unwrap_or_default(), given.next().unwrap_or_default()];
    given.iter().any(|name| name.contains(char::REPLACEMENT_CHARACTER))
        || OWN.iter().any(|own| own.iter().zip(given).all(|(own, given)| own.eq_ignore_ascii_case(given)))
}

/// A segment without its parameters, without what a hidden `?` or `#` would cut off, and without the blanks and control
/// characters around it, which some drop.
fn name(segment: &str) -> &str {
    let name = segment.split([';', '?', '#']).next().unwrap_or_default();
    name.trim_matches(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::Url;

    use super::*;
    use crate::settings::ServerUrl;

    fn server() -> ServerUrl {
        ServerUrl::parse("https://auth.example/base").unwrap()
    }

    #[test]
    fn what_is_a_features_own_is_open() {
        for path in [
            "/",
            "/api",
            "/api/notes",
            "/api/notes?of=/api/auth",
            "/api/notes/a%2Fb%20c/100%25",
            "/api/notes/api/auth",
            "/api/messages",
            "/api/me-too",
            "/api/author",
            "/api/sessions-of-yoga",
            "/auth",
            "/v2/api/auth",
            "/api/%C3%BCbung",
            "/api/notes/100%25aa",
        ] {
            assert!(server().join_to_send(path).is_some(), "{path}");
        }
    }

    #[test]
    fn the_servers_own_are_shut() {
        for path in [
            "/api/auth",
            "/api/auth/renew",
            "/api/auth?x",
            "/api/auth/",
            "/api/me/password",
            "/api/sessions/1",
            "/API/Auth",
            "/api//auth",
            "/api/./auth",
            "/api/notes/../auth",
            "/api/notes/%2e%2e/auth",
            "/api/notes/..%2Fauth",
            "/api/notes/%252e%252e/auth",
            "/api/%61uth",
            "/api/%2561uth",
            "/%61%70%69/auth",
            "/api%2fauth",
            "/api%5Cauth",
            "/api/auth%2frenew",
            "/api/auth;v=1",
            "/api;v=1/auth",
            "/api/auth%3bv=1",
            "/api/auth.",
            "/api/auth%20",
            "/api/auth%00",
            "/api/auth%09/renew",
            "/%2e/api/auth",
            "/.%2fapi/auth",
            "/api/auth/%252e%252e/notes",
            "/api/notes/%2e%2e;/auth",
            "/api/%c1%a1uth",
            "/api/%25c1%25a1uth",
            "/api/notes/%c0%ae%c0%ae/auth",
            "/api/auth%3Fx",
            "/api/auth%23/renew",
        ] {
            assert_eq!(server().join_to_send(path), None, "{path}");
        }
    }

    /// The ways to write a byte of a path so that somebody may read it as that byte.
    fn spelling(byte: u8) -> impl Strategy<Value = String> {
        let letter = byte as char;
        prop_oneof![
            4 => Just(letter.to_string()),
            1 => Just(letter.to_ascii_uppercase().to_string()),
            1 => Just(format!("%{byte:02x}")),
            1 => Just(format!("%{byte:02X}")),
            1 => Just(format!("%25{byte:02x}")),
            1 => Just(format!("%2525{byte:02X}")),
        ]
    }

    #[test]
    fn a_path_has_an_end() {
        let path = format!("/api/notes/%{}41", "25".repeat(4000));
        assert!(server().join_to_send(&path).is_some());
        assert_eq!(server().join_to_send(&format!("{path}{path}")), None);
    }

    fn spelled(text: &str) -> impl Strategy<Value = String> {
        text.bytes().map(spelling).collect::<Vec<_>>().prop_map(|letters| letters.concat())
    }

    /// What stands between two segments, and leads from the one to the other.
    fn between() -> impl Strategy<Value = String> {
        let slash = || prop_oneof![4 => Just("/"), 1 => Just("%2f"), 1 => Just("%2F"), 1 => Just("%252f"), 1 => Just("%5c")];
        let nothing = prop_oneof![
            6 => Just(""),
            1 => Just("."),
            1 => Just("%2e"),
            1 => Just("x/.."),
            1 => Just("x/%2E%2e"),
            1 => Just("x%2f..%2f"),
            1 => Just("x%2f%252e%252e"),
        ];
        (slash(), nothing, slash()).prop_map(|(before, nothing, after)| match nothing {
            "" => before.to_owned(),
            nothing => format!("{before}{nothing}{after}"),
        })
    }

    fn spelled_own_route() -> impl Strategy<Value = String> {
        let own = prop::sample::select(&OWN[..]);
        let rest = prop::sample::select(
            &["", "/", "/renew", "?a=b", ";a=b", "%3Fa", "%2523", "%20", "/..", "//", "/x/../y"][..],
        );
        (own, rest, between(), between()).prop_flat_map(|([first, second], rest, root, middle)| {
            (spelled(first), spelled(second)).prop_map(move |(first, second)| {
                format!("/{}{first}{middle}{second}{rest}", root.trim_start_matches('/'))
            })
        })
    }

    /// Another way to read a path than the one under test: one pass over its segments, as a server does it that decodes
    /// `times` times and then resolves dot segments.
    fn reading(url: &Url, times: usize) -> Vec<String> {
        let mut path = url.path().strip_prefix("/base").unwrap().to_owned();
        for _ in 0..times {
            path = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        }
        let mut segments = Vec::new();
        for segment in path.to_lowercase().replace('\\', "/").split('/') {
            match segment.split([';', '?', '#']).next().unwrap().trim() {
                "" | "." => {}
                ".." => drop(segments.pop()),
                other => segments.push(other.to_owned()),
            }
        }
        segments
    }

    fn leads_to_own(url: &Url) -> bool {
        (0..6).any(|times| {
            let segments = reading(url, times);
            OWN.iter().any(|own| segments.len() >= 2 && segments[..2] == own[..])
        })
    }

    proptest! {
        #[test]
        fn no_spelling_leads_to_an_own_route(path in spelled_own_route()) {
            if let Some(url) = server().join_to_send(&path) {
                prop_assert!(!leads_to_own(&url), "{path} is sent as {url}");
            }
        }

        #[test]
        fn nor_does_anything_else(path in "/[aA%25p/\\\\ie.uth;msn6172F ]{0,40}") {
            if let Some(url) = server().join_to_send(&path) {
                prop_assert!(!leads_to_own(&url), "{path} is sent as {url}");
            }
        }

        #[test]
        fn nor_does_any_text(path in any::<String>()) {
            if let Some(url) = server().join_to_send(&path) {
                prop_assert!(!leads_to_own(&url), "{path} is sent as {url}");
                prop_assert!(url.as_str().starts_with("https://auth.example/base/"));
            }
        }

        /// The check is not shut for everything: an id in a path may be any text that is written as `encodeURIComponent` does.
        #[test]
        fn an_encoded_id_is_no_obstacle(id in "[a-zäöü€ %/?#&=+]{0,12}[a-z]") {
            let id = percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC);
            let path = format!("/api/notes/{id}");
            prop_assert!(server().join_to_send(&path).is_some(), "{path}");
        }
    }
}
