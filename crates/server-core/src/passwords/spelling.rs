//! The spellings of one password: keyboards and pages differ in how they write the same letters and
//! blanks.

use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The form that is hashed (RFC 8265, §4.2.2): every blank is U+0020, and letters are composed
/// (NFC). A password that is copied from a page or a letter has no-break spaces in it.
pub(super) fn normalised(password: &SecretString) -> Zeroizing<String> {
    collect(password, password.expose_secret().chars().map(plain_blank).nfc())
}

/// The forms that are compared with a hash: the form that is hashed here; with blanks as typed, as
/// this server hashed before blanks were mapped; and with letters as typed, because another program
/// may not have composed them. Of an ordinary password they are all the same text.
///
/// The number depends on the password alone: the same work is done where there is no account.
pub(super) fn spellings(password: &SecretString) -> impl Iterator<Item = Zeroizing<String>> {
    let typed = || password.expose_secret().chars();
    let mut forms = vec![normalised(password)];
    for form in [
        collect(password, typed().nfc()),
        collect(password, typed()),
        collect(password, typed().map(plain_blank)),
    ] {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms.into_iter()
}

fn collect(password: &SecretString, letters: impl Iterator<Item = char>) -> Zeroizing<String> {
    // Capacity for the longest result, so that growing leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(password.expose_secret().len().saturating_mul(3)));
    text.extend(letters);
    text
}

/// The characters of Unicode's category Zs are all a blank.
fn plain_blank(c: char) -> char {
    match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(spellings: impl Iterator<Item = Zeroizing<String>>) -> Vec<String> {
        spellings.map(|text| text.to_string()).collect()
    }

    #[test]
    fn every_blank_is_one_and_letters_are_composed() {
        for blank in [
            " ", "\u{a0}", "\u{1680}", "\u{2000}", "\u{2007}", "\u{200a}", "\u{202f}", "\u{205f}", "\u{3000}",
        ] {
            assert_eq!(*normalised(&format!("u\u{308}ber{blank}alles").into()), "über alles", "{blank:?}");
        }
        // Not blanks: these are compared as they were typed.
        for other in ["a\u{200b}b", "a\tb", "a\u{2028}b", "a\u{2060}b"] {
            assert_eq!(*normalised(&other.into()), other);
        }
    }

    #[test]
    fn another_spelling_is_tried_only_where_there_is_one() {
        for (typed, forms) in [
            ("uber alles", &["uber alles"][..]),
            ("\u{fc}ber alles", &["\u{fc}ber alles"]),
            ("u\u{308}ber alles", &["\u{fc}ber alles", "u\u{308}ber alles"]),
            ("\u{fc}ber\u{a0}alles", &["\u{fc}ber alles", "\u{fc}ber\u{a0}alles"]),
            (
                "u\u{308}ber\u{a0}alles",
                &["\u{fc}ber alles", "\u{fc}ber\u{a0}alles", "u\u{308}ber\u{a0}alles", "u\u{308}ber alles"],
            ),
        ] {
            assert_eq!(texts(spellings(&typed.into())), forms, "{typed:?}");
        }
    }

    #[test]
    fn growing_leaves_no_copy_behind() {
        // The letter that grows most: U+1D160, from four bytes to twelve.
        let password = SecretString::from("\u{1d160}".repeat(8));
        let text = normalised(&password);
        assert!(text.len() <= password.expose_secret().len() * 3, "{}", text.len());
    }
}
