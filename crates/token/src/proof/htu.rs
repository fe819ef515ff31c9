//! The `htu` claim: a URL, compared as RFC 9449 §4.3 requires: normalised, without query and
//! fragment. Refuses other schemes than http and https.

use std::borrow::Cow;

use url::{Position, Url};

/// The text is not an absolute http or https URL, or contains a user name or password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absolute http or https URL")]
pub struct InvalidUrl;

/// A request's target, normalised (RFC 3986 §6.2.2, §6.2.3): lower-case scheme and host, no default
/// port, no dot segments, no query, no fragment, no user.
///
/// Two targets are equal if their paths differ at most in the case of `%2f` and in the encoding of
/// unreserved characters: `%7E` is `~`. An encoded reserved character is another one than itself:
/// `a%2Fb` is one segment, `a/b` are two (RFC 3986 §2.2).
#[derive(Clone, Debug)]
pub struct Htu {
    url: Url,
    /// The path, with each encoding in its one form.
    path: String,
}

impl PartialEq for Htu {
    fn eq(&self, other: &Self) -> bool {
        self.origin() == other.origin() && self.path == other.path
    }
}

impl Eq for Htu {}

impl Htu {
    /// Parses and normalises a URL.
    ///
    /// # Errors
    /// [`InvalidUrl`] for anything that is not an absolute http(s) URL, and for a `\` in it.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        // The URL standard reads `\` as `/`; a server does not, so two resources would be one.
        let end = text.find(['?', '#']).unwrap_or(text.len());
        if text.get(..end).is_none_or(|target| target.contains('\\')) {
            return Err(InvalidUrl);
        }
        let mut url = Url::parse(text).map_err(|_| InvalidUrl)?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return Err(InvalidUrl);
        }
        url.set_query(None);
        url.set_fragment(None);
        let path = one_form(url.path());
        Ok(Self { url, path })
    }

    /// The URL as the claim contains it.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Scheme, host and port.
    fn origin(&self) -> &str {
        &self.url[..Position::BeforePath]
    }

    /// Whether this is `sent` after a proxy has decoded its path, as nginx does when it replaces a
    /// prefix: it encodes anew only what cannot stand in a path. Never true if this path still
    /// contains an encoded reserved character, because then no proxy has decoded it.
    pub(super) fn is_decoded(&self, sent: &Self) -> bool {
        self.origin() == sent.origin()
            && !percents(&self.path).any(|(_, byte)| byte.is_some_and(is_reserved))
            && decoded(&self.path) == decoded(&sent.path)
    }
}

/// The path with upper-case triplets, and with unreserved characters decoded (RFC 3986 §6.2.2.1,
/// §6.2.2.2). A `%` without two hexadecimal digits, which RFC 3986 does not have, becomes `%25`, as
/// which every decoder reads it: what is decoded after it must not make a new triplet.
fn one_form(path: &str) -> String {
    let mut form = String::with_capacity(path.len());
    let mut rest = 0;
    for (at, byte) in percents(path) {
        form.push_str(path.get(rest..at).unwrap_or_default());
        rest = at + if byte.is_some() { 3 } else { 1 };
        match byte {
            Some(byte) if is_unreserved(byte) => form.push(char::from(byte)),
            Some(_) => form.push_str(&path.get(at..rest).unwrap_or_default().to_ascii_uppercase()),
            None => form.push_str("%25"),
        }
    }
    form.push_str(path.get(rest..).unwrap_or_default());
    form
}

/// The position of each `%` of a path, with the byte of its triplet if it begins one. None overlap:
/// in `%%41` it is `%41`, in `%2541` it is `%25`.
fn percents(path: &str) -> impl Iterator<Item = (usize, Option<u8>)> {
    path.match_indices('%').map(|(at, _)| {
        // `from_str_radix` takes a sign too.
        let digits = path.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        (at, digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()))
    })
}

fn decoded(path: &str) -> Cow<'_, [u8]> {
    percent_encoding::percent_decode_str(path).into()
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986 §2.2, without `?` and `#`: a path can contain these only encoded.
fn is_reserved(byte: u8) -> bool {
    b":/[]@!$&'()*+,;=".contains(&byte)
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
            "https://auth.example/api/auth?\\#\\",
            "https://auth.example/./api/x/../auth",
            "https://auth.example/%61pi/%2E%2e/api/auth",
            "https://auth.example/%61pi/a%75th",
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
            "https://auth.example/api%2Fauth",
            "https://auth.example/api/auth%20",
            "https://auth.example/%2561pi/auth",
        ] {
            assert_ne!(Htu::parse(other).unwrap(), target, "{other}");
        }
    }

    fn target(path: &str) -> Htu {
        Htu::parse(&format!("https://auth.example{path}")).unwrap()
    }

    #[test]
    fn encodings_are_compared_as_rfc_3986_says() {
        for (one, other) in [
            ("/%7Esam/a-b", "/~sam/%61%2D%62"),
            ("/%2f%c3%a9", "/%2F%C3%A9"),
            ("/é", "/%c3%A9"),
            ("/a b", "/a%20b"),
        ] {
            assert_eq!(target(one), target(other));
        }
        for reserved in ":/[]@!$&'()*+,;=?#".chars() {
            let encoded = format!("/a%{:02X}b", u32::from(reserved));
            if !"?#".contains(reserved) {
                assert_ne!(target(&encoded), target(&format!("/a{reserved}b")), "{reserved}");
            }
            assert_eq!(target(&encoded), target(&encoded.to_lowercase()), "{reserved}");
        }
        // No triplet is a `%` itself.
        for (one, other) in [("/%", "/%25"), ("/%zz", "/%25zz"), ("/%%41", "/%25A"), ("/%%34%30", "/%2540")] {
            assert_eq!(target(one), target(other));
        }
        // No character is encoded twice, and none is decoded twice.
        for (one, other) in [("/%+41", "/A"), ("/%2541", "/%41"), ("/%%34%30", "/%40"), ("/%%32F", "/%2F")] {
            assert_ne!(target(one), target(other));
        }
    }

    #[test]
    fn a_path_that_a_proxy_has_decoded_is_recognised() {
        // What encodeURIComponent makes, and what nginx passes on for it.
        for (sent, received) in [
            ("/notes/a%40b", "/notes/a@b"),
            ("/notes/2026-01-01T10%3A00", "/notes/2026-01-01T10:00"),
            ("/notes/a%2Fb", "/notes/a/b"),
            ("/notes/%2B%2C%5B%7C%27", "/notes/+,[|'"),
            ("/notes/50%25%20%C3%A9%3F", "/notes/50%25%20%C3%A9%3F"),
        ] {
            assert!(target(received).is_decoded(&target(sent)), "{sent}");
        }
        for (sent, received) in [
            // Still encoded: no proxy has decoded it.
            ("/notes/a/b", "/notes/a%2Fb"),
            ("/notes/a@b", "/notes/a%40b"),
            ("/notes/%2540", "/notes/%40"),
            // Decoded once only.
            ("/notes/%2540", "/notes/@"),
            ("/notes/a%40b", "/notes/a@c"),
            ("/notes/..%2Fadmin", "/admin"),
        ] {
            assert!(!target(received).is_decoded(&target(sent)), "{sent}");
        }
        let other = Htu::parse("https://other.example/notes/a@b").unwrap();
        assert!(!other.is_decoded(&target("/notes/a%40b")));
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
            "https://auth.example\\api/auth",
            "https://auth.example/api\\auth",
        ] {
            assert_eq!(Htu::parse(text), Err(InvalidUrl), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_normalised_url_is_its_own_normal_form(
            text in "(https?|HTTP)://([a-zA-Z0-9.-]{1,12}|\\[::1\\]|1\\.2\\.3)(:[0-9]{1,4})?(/[!-~é]{0,8}){0,4}(\\?[a-z]{0,3})?"
        ) {
            if let Ok(url) = Htu::parse(&text) {
                let again = Htu::parse(url.as_str());
                proptest::prop_assert_eq!(again.as_ref().map(Htu::as_str), Ok(url.as_str()));
                proptest::prop_assert_eq!(again, Ok(url));
            }
        }
    }
}
