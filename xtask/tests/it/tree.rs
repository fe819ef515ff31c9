//! The repository as the documents see it: its files, and the names of its tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders with Rust in them, built files apart.
const CODE: [&str; 4] = ["crates", "src-tauri", "e2e", "xtask"];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The names of all test functions in Rust: those that a test attribute stands above, and those that run on both databases.
pub(crate) fn test_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders: Vec<PathBuf> = CODE.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "target" {
                folders.push(path);
            } else if name.ends_with(".rs") {
                names.extend(in_file(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    names
}

fn in_file(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut is_test, mut on_both) = (false, false);
    for line in text.lines().map(str::trim_start) {
        if let Some(listed) = line.strip_prefix("on_both!(").or_else(|| on_both.then_some(line)) {
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
fn tests_are_found_by_their_attribute() {
    let text = "fn one() {}\n  #[test]\n  fn two() {}\n#[tokio::test(x)]\nasync fn three() {}\nfn four() {}";
    assert_eq!(in_file(text), ["two", "three"]);
    assert_eq!(in_file("on_both!(five, six);\nfn seven() {}"), ["five", "six"]);
    assert_eq!(
        in_file("on_both!(\n    five,\n    six,\n);\n#[test]\nfn eight() {}"),
        ["five", "six", "eight"]
    );
    assert!(test_names().contains("tests_are_found_by_their_attribute"));
}
