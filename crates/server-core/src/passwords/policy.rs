//! Which passwords may be set (NIST SP 800-63B-4, §3.1.1.2): long enough, and not among the
//! passwords that are guessed first or known from breaches. No rules about kinds of characters, no
//! expiry, no truncation.

use std::path::Path;

use secrecy::SecretString;
use zxcvbn::{Score, zxcvbn};

use super::PasswordError;
use super::spelling::{normalised, spellings};
use crate::breached::{BreachedFileError, BreachedPasswords};

/// Maximum length of a password that can be set, in characters.
pub const MAX_PASSWORD_CHARS: usize = 128;

/// How much of a password is searched for patterns, in characters. The cost grows with the square,
/// and a password is at least as strong as its beginning.
const SEARCHED_CHARS: usize = 64;

/// Checks length and characters, which is cheap. Counts the characters (Unicode code points) of the
/// form that is hashed.
pub(super) fn check_form(password: &SecretString, min_length: usize) -> Result<(), PasswordError> {
    let text = normalised(password);
    let length = text.chars().count();
    if text.chars().any(char::is_control) {
        Err(PasswordError::ControlCharacter)
    } else if length < min_length {
        Err(PasswordError::TooShort { min_length })
    } else if length > MAX_PASSWORD_CHARS {
        Err(PasswordError::TooLong)
    } else {
        Ok(())
    }
}

/// Whether a password is among the passwords that are guessed first: common ones, words and names,
/// keyboard rows, repetitions, dates, or the words `about` the account. Takes milliseconds. (The
/// library copies parts of it in memory for that time.)
pub(super) fn is_common(password: &SecretString, about: &[String]) -> bool {
    let text = normalised(password);
    let searched = text
        .char_indices()
        .nth(SEARCHED_CHARS)
        .map_or(text.as_str(), |(end, _)| text.get(..end).unwrap_or(&text));
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    // Three: over 10^8 guesses.
    zxcvbn(searched, &about).score() < Score::Three
}

/// Whether a password, in one of its spellings, is in a file of breached passwords. Opens the file
/// at each call, so that a new one counts from then on. Takes microseconds, and reads the disk.
pub(super) fn is_breached(password: &SecretString, file: &Path) -> Result<bool, BreachedFileError> {
    let breached = BreachedPasswords::open(file)?;
    for spelling in spellings(password) {
        if breached.contains(&spelling)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(text: &str, min_length: usize) -> Result<(), PasswordError> {
        check_form(&text.into(), min_length)
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(form("", 1), Err(PasswordError::TooShort { min_length: 1 }));
        assert_eq!(form(&"x".repeat(14), 15), Err(PasswordError::TooShort { min_length: 15 }));
        assert_eq!(form(&"x".repeat(15), 15), Ok(()));
        assert_eq!(form(&"é".repeat(15), 15), Ok(()));
        assert_eq!(form(&"e\u{301}".repeat(14), 15), Err(PasswordError::TooShort { min_length: 15 }));
        assert_eq!(form(&"🚗".repeat(128), 15), Ok(()));
        assert_eq!(form(&"x".repeat(129), 15), Err(PasswordError::TooLong));
    }

    #[test]
    fn a_control_character_is_refused() {
        for control in ["\0", "\n", "\u{7f}", "\u{9f}"] {
            assert_eq!(
                form(&format!("autobots{control}rule for ever"), 15),
                Err(PasswordError::ControlCharacter)
            );
        }
        assert_eq!(form("über den Wolken ☁ — 雲の上", 15), Ok(()));
    }

    #[test]
    fn a_password_that_is_guessed_first_is_refused() {
        let about = ["Ladiesman217", "Sam", "Witwicky", "sam@example.com"].map(str::to_owned);
        for text in [
            "passwordpassword",
            "password12345678",
            "qwertyuiopasdfgh",
            "iloveyouiloveyou",
            "aaaaaaaaaaaaaaaaaaaa",
            "Ladiesman217Ladiesman217",
            "123456789012345678",
            "2019201920192019",
        ] {
            assert!(is_common(&text.into(), &about), "{text}");
        }
        for text in [
            "autobots rule",
            "correct horse battery staple",
            "ein Pferd frisst Gurken",
            "雲の上を歩く人は誰ですか",
        ] {
            assert!(!is_common(&text.into(), &about), "{text}");
        }
    }

    proptest! {
        /// The library indexes texts in many places.
        #[test]
        fn any_text_is_judged(text in "\\PC{0,140}", about in proptest::collection::vec("\\PC{0,20}", 0..4)) {
            is_common(&text.into(), &about);
        }
    }
}
