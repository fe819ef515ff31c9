//! When the device's secret may be stored in a file. Pure: decides by four facts.

use serde::Deserialize;

use crate::secret_error::SecretError;

/// `key_file` in `config/client.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFilePolicy {
    /// Ask the user.
    Ask,
    /// Use a file without asking.
    Allow,
    /// Never use a file: without a keychain, there is no sign-in.
    Never,
}

/// The facts when the keychain cannot be used for a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The fault of the keychain.
    pub trouble: SecretError,
    /// Whether the last session's secret was in the keychain.
    pub had_keychain: bool,
    /// Whether the current session's secret is in a file.
    pub in_file: bool,
    /// Whether the user has agreed, knowing that the key will be weaker.
    pub agreed: bool,
}

/// Where the secret is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The secret goes into a file.
    Use,
    /// The user has to agree first.
    Ask,
    /// There is no sign-in.
    Refuse,
}

/// Decides. Without a policy, a file is used if there never was a keychain; otherwise the user is
/// asked. So a broken keychain never weakens a key without the user's consent, and still allows a
/// sign-in.
pub fn decide(policy: Option<KeyFilePolicy>, facts: Facts) -> Decision {
    match policy {
        Some(KeyFilePolicy::Never) => Decision::Refuse,
        Some(KeyFilePolicy::Allow) => Decision::Use,
        _ if facts.agreed || facts.in_file => Decision::Use,
        None if facts.trouble == SecretError::Missing && !facts.had_keychain => Decision::Use,
        Some(KeyFilePolicy::Ask) | None => Decision::Ask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts =
        Facts { trouble: SecretError::Missing, had_keychain: false, in_file: false, agreed: false };

    #[test]
    fn without_a_policy_only_a_first_sign_in_without_a_keychain_is_not_asked() {
        assert_eq!(decide(None, FACTS), Decision::Use);
        assert_eq!(decide(None, Facts { had_keychain: true, ..FACTS }), Decision::Ask);
        for trouble in
            [SecretError::Locked, SecretError::NoPrompter, SecretError::NoAnswer, SecretError::Failed]
        {
            assert_eq!(decide(None, Facts { trouble, ..FACTS }), Decision::Ask, "{trouble}");
            assert_eq!(decide(None, Facts { trouble, in_file: true, ..FACTS }), Decision::Use, "{trouble}");
        }
        assert_eq!(decide(None, Facts { had_keychain: true, agreed: true, ..FACTS }), Decision::Use);
    }

    #[test]
    fn a_policy_is_the_same_for_every_fault() {
        for trouble in [SecretError::Missing, SecretError::Locked, SecretError::Failed] {
            let facts = Facts { trouble, had_keychain: true, ..FACTS };
            assert_eq!(decide(Some(KeyFilePolicy::Ask), facts), Decision::Ask);
            assert_eq!(decide(Some(KeyFilePolicy::Allow), facts), Decision::Use);
            let agreed = Facts { agreed: true, in_file: true, ..facts };
            assert_eq!(decide(Some(KeyFilePolicy::Ask), agreed), Decision::Use);
            assert_eq!(decide(Some(KeyFilePolicy::Never), agreed), Decision::Refuse);
        }
    }
}
