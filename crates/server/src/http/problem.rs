//! Every problem of the API, each with its status and a stable `code`. What is sent is in
//! `problem_document.rs`.

use axum::http::StatusCode;
use latchkey_server_core::confirm::{ConfirmationRequired, Proofs};
use latchkey_server_core::people::NotAllowed;
use latchkey_server_core::{Challenge, EndReason, NextStep, SessionEnd};

use super::scheme::Scheme;

/// The forms of body that a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Json,
    JsonOrForm,
    Form,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The request itself is invalid; the text names the part.
    InvalidRequest(&'static str),
    /// `X-Client` is missing, repeated or malformed.
    InvalidClientId,
    /// User name or password is wrong; the response does not distinguish them.
    InvalidCredentials,
    /// The current password is wrong, in a change of it.
    WrongPassword,
    /// The new password is not allowed.
    PasswordTooShort {
        min_length: usize,
    },
    PasswordTooLong,
    PasswordTooCommon,
    /// The new password is in the operator's file of breached ones.
    PasswordBreached,
    /// Too many failed attempts: wait this many seconds.
    TooManyAttempts(i64),
    /// No token.
    TokenMissing {
        bearer: bool,
    },
    /// A token that does not verify, is bound to another device, or has the wrong scheme.
    InvalidToken(Scheme),
    /// The proof breaks a rule.
    InvalidProof(&'static str),
    /// The proof may pass with this nonce.
    UseNonce(String),
    /// The session was ended.
    SessionRevoked,
    /// The same device signed in again with the same key, which ended this session.
    SessionReplaced,
    /// The session was ended, said to the device that has lost it: how, when and by whom.
    SessionEnded(SessionEnd),
    /// The user has to confirm who they are (RFC 9470).
    InsufficientAuthentication(ConfirmationRequired),
    /// A confirmation without what the account asks for.
    ConfirmationIncomplete(Proofs),
    /// The code of a second factor is wrong, in a confirmation or a change of it.
    WrongFactorCode,
    /// It was used before, in a confirmation.
    FactorCodeUsed,
    /// The token is bound to no device key, or there is no proof.
    ProofRequired,
    /// The sign-in goes on with another step.
    NextStep(NextStep),
    /// The code of a second factor is wrong, in a sign-in.
    WrongCode {
        tries_left: i64,
    },
    /// The code was used before.
    CodeUsed,
    /// A sign-in that waited for its second step is over.
    ChallengeExpired,
    /// A one-time code is wrong or has expired.
    InvalidCode,
    /// The text is no code: it was mistyped.
    MalformedCode,
    /// The code is right, and is for the second factor.
    CodeForFactor,
    /// No codes are sent by mail.
    ForgotUnavailable,
    /// The session has reached its idle or absolute limit.
    SessionExpired,
    /// This database has no such session. Another one may: nothing has ended it.
    SessionUnknown,
    /// The account is disabled.
    AccountDisabled,
    /// Nothing is proposed to this device, or it has expired.
    EnrolmentExpired,
    /// The passkey is an account's already.
    PasskeyTaken,
    /// The account has as many passkeys as it may have.
    TooManyPasskeys,
    /// The account must have a second factor, so that it cannot be removed.
    FactorNeeded,
    /// The account must have a second factor, and its grace period is over.
    FactorRequired(Challenge),
    /// The provider of a session asks for a new sign-in by it.
    ProviderSignInRequired {
        provider: String,
        name: String,
    },
    /// It takes a role that the account does not have.
    RoleRequired,
    /// The account has a role, and no second factor.
    FactorNeededForRole,
    /// The role of the account does not allow this, now or to this account.
    NotAllowed(NotAllowed),
    /// A code was to be mailed, and cannot be.
    CodeNotSent,
    /// Too many codes were made for others: wait this many seconds.
    TooManyCodes(i64),
    /// Another account has the user name, or had it.
    NameTaken,
    /// The page of the browser offers nothing.
    BrowserUnavailable,
    /// A browser on another device may not complete the request.
    OtherDeviceOff,
    /// This address has too many open requests to a browser.
    TooManyRequestsOpen,
    /// The settings have no such provider.
    ProviderUnknown,
    /// No open request to a browser of this device and key has this id.
    RequestUnknown,
    /// The result is not that of the browser.
    WrongResult {
        tries_left: i64,
    },
    /// The provider's account belongs to another account.
    LinkedElsewhere,
    /// The account has no such link.
    LinkUnknown,
    /// Without it the account would have no way to sign in.
    LastWay,
    /// People do not sign in with passwords here.
    PasswordsDisabled,
    NotFound,
    MethodNotAllowed,
    PayloadTooLarge,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The body has another form than the route takes.
    UnsupportedMediaType(Takes),
    /// The server is overloaded.
    Busy,
    /// The database does not respond, or cannot be written.
    Unavailable,
    /// The sessions that end at other servers have not been seen for too long, or more have ended
    /// than may be remembered.
    Outdated,
    /// A fault of the server, which is in its log.
    Internal,
}

impl Problem {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_)
            | Self::InvalidClientId
            | Self::PasswordTooShort { .. }
            | Self::PasswordTooLong
            | Self::PasswordTooCommon
            | Self::PasswordBreached
            | Self::MalformedCode
            | Self::CodeForFactor
            | Self::ConfirmationIncomplete(_) => StatusCode::BAD_REQUEST,
            Self::WrongPassword
            | Self::WrongFactorCode
            | Self::FactorCodeUsed
            | Self::FactorNeeded
            | Self::RoleRequired
            | Self::FactorNeededForRole
            | Self::NotAllowed(_)
            | Self::CodeNotSent
            | Self::BrowserUnavailable
            | Self::OtherDeviceOff
            | Self::ProviderSignInRequired { .. }
            | Self::WrongResult { .. }
            | Self::PasswordsDisabled
            | Self::ForgotUnavailable => StatusCode::FORBIDDEN,
            Self::EnrolmentExpired
            | Self::NameTaken
            | Self::LinkedElsewhere
            | Self::LastWay
            | Self::PasskeyTaken
            | Self::TooManyPasskeys => StatusCode::CONFLICT,
            Self::TooManyAttempts(_) | Self::TooManyCodes(_) | Self::TooManyRequestsOpen => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::InvalidCredentials
            | Self::TokenMissing { .. }
            | Self::InvalidToken(_)
            | Self::InvalidProof(_)
            | Self::UseNonce(_)
            | Self::SessionRevoked
            | Self::SessionReplaced
            | Self::SessionEnded(_)
            | Self::InsufficientAuthentication(_)
            | Self::ProofRequired
            | Self::NextStep(_)
            | Self::WrongCode { .. }
            | Self::CodeUsed
            | Self::ChallengeExpired
            | Self::InvalidCode
            | Self::SessionExpired
            | Self::SessionUnknown
            | Self::FactorRequired(_)
            | Self::AccountDisabled => StatusCode::UNAUTHORIZED,
            Self::NotFound | Self::ProviderUnknown | Self::RequestUnknown | Self::LinkUnknown => {
                StatusCode::NOT_FOUND
            }
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Busy | Self::Unavailable | Self::Outdated => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable name that clients rely on.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClientId => "invalid_client_id",
            Self::InvalidCredentials => "invalid_credentials",
            Self::WrongPassword => "wrong_password",
            Self::PasswordTooShort { .. } => "password_too_short",
            Self::PasswordTooLong => "password_too_long",
            Self::PasswordTooCommon => "password_too_common",
            Self::PasswordBreached => "password_breached",
            Self::TooManyAttempts(_) | Self::TooManyCodes(_) => "too_many_attempts",
            Self::TokenMissing { .. } => "token_missing",
            Self::InvalidToken(_) => "invalid_token",
            Self::InvalidProof(_) => "invalid_dpop_proof",
            Self::UseNonce(_) => "use_dpop_nonce",
            Self::SessionEnded(SessionEnd { reason: EndReason::AccountDisabled, .. }) => "account_disabled",
            // One code for all, so that a client of an earlier version ends the session.
            Self::SessionRevoked | Self::SessionReplaced | Self::SessionEnded(_) => "session_revoked",
            Self::InsufficientAuthentication(_) => "insufficient_user_authentication",
            Self::ConfirmationIncomplete(_) => "confirmation_incomplete",
            Self::WrongFactorCode | Self::WrongCode { .. } => "wrong_code",
            Self::FactorCodeUsed | Self::CodeUsed => "code_used",
            Self::NextStep(NextStep::SecondFactor(_)) => "second_factor_required",
            Self::NextStep(NextStep::Enrolment { .. }) => "enrolment_required",
            Self::ChallengeExpired => "challenge_expired",
            Self::InvalidCode => "invalid_code",
            Self::MalformedCode => "malformed_code",
            Self::CodeForFactor => "code_for_factor",
            Self::ForgotUnavailable => "forgot_unavailable",
            Self::ProofRequired => "proof_required",
            Self::SessionExpired => "session_expired",
            Self::SessionUnknown => "session_unknown",
            Self::AccountDisabled => "account_disabled",
            Self::EnrolmentExpired => "enrolment_expired",
            Self::PasskeyTaken => "passkey_taken",
            Self::TooManyPasskeys => "too_many_passkeys",
            Self::FactorNeeded | Self::FactorRequired(_) => "factor_required",
            Self::ProviderSignInRequired { .. } => "provider_sign_in_required",
            Self::RoleRequired => "role_required",
            Self::FactorNeededForRole => "factor_needed_for_role",
            Self::NotAllowed(_) | Self::CodeNotSent => "not_allowed",
            Self::NameTaken => "name_taken",
            Self::BrowserUnavailable => "browser_unavailable",
            Self::OtherDeviceOff => "other_device_off",
            Self::TooManyRequestsOpen => "too_many_requests_open",
            Self::ProviderUnknown => "provider_unknown",
            Self::RequestUnknown => "request_unknown",
            Self::WrongResult { .. } => "wrong_result",
            Self::LinkedElsewhere => "linked_elsewhere",
            Self::LinkUnknown => "link_unknown",
            Self::LastWay => "last_way",
            Self::PasswordsDisabled => "passwords_disabled",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::PayloadTooLarge => "payload_too_large",
            Self::RequestTimeout => "request_timeout",
            Self::UnsupportedMediaType(_) => "unsupported_media_type",
            Self::Busy => "busy",
            Self::Unavailable | Self::Outdated => "unavailable",
            Self::Internal => "internal",
        }
    }
}
