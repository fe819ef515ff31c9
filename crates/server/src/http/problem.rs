//! Every problem of the API: RFC 9457 problem documents with a stable `code`, and the challenges of
//! RFC 6750 §3 and RFC 9449 §7.1. A response never contains a stack trace, SQL, a path or a
//! parser's text.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use latchkey_server_core::confirm::{ConfirmationRequired, Proofs};
use latchkey_server_core::{Challenge, EndReason, NextStep, SessionEnd};
use serde::Serialize;

use super::device::Device;
use super::scheme::Scheme;

/// What `POST /api/auth/second-factor` takes.
const METHODS: [&str; 3] = ["totp", "recovery_code", "factor_code"];

/// The forms of body that a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Json,
    JsonOrForm,
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
    /// The account must have a second factor, so that it cannot be removed.
    FactorNeeded,
    /// The account must have a second factor, and its grace period is over.
    FactorRequired(Challenge),
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
    fn status(&self) -> StatusCode {
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
            | Self::ForgotUnavailable => StatusCode::FORBIDDEN,
            Self::EnrolmentExpired => StatusCode::CONFLICT,
            Self::TooManyAttempts(_) => StatusCode::TOO_MANY_REQUESTS,
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
            Self::NotFound => StatusCode::NOT_FOUND,
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
            Self::TooManyAttempts(_) => "too_many_attempts",
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
            Self::FactorNeeded | Self::FactorRequired(_) => "factor_required",
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

    fn detail(&self) -> &'static str {
        match self {
            Self::InvalidRequest(detail) => detail,
            Self::InvalidClientId => {
                "Exactly one X-Client header of 1 to 128 characters A-Z a-z 0-9 . _ : - is required."
            }
            Self::InvalidCredentials => "The user name or the password is wrong.",
            Self::WrongPassword => "The present password is wrong.",
            Self::PasswordTooShort { .. } => "The new password is too short.",
            Self::PasswordTooLong => "The new password is too long.",
            Self::PasswordTooCommon => {
                "The new password is too easy to guess: common words, names, rows of keys or repetitions."
            }
            Self::PasswordBreached => "The new password is known from a breach of another service.",
            Self::TooManyAttempts(_) => "Too many failed attempts. Try again later.",
            Self::TokenMissing { .. } => "No authorization token provided.",
            Self::InvalidToken(_) => "Invalid authorization token.",
            Self::InvalidProof(detail) => detail,
            Self::UseNonce(_) => "Send a new proof with the nonce of the DPoP-Nonce header.",
            Self::SessionEnded(SessionEnd { reason: EndReason::AccountDisabled, .. }) => {
                "This account is disabled."
            }
            Self::SessionEnded(SessionEnd { reason: EndReason::Replaced, .. }) | Self::SessionReplaced => {
                "A newer sign-in of this device has replaced this session."
            }
            Self::SessionRevoked | Self::SessionEnded(_) => "This session was ended. Sign in again.",
            Self::InsufficientAuthentication(_) => "Confirm who you are, and send the request again.",
            Self::ConfirmationIncomplete(_) => "The confirmation needs more than that.",
            Self::WrongFactorCode | Self::WrongCode { .. } => "The code is wrong.",
            Self::CodeUsed => "This code was used before.",
            Self::NextStep(NextStep::SecondFactor(_)) => "A code of the second factor is needed too.",
            Self::NextStep(NextStep::Enrolment { .. }) => "A second factor has to be set up first.",
            Self::ChallengeExpired => "This sign-in took too long. Begin it again.",
            Self::InvalidCode => "The code is wrong or has expired.",
            Self::MalformedCode => "The code is mistyped.",
            Self::CodeForFactor => "This code is for the second step of a sign-in.",
            Self::ForgotUnavailable => "This server sends no codes by mail.",
            Self::FactorCodeUsed => "This code was used before. Wait for the next one.",
            Self::ProofRequired => {
                "This needs a device key: a DPoP proof, and a token that is bound to its key."
            }
            Self::SessionExpired => "This session is over. Sign in again.",
            Self::SessionUnknown => "This server does not know this session.",
            Self::AccountDisabled => "This account is disabled.",
            Self::EnrolmentExpired => "No second factor is proposed to this device, or it has expired.",
            Self::FactorNeeded => "This account must have a second factor.",
            Self::FactorRequired(_) => {
                "This account must have a second factor. Set it up to go on with this session."
            }
            Self::NotFound => "There is nothing here.",
            Self::MethodNotAllowed => "This path does not take this method.",
            Self::PayloadTooLarge => "The request body is too large.",
            Self::RequestTimeout => "The request body took too long.",
            Self::UnsupportedMediaType(Takes::Json) => "The body must be application/json.",
            Self::UnsupportedMediaType(Takes::JsonOrForm) => {
                "The body must be application/json or application/x-www-form-urlencoded."
            }
            Self::Busy => "The server is busy. Try again in a moment.",
            Self::Unavailable => "The server cannot reach its database or a key. Try again in a moment.",
            Self::Outdated => {
                "The server does not know which sessions have ended lately. Try again in a moment."
            }
            Self::Internal => "Something went wrong on the server.",
        }
    }

    /// When the client may try again, in seconds.
    fn retry_after(&self) -> Option<i64> {
        match self {
            Self::TooManyAttempts(seconds) => Some((*seconds).max(1)),
            Self::Busy | Self::Unavailable | Self::Outdated => Some(1),
            _ => None,
        }
    }

    /// The challenges that a 401 must contain (RFC 9110 §15.5.2).
    fn challenges(&self) -> Vec<String> {
        const DPOP: &str = r#"DPoP algs="ES256""#;
        let dpop = |error: &str| vec![format!(r#"{DPOP}, error="{error}""#)];
        match self {
            Self::TokenMissing { bearer: true } => vec![DPOP.to_owned(), "Bearer".to_owned()],
            Self::TokenMissing { bearer: false } | Self::InvalidCredentials => vec![DPOP.to_owned()],
            Self::InvalidToken(Scheme::Bearer) => vec![r#"Bearer error="invalid_token""#.to_owned()],
            Self::InvalidProof(_) | Self::UseNonce(_) => dpop(self.code()),
            // RFC 9470 §3.
            Self::InsufficientAuthentication(required) => vec![format!(
                r#"{DPOP}, error="{}", max_age="{}", acr_values="{}""#,
                self.code(),
                required.max_age,
                required.acr()
            )],
            Self::ProofRequired
            | Self::NextStep(_)
            | Self::WrongCode { .. }
            | Self::CodeUsed
            | Self::ChallengeExpired
            | Self::InvalidCode => vec![DPOP.to_owned()],
            _ if self.status() == StatusCode::UNAUTHORIZED => dpop("invalid_token"),
            _ => Vec::new(),
        }
    }
}

/// The problem of a response, for the line in the log. Both are texts of this file, so they contain
/// no token and no proof.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason {
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
}

/// RFC 9457 §3.1, and the stable `code`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'static str,
    /// With `password_too_short`: how many characters it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    min_length: Option<usize>,
    /// With `session_revoked`: `replaced` if the same device has signed in to the same account
    /// again, with the same key. To the session token with its proof, also `signed_out`, `revoked`
    /// (by an operator), `account_disabled`, `password_reset`, `ended_by_device`, `not_me`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// When the session ended, in seconds since 1970. To the session token with its proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    /// Which other device ended the session; `null` if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Device>)]
    ended_by: Option<Option<Device>>,
    /// With `insufficient_user_authentication`: a confirmation counts this long, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<i64>,
    /// With `insufficient_user_authentication`: `1fa` or `2fa` (RFC 9470 §3).
    #[serde(skip_serializing_if = "Option::is_none")]
    acr_values: Option<&'static str>,
    /// What the user has to confirm with: `password`, `code` or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<Vec<&'static str>>,
    /// With `second_factor_required`, `enrolment_required` and, at a renewal, `factor_required`:
    /// for the next request.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// How long the challenge lives, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
    /// With `second_factor_required`: `totp`, `recovery_code`, `factor_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<[&'static str; 3]>,
    /// With `enrolment_required`: whether the second factor may be set up without another code.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorized: Option<bool>,
    /// With `wrong_code`: how many more wrong codes this sign-in takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<i64>,
}

/// What is needed, in the words of the API.
fn names(needs: Proofs) -> Vec<&'static str> {
    let names = [(needs.password, "password"), (needs.code, "code")];
    names.into_iter().filter_map(|(is_needed, name)| is_needed.then_some(name)).collect()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let status = self.status();
        let end = match &self {
            Self::SessionEnded(end) => Some(end),
            _ => None,
        };
        let required = match &self {
            Self::InsufficientAuthentication(required) => Some(required),
            _ => None,
        };
        let (challenge, methods, authorized) = match &self {
            Self::NextStep(NextStep::SecondFactor(challenge)) => (Some(challenge), Some(METHODS), None),
            Self::NextStep(NextStep::Enrolment { challenge, authorized }) => {
                (Some(challenge), None, Some(*authorized))
            }
            Self::FactorRequired(challenge) => (Some(challenge), None, None),
            _ => (None, None, None),
        };
        let document = Document {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code: self.code(),
            detail: self.detail(),
            min_length: match &self {
                Self::PasswordTooShort { min_length } => Some(*min_length),
                _ => None,
            },
            reason: match &self {
                Self::SessionReplaced => Some(EndReason::Replaced.as_str()),
                Self::SessionEnded(end) => Some(end.reason.as_str()),
                _ => None,
            },
            ended_at: end.map(|end| end.at.seconds()),
            ended_by: end.map(|end| end.by.clone().map(Device::from)),
            max_age: required.map(|required| required.max_age),
            acr_values: required.map(ConfirmationRequired::acr),
            needs: match &self {
                Self::InsufficientAuthentication(required) => Some(names(required.needs)),
                Self::ConfirmationIncomplete(needs) => Some(names(*needs)),
                _ => None,
            },
            challenge: challenge.map(|challenge| challenge.id.clone()),
            expires_in: challenge.map(|challenge| challenge.expires_in),
            methods,
            authorized,
            tries_left: match &self {
                Self::WrongCode { tries_left } => Some((*tries_left).max(0)),
                _ => None,
            },
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&document).unwrap_or_default()));
        *response.status_mut() = status;
        response.extensions_mut().insert(Reason { code: self.code(), detail: self.detail() });
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for challenge in self.challenges() {
            if let Ok(challenge) = HeaderValue::try_from(challenge) {
                headers.append(WWW_AUTHENTICATE, challenge);
            }
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::UseNonce(nonce) = &self
            && let Ok(nonce) = HeaderValue::try_from(nonce)
        {
            headers.insert(HeaderName::from_static("dpop-nonce"), nonce);
        }
        response
    }
}
