//! The names and the address of an account: texts that fit in a line of a window and in a token.

/// A name or address that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidProfile {
    /// A name that is empty, too long, or breaks the line.
    #[error("a name has 1 to 128 characters and no control characters")]
    Name,
    /// Not an e-mail address.
    #[error(
        "an e-mail address has one @ with something before and after it, no spaces, and 254 bytes at most"
    )]
    Email,
}

/// Checks the names, if there are any, and the address.
pub(crate) fn check<'a>(
    names: impl IntoIterator<Item = Option<&'a str>>,
    email: Option<&str>,
) -> Result<(), InvalidProfile> {
    if !names.into_iter().flatten().all(|name| is_line(name, 128)) {
        return Err(InvalidProfile::Name);
    }
    if !email.is_none_or(is_email) {
        return Err(InvalidProfile::Email);
    }
    Ok(())
}

/// Whether a text fits in a line: not blank, at most `max` characters, no control characters.
pub fn is_line(text: &str, max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control)
}

/// Refuses only addresses that are certainly invalid: only a message to an address tests it.
fn is_email(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    text.len() <= 254
        && text.chars().all(plain)
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses() {
        for name in ["Sam", "O’Neil-Śmith", "李", "van der Berg"] {
            assert!(is_line(name, 128), "{name}");
        }
        for name in ["", " ", "a\nb", "a\u{7}", &"x".repeat(129)] {
            assert!(!is_line(name, 128), "{name:?}");
        }
        for email in ["sam@example.com", "a@b", "sam+x@пример.рф"] {
            assert!(is_email(email), "{email}");
        }
        for email in ["", "sam", "@b", "a@", "a@b@c", "a b@c", "a@b\n"] {
            assert!(!is_email(email), "{email:?}");
        }
    }
}
