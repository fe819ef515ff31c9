//! The `htu` claim: a URL, compared as RFC 9449 §4.3 requires: normalised, without query and
//! fragment. Refuses other schemes than http and https.

use url::Url;

/// The text is not an absolute http or https URL, or contains a user name or password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absolute http or https URL")]
pub struct InvalidUrl;

/// A request's target, normalised (RFC 3986 §6.2.2, §6.2.3): lower-case scheme and host, no default
/// port, no dot segments, no query, no fragment, no user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Htu(Url);

impl Htu {
    /// Parses and normalises a URL.
    ///
    /// # Errors
    /// [`InvalidUrl`] for anything that is not an absolute http(s) URL.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let mut url = Url::parse(text).map_err(|_| InvalidUrl)?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return Err(InvalidUrl);
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The URL as the claim contains it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_spellings_of_the_same_target_are_equal() {
        let target = Htu::parse("https://auth.example/api/auth").unwrap();
        for same in [
            "HTTPS://AUTH.example/api/auth",
            "https://auth.example:443/api/auth",
            "https://auth.example/api/auth?x=1#y",
            "https://auth.example/./api/x/../auth",
        ] {
            assert_eq!(Htu::parse(same).unwrap(), target, "{same}");
        }
        for other in [
            "http://auth.example/api/auth",
            "https://auth.example:8443/api/auth",
            "https://auth.example/api/auth/",
            "https://auth.example/API/auth",
            "https://evil.example/api/auth",
            "https://auth.example.evil.example/api/auth",
        ] {
            assert_ne!(Htu::parse(other).unwrap(), target, "{other}");
        }
    }

    #[test]
    fn anything_but_an_absolute_http_url_without_user_is_rejected() {
        for text in [
            "",
            "/api/auth",
            "auth.example",
            "ftp://auth.example/",
            "https://",
            "https://u:p@auth.example/",
            "https://u@auth.example/",
            "https://:p@auth.example/",
        ] {
            assert_eq!(Htu::parse(text), Err(InvalidUrl), "{text}");
        }
    }
}
