//! `user edit`: the profile and the claims of an account.

use clap::{ArgGroup, Args};
use latchkey_server::Language;
use latchkey_server::accounts::{Username, parse_claims};
use latchkey_server::admin::AccountEdit;

use super::Failure;

/// Change names, e-mail address and claims of an account; its devices learn of it when they renew
#[derive(Args)]
#[command(group(ArgGroup::new("change").required(true).multiple(true).args(
    ["given_name", "family_name", "email", "language", "claims", "unset_claims"]
)))]
pub(super) struct Edit {
    /// User name
    name: String,
    /// Given name; "" takes it away
    #[arg(long, value_name = "NAME")]
    given_name: Option<String>,
    /// Family name; "" takes it away
    #[arg(long, value_name = "NAME")]
    family_name: Option<String>,
    /// E-mail address; "" takes it away
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Language of its mails: en or de; "" for that of the server
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    language: Option<NewLanguage>,
    /// A claim that every token of the account bears; VALUE is taken as JSON if it is JSON. Can be
    /// given several times
    #[arg(long = "claim", value_name = "KEY=VALUE")]
    claims: Vec<String>,
    /// Take a claim away. Can be given several times
    #[arg(long = "unset-claim", value_name = "KEY")]
    unset_claims: Vec<String>,
}

/// A language, or that of the server.
#[derive(Clone, Copy)]
struct NewLanguage(Option<Language>);

fn language(text: &str) -> Result<NewLanguage, &'static str> {
    match Language::parse(text) {
        None if !text.is_empty() => Err("the language is en or de"),
        language => Ok(NewLanguage(language)),
    }
}

impl Edit {
    /// The account's name, and the change.
    pub(super) fn read(self) -> Result<(Username, AccountEdit), Failure> {
        let given = |text: Option<String>| text.map(|text| Some(text).filter(|text| !text.is_empty()));
        let edit = AccountEdit {
            given_name: given(self.given_name),
            family_name: given(self.family_name),
            email: given(self.email),
            language: self.language.map(|new| new.0),
            set_claims: parse_claims(self.claims.iter().map(String::as_str))?,
            unset_claims: self.unset_claims,
        };
        Ok((Username::parse(&self.name)?, edit))
    }
}
