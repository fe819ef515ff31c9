//! User names: which texts are one, and when two are the same.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Maximum length of a user name, in characters.
///
/// E-mail addresses are user names in many systems, and have 254 (RFC 5321 §4.5.3.1.3).
pub const MAX_USERNAME_CHARS: usize = 254;

/// A text that cannot be a user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a user name has 1 to {MAX_USERNAME_CHARS} characters: letters, digits and . _ - @ + ' \\, the first a \
     letter, a digit or _; write a dot for a blank, or choose another name"
)]
pub struct InvalidUsername;

/// A user name as it is shown, with the key by which it is found.
///
/// Shown in NFC (Unicode Standard Annex #15): macOS keyboards and files often give decomposed
/// letters, and a name must not depend on the keyboard. Found by NFKC and lower case:
/// `Ladiesman217`, `ladiesman217` and `ｌａｄｉｅｓｍａｎ217` are one account, so a name that differs only
/// in case or width is refused. Letters of different scripts that look alike stay different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Reads a user name.
    ///
    /// # Errors
    /// [`InvalidUsername`].
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        // Composing shortens a text by no more than this factor, so a longer text is always too
        // long.
        if text.len() > MAX_USERNAME_CHARS * 16 {
            return Err(InvalidUsername);
        }
        let shown: String = text.nfc().collect();
        // A sigma at the end of a word is another letter in lower case only: ΟΔΟΣ and οδος are one
        // name.
        // Telephones write a curved apostrophe.
        let fold = |c: char| match c {
            'ς' => 'σ',
            '\u{2019}' => '\'',
            other => other,
        };
        let key: String = text.nfkc().flat_map(char::to_lowercase).map(fold).nfkc().collect();
        if fits(&shown) && fits(&key) { Ok(Self { shown, key }) } else { Err(InvalidUsername) }
    }

    /// The name as its owner writes it, in NFC.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The key by which the name is found: equal for two spellings of one name.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

fn fits(name: &str) -> bool {
    // The apostrophe of names (O'Connor) and the backslash of Windows domains. No blank: it would
    // be another field in a line of the log.
    let allowed = |c: char| c.is_alphanumeric() || is_combining_mark(c) || "._-@+'\u{2019}\\".contains(c);
    name.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_')
        && name.chars().all(allowed)
        && name.chars().count() <= MAX_USERNAME_CHARS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> String {
        Username::parse(text).unwrap().key
    }

    #[test]
    fn names_that_read_the_same_are_the_same() {
        for (one, other) in [
            ("Ladiesman217", "ladiesMAN217"),
            ("Ladiesman217", "ｌａｄｉｅｓｍａｎ２１７"),
            ("Zoë", "zoe\u{308}"),
            ("ﬁona", "FIONA"),
            ("straße", "STRAẞE"),
            ("Ωmega", "ωmega"),
            ("Δ\u{2126}", "δω"),
            ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς"),
            ("O'Connor", "o\u{2019}connor"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("sam"), key("sаm"), "the second has a Cyrillic letter");
        assert_eq!(Username::parse("Zoe\u{308}").unwrap().as_str(), "Zoë");
    }

    #[test]
    fn refuses_text_that_could_deceive_or_break_a_line() {
        for text in [
            "",
            " ",
            "sam ",
            " sam",
            "sam witwicky",
            "sam\n",
            "sam\0",
            ".sam",
            "-rf",
            "@",
            "sam/..",
            "sa\u{200b}m",
            "\u{202e}mas",
            "\u{301}sam",
            "½",
            "sam\u{a0}",
            "a\u{fdfa}",
        ] {
            assert_eq!(Username::parse(text), Err(InvalidUsername), "{text:?}");
        }
        assert!(Username::parse(&"é".repeat(64)).is_ok());
        assert!(Username::parse(&"e\u{301}".repeat(64)).is_ok());
        let address = format!("{}@{}", "l".repeat(64), "d".repeat(189));
        assert!(Username::parse(&address).is_ok(), "an e-mail address of 254 characters");
        assert!(Username::parse(&"x".repeat(255)).is_err());
        for good in [
            "a",
            "7",
            "sam.witwicky+work@example.com",
            "o'connor@example.com",
            r"DOMAIN\user",
            "_svc",
            "नमस्ते",
            "李雷",
            "Ångström",
        ] {
            assert!(Username::parse(good).is_ok(), "{good}");
        }
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(text in "\\PC{0,20}") {
            if let Ok(name) = Username::parse(&text) {
                let again = Username::parse(&name.key);
                prop_assert_eq!(again.as_ref().map(|again| again.key.as_str()), Ok(name.key.as_str()));
                let shown = Username::parse(&name.shown);
                prop_assert_eq!(shown.map(|shown| shown.key), Ok(name.key));
            }
        }
    }
}
