//! The files of the repository, and the names of its tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders of built or installed files, and git's own.
const NOT_SOURCE: [&str; 6] = [".git", "target", "node_modules", "dist", "dist-js", "data"];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The paths of all source files whose name has one of these extensions.
pub(crate) fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() && !NOT_SOURCE.iter().any(|name| path.ends_with(name)) {
                folders.push(path);
            } else if kind.is_file()
                && path.extension().is_some_and(|extension| extensions.iter().any(|e| *e == extension))
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The names of all test functions in Rust: those with a test attribute, and those in the list of
/// an `on_both!`, which run on both databases.
pub(crate) fn test_names() -> BTreeSet<String> {
    files(&["rs"]).into_iter().flat_map(|path| in_file(&std::fs::read_to_string(path).unwrap())).collect()
}

fn in_file(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut is_test, mut on_both) = (false, false);
    for line in text.lines().map(str::trim_start) {
        let begins =
            ["on_both!(", "with_passkeys!(", "with_url!("].iter().find_map(|name| line.strip_prefix(name));
        if let Some(listed) = begins.or_else(|| on_both.then_some(line)) {
            let (listed, end) = listed.split_once(");").map_or((listed, false), |(listed, _)| (listed, true));
            names
                .extend(listed.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
            on_both = !end;
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if is_test && let Some((_, rest)) = line.split_once("fn ") {
            names.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
            is_test = false;
        }
    }
    names
}

#[test]
fn test_functions_are_found_by_their_attribute() {
    let text = "fn one() {}\n  #[test]\n  fn two() {}\n#[tokio::test(x)]\nasync fn three() {}\nfn four() {}";
    assert_eq!(in_file(text), ["two", "three"]);
    assert_eq!(in_file("on_both!(five, six);\nfn seven() {}"), ["five", "six"]);
    assert_eq!(
        in_file("on_both!(\n    five,\n    six,\n);\n#[test]\nfn eight() {}"),
        ["five", "six", "eight"]
    );
    assert!(test_names().contains("test_functions_are_found_by_their_attribute"));
}
