//! The program's commands that need no server: verifying and inspecting a token, checking the
//! settings.

use serde_json::{Value, json};

use crate::cli::{fails, prepared, run, succeeds};
use crate::support::encode;

#[test]
fn an_invalid_public_key_is_an_error_not_a_verdict() {
    let folder = prepared();
    let verify = |key: &str| {
        let arguments =
            ["token", "verify", "--public-key", key, "--issuer", "i", "--audience", "a", "--type", "access"];
        fails(&run(folder.path(), &arguments, "x"), 1)
    };
    assert!(verify("missing.key").contains("cannot be read"));
    assert!(verify("config/auth-private.key").contains("private key"));
}

#[test]
fn an_inspected_token_is_shown_as_unverified() {
    let folder = tempfile::tempdir().unwrap();
    let part = |text: &str| encode(text.as_bytes());
    let token = format!("{}.{}.AAAA\n", part(r#"{"alg":"none"}"#), part(r#"{"sub":"a\nb"}"#));
    let shown = succeeds(&run(folder.path(), &["token", "inspect"], &token));
    assert_eq!(shown.lines().count(), 1);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown, json!({ "verified": false, "header": { "alg": "none" }, "claims": { "sub": "a\nb" } }));
    for malformed in ["", "a.b.c", "e30.e30", "e30.W10.AAAA", "e30.e30.a.a"] {
        fails(&run(folder.path(), &["token", "inspect"], malformed), 1);
    }
}

#[test]
fn the_settings_are_checked_without_a_server() {
    let folder = prepared();
    let check = |arguments: &[&str]| run(folder.path(), &[&["config", "check"], arguments].concat(), "");
    assert!(succeeds(&check(&[])).contains("valid"));
    let url = "postgres://sam:hunter2@127.0.0.1:1/latchkey";
    let shown = succeeds(&check(&["--json", "--database-url", url]));
    assert!(!shown.contains("hunter2"), "{shown}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["settings"]["limits"]["header_bytes"], 16_384);
    for (setting, error) in [
        ("tokens.issuer = ''", "tokens.issuer"),
        ("nonsense = 1", "line 1"),
        ("log.filter = '=='", "log.filter"),
        ("tls_key_file = 'key'", "both"),
        ("keys = 'missing'", "keys generate"),
        ("passwords.memory_kib = 1", "Argon2"),
        ("passwords.iterations = 65", "Argon2"),
    ] {
        std::fs::write(folder.path().join("config/server.toml"), setting).unwrap();
        let printed = fails(&check(&[]), 1);
        assert!(printed.contains(error), "{printed}");
    }
}
