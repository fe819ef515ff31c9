//! `docs/threat-model.md` quotes the tests that show what it states: they exist.

use std::collections::BTreeSet;

use crate::tree::{root, test_names};

/// The values of a column “State”.
const STATES: [&str; 4] = ["met", "partly", "not met", "does not apply"];

/// One line of a table.
struct Row {
    line: usize,
    /// The heading above it.
    chapter: String,
    heads: Vec<String>,
    cells: Vec<String>,
}

impl Row {
    fn last(&self) -> &str {
        self.cells.last().unwrap()
    }

    /// The names of tests and files that are quoted in the last cell.
    fn evidence(&self) -> Vec<&str> {
        let code = self.last().split('`').skip(1).step_by(2);
        code.filter(|code| is_file(code) || is_test(code)).collect()
    }
}

fn is_file(code: &str) -> bool {
    let ending = [".json", ".md", ".rs", ".toml", ".ts"].iter().any(|ending| code.ends_with(ending));
    ending && code.chars().all(|char| char.is_ascii_alphanumeric() || "/._-".contains(char))
}

/// Whether `code` is the name of a test: it has at least three words. Shorter ones are claims or
/// settings.
fn is_test(code: &str) -> bool {
    code.matches('_').count() >= 2
        && code.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("docs/threat-model.md")).unwrap();
    let mut rows = Vec::new();
    let mut heads: Option<Vec<String>> = None;
    let mut chapter = String::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut chapter);
        }
        let Some(inner) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) else {
            heads = None;
            continue;
        };
        let cells: Vec<String> = inner.split('|').map(|cell| cell.trim().to_owned()).collect();
        match &heads {
            None => heads = Some(cells),
            Some(_) if cells.iter().all(|cell| cell == "---") => {}
            Some(heads) => {
                rows.push(Row { line: index + 1, chapter: chapter.clone(), heads: heads.clone(), cells });
            }
        }
    }
    rows
}

#[test]
fn every_quoted_test_and_file_exists() {
    let tests = test_names();
    let mut missing = Vec::new();
    let mut named = BTreeSet::new();
    for row in rows() {
        assert_eq!(row.cells.len(), row.heads.len(), "line {}: wrong number of cells", row.line);
        for code in row.evidence() {
            named.insert(code.to_owned());
            let exists = if is_file(code) { root().join(code).is_file() } else { tests.contains(code) };
            if !exists {
                missing.push(format!("line {}: {code}", row.line));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(named.len() > 100, "only {} are quoted: the page is not parsed", named.len());
}

#[test]
fn every_row_has_evidence_or_a_known_state_with_a_reason() {
    let mut points = 0;
    for row in rows() {
        let Some(state) = row.heads.iter().position(|head| head == "State") else {
            assert!(!row.evidence().is_empty(), "line {}: no test or file is quoted", row.line);
            continue;
        };
        points += 1;
        let state = row.cells[state].as_str();
        assert!(STATES.contains(&state), "line {}: unknown state {state}", row.line);
        assert!(!row.last().is_empty(), "line {}: no reason for {state}", row.line);
    }
    assert!(points > 100, "only {points} points: the page is not parsed");
}

#[test]
fn every_requirement_of_asvs_and_every_rule_of_the_rfcs_has_a_row() {
    let chapters: [(&str, &[u32]); 3] =
        [("6", &[3, 12, 8, 6, 8, 4, 2, 4]), ("7", &[3, 4, 2, 5, 3, 2]), ("9", &[3, 4])];
    let mut all: Vec<String> = Vec::new();
    for (chapter, sections) in chapters {
        for (section, count) in (1..).zip(sections) {
            all.extend((1..=*count).map(|number| format!("{chapter}.{section}.{number}")));
        }
    }
    all.extend((1..=12).map(|point| format!("§3.{point}")));
    all.extend((1..=12).map(|rule| format!("§4.3, {rule}")));
    all.extend((1..=11).map(|point| format!("§11.{point}")));
    let points: Vec<String> = rows().into_iter().map(|row| row.cells[0].clone()).collect();
    let covered: BTreeSet<String> = points.iter().flat_map(|point| each(point)).collect();
    let missing: Vec<&String> = all.iter().filter(|point| !covered.contains(*point)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn every_section_of_rfc_9700_and_rfc_8252_has_a_row() {
    let sections = |chapter: u32, numbers: std::ops::RangeInclusive<u32>| {
        numbers.map(move |number| format!("§{chapter}.{number}"))
    };
    let (mut security, mut native) = (Vec::new(), vec!["§5".to_owned(), "§6".to_owned(), "§7".to_owned()]);
    security.extend(sections(2, 1..=6));
    security.extend(["§2.1.1", "§2.1.2", "§2.2.1", "§2.2.2"].map(str::to_owned));
    security.extend(sections(4, 1..=17));
    native.extend(sections(7, 1..=3));
    native.extend(sections(8, 1..=12));
    for (rfc, wanted) in [("RFC 9700", security), ("RFC 8252", native)] {
        let of_rfc: Vec<Row> = rows().into_iter().filter(|row| row.chapter.starts_with(rfc)).collect();
        let covered: BTreeSet<String> = of_rfc.iter().flat_map(|row| each(&row.cells[0])).collect();
        let missing: Vec<&String> = wanted.iter().filter(|point| !covered.contains(*point)).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{rfc}");
        for row in of_rfc.iter().filter(|row| ["met", "partly"].contains(&row.cells[2].as_str())) {
            assert!(!row.evidence().is_empty(), "line {}: no test is named", row.line);
        }
    }
}

/// The points that one cell names: `6.5.1 to 6.5.3, 6.5.7` are four.
fn each(cell: &str) -> Vec<String> {
    if cell.starts_with("§4.3, ") {
        return vec![cell.to_owned()];
    }
    let range = |part: &str| match part.split_once(" to ") {
        Some((first, last)) => {
            let (stem, first) = first.rsplit_once('.').unwrap();
            let (_, last) = last.rsplit_once('.').unwrap();
            let numbers = first.parse::<u32>().unwrap()..=last.parse().unwrap();
            numbers.map(|number| format!("{stem}.{number}")).collect()
        }
        None => vec![part.to_owned()],
    };
    cell.split(", ").flat_map(range).collect()
}
