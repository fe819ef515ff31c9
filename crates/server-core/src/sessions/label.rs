//! How a device describes itself. Nothing in it is trusted: anybody who signs in chooses these
//! texts, and other people's windows show them.

/// Maximum length of a quoted text, in characters.
const MAX_QUOTED_CHARS: usize = 40;

/// A device's description of itself. Shown to the account's owner, and not trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceLabel {
    /// The device's name, as shown in the list of sessions.
    pub name: Option<String>,
    /// Its operating system.
    pub platform: Option<String>,
}

impl DeviceLabel {
    /// The same texts, fit to be shown between quotation marks to another device: 40 characters at
    /// most; no character that ends the quotation, reverses the text, breaks the line or makes a
    /// link of it. A text of which nothing is left is absent.
    pub(crate) fn quoted(&self) -> Self {
        Self {
            name: self.name.as_deref().and_then(quoted),
            platform: self.platform.as_deref().and_then(quoted),
        }
    }
}

fn quoted(text: &str) -> Option<String> {
    let harmless: String = text.chars().map(|char| if is_harmless(char) { char } else { ' ' }).collect();
    let words: Vec<&str> = harmless.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(MAX_QUOTED_CHARS).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// Letters, digits and marks of any script, and the punctuation that names of devices have.
fn is_harmless(char: char) -> bool {
    match char {
        ' ' | '-' | '_' | '.' | ',' | '\'' | '’' | '(' | ')' | '+' | '#' | '&' | '!' => true,
        _ => char.is_alphanumeric(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["sam-laptop", "Sam’s MacBook Pro (2)", "büro.fritz.box", "太郎のパソコン", "PC_17 #2"]
        {
            assert_eq!(quoted(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn links_quotation_marks_and_reversed_text_are_taken_apart() {
        for (name, expected) in [
            ("https://evil.example/a?b=c", "https evil.example a b c"),
            ("mailto:help@evil.example", "mailto help evil.example"),
            ("\u{201d} is yours. Call", "is yours. Call"),
            ("\" or <a href=x>", "or a href x"),
            ("\u{202e}txt.exe\u{2066}", "txt.exe"),
            ("one\ntwo\r\u{2028}three", "one two three"),
        ] {
            assert_eq!(quoted(name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(quoted("\u{200b}\u{202e} "), None);
        assert_eq!(quoted(&"é".repeat(64)).unwrap(), "é".repeat(40));
    }

    proptest! {
        #[test]
        fn no_text_ends_its_quotation_or_is_a_link(name in any::<String>()) {
            let Some(shown) = quoted(&name) else { return Ok(()) };
            prop_assert!(shown.chars().count() <= 40 && shown == shown.trim());
            let harmful = ['"', '“', '”', '„', '«', '»', ':', '/', '\\', '@', '<', '>', '\n', '\u{202e}'];
            prop_assert!(!shown.contains(harmful));
        }
    }
}
