//! What this app has to say to sign in with Latchkey.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that meets the unexpected has failed")]

use std::path::Path;

/// The files that `npm create tauri-app` makes, and that an app changes to add the plugin. The
/// screens are the app's own.
const FILES: [&str; 6] = [
    "src-tauri/Cargo.toml",
    "src-tauri/src/main.rs",
    "src-tauri/tauri.conf.json",
    "src-tauri/capabilities/default.json",
    "package.json",
    "src/main.ts",
];

/// Words of the lines that add it. Names and descriptions of this example are not among them.
const WORDS: [&str; 6] = [
    "tauri-plugin-latchkey",
    "tauri_plugin_latchkey",
    "\"latchkey",
    "latchkey:",
    "plugin(latchkey",
    "watch(",
];

#[test]
fn signing_in_takes_ten_lines_at_most() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut lines = Vec::new();
    for file in FILES {
        let text = std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let found = text.lines().filter(|line| WORDS.iter().any(|word| line.contains(word)));
        lines.extend(found.map(|line| format!("{file}: {}", line.trim())));
    }
    // The tenth is the call of `signIn` in the form.
    assert!((5..=9).contains(&lines.len()), "{} lines:\n{}", lines.len(), lines.join("\n"));
}
