//! The program's commands where passwords are off.

use latchkey_testkit::USERNAME;
use serde_json::Value;

use crate::cli::{fails, prepared, program, run, succeeds};

#[test]
fn without_passwords_codes_are_made_and_passwords_are_not() {
    let folder = prepared();
    let folder = folder.path();
    succeeds(&run(folder, &["user", "grant", USERNAME, "admin"], ""));
    let without = |arguments: &[&str]| {
        let mut command = program(folder);
        command.env("LATCHKEY_PASSWORDS_ENABLED", "false").env("LATCHKEY_PUBLIC_URL", "https://auth.example");
        command.args(arguments).output().unwrap()
    };
    let invited = succeeds(&without(&["user", "invite", "bee"]));
    assert!(invited.starts_with("invitation of bee: "), "{invited}");
    let made = succeeds(&without(&["user", "reset-code", "bee"]));
    assert!(made.starts_with("code for the sign-in of bee: "), "{made}");
    for command in
        [["user", "add", "eve", "--password-stdin"], ["user", "set-password", "bee", "--password-stdin"]]
    {
        let error = fails(&without(&command), 1);
        assert!(error.contains("user invite"), "{error}");
    }
    // Who could not sign in is said before the server starts.
    let checked: Value = serde_json::from_str(&succeeds(&without(&["config", "check", "--json"]))).unwrap();
    let says = |kind: &str, words: &str| {
        let said = checked[kind].as_array().unwrap();
        said.iter().any(|text| text.as_str().unwrap().contains(words))
    };
    assert!(says("warnings", &format!("account: {USERNAME}. Make a code")), "{checked}");
    assert!(says("notes", "and 1 accounts have neither"), "{checked}");
    let with = succeeds(&run(folder, &["config", "check", "--json"], ""));
    assert!(!with.contains("passwords are off"), "{with}");
}

#[test]
fn settings_without_any_way_in_are_refused() {
    let folder = prepared();
    for (url, passkeys) in [("", "true"), ("https://auth.example", "false"), ("https://192.0.2.7", "true")] {
        let mut command = program(folder.path());
        command.env("LATCHKEY_PASSWORDS_ENABLED", "false").env("LATCHKEY_PUBLIC_URL", url);
        command.env("LATCHKEY_PASSKEYS_ENABLED", passkeys);
        let error = fails(&command.args(["config", "check"]).output().unwrap(), 1);
        assert!(error.contains("passwords.enabled must be true"), "{error}");
    }
}
