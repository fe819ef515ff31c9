//! What can go wrong with something that the person asked for. One sentence each, no secrets; the window has its own
//! words for every code.

use serde::Serialize;
use ts_rs::TS;

use crate::key_trouble::KeyTrouble;

/// Why a command failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, TS)]
#[serde(tag = "code", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum SessionError {
    /// User name or password is wrong; which one is not said. When the password is changed, the present one.
    #[error("The user name or the password is wrong.")]
    WrongCredentials,
    /// User name or password is empty.
    #[error("Type your user name and your password.")]
    CredentialsMissing,
    /// Too many attempts.
    #[error("There were too many attempts. Wait a moment, then try again.")]
    Throttled,
    /// No connection, or no answer in time.
    #[error("The server cannot be reached.")]
    ServerUnreachable,
    /// The server says that it cannot answer now.
    #[error("The server is not available at the moment.")]
    ServerUnavailable,
    /// The answer is not the server's: a portal's page, a redirect, a token that does not verify.
    #[error("The answer did not come from the sign-in server.")]
    ServerAnswerInvalid,
    /// The server refuses the request, for no reason that the person can change.
    #[error("The server refuses the request.")]
    ServerRefused,
    /// Nobody is signed in.
    #[error("Nobody is signed in.")]
    NotSignedIn,
    /// The session is held: it cannot be used until the reason is gone.
    #[error("The sign-in has to be confirmed first.")]
    SessionHeld,
    /// The server has ended the session.
    #[error("The session has ended.")]
    SessionOver,
    /// Even with the server's help the clock does not fit the tokens.
    #[error("The clock of this computer is wrong.")]
    ClockWrong,
    /// The change could not be written to disk; what was there before is still there.
    #[error("The change could not be kept on this computer.")]
    NotKept,
    /// The keychain has to be unlocked.
    #[error("The key cannot be used yet: {cause}.")]
    KeychainLocked {
        /// What is wrong with it.
        cause: KeyTrouble,
    },
    /// The key cannot be had, and unlocking the keychain is not the cure.
    #[error("The key of this device cannot be used: {cause}.")]
    KeychainUnavailable {
        /// What is wrong with its place.
        cause: KeyTrouble,
    },
    /// The keychain cannot be used for a sign-in. The person may agree to keep the key in a file instead.
    #[error("The key would have to be kept in a file: {cause}.")]
    KeyFileConsent {
        /// What is wrong with the keychain.
        cause: KeyTrouble,
    },
    /// The keychain cannot be used for a sign-in, and the app's settings allow no key file.
    #[error("The key may not be kept in a file: {cause}.")]
    KeyFileForbidden {
        /// What is wrong with the keychain.
        cause: KeyTrouble,
    },
    /// The path is not one on the server; for sending, also one of the server's own.
    #[error("This is not a path on the server.")]
    PathNotAllowed,
    /// More is to be sent than is sent at once.
    #[error("This is too much to send at once.")]
    BodyTooLarge,
    /// The new password has fewer characters than the server asks for.
    #[error("The new password is too short.")]
    PasswordTooShort {
        /// How many it asks for, if it says so.
        min_length: Option<u32>,
    },
    /// The new password is longer than the server takes.
    #[error("The new password is too long.")]
    PasswordTooLong,
    /// The new password is among those that are guessed first.
    #[error("The new password is too easy to guess.")]
    PasswordTooCommon,
}

impl From<KeyTrouble> for SessionError {
    fn from(cause: KeyTrouble) -> Self {
        if cause.is_lock() { Self::KeychainLocked { cause } } else { Self::KeychainUnavailable { cause } }
    }
}

/// An error as it crosses to the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct CommandError {
    /// Which one, and what belongs to it: the window finds its words by the code.
    #[serde(flatten)]
    pub error: SessionError,
    /// A sentence, for logs and for windows without words of their own.
    pub message: String,
}

impl From<SessionError> for CommandError {
    fn from(error: SessionError) -> Self {
        Self { error, message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_crosses_as_a_code_and_a_sentence() {
        let crossed = |error: SessionError| serde_json::to_value(CommandError::from(error)).unwrap();
        assert_eq!(
            crossed(SessionError::NotKept),
            json!({ "code": "not-kept", "message": "The change could not be kept on this computer." })
        );
        assert_eq!(
            crossed(KeyTrouble::NoPrompter.into()),
            json!({
                "code": "keychain-locked", "cause": "no-prompter",
                "message": "The key cannot be used yet: the keychain is locked, and no program asks for its password."
            })
        );
        assert_eq!(
            crossed(SessionError::PasswordTooShort { min_length: Some(15) }),
            json!({ "code": "password-too-short", "minLength": 15, "message": "The new password is too short." })
        );
    }
}
