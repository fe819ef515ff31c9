//! What the user types in place of the listener: the characters of the last page, or the address of
//! the page that could not be shown. A slip is found here, before anything is sent.

use reqwest::Url;
use secrecy::SecretString;

use crate::browser::landing;

/// How many characters the last page shows, without the hyphen.
const CHARS: usize = 8;

/// Maximum length of what is read, in bytes.
const MAX_BYTES: usize = 2048;

/// The characters of Crockford's base 32.
const DIGITS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The result for `request` in what the user has typed; `None` if it is neither the characters nor
/// the address.
pub(crate) fn result(text: &str, request: &str) -> Option<SecretString> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return None;
    }
    if let Ok(url) = Url::parse(text)
        && url.scheme() == "http"
        && url.host_str() == Some("127.0.0.1")
    {
        let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        return landing::result(&target, request);
    }
    characters(text).map(Into::into)
}

/// The characters without blanks and hyphens, in capitals, where letters that look like digits are
/// digits.
fn characters(text: &str) -> Option<String> {
    let is_between =
        |c: &char| c.is_whitespace() || c.is_control() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
    let plain: String = text
        .chars()
        .filter(|c| !is_between(c))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    (plain.chars().count() == CHARS && plain.chars().all(|c| DIGITS.contains(c))).then_some(plain)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const REQUEST: &str = "k3x9Q-_d2mLw0pVnYt7Bzg";

    fn read(text: &str) -> Option<String> {
        result(text, REQUEST).map(|found| found.expose_secret().to_owned())
    }

    #[test]
    fn characters_are_read_as_people_type_them() {
        for text in ["7M2K-Q01X", " 7m2k q01x ", "7m2kqo1x", "7M2K\u{2013}QoIx\n", "7m2k-qolx"] {
            assert_eq!(read(text).as_deref(), Some("7M2KQ01X"), "{text}");
        }
        for text in ["", "7M2K-Q01", "7M2K-Q01XX", "7M2K-Q01U", "7M2K-Q0\u{131}X", &"7".repeat(3000)] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_address_of_a_page_that_could_not_be_shown_is_read_for_its_own_request() {
        let found = "Zp4nTr8sVx0bCd2fGh5jKl7mNq9wYe1uIo3aSd6g";
        let address = |host: &str, of: &str| format!("http://{host}/latchkey?request={of}&result={found}");
        assert_eq!(read(&address("127.0.0.1:40123", REQUEST)).as_deref(), Some(found));
        for other in [
            address("127.0.0.1:40123", "another-request-0000000"),
            address("evil.example", REQUEST),
            address("127.0.0.1@evil.example", REQUEST),
            "https://127.0.0.1/latchkey".to_owned(),
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,300}") {
            if let Some(found) = read(&text) {
                proptest::prop_assert!(found.is_ascii());
            }
        }
    }
}
