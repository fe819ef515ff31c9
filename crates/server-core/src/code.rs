//! The text of one-time codes and recovery codes: Crockford's base 32 with his check character.
//! Owns how a code is written and read; refuses a text whose check character does not match, so
//! that a slip is found before it counts as a guess. What a code is good for is decided elsewhere.
//!
//! The check character is the number modulo 37. It finds any wrong character and any swap of two
//! neighbours.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use zeroize::Zeroizing;

/// The 32 characters of a code, and the 5 more that only a check character can be.
const SYMBOLS: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";

/// The modulus of the check character: the number of [`SYMBOLS`].
const CHECK: u32 = 37;

/// The values of a character.
const BASE: u32 = 32;

/// Bits of a character.
const BITS: usize = 5;

/// Characters of a group, as a code is shown.
const GROUP: usize = 4;

/// Bytes of randomness that the longest code takes.
const MAX_BYTES: usize = 10;

/// How long a code is, without its check character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeLength {
    /// 8 characters, 40 bits: asked for, valid for minutes and for one device key.
    Short,
    /// 13 characters, 65 bits: a recovery code.
    Recovery,
    /// 16 characters, 80 bits: made by an operator.
    Long,
}

impl CodeLength {
    const ALL: [Self; 3] = [Self::Short, Self::Recovery, Self::Long];

    /// In characters, without the check character.
    fn chars(self) -> usize {
        match self {
            Self::Short => 8,
            Self::Recovery => 13,
            Self::Long => 16,
        }
    }
}

/// Why a text is no code. Nothing in it is wrong as a guess is: it was mistyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCode {
    /// A character that no code has at this place.
    #[error("the code has a character that no code has")]
    Character,
    /// Too few characters, or too many.
    #[error("the code has too few or too many characters")]
    Length,
    /// The check character does not match: a character is wrong, or two are swapped.
    #[error("a character of the code is wrong, or two are swapped")]
    Check,
}

/// A code, well-formed. It is a secret: `Debug` does not show it.
#[derive(Clone)]
pub struct Code {
    /// The characters without the check character, in [`SYMBOLS`].
    chars: Zeroizing<Vec<u8>>,
    length: CodeLength,
}

impl Code {
    /// Reads a code as it was typed: upper or lower case, O for 0, I and L for 1, with blanks and
    /// hyphens anywhere.
    ///
    /// # Errors
    /// [`MalformedCode`].
    pub fn parse(text: &str) -> Result<Self, MalformedCode> {
        // Never grows, so that no copy of the characters stays in freed memory.
        let mut chars = Zeroizing::new(Vec::with_capacity(CodeLength::Long.chars() + 1));
        for char in text.chars().filter(|char| !is_ignored(*char)) {
            if chars.len() > CodeLength::Long.chars() {
                return Err(MalformedCode::Length);
            }
            chars.push(symbol(char).ok_or(MalformedCode::Character)?);
        }
        let check = chars.pop().ok_or(MalformedCode::Length)?;
        if chars.iter().any(|char| value(*char).is_none_or(|value| value >= BASE)) {
            return Err(MalformedCode::Character);
        }
        let mut lengths = CodeLength::ALL.into_iter();
        let length = lengths.find(|length| length.chars() == chars.len()).ok_or(MalformedCode::Length)?;
        let code = Self { chars, length };
        if code.check() == check { Ok(code) } else { Err(MalformedCode::Check) }
    }

    /// A new random code.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(crate) fn random(length: CodeLength) -> Result<Self, Unspecified> {
        let mut bytes = Zeroizing::new([0; MAX_BYTES]);
        rand::fill(bytes.as_mut())?;
        Ok(Self::from_bits(bytes.as_ref(), length))
    }

    /// The code of the first bits of `bytes`; missing ones count as 0.
    pub(crate) fn from_bits(bytes: &[u8], length: CodeLength) -> Self {
        let bit = |index: usize| {
            let byte = bytes.get(index / 8).copied().unwrap_or_default();
            usize::from(byte >> (7 - index % 8) & 1)
        };
        let char = |index: usize| {
            let value = (index * BITS..(index + 1) * BITS).fold(0, |value, index| value << 1 | bit(index));
            SYMBOLS.get(value).copied().unwrap_or_default()
        };
        let mut chars = Zeroizing::new(Vec::with_capacity(length.chars()));
        chars.extend((0..length.chars()).map(char));
        Self { chars, length }
    }

    /// Reads the characters of a [`CodeLength::Short`] code without a check character.
    ///
    /// # Errors
    /// [`MalformedCode`].
    pub(crate) fn parse_unchecked(text: &str) -> Result<Self, MalformedCode> {
        let length = CodeLength::Short;
        let mut chars = Zeroizing::new(Vec::with_capacity(length.chars()));
        for char in text.chars().filter(|char| !is_ignored(*char)) {
            if chars.len() == length.chars() {
                return Err(MalformedCode::Length);
            }
            let symbol = symbol(char).filter(|symbol| value(*symbol).is_some_and(|value| value < BASE));
            chars.push(symbol.ok_or(MalformedCode::Character)?);
        }
        if chars.len() == length.chars() { Ok(Self { chars, length }) } else { Err(MalformedCode::Length) }
    }

    /// As it is shown without its check character: groups of four with hyphens.
    pub(crate) fn shown_unchecked(&self) -> Zeroizing<String> {
        let mut text = self.shown();
        let end = 1 + usize::from(self.chars.len().is_multiple_of(GROUP));
        let kept = text.len().saturating_sub(end);
        text.truncate(kept);
        text
    }

    /// How long it is.
    pub fn length(&self) -> CodeLength {
        self.length
    }

    /// What is hashed: its characters in upper case, without the check character.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.chars
    }

    /// Whether both are the same, in constant time.
    pub(crate) fn is(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.chars, &other.chars).is_ok()
    }

    /// As it is shown: groups of four with hyphens, and the check character at the end.
    pub fn shown(&self) -> Zeroizing<String> {
        let count = self.chars.len() + 1;
        let mut text = Zeroizing::new(String::with_capacity(count + count / GROUP));
        for (index, char) in self.chars.iter().copied().chain([self.check()]).enumerate() {
            if index > 0 && index % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(char));
        }
        text
    }

    fn check(&self) -> u8 {
        let values = self.chars.iter().filter_map(|char| value(*char));
        let rest = values.fold(0, |rest, value| (rest * BASE + value) % CHECK);
        usize::try_from(rest).ok().and_then(|rest| SYMBOLS.get(rest)).copied().unwrap_or_default()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("length", &self.length).finish_non_exhaustive()
    }
}

/// Blanks, hyphens and dashes of any kind, and characters without width: a mail program or a page
/// may add them.
pub(crate) fn is_ignored(char: char) -> bool {
    char.is_whitespace()
        || matches!(char, '-' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{feff}')
}

/// The character of a code that was meant.
fn symbol(char: char) -> Option<u8> {
    let upper = u8::try_from(char).ok()?.to_ascii_uppercase();
    let meant = match upper {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    value(meant).map(|_| meant)
}

fn value(symbol: u8) -> Option<u32> {
    SYMBOLS.iter().position(|known| *known == symbol).and_then(|value| u32::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths() -> impl Strategy<Value = CodeLength> {
        prop::sample::select(CodeLength::ALL.to_vec())
    }

    fn codes() -> impl Strategy<Value = Code> {
        (any::<[u8; MAX_BYTES]>(), lengths()).prop_map(|(bytes, length)| Code::from_bits(&bytes, length))
    }

    /// The characters with the check character, without hyphens.
    fn plain(code: &Code) -> Vec<char> {
        code.shown().chars().filter(|char| *char != '-').collect()
    }

    fn read(chars: &[char]) -> Result<Code, MalformedCode> {
        Code::parse(&chars.iter().collect::<String>())
    }

    #[test]
    fn codes_are_written_in_groups_with_a_check_character() {
        let shown = |bytes: &[u8], length| Code::from_bits(bytes, length).shown().to_string();
        assert_eq!(shown(&[0; 10], CodeLength::Short), "0000-0000-0");
        assert_eq!(shown(&[0xff; 10], CodeLength::Recovery), "ZZZZ-ZZZZ-ZZZZ-ZQ");
        assert_eq!(shown(&[0xff; 10], CodeLength::Long).len(), "ZZZZ-ZZZZ-ZZZZ-ZZZZ-Z".len());
        // 1234 modulo 37 is 13: the example of other implementations.
        let code = Code::from_bits(&[0, 0, 0, 4, 210], CodeLength::Short);
        assert_eq!(&*code.shown(), "0000-016J-D");
    }

    #[test]
    fn a_code_without_check_character_is_read_as_it_is_shown() {
        for byte in [0_u8, 7, 99, 255] {
            let code = Code::from_bits(&[byte; 5], CodeLength::Short);
            let shown = code.shown_unchecked();
            assert_eq!((shown.len(), shown.find('-')), (9, Some(4)), "{}", *shown);
            assert!(Code::parse_unchecked(&shown.to_lowercase()).unwrap().is(&code));
        }
        let zeros = Code::from_bits(&[0; 5], CodeLength::Short);
        assert!(Code::parse_unchecked(" ooOO 0000 ").unwrap().is(&zeros));
        for wrong in ["", "0000-000", "0000-0000-0", "0000-000U", "0000-000é"] {
            assert!(Code::parse_unchecked(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn random_codes_differ() {
        let [one, other] = [(); 2].map(|()| Code::random(CodeLength::Long).unwrap());
        assert!(!one.is(&other) && one.is(&one.clone()));
    }

    #[test]
    fn texts_that_are_no_code_get_the_reason() {
        for (text, expected) in [
            ("", MalformedCode::Length),
            (" - ", MalformedCode::Length),
            ("0", MalformedCode::Length),
            ("0000-000-0", MalformedCode::Length),
            ("00000000000000000000000000000000000", MalformedCode::Length),
            ("0000-0000-1", MalformedCode::Check),
            ("0000-0000-!", MalformedCode::Character),
            ("0000-000U-0", MalformedCode::Character),
            ("0000-000é-0", MalformedCode::Character),
            ("123456", MalformedCode::Length),
        ] {
            assert_eq!(Code::parse(text).err(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_character() {
        let code = Code::from_bits(&[0xff; 10], CodeLength::Short);
        assert_eq!(format!("{code:?}"), "Code { length: Short, .. }");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(code in codes()) {
            let again = Code::parse(&code.shown()).unwrap();
            prop_assert!(again.is(&code));
            prop_assert_eq!(again.length(), code.length());
        }

        #[test]
        fn a_paste_with_blanks_lower_case_and_look_alikes_is_read(
            code in codes(),
            noise in prop::collection::vec(0..6_usize, 20),
            zero in prop::sample::select(vec!['0', 'O', 'o']),
            one in prop::sample::select(vec!['1', 'I', 'i', 'L', 'l']),
        ) {
            let blanks = ["", " ", "-", "\u{a0}", "\r\n", "\u{2013}"];
            let mut text = String::new();
            for (char, blank) in plain(&code).into_iter().zip(noise) {
                text.push(match char {
                    '0' => zero,
                    '1' => one,
                    other => other.to_ascii_lowercase(),
                });
                text.push_str(blanks[blank]);
            }
            prop_assert!(Code::parse(&text).unwrap().is(&code), "{text:?}");
        }

        #[test]
        fn any_single_slip_is_found(code in codes(), at: prop::sample::Index, to in 0..SYMBOLS.len()) {
            let mut chars = plain(&code);
            let (at, to) = (at.index(chars.len()), char::from(SYMBOLS[to]));
            prop_assume!(chars[at] != to);
            chars[at] = to;
            prop_assert!(read(&chars).is_err());
        }

        #[test]
        fn any_swap_of_neighbours_is_found(code in codes(), at: prop::sample::Index) {
            let mut chars = plain(&code);
            let at = at.index(chars.len() - 1);
            prop_assume!(chars[at] != chars[at + 1]);
            chars.swap(at, at + 1);
            prop_assert!(read(&chars).is_err());
        }

        #[test]
        fn a_missing_or_further_character_is_found(code in codes(), at: prop::sample::Index, more in 0..SYMBOLS.len()) {
            let mut fewer = plain(&code);
            fewer.remove(at.index(fewer.len()));
            prop_assert!(read(&fewer).is_err());
            let mut longer = plain(&code);
            longer.insert(at.index(longer.len()), char::from(SYMBOLS[more]));
            prop_assert!(read(&longer).is_err());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            if let Ok(code) = Code::parse(&text) {
                prop_assert!(Code::parse(&code.shown()).unwrap().is(&code));
            }
        }
    }
}
