//! Reads and writes `docs/benchmarks.md`. It has one section for each part, so that one part can be
//! measured again without the others.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{PARTS, clock, machine, place};

const HEAD: &str = "\
# Benchmarks

Written by `cargo xtask bench`. `cargo xtask bench verify` (`route`, `memory`, `sign-in`, `start`, `growth`, `revocation`) measures
one part again. Release builds with the default settings, unless a section says otherwise.

Compared programs run in turns on one machine: a round of the first, a round of the second, and so on. A figure is the median of
the rounds, with the middle half of them in brackets; a ratio is computed for each round. Other programs on the machine make
figures worse and widen their spread, so each section gives the load. A figure in CPU time counts the work of the measured program
only, and is steady. The load generator runs on the same cores as the program that it loads.
";

/// What no part measures.
const TAIL: &str = include_str!("program.md");

/// The results of one part.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// The Markdown below the title.
    pub(crate) body: String,
    /// The file name and SVG text of each picture.
    pub(crate) pictures: Vec<(&'static str, String)>,
}

/// The document, by part.
pub(crate) struct Document {
    parts: BTreeMap<String, String>,
    pictures: Vec<(&'static str, String)>,
}

impl Document {
    /// Reads the document. A missing file is an empty document.
    pub(crate) fn load() -> Result<Self> {
        let text = fs::read_to_string(path()).unwrap_or_default();
        Ok(Self { parts: parse(&text), pictures: Vec::new() })
    }

    /// Replaces the section of a part.
    pub(crate) fn put(&mut self, part: &str, section: &Section) {
        let mut text = format!("## {}\n\n{}\n", section.title, section.body.trim());
        for (name, _) in &section.pictures {
            let _ = write!(text, "\n![{}](benchmarks/{name})\n", section.title);
        }
        let _ = write!(
            text,
            "\nMeasured on {}: {}. Load average at the end: {:.0} (`/proc/loadavg`).",
            clock::today(),
            machine::description(),
            machine::load(),
        );
        self.parts.insert(part.to_owned(), text);
        self.pictures.extend(section.pictures.iter().cloned());
    }

    /// Writes the document and its pictures.
    pub(crate) fn store(&self) -> Result<()> {
        fs::write(path(), self.text()).context("docs/benchmarks.md could not be written")?;
        let folder = path().with_extension("");
        fs::create_dir_all(&folder)?;
        for (name, svg) in &self.pictures {
            fs::write(folder.join(name), svg).with_context(|| format!("{name} could not be written"))?;
        }
        Ok(())
    }

    fn text(&self) -> String {
        let parts = PARTS.iter().filter_map(|part| Some((part, self.parts.get(*part)?)));
        let measured = parts.fold(HEAD.to_owned(), |text, (part, body)| {
            format!("{text}\n<!-- {part} -->\n{body}\n<!-- /{part} -->\n")
        });
        format!("{measured}\n{TAIL}")
    }
}

fn parse(text: &str) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    for part in PARTS {
        let body = text
            .split_once(&format!("<!-- {part} -->\n"))
            .and_then(|(_, rest)| rest.split_once(&format!("\n<!-- /{part} -->")));
        if let Some((body, _)) = body {
            parts.insert(part.to_owned(), body.to_owned());
        }
    }
    parts
}

fn path() -> PathBuf {
    place::root().join("docs").join("benchmarks.md")
}

/// A Markdown table. Its first column is aligned to the left, all others to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rule =
        head.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "---:" }.to_owned()).collect();
    let mut text = line(head.iter().map(|&cell| cell.to_owned()).collect());
    text.push_str(&line(rule));
    for row in rows {
        text.push_str(&line(row.clone()));
    }
    text
}

/// A row of the table of goals.
pub(crate) fn goal(what: &str, target: &str, measured: &str, is_met: bool) -> Vec<String> {
    vec![
        what.to_owned(),
        target.to_owned(),
        measured.to_owned(),
        if is_met { "met" } else { "**missed**" }.to_owned(),
    ]
}

/// The table of goals.
pub(crate) fn goals(rows: &[Vec<String>]) -> String {
    table(&["goal", "target", "measured", ""], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_a_part_preserves_the_others() {
        let section = |body: &str| Section { title: "T", body: body.to_owned(), pictures: Vec::new() };
        let mut document = Document { parts: BTreeMap::new(), pictures: Vec::new() };
        document.put("route", &section("old route"));
        document.put("verify", &section("verifying"));
        let mut document = Document { parts: parse(&document.text()), pictures: Vec::new() };
        document.put("route", &section("new route"));
        let text = document.text();
        assert!(text.contains("verifying") && text.contains("new route") && !text.contains("old route"));
        assert!(text.find("verifying") < text.find("new route"), "the parts are not in their order");
        assert_eq!(parse(&text), document.parts);
    }
}
