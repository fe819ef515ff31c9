//! The issuer of a provider: a URL that is called, and a text that is compared. Keeps the text as
//! it is written: `https://id.example` and `https://id.example/` are two issuers (OpenID Connect
//! Core 1.0 §2), and some providers are the second kind.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::outgoing::{InvalidOutgoingUrl, OutgoingUrl};

/// The issuer of a provider.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderIssuer {
    url: OutgoingUrl,
    text: String,
}

impl ProviderIssuer {
    /// The URL, to call it.
    #[must_use]
    pub fn url(&self) -> &OutgoingUrl {
        &self.url
    }

    /// The text as it is written, to compare it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for ProviderIssuer {
    type Err = InvalidOutgoingUrl;

    fn from_str(text: &str) -> Result<Self, InvalidOutgoingUrl> {
        Ok(Self { url: text.parse()?, text: text.to_owned() })
    }
}

impl TryFrom<String> for ProviderIssuer {
    type Error = InvalidOutgoingUrl;

    fn try_from(text: String) -> Result<Self, InvalidOutgoingUrl> {
        text.parse()
    }
}

impl From<ProviderIssuer> for String {
    fn from(issuer: ProviderIssuer) -> Self {
        issuer.text
    }
}

impl fmt::Debug for ProviderIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_compared_as_it_is_written() {
        for text in
            ["https://id.example", "https://id.example/", "https://ID.example/realms/a", "http://127.0.0.1:1"]
        {
            let issuer: ProviderIssuer = text.parse().unwrap();
            assert_eq!((issuer.as_str(), String::from(issuer.clone()).as_str()), (text, text));
        }
        for text in ["", "id.example", "http://id.example", "https://id.example/#a", "https://a@id.example"] {
            assert!(text.parse::<ProviderIssuer>().is_err(), "{text}");
        }
    }
}
