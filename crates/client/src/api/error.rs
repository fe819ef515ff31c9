//! Why a call failed. A closed list: by it the client decides how the session changes.

use super::cause::NetworkCause;
use crate::factor_method::Needs;
use crate::reasons::Ended;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// No response, and why not.
    #[error("no answer from the server: {0}")]
    Unreachable(NetworkCause),
    /// 5xx.
    #[error("the server is not available")]
    Unavailable,
    /// 429.
    #[error("too many attempts")]
    Throttled {
        /// How long to wait in seconds, if the response reports it; a day at most.
        retry_after_seconds: Option<u32>,
    },
    /// A response that the server never sends: HTML, a redirect, more than 256 KiB, other JSON than
    /// the documented. A portal or a gateway responds.
    #[error("the answer is not the server's")]
    InvalidResponse,
    /// User name or password is wrong; when the password is changed, the current password.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The new password has fewer characters than the server requires.
    #[error("the new password is too short")]
    PasswordTooShort {
        /// The required number, if the server reports it.
        min_length: Option<u32>,
    },
    /// The new password is longer than the server accepts.
    #[error("the new password is too long")]
    PasswordTooLong,
    /// The new password is among the passwords that are guessed first.
    #[error("the new password is too common")]
    PasswordTooCommon,
    /// The new password is known from a breach.
    #[error("the new password is known from a breach")]
    PasswordBreached,
    /// The code of the second factor is wrong.
    #[error("the code is wrong")]
    WrongCode {
        /// How many tries are left, if the server reports it.
        tries_left: Option<u32>,
    },
    /// The code was right, and was used before.
    #[error("the code was used before")]
    CodeUsed,
    /// The server does not know the challenge, or it has expired.
    #[error("the challenge has expired")]
    ChallengeExpired,
    /// There is no such one-time code for this account and key.
    #[error("the one-time code is not valid")]
    InvalidCode,
    /// The check character of the one-time code does not fit.
    #[error("the one-time code is mistyped")]
    MalformedCode,
    /// The one-time code is for the second factor.
    #[error("the one-time code is for the second factor")]
    CodeForFactor,
    /// The server offers nothing in the browser, or not this way.
    #[error("the server offers no sign-in in the browser")]
    BrowserUnavailable,
    /// The server allows no browser on another device, for this key.
    #[error("no browser on another device is allowed")]
    OtherDeviceOff,
    /// The server does not know the browser request: it has expired, was replaced, or was used.
    #[error("the browser request is over")]
    RequestUnknown,
    /// The result of the browser is wrong.
    #[error("the result of the browser is wrong")]
    WrongResult {
        /// How many tries are left, if the server reports it.
        tries_left: Option<u32>,
    },
    /// The account has as many passkeys as the server allows.
    #[error("the account has too many passkeys")]
    TooManyPasskeys,
    /// The passkey belongs to an account already.
    #[error("the passkey is an account's already")]
    PasskeyTaken,
    /// The provider's account is linked to another account of the server.
    #[error("the provider's account is linked to another account")]
    LinkedElsewhere,
    /// The account would have no way in left.
    #[error("it is the account's last way in")]
    LastWay,
    /// The server accepts no passwords.
    #[error("the server accepts no passwords")]
    PasswordsDisabled,
    /// The server sends no codes.
    #[error("the server sends no codes")]
    ForgotUnavailable,
    /// The server accepts the request only with a proof.
    #[error("the server requires a proof")]
    ProofRequired,
    /// The user has to prove who they are once more (RFC 9470). Nothing was done.
    #[error("the request has to be confirmed")]
    ConfirmationRequired {
        /// With what.
        needs: Needs,
        /// Whether a passkey in the browser does, too: the account has one.
        or_passkey: bool,
    },
    /// The account must have a second factor.
    #[error("the account must have a second factor")]
    FactorRequired,
    /// The second factor that was to be set up is forgotten.
    #[error("the enrolment has expired")]
    EnrolmentExpired,
    /// The account is disabled. No session is concerned.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The server has ended the session.
    #[error("the session has ended")]
    Ended(End),
    /// The server does not know the session: it uses another database. That does not end the
    /// session.
    #[error("the server does not know the session")]
    SessionUnknown,
    /// The provider that the session began by asks for a new sign-in by it. The session has not
    /// ended.
    #[error("the provider asks for a new sign-in")]
    ProviderSignInRequired,
    /// The token is refused but the session has not ended: the token has expired, or the server has
    /// other keys. Nothing was done.
    #[error("the token is not taken")]
    TokenRefused,
    /// Any other 4xx.
    #[error("the server refuses the request")]
    Refused,
    /// The path is not on the server; for sending, also a reserved one.
    #[error("not a path on the server")]
    PathNotAllowed,
    /// The body is longer than [`MAX_BODY_BYTES`](super::MAX_BODY_BYTES).
    #[error("the body is too large")]
    BodyTooLarge,
    /// The crypto library failed to make a proof.
    #[error("no proof could be made")]
    NoProof,
}

/// How a session ended at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// When, and from where, if the server reports it.
    pub how: Option<Ended>,
}

/// Why a session ended at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Ended by an operator, or the account is disabled; or the server does not report why.
    Revoked,
    /// Replaced by a newer sign-in with the same device id and key.
    Replaced,
    /// The password was set anew with a code.
    PasswordReset,
    /// Another device of the account has ended it.
    EndedByDevice,
    /// Another device has answered "Not me" to the notice about its sign-in.
    NotMe,
    /// The provider that it began by has ended its own session.
    ProviderLogout,
    /// Idle for too long, or at its absolute limit.
    Expired,
}

impl From<EndReason> for End {
    fn from(reason: EndReason) -> Self {
        Self { reason, how: None }
    }
}
