//! The settings of providers: the companies' sign-in servers (OpenID Connect).

use std::path::PathBuf;

use latchkey_server_core::accounts::may_be_custom_claim;
use latchkey_server_core::providers::{
    ClaimCondition, IdTokenAlgorithm, LinkPolicy, ProviderFactor, ProviderRules,
};
use serde::{Deserialize, Serialize};

use super::provider_issuer::ProviderIssuer;
use super::{PublicUrl, SettingsError};

/// A provider that people may sign in with.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// Its name in URLs and in the log: `a-z`, `0-9` and hyphens.
    pub id: String,
    /// Its name on the button.
    pub name: String,
    /// Its issuer, exactly as its metadata and its tokens have it.
    pub issuer: ProviderIssuer,
    /// The id of this server there.
    pub client_id: String,
    /// The file of the secret of this server there. `None`: a public client, by PKCE alone.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// The scopes that are asked for; `openid` must be one.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The algorithms that its ID tokens may be signed with.
    #[serde(default = "algorithms")]
    pub algorithms: Vec<IdTokenAlgorithm>,
    /// The certificate authorities that may sign its certificate, PEM. `None`: the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Only people with a verified address of one of these domains may sign in; empty: all.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Only people with this claim may sign in.
    #[serde(default)]
    pub claim: Option<ClaimCondition>,
    /// Whether an account may be found by its address.
    #[serde(default)]
    pub link: LinkPolicy,
    /// The domains whose addresses the provider itself assigns.
    #[serde(default)]
    pub authoritative_domains: Vec<String>,
    /// Whether an account is made for a person who has none.
    #[serde(default)]
    pub create: bool,
    /// The claims that go along into the account's tokens.
    #[serde(default)]
    pub claims: Vec<String>,
    /// Whose second factor counts.
    #[serde(default)]
    pub factor: ProviderFactor,
    /// The values of `acr` that count for a second factor.
    #[serde(default)]
    pub acr: Vec<String>,
    /// The values of `amr` that count for a second factor.
    #[serde(default)]
    pub amr: Vec<String>,
}

fn scopes() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).into()
}

fn algorithms() -> Vec<IdTokenAlgorithm> {
    vec![IdTokenAlgorithm::RS256]
}

impl ProviderSettings {
    /// What the use cases need to know.
    pub(crate) fn rules(&self) -> ProviderRules {
        ProviderRules {
            id: self.id.clone(),
            issuer: self.issuer.as_str().to_owned(),
            domains: self.domains.clone(),
            claim: self.claim.clone(),
            link: self.link,
            authoritative_domains: self.authoritative_domains.clone(),
            create: self.create,
            claims: self.claims.clone(),
            factor: self.factor,
            acr: self.acr.clone(),
            amr: self.amr.clone(),
        }
    }
}

/// Checks values and combinations of values of all providers.
pub(super) fn check(
    providers: &[ProviderSettings],
    public_url: Option<&PublicUrl>,
) -> Result<(), SettingsError> {
    let is_id = |id: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=32).contains(&id.len()) && id.bytes().all(plain)
    };
    let is_line = |text: &str, max| latchkey_server_core::accounts::is_line(text, max);
    let is_twice = |index: usize, id: &str| providers.iter().take(index).any(|other| other.id == id);
    let is_https = public_url.is_some_and(|url| url.as_str().starts_with("https://"));
    for (index, provider) in providers.iter().enumerate() {
        let ProviderSettings { id, name, scopes, algorithms, claims, .. } = provider;
        let is_theirs = provider.factor == ProviderFactor::Theirs;
        let rules = [
            (
                "providers",
                is_https,
                "need public_url to begin with https://: a provider sends people back to it",
            ),
            ("providers.id", is_id(id), "must be 1 to 32 characters a-z, 0-9 and -"),
            ("providers.id", !is_twice(index, id), "is there twice"),
            ("providers.name", is_line(name, 40), "must be one line of 1 to 40 characters"),
            ("providers.client_id", is_line(&provider.client_id, 256), "must be one line"),
            ("providers.scopes", scopes.iter().any(|scope| scope == "openid"), "must contain openid"),
            ("providers.algorithms", !algorithms.is_empty(), "must name at least one"),
            (
                "providers.authoritative_domains",
                provider.link == LinkPolicy::Never || !provider.authoritative_domains.is_empty(),
                "must name the domains whose addresses the provider assigns, if link is \"email\"",
            ),
            (
                "providers.acr",
                !is_theirs || !provider.acr.is_empty() || !provider.amr.is_empty(),
                "or providers.amr must list what counts as a second factor, if factor is \"theirs\"",
            ),
            (
                "providers.claims",
                claims.iter().all(|name| may_be_custom_claim(name)),
                "must be names of letters, digits and _ - . : /, and none that the server sets itself",
            ),
        ];
        if let Some((name, _, reason)) = rules.into_iter().find(|(_, holds, _)| !holds) {
            return Err(SettingsError::Value { name, reason });
        }
    }
    Ok(())
}
