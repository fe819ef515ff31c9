//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, 30 seconds, as every authenticator
//! app has them. Pure: which step was used before is decided elsewhere.

use aws_lc_rs::rand;
use latchkey_token::UnixTime;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::FactorError;
use crate::code::is_ignored;

/// Seconds of a time step.
const STEP_SECONDS: i64 = 30;

/// Steps before and after the present one whose codes are accepted (RFC 6238 §5.2).
const LEEWAY_STEPS: u16 = 1;

/// Bytes of a secret: as many as SHA-1 has (RFC 4226 §4).
const SECRET_BYTES: usize = 20;

/// Digits of a code.
const DIGITS: usize = 6;

/// The secret that an authenticator app shares with the server.
pub(super) struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// A new random secret.
    pub(super) fn random() -> Result<Self, FactorError> {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        rand::fill(&mut bytes).map_err(|_| FactorError::Secret)?;
        Ok(Self(bytes))
    }

    /// The secret with these bytes.
    pub(super) fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret in base 32, to be typed (RFC 4648 §6).
    pub(super) fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(Secret::from(self.0.to_vec()).to_base32())
    }

    /// The address that an app reads from a QR code. `issuer` and `username` are what it shows.
    pub(super) fn otpauth_uri(&self, issuer: &str, username: &str) -> Result<Zeroizing<String>, FactorError> {
        let totp = self.builder().with_issuer(Some(label(issuer))).with_account_name(label(username)).build();
        let uri = totp.map_err(|_| FactorError::Secret)?.to_url();
        uri.map(Zeroizing::new).map_err(|_| FactorError::Secret)
    }

    /// The time step whose code this is; `None` for no code of a step that is accepted at `now`.
    pub(super) fn matching_step(&self, code: &str, now: UnixTime) -> Result<Option<i64>, FactorError> {
        let time = u64::try_from(now.seconds()).map_err(|_| FactorError::Secret)?;
        let step = self.totp()?.check(code, time);
        step.map(|step| i64::try_from(step).map_err(|_| FactorError::Secret)).transpose()
    }

    fn totp(&self) -> Result<Totp, FactorError> {
        self.builder().build().map_err(|_| FactorError::Secret)
    }

    fn builder(&self) -> Builder {
        Builder::new()
            .with_secret(self.0.to_vec())
            .with_digits(6)
            .with_skew(LEEWAY_STEPS)
            .with_step_duration(STEP_SECONDS.unsigned_abs())
    }
}

/// The time step that `now` is in.
pub(super) fn step_at(now: UnixTime) -> i64 {
    now.seconds().div_euclid(STEP_SECONDS)
}

/// Whether a text has the form of a TOTP code, right or wrong.
pub(crate) fn is_totp(typed: &str) -> bool {
    digits(typed).is_some()
}

/// The digits of a TOTP code as it was typed: with blanks and hyphens, as a one-time code may be.
/// `None` if it cannot be one.
pub(super) fn digits(typed: &str) -> Option<Zeroizing<String>> {
    let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
    for char in typed.chars().filter(|char| !is_ignored(*char)) {
        if digits.len() == DIGITS || !char.is_ascii_digit() {
            return None;
        }
        digits.push(char);
    }
    (digits.len() == DIGITS).then_some(digits)
}

/// A text that can be in an `otpauth` address: it has no colon. Of a URL only the host is left.
fn label(text: &str) -> String {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    if host.is_empty() { "Latchkey".to_owned() } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        // The last six of its eight digits.
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = secret().matching_step(code, UnixTime::new(time)).unwrap();
            assert_eq!(step, Some(time / 30), "{time}");
        }
    }

    #[test]
    fn a_code_is_accepted_one_step_before_and_after_its_own() {
        let at = |time| secret().matching_step("287082", UnixTime::new(time)).unwrap();
        // Its step is from 30 to 59.
        assert_eq!([at(0), at(30), at(59), at(89)], [Some(1); 4]);
        assert_eq!([at(90), at(120)], [None; 2]);
        for wrong in ["287083", "", "28708", "2870820", "28708a", "٢٨٧٠٨٢"] {
            assert_eq!(secret().matching_step(wrong, UnixTime::new(59)).unwrap(), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_secret_issuer_and_name_from_the_address() {
        let uri = secret().otpauth_uri("https://auth.example:8443/x", "sam@example.com").unwrap();
        let uri = url::Url::parse(&uri).unwrap();
        assert_eq!((uri.scheme(), uri.host_str()), ("otpauth", Some("totp")));
        let parameters: std::collections::HashMap<_, _> = uri.query_pairs().into_owned().collect();
        assert_eq!(parameters["secret"], "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(parameters["secret"], *secret().base32());
        assert_eq!(parameters["issuer"], "auth.example");
        assert!(uri.path().contains("sam"), "{uri}");
    }

    #[test]
    fn digits_are_read_with_blanks_and_hyphens_and_nothing_else() {
        for text in [" 287 082\u{a0}", "287-082"] {
            assert_eq!(digits(text).as_deref().map(String::as_str), Some("287082"));
        }
        for text in ["", "28708", "2870821", "28.7082", "28708٢", "ABCDEF"] {
            assert!(digits(text).is_none(), "{text}");
        }
    }

    #[test]
    fn two_secrets_differ_and_have_160_bits() {
        let [one, other] = [(); 2].map(|()| TotpSecret::random().unwrap());
        assert_ne!(one.bytes(), other.bytes());
        assert_eq!(one.bytes().len() * 8, 160);
    }
}
