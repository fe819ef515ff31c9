//! A failed command: a code by which a window chooses its words, the fields of the code, and a
//! sentence for logs.

use latchkey_client::error;
use serde::Serialize;

use super::{Need, NetworkCause, NotOpened, SecretError, StorageFault};
use crate::error::Error;

/// Why a command failed, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct CommandError {
    /// The error and its fields.
    #[serde(flatten)]
    pub error: SessionError,
    /// A sentence, for logs and for windows without their own words.
    pub message: String,
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum SessionError {
    /// The user name or the password is wrong; they are not distinguished. When the password is
    /// changed, the current password is wrong.
    WrongCredentials,
    /// The user name or the password is empty.
    CredentialsMissing,
    /// Too many attempts.
    Throttled {
        /// How long to wait in seconds, if the server reports it; a day at most.
        retry_after_seconds: Option<u32>,
    },
    /// No connection, or no response in time.
    ServerUnreachable {
        /// Why.
        cause: NetworkCause,
    },
    /// The server reports that it is not available now.
    ServerUnavailable,
    /// The response is not the server's: a portal's page, a redirect, a token that does not verify.
    ServerAnswerInvalid,
    /// The server signs with a key that this app does not carry. Either it is another server, or
    /// the app is older than its keys. The ids are for the people who run the server.
    ServerKeyUnknown {
        /// The beginning of the id of the (first) key that the app carries.
        carried: ShortKeyId,
        /// The beginning of the id that the server's token names.
        named: ShortKeyId,
    },
    /// The server does not know this session: it uses another database.
    SessionUnknown,
    /// The provider that the session began by asks for a new sign-in by it. The session has not
    /// ended.
    ProviderSignInRequired,
    /// The server refuses the request, for a reason that the user cannot change.
    ServerRefused,
    /// No account is signed in.
    NotSignedIn,
    /// The session is held: it cannot be used until the fault is resolved.
    SessionHeld,
    /// The server has ended the session.
    SessionOver,
    /// Another sign-in is in progress. Nothing was sent.
    SignInInProgress,
    /// The user signed out while this sign-in was in progress. The server ends its session.
    Superseded,
    /// A newer version of the app has written the stored session. The user may agree to set it
    /// aside and sign in again.
    StoreNewer,
    /// Even with the server's help the clock does not fit the tokens.
    ClockWrong,
    /// The change could not be written to disk; the files are unchanged.
    NotKept {
        /// The fault of the app's files.
        cause: StorageFault,
    },
    /// The keychain has to be unlocked.
    KeychainLocked {
        /// The fault of the keychain.
        cause: SecretError,
    },
    /// The key cannot be read, and unlocking the keychain does not help.
    KeychainUnavailable {
        /// The fault of the place where the key is stored.
        cause: SecretError,
    },
    /// The keychain cannot be used for a sign-in. The user may agree to a key file instead.
    KeyFileConsent {
        /// The fault of the keychain.
        cause: SecretError,
    },
    /// The keychain cannot be used for a sign-in, and the app's settings allow no key file.
    KeyFileForbidden {
        /// The fault of the keychain.
        cause: SecretError,
    },
    /// The path is not on the server, or this window may not call it.
    PathNotAllowed,
    /// The body is longer than 1 MiB.
    BodyTooLarge,
    /// The request id belongs to another call, or to one whose session is over. Nothing was done.
    RequestIdReused,
    /// Too many calls are in progress at the same time. Nothing was done.
    TooManyRequests,
    /// The new password has fewer characters than the server requires.
    PasswordTooShort {
        /// The required number, if the server reports it.
        min_length: Option<u32>,
    },
    /// The new password is longer than the server accepts.
    PasswordTooLong,
    /// The new password is among the passwords that are guessed first.
    PasswordTooCommon,
    /// The new password is known from a breach of another service.
    PasswordBreached,
    /// The password was right, and the account has a second factor: the sign-in is pending.
    SecondFactorRequired,
    /// The password was right, and the account must have a second factor that is not set up yet:
    /// the sign-in is pending.
    EnrolmentRequired,
    /// The code of the second factor is wrong.
    WrongCode {
        /// How many tries are left, if the server reports it.
        tries_left: Option<u32>,
    },
    /// The code was right, and was used before.
    CodeUsed,
    /// The pending sign-in has ended: the password is needed again.
    ChallengeExpired,
    /// There is no such one-time code for this account and device key.
    InvalidCode {
        /// Whether the app has asked for a code with this device key since it was started. If not,
        /// a mailed code may belong to another device, or to a key that is gone.
        asked_here: bool,
    },
    /// The one-time code is mistyped: its check character does not fit. No try was used up.
    MalformedCode,
    /// The one-time code is for a lost second factor, not for the password.
    CodeForFactor,
    /// The server sends no codes: an operator makes them.
    ForgotUnavailable,
    /// The server accepts the request only with a proof of the device key.
    ProofRequired,
    /// The user has to prove who they are once more. Nothing was done.
    ConfirmationRequired {
        /// With what.
        needs: Vec<Need>,
        /// Whether a passkey in the browser does, too: the account has one.
        or_passkey: bool,
    },
    /// The account must have a second factor.
    FactorRequired,
    /// The second factor that was to be set up is forgotten: it is set up anew.
    EnrolmentExpired,
    /// No sign-in is pending in this process: the app may have been restarted.
    NothingPending,
    /// An operator has disabled the account.
    AccountDisabled,
    /// The server offers nothing in the browser, or not the way that was asked for.
    BrowserUnavailable,
    /// The browser could not be opened. The request goes on: its address can be opened by hand.
    BrowserNotOpened {
        /// Why.
        cause: NotOpened,
    },
    /// The request in the browser is over: it took too long, or a newer one has replaced it.
    BrowserExpired,
    /// The user said no in the browser.
    BrowserRefused,
    /// It did not work in the browser, by a fault of the server.
    BrowserFailed,
    /// What the browser handed over, or what the user typed in its place, is wrong.
    WrongResult {
        /// How many tries are left, if the server reports it.
        tries_left: Option<u32>,
    },
    /// The browser may not be on another device.
    OtherDeviceOff,
    /// The provider of the account cannot be reached.
    ProviderAway,
    /// The provider refused, or its answer cannot be trusted.
    ProviderRefused,
    /// This account of the provider may not come in.
    AccountNotAllowed,
    /// No account belongs to what was proved in the browser.
    AccountUnknown,
    /// An account with the same address exists, and has to be linked to the provider's first.
    LinkNeeded,
    /// The sign-in is complete, for another account than the one that is signed in: it waits for
    /// the user's answer.
    OtherAccount,
    /// The account has as many passkeys as the server allows.
    TooManyPasskeys,
    /// The passkey belongs to an account already.
    PasskeyTaken,
    /// The provider's account is linked to another account of the server.
    LinkedElsewhere,
    /// The account would have no way in left: the user adds another one first.
    LastWay,
    /// The server accepts no passwords: see `browser` and the code among the ways to sign in.
    PasswordsDisabled,
    /// A fault of the page or of the plugin. A window has no words for it.
    #[cfg_attr(test, ts(skip))]
    Unexpected,
}

/// The first characters of a key's id, enough to compare by eye.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ShortKeyId(String);

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let error = match error {
            Error::Client(error) => error.into(),
            Error::RequestIdReused => SessionError::RequestIdReused,
            Error::TooManyRequests => SessionError::TooManyRequests,
            Error::Header(_) | Error::Body | Error::NotOpened => SessionError::Unexpected,
        };
        Self { error, message }
    }
}

impl From<error::ShortKeyId> for ShortKeyId {
    fn from(id: error::ShortKeyId) -> Self {
        Self(id.to_string())
    }
}

impl From<error::SessionError> for SessionError {
    fn from(error: error::SessionError) -> Self {
        use error::SessionError as Client;
        match error {
            Client::WrongCredentials => Self::WrongCredentials,
            Client::CredentialsMissing => Self::CredentialsMissing,
            Client::Throttled { retry_after_seconds } => Self::Throttled { retry_after_seconds },
            Client::ServerUnreachable { cause } => Self::ServerUnreachable { cause: cause.into() },
            Client::ServerUnavailable => Self::ServerUnavailable,
            Client::ServerAnswerInvalid => Self::ServerAnswerInvalid,
            Client::ServerKeyUnknown { carried, named } => {
                Self::ServerKeyUnknown { carried: carried.into(), named: named.into() }
            }
            Client::SessionUnknown => Self::SessionUnknown,
            Client::ProviderSignInRequired => Self::ProviderSignInRequired,
            Client::ServerRefused => Self::ServerRefused,
            Client::NotSignedIn => Self::NotSignedIn,
            Client::SessionHeld => Self::SessionHeld,
            Client::SessionOver => Self::SessionOver,
            Client::SignInInProgress => Self::SignInInProgress,
            Client::Superseded => Self::Superseded,
            Client::StoreNewer => Self::StoreNewer,
            Client::ClockWrong => Self::ClockWrong,
            Client::NotKept { cause } => Self::NotKept { cause: cause.into() },
            Client::KeychainLocked { cause } => Self::KeychainLocked { cause: cause.into() },
            Client::KeychainUnavailable { cause } => Self::KeychainUnavailable { cause: cause.into() },
            Client::KeyFileConsent { cause } => Self::KeyFileConsent { cause: cause.into() },
            Client::KeyFileForbidden { cause } => Self::KeyFileForbidden { cause: cause.into() },
            Client::PathNotAllowed => Self::PathNotAllowed,
            Client::BodyTooLarge => Self::BodyTooLarge,
            Client::PasswordTooShort { min_length } => Self::PasswordTooShort { min_length },
            Client::PasswordTooLong => Self::PasswordTooLong,
            Client::PasswordTooCommon => Self::PasswordTooCommon,
            Client::PasswordBreached => Self::PasswordBreached,
            Client::SecondFactorRequired => Self::SecondFactorRequired,
            Client::EnrolmentRequired => Self::EnrolmentRequired,
            Client::WrongCode { tries_left } => Self::WrongCode { tries_left },
            Client::CodeUsed => Self::CodeUsed,
            Client::ChallengeExpired => Self::ChallengeExpired,
            Client::InvalidCode { asked_here } => Self::InvalidCode { asked_here },
            Client::MalformedCode => Self::MalformedCode,
            Client::CodeForFactor => Self::CodeForFactor,
            Client::ForgotUnavailable => Self::ForgotUnavailable,
            Client::ProofRequired => Self::ProofRequired,
            Client::ConfirmationRequired { needs, or_passkey } => {
                Self::ConfirmationRequired { needs: Need::list(needs), or_passkey }
            }
            Client::FactorRequired => Self::FactorRequired,
            Client::EnrolmentExpired => Self::EnrolmentExpired,
            Client::NothingPending => Self::NothingPending,
            Client::AccountDisabled => Self::AccountDisabled,
            Client::BrowserUnavailable => Self::BrowserUnavailable,
            Client::BrowserNotOpened { cause } => Self::BrowserNotOpened { cause: cause.into() },
            Client::BrowserExpired => Self::BrowserExpired,
            Client::BrowserRefused => Self::BrowserRefused,
            Client::BrowserFailed => Self::BrowserFailed,
            Client::WrongResult { tries_left } => Self::WrongResult { tries_left },
            Client::OtherDeviceOff => Self::OtherDeviceOff,
            Client::ProviderAway => Self::ProviderAway,
            Client::ProviderRefused => Self::ProviderRefused,
            Client::AccountNotAllowed => Self::AccountNotAllowed,
            Client::AccountUnknown => Self::AccountUnknown,
            Client::LinkNeeded => Self::LinkNeeded,
            Client::OtherAccount => Self::OtherAccount,
            Client::TooManyPasskeys => Self::TooManyPasskeys,
            Client::PasskeyTaken => Self::PasskeyTaken,
            Client::LinkedElsewhere => Self::LinkedElsewhere,
            Client::LastWay => Self::LastWay,
            Client::PasswordsDisabled => Self::PasswordsDisabled,
        }
    }
}

#[cfg(test)]
mod tests {
    use latchkey_client::api::NetworkCause;
    use latchkey_client::error::SessionError as Client;
    use latchkey_client::secret_error::SecretError;
    use latchkey_client::storage_fault::StorageFault;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_becomes_a_code_and_a_sentence() {
        let json = |error: Client| serde_json::to_value(CommandError::from(Error::from(error))).unwrap();
        assert_eq!(
            json(Client::NotKept { cause: StorageFault::DiskFull }),
            json!({ "code": "not-kept", "cause": "disk-full", "message": "The change could not be kept on this computer." })
        );
        assert_eq!(
            json(SecretError::NoPrompter.into()),
            json!({
                "code": "keychain-locked", "cause": "no-prompter",
                "message": "The key cannot be used yet: the keychain is locked, and no program asks for its password."
            })
        );
        assert_eq!(
            json(Client::PasswordTooShort { min_length: Some(15) }),
            json!({ "code": "password-too-short", "minLength": 15, "message": "The new password is too short." })
        );
        assert_eq!(
            json(Client::ServerUnreachable { cause: NetworkCause::NameNotFound }),
            json!({
                "code": "server-unreachable",
                "cause": "name-not-found",
                "message": "The server cannot be reached: the server's name was not found.",
            })
        );
        assert_eq!(json(Client::Throttled { retry_after_seconds: Some(2) })["retryAfterSeconds"], 2);
    }
}
