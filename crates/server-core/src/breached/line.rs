//! One line of a list: `HASH`, `HASH:COUNT`, or in a range file `SUFFIX:COUNT`.

use super::Hash;
use super::import_error::LineFault;

/// Digits of a range file's name.
pub(super) const PREFIX_DIGITS: usize = 5;
const HASH_DIGITS: usize = 40;
const SUFFIX_DIGITS: usize = HASH_DIGITS - PREFIX_DIGITS;
const NTLM_DIGITS: usize = 32;

/// Maximum length of a line, in bytes.
pub(super) const MAX_LINE_BYTES: usize = 128;

/// A hash, and how often its password was seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) hash: Hash,
    pub(super) count: Option<u64>,
}

/// Reads a line without its end. `prefix` has the digits of a range file's name.
pub(super) fn parse(line: &[u8], prefix: Option<[u8; PREFIX_DIGITS]>) -> Result<Line, LineFault> {
    let (digits, count) = match line.iter().position(|byte| *byte == b':') {
        Some(colon) => {
            let (digits, rest) = line.split_at_checked(colon).ok_or(LineFault::Count)?;
            (digits, Some(number(rest.get(1..).unwrap_or_default()).ok_or(LineFault::Count)?))
        }
        None => (line, None),
    };
    let mut whole = [0; HASH_DIGITS];
    let first = match (&prefix, digits.len()) {
        (None, HASH_DIGITS) => &[][..],
        (None, SUFFIX_DIGITS) => return Err(LineFault::NoPrefix),
        (None, NTLM_DIGITS) => return Err(LineFault::Ntlm),
        (None, _) => return Err(LineFault::NoHash),
        (Some(prefix), SUFFIX_DIGITS) => &prefix[..],
        (Some(_), _) => return Err(LineFault::NoSuffix),
    };
    for (place, digit) in whole.iter_mut().zip(first.iter().chain(digits)) {
        *place = *digit;
    }
    let hash = hash(&whole).ok_or(if prefix.is_some() { LineFault::NoSuffix } else { LineFault::NoHash })?;
    Ok(Line { hash, count })
}

fn hash(digits: &[u8; HASH_DIGITS]) -> Option<Hash> {
    let mut hash = Hash::default();
    for (byte, pair) in hash.iter_mut().zip(digits.as_chunks::<2>().0) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(hash)
}

fn number(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| is_number)?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::string_slice, reason = "the digits of a hash are ASCII")]
mod tests {
    use super::*;

    const DIGITS: &str = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";

    #[test]
    fn the_forms_of_the_public_list_are_read() {
        let read = |line: &str, prefix: Option<[u8; 5]>| parse(line.as_bytes(), prefix).unwrap();
        let full = read(&format!("{DIGITS}:52256179"), None);
        assert_eq!(full.hash[..4], [0x5b, 0xaa, 0x61, 0xe4]);
        assert_eq!(full.count, Some(52_256_179));
        assert_eq!(read(&DIGITS.to_lowercase(), None), Line { count: None, ..full });
        assert_eq!(read(&format!("{}:7", &DIGITS[5..]), Some(*b"5bAA6")).hash, full.hash);
    }

    #[test]
    fn every_other_form_is_refused_with_its_reason() {
        let fault = |line: &str, prefix: Option<[u8; 5]>| parse(line.as_bytes(), prefix).unwrap_err();
        for (line, expected) in [
            ("", LineFault::NoHash),
            ("password", LineFault::NoHash),
            (&DIGITS[1..], LineFault::NoHash),
            (&format!("{DIGITS}0"), LineFault::NoHash),
            (&format!("{}G", &DIGITS[1..]), LineFault::NoHash),
            (&format!("{DIGITS} :1"), LineFault::NoHash),
            (&DIGITS[5..], LineFault::NoPrefix),
            (&DIGITS[8..], LineFault::Ntlm),
            (&format!("{DIGITS}:"), LineFault::Count),
            (&format!("{DIGITS}:+1"), LineFault::Count),
            (&format!("{DIGITS}:1:2"), LineFault::Count),
            (&format!("{DIGITS}:99999999999999999999"), LineFault::Count),
        ] {
            assert_eq!(fault(line, None), expected, "{line}");
        }
        for line in [DIGITS, &DIGITS[6..], &format!("{}x", &DIGITS[6..])] {
            assert_eq!(fault(line, Some(*b"5BAA6")), LineFault::NoSuffix, "{line}");
        }
    }
}
