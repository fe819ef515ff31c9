//! The crates that can be published, and whether they can be packaged.
//!
//! A crate in `crates/` is published unless its manifest has a `publish` key. Refuses to publish.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{cargo, command, place};

/// A crate that can be published.
pub(crate) struct Published {
    /// The folder in `crates/`.
    pub(crate) folder: String,
    pub(crate) name: String,
}

/// All crates that can be published, by folder.
pub(crate) fn published() -> Result<Vec<Published>> {
    let crates = place::root().join("crates");
    let mut published = Vec::new();
    for entry in crates.read_dir().with_context(|| format!("cannot read {}", crates.display()))? {
        let entry = entry?;
        let Ok(manifest) = std::fs::read_to_string(entry.path().join("Cargo.toml")) else { continue };
        if manifest.lines().any(|line| line.starts_with("publish")) {
            continue;
        }
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        let name = name.with_context(|| format!("no name in {}", entry.path().display()))?.to_owned();
        published.push(Published { folder: entry.file_name().to_string_lossy().into_owned(), name });
    }
    published.sort_by(|one, other| one.folder.cmp(&other.folder));
    Ok(published)
}

/// Packages all of them as for a release; with `verify`, compiles the packages too, which takes
/// minutes.
///
/// They are packaged in one command: only then does cargo find the one in the others' dependencies.
pub(crate) fn check(verify: bool) -> Result<()> {
    let mut package = cargo::cargo();
    // The working tree may have changes, and everything that is needed has been downloaded.
    package.args(["package", "--allow-dirty", "--offline", "--quiet", "--config"]).arg(profiles()?);
    for published in published()? {
        package.args(["--package", &published.name]);
    }
    if !verify {
        package.arg("--no-verify");
    }
    command::run(&mut package)
}

/// Copies the workspace's profiles into a settings file for cargo. A package is compiled outside of
/// the workspace; with the same profiles, cargo reuses compiled dependencies.
fn profiles() -> Result<PathBuf> {
    let manifest = std::fs::read_to_string(place::root().join("Cargo.toml"))?;
    let profiles = manifest.find("[profile.").and_then(|start| manifest.get(start..));
    let file = place::scratch("packages")?.join("profiles.toml");
    std::fs::write(&file, profiles.context("Cargo.toml does not end with the profiles")?)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_crate_has_its_texts_and_its_bans() {
        let published = published().unwrap();
        assert!(published.iter().any(|published| published.name == "latchkey-token"));
        for Published { folder, .. } in published {
            let path = place::root().join("crates").join(&folder);
            for file in ["README.md", "LICENSE-APACHE", "LICENSE-MIT"] {
                assert!(path.join(file).is_file(), "{folder} has no {file}");
            }
            let manifest = std::fs::read_to_string(path.join("Cargo.toml")).unwrap();
            for key in ["description = ", "readme = ", "license.workspace = ", "repository.workspace = "] {
                assert!(manifest.contains(key), "{folder}/Cargo.toml has no {key}");
            }
            let bans = place::root().join("deny").join(format!("{folder}.toml"));
            assert!(bans.is_file(), "there is no deny/{folder}.toml");
        }
    }
}
