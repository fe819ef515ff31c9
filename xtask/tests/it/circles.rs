//! Files that use each other: a circle of `use crate::…` or `super::…` within one crate's `src`.
//!
//! An edge leads from a file to the file of the module that it names, in a `use` or in the middle
//! of an expression. `mod` and `pub use` are not edges, nor is a parent's `use child::…`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::tree::{files, root};

/// The circles that are not removed yet. Remove a line with its circle: the test fails otherwise.
const KNOWN: [&str; 0] = [];

/// The path of a module within its crate; empty for the root.
type Module = Vec<String>;

#[test]
fn no_new_circle_of_files_exists_and_no_removed_one_is_listed() {
    let sources: BTreeSet<_> = files(&["rs"])
        .into_iter()
        .filter_map(|path| path.ancestors().find(|folder| folder.ends_with("src")).map(Path::to_owned))
        .collect();
    let mut found = BTreeSet::new();
    for folder in sources {
        let name = folder.strip_prefix(root()).unwrap().display().to_string();
        found.extend(circles(&read(&folder)).into_iter().map(|circle| format!("{name}: {circle}")));
    }
    assert_eq!(found, KNOWN.map(str::to_owned).into());
}

/// The files of a crate by module. A program next to a library is left out: it has no modules.
fn read(folder: &Path) -> BTreeMap<Module, String> {
    let mut modules = BTreeMap::new();
    for path in files(&["rs"]).into_iter().filter(|path| path.starts_with(folder)) {
        let mut module: Module = path
            .strip_prefix(folder)
            .unwrap()
            .with_extension("")
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        if module == ["main"] && folder.join("lib.rs").is_file() {
            continue;
        }
        module.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
        modules.insert(module, std::fs::read_to_string(path).unwrap());
    }
    modules
}

/// The groups of files that reach each other, each as the names of its modules in one line.
fn circles(modules: &BTreeMap<Module, String>) -> BTreeSet<String> {
    let edges: BTreeMap<&Module, BTreeSet<&Module>> = modules
        .iter()
        .map(|(module, text)| {
            let named = paths(text).into_iter().filter_map(|path| target(module, &path, modules));
            (module, named.filter(|target| *target != module).collect())
        })
        .collect();
    let reach = |from| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(module) = next.pop() {
            next.extend(edges[module].iter().copied().filter(|target| reached.insert(*target)));
        }
        reached
    };
    let reached: BTreeMap<_, _> = modules.keys().map(|module| (module, reach(module))).collect();
    let circle = |module: &Module| -> Vec<String> {
        let members = reached[module].iter().filter(|other| reached[**other].contains(module));
        members.map(|member| if member.is_empty() { "the root".into() } else { member.join("/") }).collect()
    };
    modules.keys().map(circle).filter(|circle| !circle.is_empty()).map(|circle| circle.join(" ")).collect()
}

/// The module that `path` leads to: as many of its names as are modules, and the rest are items.
fn target<'a>(from: &Module, path: &[&str], modules: &'a BTreeMap<Module, String>) -> Option<&'a Module> {
    let mut module = if path[0] == "crate" { Vec::new() } else { from.clone() };
    for name in path.iter().filter(|name| **name != "crate") {
        if *name == "super" {
            module.pop();
        } else {
            module.push((*name).to_owned());
            if !modules.contains_key(&module) {
                module.pop();
                break;
            }
        }
    }
    modules.get_key_value(&module).map(|(module, _)| module)
}

/// Every path in `text` that begins with `crate::` or `super::`, except in `pub use` and in the
/// tests at the end of the file.
fn paths(text: &str) -> Vec<Vec<&str>> {
    let text = text.split("\nmod tests {").next().unwrap();
    let mut paths = Vec::new();
    for (at, _) in text.match_indices("crate::").chain(text.match_indices("super::")) {
        let before = &text[..at];
        let line = before.rsplit('\n').next().unwrap();
        let inside_a_path = before.ends_with(|char: char| char.is_alphanumeric() || ":_$".contains(char));
        let pub_use = line.trim_start().starts_with("pub") && line.trim_end().ends_with("use");
        if !inside_a_path && !pub_use && !line.contains("//") {
            expand(&text[at..], &[], &mut paths);
        }
    }
    paths
}

/// Reads one use tree and returns the text behind it.
fn expand<'a>(text: &'a str, stem: &[&'a str], paths: &mut Vec<Vec<&'a str>>) -> &'a str {
    let end = text.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let path: Vec<&str> = stem.iter().copied().chain((!name.is_empty()).then_some(name)).collect();
    let Some(behind) = rest.strip_prefix("::") else {
        paths.push(path);
        return rest;
    };
    let Some(list) = behind.strip_prefix('{') else { return expand(behind, &path, paths) };
    rest = list;
    loop {
        rest = expand(rest.trim_start(), &path, paths);
        // Skips `*` and `as name`.
        rest = rest.trim_start_matches(|char| char != ',' && char != '}');
        match rest.strip_prefix(',').map(str::trim_start) {
            Some(next) if !next.starts_with('}') => rest = next,
            Some(next) => return &next[1..],
            None => return rest.strip_prefix('}').unwrap_or(rest),
        }
    }
}

#[test]
fn files_that_use_each_other_are_a_circle() {
    let circles_of = |files: &[(&str, &str)]| {
        let module = |name: &str| name.split_terminator('/').map(str::to_owned).collect();
        circles(&files.iter().map(|(name, text)| (module(name), (*text).to_owned())).collect())
    };
    let mut files = vec![
        ("", "mod a;\npub use crate::a::one;"),
        ("a", "use crate::b::{\n    c as name,\n    d::{Deep, Other},\n};"),
        ("b", "pub(crate) use crate::a::one;\nmod tests {\n    use crate::a;\n}"),
        ("b/c", "// crate::a"),
        ("b/d", "use std::fmt;\nuse super::two;"),
    ];
    assert_eq!(circles_of(&files), BTreeSet::new());
    files[3].1 = "fn c() { super::super::a::one(); }";
    assert_eq!(circles_of(&files), BTreeSet::from(["a b/c".to_owned()]));
}
