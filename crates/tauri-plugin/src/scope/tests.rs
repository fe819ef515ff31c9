//! The rules of a scope.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn entry(methods: &[&str], path: &str) -> ScopeEntry {
    serde_json::from_value(json!({ "methods": methods, "path": path })).unwrap()
}

fn server() -> ServerUrl {
    ServerUrl::parse("https://auth.example/base").unwrap()
}

/// Whether a scope allows a `GET` of `path`.
fn allowed(allow: &[ScopeEntry], deny: &[ScopeEntry], path: &str) -> bool {
    path_on(&server(), path).is_some_and(|path| allows(allow, deny, Method::Get, &path))
}

#[test]
fn without_an_entry_nothing_is_allowed() {
    assert!(!allowed(&[], &[], "/api/me"));
    assert!(!allowed(&[], &[], "/"));
}

#[test]
fn an_entry_allows_its_methods_and_its_path() {
    let me = [entry(&["GET"], "/api/me")];
    for path in ["/api/me", "/api/me?verbose=1", "/api/./me", "/api/x/../me", "/api/%6De"] {
        assert!(allowed(&me, &[], path), "{path}");
    }
    for path in ["/", "/api", "/api/me/", "/api/me/password", "/api/me2", "/API/me", "//api/me", "/api/ME"] {
        assert!(!allowed(&me, &[], path), "{path}");
    }
    let no_deny: [ScopeEntry; 0] = [];
    assert!(!allows(&me, &no_deny, Method::Post, "/api/me"));
    assert!(allows(&[entry(&["GET", "POST"], "/api/me")], &no_deny, Method::Post, "/api/me"));
    assert!(!allows(&[entry(&[], "/api/me")], &no_deny, Method::Get, "/api/me"));
}

#[test]
fn one_star_is_one_segment_and_two_are_any_number() {
    let one = [entry(&["GET"], "/api/notes/*")];
    assert!(allowed(&one, &[], "/api/notes/1"));
    for path in ["/api/notes", "/api/notes/", "/api/notes/1/2"] {
        assert!(!allowed(&one, &[], path), "{path}");
    }
    let any = [entry(&["GET"], "/api/notes/**")];
    for path in ["/api/notes", "/api/notes/", "/api/notes/1", "/api/notes/1/2", "/api/notes/%C3%BC"] {
        assert!(allowed(&any, &[], path), "{path}");
    }
    assert!(!allowed(&any, &[], "/api/notes2"));
    assert!(allowed(&[entry(&["GET"], "/**")], &[], "/"));
}

#[test]
fn a_denied_path_is_not_allowed_in_any_spelling() {
    let all = [entry(&["GET"], "/**")];
    let deny = [entry(&["GET"], "/api/admin/**")];
    assert!(allowed(&all, &deny, "/api/notes"));
    assert!(allowed(&all, &deny, "/api/administrator"));
    for path in [
        "/api/admin",
        "/api/admin/",
        "/api/admin/users?x",
        "/api//admin",
        "/API/Admin",
        "/api/%61dmin",
        "/api/%2561dmin/users",
        "/api/admin;v=1/users",
        "/api/admin%3Fx",
        "/api/admin%20/users",
        "/api/admin./users",
        "/x/../api/admin",
    ] {
        assert!(!allowed(&all, &deny, path), "{path}");
    }
    let of_another_method = [entry(&["DELETE"], "/api/admin/**")];
    assert!(allowed(&all, &of_another_method, "/api/admin"));
}

#[test]
fn an_encoded_separator_never_matches() {
    let all = [entry(&["GET"], "/**"), entry(&["GET"], "/api/*")];
    for path in [
        "/api%2Fme",
        "/api/a%2fb",
        "/api/a%252Fb",
        "/api/a%5Cb",
        "/api/a%255cb",
        "/api/%2e%2e%2fme",
        "/api/..%3b/me",
        "/api/%252e%252e/me",
        "/api/a%00",
        "/api/%ff",
    ] {
        assert!(!allowed(&all, &[], path), "{path}");
    }
}

#[test]
fn a_path_that_leaves_the_server_is_not_allowed() {
    let all = [entry(&["GET"], "/**")];
    for path in ["", "api", "//evil.example", "https://evil.example", "/../up", "/a#b", "/\\evil.example"] {
        assert!(!allowed(&all, &[], path), "{path}");
    }
}

#[test]
fn an_entry_that_is_not_understood_is_refused() {
    let parsed = |value: Value| serde_json::from_value::<ScopeEntry>(value);
    assert!(parsed(json!({ "methods": ["GET"], "path": "/api/notes/**" })).is_ok());
    for path in
        ["", "api", "/api/**/x", "/api/no*es", "/api/x**", "/a?b", "/a#b", "/a%2Fb", "/a/../b", "/a\\b"]
    {
        assert!(parsed(json!({ "methods": ["GET"], "path": path })).is_err(), "{path}");
    }
    for other in [
        json!({ "methods": ["get"], "path": "/" }),
        json!({ "methods": "GET", "path": "/" }),
        json!({ "methods": ["CONNECT"], "path": "/" }),
        json!({ "path": "/" }),
        json!({ "methods": ["GET"] }),
        json!({ "methods": ["GET"], "path": "/", "paths": [] }),
        json!("/api/notes"),
    ] {
        assert!(parsed(other.clone()).is_err(), "{other}");
    }
}

/// The ways to write a byte of a path so that a server may read it as that byte.
fn spelling(byte: u8) -> impl Strategy<Value = String> {
    let letter = byte as char;
    prop_oneof![
        4 => Just(letter.to_string()),
        1 => Just(letter.to_ascii_uppercase().to_string()),
        1 => Just(format!("%{byte:02x}")),
        1 => Just(format!("%25{byte:02X}")),
        1 => Just(format!("%2525{byte:02x}")),
    ]
}

fn spelled(text: &str) -> impl Strategy<Value = String> + use<> {
    text.bytes().map(spelling).collect::<Vec<_>>().prop_map(|letters| letters.concat())
}

/// Text that separates two segments for some server.
fn separator() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        6 => Just("/"),
        1 => Just("//"),
        1 => Just("/./"),
        1 => Just("/x/../"),
        1 => Just("%2f"),
        1 => Just("%5C"),
        1 => Just("/%2e/"),
        1 => Just(";v=1/"),
        1 => Just("%20/"),
    ]
}

fn spelled_admin() -> impl Strategy<Value = String> {
    let rest = prop::sample::select(&["", "/", "/users", "?a", ";a=b", "%3Fa", "%20", "//", "/x/../y"][..]);
    (spelled("api"), separator(), spelled("admin"), rest)
        .prop_map(|(api, separator, admin, rest)| format!("/{api}{separator}{admin}{rest}"))
}

/// Another way to read a path than the implementation under test: decoded `times` times as a whole,
/// with dot segments resolved after that.
fn read(path: &str, times: usize) -> Vec<String> {
    let mut path = path.to_owned();
    for _ in 0..times {
        path = percent_encoding::percent_decode_str(&path).decode_utf8_lossy().into_owned();
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

proptest! {
    #[test]
    fn no_spelling_of_a_denied_path_is_allowed(path in spelled_admin()) {
        let (all, deny) = ([entry(&["GET"], "/**")], [entry(&["GET"], "/api/admin/**")]);
        prop_assert!(!allowed(&all, &deny, &path), "{path}");
    }

    #[test]
    fn no_text_is_read_as_a_denied_path(path in "/[aA%25pi/\\\\.;?dmn 612eEfF]{0,30}") {
        let (all, deny) = ([entry(&["GET"], "/**")], [entry(&["GET"], "/api/admin/**")]);
        if allowed(&all, &deny, &path) {
            let sent = path_on(&server(), &path).unwrap();
            for times in 0..6 {
                let segments = read(&sent, times);
                prop_assert!(segments.len() < 2 || segments[..2] != ["api", "admin"], "{path} is sent as {sent}");
            }
        }
    }

    #[test]
    fn an_allowed_path_stays_below_the_pattern(path in any::<String>(), below in "/api/notes/[a%2e/.\\\\5cC]{0,20}") {
        let notes = [entry(&["GET"], "/api/notes/**")];
        for path in [path, below] {
            if allowed(&notes, &[], &path) {
                let sent = path_on(&server(), &path).unwrap();
                for times in 0..6 {
                    prop_assert_eq!(&read(&sent, times)[..2], &["api", "notes"][..], "{}", path);
                }
            }
        }
    }

    /// Without hexadecimal digits: an id such as `%aa` is itself encoded, and refused where what it
    /// encodes is no text.
    #[test]
    fn an_encoded_id_is_one_segment(id in "[g-zäöü€ %?#&=+]{0,12}[g-z]") {
        let id = percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/api/notes/{id}");
        prop_assert!(allowed(&[entry(&["GET"], "/api/notes/*")], &[], &path), "{}", path);
    }
}
