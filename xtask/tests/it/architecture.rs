//! `ARCHITECTURE.md` explains each word once, and names one place for each change.

use std::collections::BTreeSet;

use crate::tree::root;

/// The first cells of the table under a heading.
fn first_cells(text: &str, heading: &str) -> Vec<String> {
    let (_, section) = text.split_once(heading).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let cells = lines.filter_map(|line| line.split(" | ").next()).filter(|cell| !cell.starts_with("---"));
    cells.map(|cell| cell.replace("**", "")).collect()
}

#[test]
fn no_word_is_explained_twice_and_no_change_has_two_rows() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (heading, least) in [("## Glossary", 20), ("## Crates", 10), ("## Where a change belongs", 12)] {
        let cells = first_cells(&text, heading);
        assert!(cells.len() >= least, "{heading}: {cells:?}");
        let mut seen = BTreeSet::new();
        for cell in &cells {
            let words: Vec<&str> = cell.split_whitespace().collect();
            assert!(seen.insert(words.join(" ").to_lowercase()), "{heading}: {cell} is there twice");
        }
    }
}
