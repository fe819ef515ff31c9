//! Comments are wrapped at 100 columns, counted in characters. rustfmt wraps code, but on stable
//! Rust no comments, and no other kind of file.

use std::path::Path;

use crate::tree::{files, root};

const MAX_COLUMNS: usize = 100;

/// What a comment begins with, by the extension of the file.
const COMMENTS: [(&[&str], &[&str]); 4] = [
    (&["rs", "ts", "mts", "js", "mjs", "cjs", "svelte", "css", "html"], &["//", "/*", "* ", "<!--"]),
    (&["toml", "sh", "py", "yml", "yaml", "conf", "cfg", "service", "socket", "ps1"], &["#"]),
    (&["sql"], &["--"]),
    (&["nsh", "nsi"], &[";", "#"]),
];

/// A database compares the text of each migration that it has applied by its checksum, so that text
/// stays. The first one that is wrapped has the second name.
const MIGRATIONS: &str = "crates/server-core/migrations";
const FIRST_WRAPPED: &str = "0021";

#[test]
fn no_comment_is_longer_than_100_columns() {
    let mut long = Vec::new();
    for (extensions, starts) in COMMENTS {
        for path in files(extensions) {
            let name = path.strip_prefix(root()).unwrap();
            if name.parent() == Some(Path::new(MIGRATIONS)) && name.file_name() < Some(FIRST_WRAPPED.as_ref())
            {
                continue;
            }
            let text = std::fs::read(&path).unwrap();
            for (number, line) in String::from_utf8_lossy(&text).lines().enumerate() {
                // A link cannot be wrapped.
                if starts.iter().any(|start| line.trim_start().starts_with(start))
                    && line.chars().count() > MAX_COLUMNS
                    && !line.contains("://")
                {
                    long.push(format!("{}:{}", name.display(), number + 1));
                }
            }
        }
    }
    assert_eq!(long, Vec::<String>::new(), "longer than {MAX_COLUMNS} columns");
}
