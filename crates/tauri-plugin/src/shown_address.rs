//! A setting's value as an error may show it: enough to recognise it by, and nothing that may be a
//! secret.

/// Longer text is truncated.
const MAX_CHARS: usize = 200;

/// The address without user name, password, query and fragment, in quotation marks, with everything
/// unusual escaped. It need not be a URL: the value of a variable that is refused is anything.
pub(crate) fn shown(value: &str) -> String {
    let plain = value.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = plain.split_once("://").map_or(("", plain), |(scheme, rest)| (scheme, rest));
    let separator = if scheme.is_empty() { "" } else { "://" };
    // Up to the last one: a password may hold an `@` that was not escaped.
    let bare = match rest.rsplit_once('@') {
        Some((_, place)) => format!("{scheme}{separator}…@{place}"),
        None => plain.to_owned(),
    };
    let cut: String = bare.chars().take(MAX_CHARS).collect();
    format!("{cut:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_a_secret() {
        for (value, expected) in [
            ("http://10.0.0.1", r#""http://10.0.0.1""#),
            ("https://sam:hunter2@auth.example/base", r#""https://…@auth.example/base""#),
            ("https://sam:hunt@er2@auth.example", r#""https://…@auth.example""#),
            ("sam:hunter2@auth.example", r#""…@auth.example""#),
            ("https://auth.example/?token=hunter2", r#""https://auth.example/""#),
            ("https://auth.example#hunter2", r#""https://auth.example""#),
            ("not\na\u{202e}url", r#""not\na\u{202e}url""#),
        ] {
            assert_eq!(shown(value), expected);
        }
        assert!(shown(&"x".repeat(100_000)).len() < 300);
    }
}
