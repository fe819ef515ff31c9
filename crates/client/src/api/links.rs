//! The account's links to accounts of providers, as the server lists them.

use serde::Deserialize;

use super::browser_options::{MAX_PROVIDERS, Provider, ProviderJson};
use super::devices::SessionId;
use super::error::ApiError;
use super::named_device::own_words;

/// Maximum number of links that are read.
const MAX_LINKS: usize = 50;

/// The id of a link, safe in a path.
pub type LinkId = SessionId;

/// A link to an account of a provider (OpenID Connect): that account signs in here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The provider's id, as the server's settings name it; `None` if it is there no more.
    pub provider: Option<String>,
    /// The provider's name, or its issuer if the server's settings have it no more.
    pub name: String,
    /// When the accounts were linked, in seconds since 1970.
    pub linked_at: i64,
    /// When it was used last, in seconds since 1970.
    pub last_used_at: Option<i64>,
}

/// The links, and with which providers there can be more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// The links, in the server's order.
    pub links: Vec<Link>,
    /// The providers whose accounts may be linked.
    pub may_link: Vec<Provider>,
}

#[derive(Deserialize)]
pub(super) struct LinksJson {
    links: Vec<LinkJson>,
    #[serde(default)]
    may_link: Vec<ProviderJson>,
}

#[derive(Deserialize)]
struct LinkJson {
    id: String,
    provider: Option<String>,
    name: String,
    linked_at: i64,
    last_used_at: Option<i64>,
}

impl TryFrom<LinkJson> for Link {
    type Error = ApiError;

    fn try_from(json: LinkJson) -> Result<Self, ApiError> {
        Ok(Self {
            id: LinkId::parse(&json.id).ok_or(ApiError::InvalidResponse)?,
            provider: json.provider.filter(|id| Provider::is_id(id)),
            name: own_words(&json.name),
            linked_at: json.linked_at,
            last_used_at: json.last_used_at,
        })
    }
}

impl From<LinksJson> for Links {
    fn from(LinksJson { links, may_link }: LinksJson) -> Self {
        let links = links.into_iter().take(MAX_LINKS).filter_map(|link| link.try_into().ok());
        let may_link = may_link.into_iter().filter_map(ProviderJson::read).take(MAX_PROVIDERS);
        Self { links: links.collect(), may_link: may_link.collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn links_are_bounded_their_names_are_one_line_and_an_id_stays_inside_a_path() {
        let named = "Acme\n\u{202e}";
        let link = |id: &str| json!({ "id": id, "provider": "acme", "name": named, "linked_at": 1 });
        let gone = json!({ "id": "b", "provider": null, "name": "https://id.example.test", "linked_at": 1,
            "last_used_at": 2 });
        let json = json!({
            "links": [link("a"), link("../b"), gone],
            "may_link": [{ "id": "acme", "name": "Acme" }, { "id": "a/b", "name": "B" }],
        });
        let read: Links = serde_json::from_value::<LinksJson>(json).unwrap().into();
        let [first, second] = &*read.links else { panic!("{read:?}") };
        assert_eq!((first.name.as_str(), first.provider.as_deref()), ("Acme", Some("acme")));
        assert_eq!((second.name.as_str(), second.provider.as_deref()), ("https://id.example.test", None));
        assert_eq!(read.may_link, [Provider { id: "acme".into(), name: "Acme".into() }]);
        let many: Vec<_> = (0..99).map(|n| link(&n.to_string())).collect();
        let read: Links = serde_json::from_value::<LinksJson>(json!({ "links": many })).unwrap().into();
        assert_eq!((read.links.len(), read.may_link.len()), (50, 0));
    }
}
