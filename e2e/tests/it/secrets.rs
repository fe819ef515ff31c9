//! Searches for secrets in texts and in the memory of processes.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use latchkey_e2e::{Relay, Window};
use memchr::memmem;

/// Secrets by their names, as bytes.
pub(crate) struct Secrets(pub(crate) BTreeMap<String, Vec<u8>>);

/// All tokens that the server sent, numbered by kind.
pub(crate) fn tokens(relay: &Relay) -> Result<BTreeMap<String, Vec<u8>>> {
    let record = relay.record();
    let record = String::from_utf8_lossy(&record);
    let mut tokens = BTreeMap::new();
    for (kind, field) in [("access token", "\"token\":\""), ("session token", "\"session_token\":\"")] {
        for (at, (start, _)) in record.match_indices(field).enumerate() {
            let token = record.get(start + field.len()..).and_then(|rest| rest.split('"').next());
            let token = token.context("the token has no end")?;
            let signature = token.rsplit('.').next().context("the token has no signature")?;
            let name = if at == 0 { kind.to_owned() } else { format!("{kind} {}", at + 1) };
            tokens.insert(format!("{name}'s signature"), signature.as_bytes().to_vec());
            tokens.insert(name, token.as_bytes().to_vec());
        }
        ensure!(tokens.contains_key(kind), "no {kind} was sent");
    }
    Ok(tokens)
}

impl Secrets {
    /// The names of the secrets that a text contains, in any encoding.
    pub(crate) fn in_text(&self, text: &[u8]) -> Vec<&str> {
        let mut machine_id = Vec::new();
        if let Ok(id) = std::fs::read_to_string("/etc/machine-id") {
            machine_id.push(("machine id", id.trim().as_bytes().to_vec()));
        }
        let own = self.0.iter().map(|(name, secret)| (name.as_str(), secret.clone()));
        own.filter(|(_, secret)| {
            encodings(secret).iter().any(|encoding| memmem::find(text, encoding).is_some())
        })
        .map(|(name, _)| name)
        .chain(
            machine_id
                .iter()
                .filter(|(_, id)| id.len() >= 32 && memmem::find(text, id).is_some())
                .map(|(name, _)| *name),
        )
        .collect()
    }
}

/// A secret as it is, in UTF-16 as a script engine stores it, and in Base64 at each of the three
/// alignments.
fn encodings(secret: &[u8]) -> Vec<Vec<u8>> {
    let wide = secret.iter().flat_map(|byte| [*byte, 0]).collect();
    let mut encodings = vec![secret.to_vec(), wide];
    for before in 0..3 {
        let shifted = [&vec![0; before], secret].concat();
        for text in [STANDARD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            // Without its ends, which depend on the neighbouring bytes.
            encodings.push(text.bytes().skip(4).take(text.len().saturating_sub(8)).collect());
        }
    }
    encodings
}

/// The number of times that each process of the window has each secret in its memory.
pub(crate) fn in_memory(
    window: &Window,
    secrets: &Secrets,
) -> Result<BTreeMap<String, BTreeMap<String, usize>>> {
    let mut found: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for process in window.processes()? {
        let here = found.entry(process.name.clone()).or_default();
        process.memory(|piece| {
            for (name, secret) in &secrets.0 {
                for encoding in encodings(secret) {
                    let count = memmem::find_iter(piece, &encoding).count();
                    if count > 0 {
                        *here.entry(name.clone()).or_default() += count;
                    }
                }
            }
        })?;
    }
    Ok(found)
}
