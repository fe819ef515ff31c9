//! The settings of webhooks: the receivers of events. Only from the file: an address to call is no
//! matter of an API or of a variable.

use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

use latchkey_server_core::webhooks::is_event;

use super::SettingsError;
use crate::outgoing::OutgoingUrl;

/// How many receivers there may be: each has a loop of its own.
const MAX_WEBHOOKS: usize = 32;

/// Longest name, in characters.
const MAX_NAME: usize = 32;

/// A receiver of events.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Its name, in logs, metrics and commands: a-z, 0-9, `-` and `_`.
    pub name: String,
    /// Where events are sent to.
    #[serde(serialize_with = "without_path")]
    pub url: OutgoingUrl,
    /// The files of its secrets, one or two; each has `whsec_…` in it. Every message is signed with
    /// both.
    pub secret_files: Vec<PathBuf>,
    /// The events that it gets, by their names in the audit log; empty: all.
    #[serde(default)]
    pub events: Vec<String>,
    /// Whether it gets user names, addresses and details too.
    #[serde(default)]
    pub personal: bool,
    /// The certificate authorities that may sign its certificate, PEM. `None`: the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// The path of some receivers is their secret, and settings are shown.
fn without_path<S: Serializer>(url: &OutgoingUrl, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(url)
}

/// Checks values and combinations of values.
pub(super) fn check(webhooks: &[WebhookSettings]) -> Result<(), SettingsError> {
    let is_name = |name: &str| {
        (1..=MAX_NAME).contains(&name.len())
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    };
    let mut names: Vec<&str> = webhooks.iter().map(|webhook| webhook.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let rules = [
        ("webhooks", webhooks.len() <= MAX_WEBHOOKS, "must be 32 at most"),
        (
            "webhooks.name",
            webhooks.iter().all(|webhook| is_name(&webhook.name)),
            "must be 1 to 32 of the characters a-z, 0-9, - and _",
        ),
        ("webhooks.name", names.len() == webhooks.len(), "must be another one for each webhook"),
        (
            "webhooks.secret_files",
            webhooks.iter().all(|webhook| (1..=2).contains(&webhook.secret_files.len())),
            "must be one file, or two while a secret is replaced",
        ),
        (
            "webhooks.events",
            webhooks.iter().flat_map(|webhook| &webhook.events).all(|event| is_event(event)),
            "must be names of events as `latchkey-server audit list` shows them, such as signed_in",
        ),
    ];
    match rules.into_iter().find(|(_, holds, _)| !holds) {
        Some((name, _, reason)) => Err(SettingsError::Value { name, reason }),
        None => Ok(()),
    }
}
