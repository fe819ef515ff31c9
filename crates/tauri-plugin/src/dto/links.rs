//! The account's links to accounts of providers.

use latchkey_client::api;
use serde::Serialize;

use super::Provider;

/// The account's links, and with which providers there can be more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Links {
    /// The links.
    pub links: Vec<Link>,
    /// The providers whose accounts may be linked.
    pub may_link: Vec<Provider>,
}

/// A link to an account of a provider: that account signs in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Its id.
    pub id: String,
    /// The provider's id at this server; null if the server does not have it any more.
    pub provider: Option<String>,
    /// The provider's name, or its issuer if the server does not have it any more.
    pub name: String,
    /// When the accounts were linked, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub linked_at: i64,
    /// When it was used last, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub last_used_at: Option<i64>,
}

impl From<api::Links> for Links {
    fn from(api::Links { links, may_link }: api::Links) -> Self {
        let links = links.into_iter().map(Into::into).collect();
        Self { links, may_link: may_link.into_iter().map(Into::into).collect() }
    }
}

impl From<api::Link> for Link {
    fn from(api::Link { id, provider, name, linked_at, last_used_at }: api::Link) -> Self {
        Self { id: id.as_str().to_owned(), provider, name, linked_at, last_used_at }
    }
}
