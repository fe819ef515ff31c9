//! The settings of providers: the companies' sign-in servers (OpenID Connect).

use std::collections::BTreeMap;
use std::path::PathBuf;

use latchkey_server_core::Period;
use latchkey_server_core::accounts::may_be_custom_claim;
use latchkey_server_core::providers::{
    ClaimCondition, IdTokenAlgorithm, LinkPolicy, ProviderFactor, ProviderRules, Recheck,
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
    /// Further parameters of the request that the browser takes to the provider.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// How often it is asked whether a session that it began goes on. `None`: never.
    #[serde(default)]
    pub recheck: Option<Period>,
    /// How long after the first question without an answer such a session is held.
    #[serde(default = "silence")]
    pub recheck_silence: Period,
}

/// The parameters of the request to a provider that are this server's own.
const OWN_PARAMETERS: [&str; 17] = [
    "claims",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "id_token_hint",
    "max_age",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

/// The values of `prompt` that may be asked for at each sign-in.
const PROMPTS: [&str; 3] = ["consent", "login", "select_account"];

/// The most further parameters, and the length of a name or a value.
const MAX_PARAMETERS: usize = 16;
const MAX_PARAMETER_CHARS: usize = 256;

/// The shortest times. A provider is not asked all the time.
const MIN_RECHECK: Period = Period::from_seconds(300);
const MIN_SILENCE: Period = Period::from_seconds(3600);

fn silence() -> Period {
    Period::from_seconds(72 * 3600)
}

fn is_parameter(name: &str, value: &str) -> bool {
    let is_line = |text: &str| latchkey_server_core::accounts::is_line(text, MAX_PARAMETER_CHARS);
    let is_own = OWN_PARAMETERS.contains(&name);
    let is_prompt = name != "prompt" || value.split(' ').all(|prompt| PROMPTS.contains(&prompt));
    is_line(name) && is_line(value) && !is_own && is_prompt
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
            name: self.name.clone(),
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
            recheck: self.recheck.map(|every| Recheck { every, silence: self.recheck_silence }),
        }
    }

    /// Whether it is to be asked again about sessions, and nothing in the settings asks for the
    /// refresh token that this needs.
    pub(super) fn cannot_recheck(&self) -> bool {
        self.recheck.is_some()
            && self.parameters.is_empty()
            && !self.scopes.iter().any(|scope| scope == "offline_access")
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
                "providers.parameters",
                provider.parameters.len() <= MAX_PARAMETERS
                    && provider.parameters.iter().all(|(name, value)| is_parameter(name, value)),
                "must be up to 16 parameters that are not the server's own; prompt may be consent, login or \
                 select_account",
            ),
            (
                "providers.recheck",
                provider.recheck.is_none_or(|every| every >= MIN_RECHECK),
                "must be at least 5m",
            ),
            ("providers.recheck_silence", provider.recheck_silence >= MIN_SILENCE, "must be at least 1h"),
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
