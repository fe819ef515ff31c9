//! When a certificate expires, read from its DER (RFC 5280, §4.1; X.690). Nothing else of it is
//! read here: rustls checks what it serves.

use latchkey_token::UnixTime;

use crate::date;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The elements of a sequence: tag and contents of each.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    /// `None` also if the next element is not complete.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, length], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, contents))
    }
}

impl<'a> Elements<'a> {
    /// The next element that is a sequence.
    fn sequence(&mut self) -> Option<Elements<'a>> {
        self.find(|(tag, _)| *tag == SEQUENCE).map(|(_, contents)| Self(contents))
    }
}

/// The end of a certificate's validity; `None` if it cannot be read.
pub(super) fn expires_at(der: &[u8]) -> Option<UnixTime> {
    let mut signed = Elements(der).sequence()?.sequence()?;
    // The algorithm, the issuer, the validity; version and serial number are no sequences.
    let _algorithm = signed.sequence()?;
    let _issuer = signed.sequence()?;
    let (tag, text) = signed.sequence()?.nth(1)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ` (RFC 5280, §4.1.2.5).
fn time(tag: u8, text: &str) -> Option<UnixTime> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year: i64 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        (GENERALIZED_TIME, 14) => {
            let (year, rest) = digits.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let pair = |number: usize| -> Option<u32> { rest.get(number * 2..number * 2 + 2)?.parse().ok() };
    let [month, day, hour, minute, second] = [pair(0)?, pair(1)?, pair(2)?, pair(3)?, pair(4)?];
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    Some(date::midnight(year, month, day)?.plus(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_forms_of_a_time_are_read() {
        let read = |tag, text| time(tag, text).map(UnixTime::seconds);
        assert_eq!(read(UTC_TIME, "270115080000Z"), Some(1_800_000_000));
        assert_eq!(read(UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(read(GENERALIZED_TIME, "20500101000000Z"), Some(2_524_608_000));
        // What a certificate without an end has.
        assert_eq!(read(GENERALIZED_TIME, "99991231235959Z"), Some(253_402_300_799));
        for (tag, text) in [
            (UTC_TIME, "20270115080000Z"),
            (UTC_TIME, "270115080000"),
            (UTC_TIME, "271315080000Z"),
            (GENERALIZED_TIME, "2027011508000éZ"),
        ] {
            assert_eq!(read(tag, text), None, "{text}");
        }
    }

    #[test]
    fn the_end_of_a_certificate_is_read() {
        let key = rcgen::KeyPair::generate().unwrap();
        for (year, expected) in [(2027, 1_800_000_000), (2055, 2_683_612_800)] {
            let mut parameters = rcgen::CertificateParams::new(["auth.example".to_owned()]).unwrap();
            let start = rcgen::date_time_ymd(year, 1, 15);
            parameters.not_after = start + std::time::Duration::from_secs(8 * 3600);
            let der = parameters.self_signed(&key).unwrap().der().to_vec();
            assert_eq!(expires_at(&der).map(UnixTime::seconds), Some(expected), "{year}");
            for end in 0..60 {
                assert_eq!(expires_at(&der[..end]), None, "{end}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(der in proptest::collection::vec(any::<u8>(), 0..200)) {
            expires_at(&der);
        }
    }
}
