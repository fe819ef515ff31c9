//! The link by which the server's last page hands over its result. Refuses every other path, and
//! the result of another request.

use reqwest::Url;
use secrecy::SecretString;

/// The path of the link.
const PATH: &str = "/latchkey";

/// The length of a result in a link, in characters.
const RESULT_CHARS: std::ops::RangeInclusive<usize> = 32..=128;

/// Maximum length of a link, in bytes.
const MAX_BYTES: usize = 1024;

/// The result in a link to this computer; `target`: its path and query, as a browser sends them.
/// `None` if it is not the link of `request`.
pub(crate) fn result(target: &str, request: &str) -> Option<SecretString> {
    if target.len() > MAX_BYTES || !target.starts_with('/') {
        return None;
    }
    let url = Url::parse("http://127.0.0.1").ok()?.join(target).ok()?;
    if url.path() != PATH || url.host_str() != Some("127.0.0.1") || url.port().is_some() {
        return None;
    }
    let mut found = (None, None);
    for (name, value) in url.query_pairs() {
        let place = match &*name {
            "request" => &mut found.0,
            "result" => &mut found.1,
            _ => continue,
        };
        if place.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    let (of, result) = (found.0?, found.1?);
    let is_plain = result.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (of == request && is_plain && RESULT_CHARS.contains(&result.len())).then(|| result.into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const REQUEST: &str = "k3x9Q-_d2mLw0pVnYt7Bzg";
    const RESULT: &str = "Zp4nTr8sVx0bCd2fGh5jKl7mNq9wYe1uIo3aSd6g";

    #[test]
    fn only_the_link_of_the_request_has_a_result() {
        let link =
            |path: &str, request: &str, result: &str| format!("{path}?request={request}&result={result}");
        let read = |target: &str| result(target, REQUEST).map(|found| found.expose_secret().to_owned());
        assert_eq!(read(&link("/latchkey", REQUEST, RESULT)).as_deref(), Some(RESULT));
        assert!(read(&format!("/latchkey?result={RESULT}&x=1&request={REQUEST}#end")).is_some());
        for target in [
            link("/latchkey", "another-request-0000000", RESULT),
            link("/latchkey", REQUEST, ""),
            link("/latchkey", REQUEST, "short"),
            link("/latchkey", REQUEST, &"x".repeat(129)),
            link("/latchkey", REQUEST, "<script>alert(1)</script>xxxxxxxxxxxxxxxxxxx"),
            link("/latchkey/", REQUEST, RESULT),
            link("/other", REQUEST, RESULT),
            link("/latchkey", REQUEST, RESULT) + "&result=Zp4nTr8sVx0bCd2fGh5jKl7mNq9wYe1uIo3aSd6h",
            link("//evil.example/latchkey", REQUEST, RESULT),
            link("/\\evil.example/latchkey", REQUEST, RESULT),
            format!("http://127.0.0.1/latchkey?request={REQUEST}&result={RESULT}"),
            format!("/latchkey?request={REQUEST}"),
            String::new(),
            "/".repeat(2000),
        ] {
            assert_eq!(read(&target), None, "{target}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_target_is_read_without_a_panic(target in ".{0,200}", request in ".{0,30}") {
            let _ = result(&target, &request);
            let _ = result(&format!("/latchkey?{target}"), &request);
        }
    }
}
