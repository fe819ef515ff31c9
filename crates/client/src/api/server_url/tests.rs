//! Addresses, and paths below them: accepted and refused ones.

use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::super::reserved_paths::RESERVED;
use super::*;

#[test]
fn an_address_is_https_or_this_computer() {
    for good in [
        "https://auth.example",
        "https://auth.example:8443/base",
        "http://127.0.0.1:5468",
        "http://127.8.9.1",
        "http://[::1]:80/",
        "http://localhost:1",
        "HTTPS://AUTH.EXAMPLE",
    ] {
        assert!(ServerUrl::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "http://auth.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "ws://127.0.0.1",
        "javascript:alert(1)",
    ] {
        assert_eq!(ServerUrl::parse(bad), Err(ServerUrlError::NotSecure), "{bad}");
    }
    for bad in ["", "auth.example", "/x", "https://"] {
        assert_eq!(ServerUrl::parse(bad), Err(ServerUrlError::NotAUrl), "{bad}");
    }
    for bad in [
        "https://u@auth.example",
        "https://u:p@auth.example",
        "https://auth.example?x",
        "https://auth.example#x",
    ] {
        assert_eq!(ServerUrl::parse(bad), Err(ServerUrlError::NotPlain), "{bad}");
    }
}

#[test]
fn a_path_to_another_server_is_refused() {
    let server = ServerUrl::parse("https://auth.example/base").unwrap();
    assert_eq!(server.join("/").unwrap().as_str(), "https://auth.example/base/");
    assert_eq!(server.join("/api/me?x=1").unwrap().as_str(), "https://auth.example/base/api/me?x=1");
    for path in [
        "",
        "api",
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/../up",
        "/a/../../up",
        "/a#b",
        "/a\nb",
        "\\\\evil.example",
    ] {
        assert_eq!(server.join(path), None, "{path}");
    }
    assert_eq!(server.join("/https://evil.example").unwrap().host_str(), Some("auth.example"));
}

fn server() -> ServerUrl {
    ServerUrl::parse("https://auth.example/base").unwrap()
}

#[test]
fn a_path_of_a_feature_is_joined() {
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
fn a_path_of_the_servers_reserved_paths_is_refused_in_any_spelling() {
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

/// The ways to write a byte of a path so that a server may read it as that byte.
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
fn a_path_that_is_too_long_is_refused() {
    let path = format!("/api/notes/%{}41", "25".repeat(4000));
    assert!(server().join_to_send(&path).is_some());
    assert_eq!(server().join_to_send(&format!("{path}{path}")), None);
}

fn spelled(text: &str) -> impl Strategy<Value = String> {
    text.bytes().map(spelling).collect::<Vec<_>>().prop_map(|letters| letters.concat())
}

/// Text between two segments that does not change the route.
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

fn spelled_reserved_path() -> impl Strategy<Value = String> {
    let reserved = prop::sample::select(&RESERVED[..]);
    let rest = prop::sample::select(
        &["", "/", "/renew", "?a=b", ";a=b", "%3Fa", "%2523", "%20", "/..", "//", "/x/../y"][..],
    );
    (reserved, rest, between(), between()).prop_flat_map(|([first, second], rest, root, middle)| {
        (spelled(first), spelled(second)).prop_map(move |(first, second)| {
            format!("/{}{first}{middle}{second}{rest}", root.trim_start_matches('/'))
        })
    })
}

/// Reads a path in another way than the code under test: in one pass over its segments, as a server
/// does that decodes `times` times and then resolves dot segments.
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

fn leads_to_reserved(url: &Url) -> bool {
    (0..6).any(|times| {
        let segments = reading(url, times);
        RESERVED.iter().any(|reserved| segments.len() >= 2 && segments[..2] == reserved[..])
    })
}

proptest! {
    #[test]
    fn a_spelling_of_a_reserved_path_is_never_joined(path in spelled_reserved_path()) {
        if let Some(url) = server().join_to_send(&path) {
            prop_assert!(!leads_to_reserved(&url), "{path} is sent as {url}");
        }
    }

    #[test]
    fn a_path_of_separators_and_escapes_never_leads_to_a_reserved_path(path in "/[aA%25p/\\\\ie.uth;msn6172F ]{0,40}") {
        if let Some(url) = server().join_to_send(&path) {
            prop_assert!(!leads_to_reserved(&url), "{path} is sent as {url}");
        }
    }

    #[test]
    fn a_path_of_any_characters_never_leads_to_a_reserved_path(path in any::<String>()) {
        if let Some(url) = server().join_to_send(&path) {
            prop_assert!(!leads_to_reserved(&url), "{path} is sent as {url}");
            prop_assert!(url.as_str().starts_with("https://auth.example/base/"));
        }
    }

    /// The check does not refuse everything: an id in a path may be any text that is written as
    /// `encodeURIComponent` does.
    #[test]
    fn a_path_with_an_encoded_id_is_joined(id in "[a-zäöü€ %/?#&=+]{0,12}[a-z]") {
        let id = percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/api/notes/{id}");
        prop_assert!(server().join_to_send(&path).is_some(), "{path}");
    }
}
