//! Comments are wrapped at 100 columns. rustfmt wraps code, but on stable Rust no comments.

use crate::tree::{files, root};

const MAX_COLUMNS: usize = 100;

#[test]
fn no_comment_is_longer_than_100_columns() {
    let mut long = Vec::new();
    for path in files(&["rs", "toml", "ts", "js", "svelte", "css", "sh"]) {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let hash = [".toml", ".sh"].iter().any(|ending| name.ends_with(ending));
        let starts: &[&str] = if hash { &["#"] } else { &["//", "/*", "* ", "<!--"] };
        for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            // A link cannot be wrapped.
            if starts.iter().any(|start| line.trim_start().starts_with(start))
                && line.chars().count() > MAX_COLUMNS
                && !line.contains("://")
            {
                long.push(format!("{name}:{}", number + 1));
            }
        }
    }
    assert_eq!(long, Vec::<String>::new(), "longer than {MAX_COLUMNS} columns");
}
