//! What the settings say of a provider, as far as it concerns accounts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::period::Period;

/// What the settings say of a provider, as far as it concerns accounts.
#[derive(Clone, Debug)]
pub struct ProviderRules {
    /// Its id in the settings.
    pub id: String,
    /// Its name on the button.
    pub name: String,
    /// Its issuer.
    pub issuer: String,
    /// Only people with a verified address of one of these domains may sign in; empty: all.
    pub domains: Vec<String>,
    /// Only people with this claim may sign in.
    pub claim: Option<ClaimCondition>,
    /// Whether an account may be found by its address.
    pub link: LinkPolicy,
    /// The domains whose addresses the provider itself assigns.
    pub authoritative_domains: Vec<String>,
    /// Whether an account is made for an identity that has none.
    pub create: bool,
    /// The claims that go along into the account's tokens.
    pub claims: Vec<String>,
    /// Whose second factor counts.
    pub factor: ProviderFactor,
    /// The values of `acr` that count for a second factor.
    pub acr: Vec<String>,
    /// The values of `amr` that count for a second factor.
    pub amr: Vec<String>,
    /// Whether it is asked again about sessions that it began. `None`: never.
    pub recheck: Option<Recheck>,
}

/// How a provider is asked again about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recheck {
    /// The time between an answer and the next question.
    pub every: Period,
    /// How long after the first question without an answer the session is held.
    pub silence: Period,
}

/// A claim that an ID token must have.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimCondition {
    /// Its name.
    pub name: String,
    /// Its value, or one of its values if it is a list.
    pub value: Value,
}

/// Whether an account may be found by its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkPolicy {
    /// Never.
    #[default]
    Never,
    /// By a verified address of an authoritative domain, with a confirmation.
    Email,
}

/// Whose second factor counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderFactor {
    /// That of the account here, if it has one or must have one.
    #[default]
    Ours,
    /// The provider's, where its `acr` or `amr` says so.
    Theirs,
}
