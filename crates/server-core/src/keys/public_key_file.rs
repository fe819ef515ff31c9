//! The file of public keys: each key with notes of when it was published and retired. The notes are
//! text between the PEM blocks (RFC 7468 §5.2), so that every PEM reader reads the file, and one
//! rename changes keys and notes.

use std::io;
use std::path::Path;

use latchkey_token::{KeySet, UnixTime};
use pem::{EncodeConfig, LineEnding, Pem};

use super::file::read;
use super::generate::write_beside;
use super::{DEVELOPMENT_NOTE, KeysError, PUBLIC_KEY_FILE};

const END: &str = "-----END ";

/// A published key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kid: String,
    pub(super) pem: String,
    /// When it was published.
    pub(super) published: Option<UnixTime>,
    /// When it stopped signing.
    pub(super) retired: Option<UnixTime>,
    /// Whether it is for development only.
    pub(super) development: bool,
}

impl Entry {
    /// The successor of other keys: it is for development if one of them is.
    pub(super) fn after(others: &[Self], kid: &str, pem: &str, now: UnixTime) -> Self {
        Self {
            kid: kid.to_owned(),
            pem: pem.to_owned(),
            published: Some(now),
            retired: None,
            development: others.iter().any(|other| other.development),
        }
    }
}

/// Reads the file. The notes may be missing, as in a file of another program.
pub(super) fn load(folder: &Path) -> Result<Vec<Entry>, KeysError> {
    let path = folder.join(PUBLIC_KEY_FILE);
    let text = read(&path).map_err(|source| KeysError::Unreadable { path: path.clone(), source })?;
    parse(&text).map_err(|source| KeysError::Public { path, source })
}

fn parse(text: &str) -> Result<Vec<Entry>, latchkey_token::KeyError> {
    // Checks the complete text first, so that every piece below is one valid key.
    KeySet::from_pem(text)?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut piece = String::new();
    for line in text.lines() {
        piece.push_str(line);
        piece.push('\n');
        if line.starts_with(END) {
            let entry = parse_one(&piece)?;
            if entries.iter().all(|known| known.kid != entry.kid) {
                entries.push(entry);
            }
            piece.clear();
        }
    }
    Ok(entries)
}

fn parse_one(piece: &str) -> Result<Entry, latchkey_token::KeyError> {
    let kid = KeySet::from_pem(piece)?.kids().next().map(ToString::to_string).unwrap_or_default();
    let block: Pem = pem::parse(piece).map_err(|_| latchkey_token::KeyError::DamagedPem)?;
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    let note = |name: &str| {
        let mut notes = piece.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        notes.next_back().and_then(|value| value.trim().parse().ok()).map(UnixTime::new)
    };
    Ok(Entry {
        kid,
        pem: pem::encode_config(&block, config),
        published: note("published"),
        retired: note("retired"),
        development: piece.lines().any(|line| line.trim() == DEVELOPMENT_NOTE),
    })
}

/// Replaces the file atomically.
pub(super) fn store(folder: &Path, entries: &[Entry]) -> io::Result<()> {
    let mut text = String::new();
    for entry in entries {
        text.push_str(&format!("kid: {}\n", entry.kid));
        if entry.development {
            text.push_str(&format!("{DEVELOPMENT_NOTE}\n"));
        }
        for (name, time) in [("published", entry.published), ("retired", entry.retired)] {
            if let Some(time) = time {
                text.push_str(&format!("{name}: {}\n", time.seconds()));
            }
        }
        text.push_str(&entry.pem);
    }
    write_beside(folder, text.as_bytes(), true)?.persist(folder.join(PUBLIC_KEY_FILE))?;
    sync(folder)
}

/// Makes a rename survive a power failure.
#[cfg(unix)]
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}
