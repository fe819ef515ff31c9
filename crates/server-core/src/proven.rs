//! What a user has proven at a sign-in, as it stands in the tokens (`acr`, `amr`) and with the
//! session. Decides nothing: who asks for what is in the use cases.

use latchkey_token::Claims;

/// One factor, in the claim `acr`.
pub(crate) const ONE_FACTOR: &str = "1fa";

/// Two factors, in the claim `acr`.
pub(crate) const TWO_FACTORS: &str = "2fa";

/// What was proven. Sessions and tokens of earlier versions do not say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proven {
    /// The claim `acr` (OpenID Connect Core 1.0 §2): `1fa` or `2fa`.
    pub(crate) acr: Option<String>,
    /// The claim `amr`: methods of RFC 8176.
    pub(crate) amr: Option<Vec<String>>,
}

impl Proven {
    /// The password.
    pub(crate) fn password() -> Self {
        Self::by(ONE_FACTOR, &["pwd"])
    }

    /// A one-time code that signs in without a password: RFC 8176 has no name for it.
    pub(crate) fn one_time_code() -> Self {
        Self { acr: Some(ONE_FACTOR.to_owned()), amr: None }
    }

    /// The password and a TOTP code.
    pub(crate) fn password_and_totp() -> Self {
        Self::by(TWO_FACTORS, &["pwd", "otp", "mfa"])
    }

    /// The password and a recovery code, or an operator's code.
    pub(crate) fn password_and_code() -> Self {
        Self::by(TWO_FACTORS, &["pwd", "mfa"])
    }

    /// A code, in a session that began with the password.
    pub(crate) fn code() -> Self {
        Self::by(TWO_FACTORS, &["otp"])
    }

    /// A passkey with user verification. `swk`: a synced passkey is no hardware (RFC 8176 §2).
    pub(crate) fn passkey() -> Self {
        Self::by(TWO_FACTORS, &["swk", "mfa"])
    }

    /// Whether it was a passkey.
    pub(crate) fn is_by_passkey(&self) -> bool {
        self.acr.as_deref() == Some(TWO_FACTORS) && self.amr.iter().flatten().any(|method| method == "swk")
    }

    /// The same, and a code of the second factor.
    pub(crate) fn and_code(&self, is_totp: bool) -> Self {
        let mut amr = self.amr.clone().unwrap_or_default();
        let code = is_totp.then_some("otp");
        for method in code.into_iter().chain(["mfa"]) {
            if !amr.iter().any(|known| known == method) {
                amr.push(method.to_owned());
            }
        }
        Self { acr: Some(TWO_FACTORS.to_owned()), amr: Some(amr) }
    }

    fn by(acr: &str, amr: &[&str]) -> Self {
        let amr = amr.iter().map(|&method| method.to_owned()).collect();
        Self { acr: Some(acr.to_owned()), amr: Some(amr) }
    }

    /// What a token says.
    pub(crate) fn of(token: &Claims) -> Self {
        Self { acr: token.acr.clone(), amr: token.amr.clone() }
    }

    /// The methods as they are stored: separated by spaces.
    pub(crate) fn stored_amr(&self) -> Option<String> {
        self.amr.as_ref().map(|amr| amr.join(" "))
    }

    /// As they are read from a session's row.
    pub(crate) fn from_stored(acr: Option<String>, amr: Option<&str>) -> Self {
        let amr = amr.map(|amr| amr.split(' ').map(str::to_owned).collect());
        Self { acr, amr }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back() {
        for proven in [Proven::password(), Proven::password_and_totp(), Proven::password_and_code()] {
            let (acr, amr) = (proven.acr.clone(), proven.stored_amr());
            assert_eq!(Proven::from_stored(acr, amr.as_deref()), proven);
        }
        assert_eq!(Proven::from_stored(None, None), Proven::default());
    }
}
