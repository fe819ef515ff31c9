//! The numbers of errors of macOS' keychain (`OSStatus`, in `SecBase.h`). Knows only those that
//! unlocking helps against.

use crate::secret_error::SecretError;

/// `errSecUserCanceled`: the prompt was closed.
const USER_CANCELED: i32 = -128;
/// `errSecAuthFailed`: the password was wrong, or the user denied the app the entry.
const AUTH_FAILED: i32 = -25_293;
/// `errSecInteractionNotAllowed`: a prompt is needed, and this process has forbidden it, or there
/// is no desktop session.
const INTERACTION_NOT_ALLOWED: i32 = -25_308;
/// `errSecInteractionRequired`: a prompt is needed.
const INTERACTION_REQUIRED: i32 = -25_315;

/// The meaning of a number; `None` for one that does not mean that the keychain is locked.
pub(super) fn meaning(status: i32) -> Option<SecretError> {
    match status {
        INTERACTION_NOT_ALLOWED | INTERACTION_REQUIRED => Some(SecretError::Locked),
        USER_CANCELED | AUTH_FAILED => Some(SecretError::Denied),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_that_was_needed_or_refused_means_a_locked_keychain() {
        for status in [-128, -25_293, -25_308, -25_315] {
            assert!(meaning(status).is_some_and(SecretError::is_lock), "{status}");
        }
    }

    #[test]
    fn another_number_does_not_mean_a_locked_keychain() {
        // Success, no entry, no keychain, damaged data.
        for status in [0, -25_300, -25_307, -25_320] {
            assert_eq!(meaning(status), None, "{status}");
        }
    }
}
