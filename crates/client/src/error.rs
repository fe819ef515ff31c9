//! Errors of an operation that the user asked for. One sentence each, no secrets; the window has
//! its own words for every code.

use std::fmt::{self, Write as _};

use crate::api::NetworkCause;
use crate::browser::system::NotOpened;
use crate::factor_method::Needs;
use crate::secret_error::SecretError;
use crate::storage::FileError;
use crate::storage_fault::StorageFault;

/// Why a command failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The user name or the password is wrong; the server does not distinguish them. When the
    /// password is changed, the current password is wrong.
    #[error("The user name or the password is wrong.")]
    WrongCredentials,
    /// The user name or the password is empty.
    #[error("Type your user name and your password.")]
    CredentialsMissing,
    /// Too many attempts.
    #[error("There were too many attempts. Wait a moment, then try again.")]
    Throttled {
        /// How long to wait in seconds, if the server reports it; a day at most.
        retry_after_seconds: Option<u32>,
    },
    /// No connection, or no response in time.
    #[error("The server cannot be reached: {cause}.")]
    ServerUnreachable {
        /// Why.
        cause: NetworkCause,
    },
    /// The server reports that it is not available.
    #[error("The server is not available at the moment.")]
    ServerUnavailable,
    /// The response is not the server's: a portal's page, a redirect, a token that does not verify.
    #[error("The answer did not come from the sign-in server.")]
    ServerAnswerInvalid,
    /// The server signs with a key that this app does not have: it is another server, or the app is
    /// older than its keys. The ids are for the people who run the server.
    #[error("The server signs with the key {named}, but this app carries {carried}.")]
    ServerKeyUnknown {
        /// The beginning of the id of the (first) key that the app has.
        carried: ShortKeyId,
        /// The beginning of the id that the server's token names.
        named: ShortKeyId,
    },
    /// The server does not know this session: it uses another database.
    #[error("The server does not know this session.")]
    SessionUnknown,
    /// The provider that the session began by asks for a new sign-in by it. The session has not
    /// ended.
    #[error("The provider of this session asks for a new sign-in.")]
    ProviderSignInRequired,
    /// The server refuses the request for a reason that the user cannot change.
    #[error("The server refuses the request.")]
    ServerRefused,
    /// No account is signed in.
    #[error("No account is signed in.")]
    NotSignedIn,
    /// The session is held: it cannot be used until the fault is resolved.
    #[error("The sign-in has to be confirmed first.")]
    SessionHeld,
    /// The server has ended the session.
    #[error("The session has ended.")]
    SessionOver,
    /// Another sign-in of this app is in progress. Nothing was sent.
    #[error("Another sign-in is in progress.")]
    SignInInProgress,
    /// The user signed out while this sign-in was in progress. The server ends its session.
    #[error("The sign-in was given up, because the person signed out meanwhile.")]
    Superseded,
    /// A newer version of the app has written the stored session. The user may agree to set it
    /// aside and sign in again: [`Consent::set_aside_newer_store`](crate::Consent).
    #[error("The stored session was written by a newer version of the app.")]
    StoreNewer,
    /// Even with the server's help the clock does not fit the tokens.
    #[error("The clock of this computer is wrong.")]
    ClockWrong,
    /// The change could not be written to disk; the files are unchanged.
    #[error("The change could not be kept on this computer.")]
    NotKept {
        /// The fault of the app's files.
        cause: StorageFault,
    },
    /// The keychain has to be unlocked.
    #[error("The key cannot be used yet: {cause}.")]
    KeychainLocked {
        /// The fault of the keychain.
        cause: SecretError,
    },
    /// The key cannot be read, and unlocking the keychain does not help.
    #[error("The key of this device cannot be used: {cause}.")]
    KeychainUnavailable {
        /// The fault of the place where the key is stored.
        cause: SecretError,
    },
    /// The keychain cannot be used for a sign-in. The user may agree to store the key in a file:
    /// [`Consent::key_file`](crate::Consent).
    #[error("The key would have to be kept in a file: {cause}.")]
    KeyFileConsent {
        /// The fault of the keychain.
        cause: SecretError,
    },
    /// The keychain cannot be used for a sign-in, and the app's settings allow no key file.
    #[error("The key may not be kept in a file: {cause}.")]
    KeyFileForbidden {
        /// The fault of the keychain.
        cause: SecretError,
    },
    /// The path is not on the server; for sending, also one of the server's reserved routes.
    #[error("This is not a path on the server.")]
    PathNotAllowed,
    /// The body is longer than [`MAX_BODY_BYTES`](crate::api::MAX_BODY_BYTES).
    #[error("This is too much to send at once.")]
    BodyTooLarge,
    /// The new password has fewer characters than the server requires.
    #[error("The new password is too short.")]
    PasswordTooShort {
        /// The required number, if the server reports it.
        min_length: Option<u32>,
    },
    /// The new password is longer than the server allows.
    #[error("The new password is too long.")]
    PasswordTooLong,
    /// The new password is among the passwords that are guessed first.
    #[error("The new password is too easy to guess.")]
    PasswordTooCommon,
    /// The new password is known from a breach of another service.
    #[error("The new password is known from a breach.")]
    PasswordBreached,
    /// The password was right, and the account has a second factor: the sign-in is pending.
    #[error("The sign-in needs a code of the second factor.")]
    SecondFactorRequired,
    /// The password was right, and the account must have a second factor that is not set up yet:
    /// the sign-in is pending.
    #[error("A second factor has to be set up first.")]
    EnrolmentRequired,
    /// The code of the second factor is wrong.
    #[error("The code is wrong.")]
    WrongCode {
        /// How many tries are left, if the server reports it.
        tries_left: Option<u32>,
    },
    /// The code was right, and was used before.
    #[error("The code was used already.")]
    CodeUsed,
    /// The pending sign-in has ended, or the server does not know it: the password is needed again.
    #[error("The sign-in took too long.")]
    ChallengeExpired,
    /// There is no such one-time code for this account and device key.
    #[error("The code is not valid.")]
    InvalidCode {
        /// Whether this app has asked for a code with the same device key since it was started. If
        /// not, a mailed code belongs to another device, or to a key that is gone.
        asked_here: bool,
    },
    /// The one-time code is mistyped: its check character does not fit. No try was used up.
    #[error("The code is mistyped.")]
    MalformedCode,
    /// The one-time code is for a lost second factor, not for the password.
    #[error("The code is for the second factor.")]
    CodeForFactor,
    /// The server sends no codes: an operator makes them.
    #[error("The server sends no codes.")]
    ForgotUnavailable,
    /// The server accepts the request only with a proof of the device key.
    #[error("The server requires a proof of the device key.")]
    ProofRequired,
    /// The user has to prove who they are once more. Nothing was done.
    #[error("The request has to be confirmed first.")]
    ConfirmationRequired {
        /// With what.
        needs: Needs,
        /// Whether a passkey in the browser does, too: the account has one.
        or_passkey: bool,
    },
    /// The account must have a second factor.
    #[error("The account must have a second factor.")]
    FactorRequired,
    /// The second factor that was to be set up is forgotten: it is set up anew.
    #[error("Setting up the second factor took too long.")]
    EnrolmentExpired,
    /// No sign-in is pending in this process.
    #[error("No sign-in is pending.")]
    NothingPending,
    /// An operator has disabled the account.
    #[error("The account is disabled.")]
    AccountDisabled,
    /// The server offers nothing in the browser, or not the way that was asked for.
    #[error("The server offers no sign-in in the browser.")]
    BrowserUnavailable,
    /// The browser could not be opened. The request goes on: its address can be opened by hand.
    #[error("The browser could not be opened: {cause}.")]
    BrowserNotOpened {
        /// Why.
        cause: NotOpened,
    },
    /// The request in the browser is over: it took too long, or a newer one has replaced it.
    #[error("The sign-in in the browser took too long.")]
    BrowserExpired,
    /// The user said no in the browser.
    #[error("The sign-in was refused in the browser.")]
    BrowserRefused,
    /// It did not work in the browser, by a fault of the server.
    #[error("The sign-in in the browser has failed.")]
    BrowserFailed,
    /// The result of the browser, or what the user typed in its place, is wrong.
    #[error("The characters from the browser are wrong.")]
    WrongResult {
        /// How many tries are left, if the server reports it.
        tries_left: Option<u32>,
    },
    /// The browser may not be on another device.
    #[error("The browser may not be on another device.")]
    OtherDeviceOff,
    /// The provider of the account cannot be reached.
    #[error("The provider of the account cannot be reached.")]
    ProviderAway,
    /// The provider refused, or its answer cannot be trusted.
    #[error("The provider of the account has refused.")]
    ProviderRefused,
    /// This account of the provider may not come in.
    #[error("This account of the provider may not come in.")]
    AccountNotAllowed,
    /// No account belongs to what was proved in the browser.
    #[error("No account belongs to it.")]
    AccountUnknown,
    /// An account with the same address exists, and has to be linked to the provider's first.
    #[error("The account has to be linked first.")]
    LinkNeeded,
    /// The sign-in is complete, for another account than the one that is signed in. It waits for
    /// the user's answer.
    #[error("Another account is signed in.")]
    OtherAccount,
    /// The account has as many passkeys as the server allows.
    #[error("The account has too many passkeys.")]
    TooManyPasskeys,
    /// The passkey belongs to an account already.
    #[error("The passkey is an account's already.")]
    PasskeyTaken,
    /// The provider's account is linked to another account of the server.
    #[error("The provider's account is linked to another account.")]
    LinkedElsewhere,
    /// The account would have no way in left: another one is added first.
    #[error("It is the account's last way in.")]
    LastWay,
    /// The server accepts no passwords: the user signs in in the browser, or with a code.
    #[error("The server accepts no passwords.")]
    PasswordsDisabled,
}

impl From<SecretError> for SessionError {
    fn from(cause: SecretError) -> Self {
        if cause.is_lock() { Self::KeychainLocked { cause } } else { Self::KeychainUnavailable { cause } }
    }
}

/// The first characters of a key's id, enough to compare by eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortKeyId([u8; Self::CHARS]);

impl ShortKeyId {
    const CHARS: usize = 8;

    /// Shortens `id`, which may come from any server: a character that no key id contains becomes a
    /// question mark.
    pub fn new(id: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let mut short = [b'?'; Self::CHARS];
        for (to, from) in short.iter_mut().zip(id.bytes()) {
            *to = if plain(from) { from } else { b'?' };
        }
        Self(short)
    }
}

impl fmt::Display for ShortKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| f.write_char(char::from(*byte)))
    }
}

impl From<FileError> for SessionError {
    fn from(error: FileError) -> Self {
        Self::NotKept { cause: error.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_is_cut_and_its_other_characters_are_replaced() {
        let short = |id: &str| ShortKeyId::new(id).to_string();
        assert_eq!(short("NzbLsXh8uDCcd-6MNwXF4W"), "NzbLsXh8");
        assert_eq!(short("a-_9"), "a-_9????");
        assert_eq!(short("<b>\n ä"), "?b??????");
        assert_eq!(short(""), "????????");
    }
}
