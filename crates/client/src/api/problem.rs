//! The members of a problem (RFC 9457) that mean something to the client, and the codes that the
//! server defines.

use latchkey_token::UnixTime;
use serde::Deserialize;

use super::error::{ApiError, End, EndReason};
use super::named_device::NamedJson;
use crate::factor_method::Needs;
use crate::reasons::Ended;

/// The codes that the server defines. A problem with another code is from an app's route, or from
/// another server.
pub(super) const SERVER_CODES: [&str; 52] = [
    "account_disabled",
    "browser_unavailable",
    "busy",
    "challenge_expired",
    "code_for_factor",
    "code_used",
    "confirmation_incomplete",
    "enrolment_expired",
    "enrolment_required",
    "factor_required",
    "forgot_unavailable",
    "insufficient_user_authentication",
    "internal",
    "invalid_client_id",
    "invalid_code",
    "invalid_credentials",
    "invalid_dpop_proof",
    "invalid_request",
    "invalid_token",
    "last_way",
    "link_unknown",
    "linked_elsewhere",
    "malformed_code",
    "method_not_allowed",
    "not_found",
    "other_device_off",
    "passkey_taken",
    "password_breached",
    "password_too_common",
    "password_too_long",
    "password_too_short",
    "passwords_disabled",
    "payload_too_large",
    "proof_required",
    "provider_sign_in_required",
    "provider_unknown",
    "request_timeout",
    "request_unknown",
    "second_factor_required",
    "session_expired",
    "session_revoked",
    "session_unknown",
    "token_missing",
    "too_many_attempts",
    "too_many_passkeys",
    "too_many_requests_open",
    "unavailable",
    "unsupported_media_type",
    "use_dpop_nonce",
    "wrong_code",
    "wrong_password",
    "wrong_result",
];

/// A problem.
#[derive(Deserialize)]
pub(super) struct Problem {
    pub(super) code: String,
    pub(super) detail: Option<String>,
    min_length: Option<u32>,
    tries_left: Option<i64>,
    reason: Option<String>,
    ended_at: Option<i64>,
    ended_by: Option<NamedJson>,
    #[serde(default)]
    needs: Vec<String>,
    /// With `needs`: whether a passkey does, too.
    #[serde(default)]
    or_passkey: bool,
}

impl Problem {
    /// The meaning of the problem with this status; `None` for one of 4xx without a meaning here.
    pub(super) fn meaning(&self, status: u16) -> Option<ApiError> {
        Some(match (status, self.code.as_str()) {
            (401, "invalid_credentials") | (403, "wrong_password") => ApiError::WrongCredentials,
            (401, "session_revoked" | "account_disabled") => ApiError::Ended(self.end()),
            (401, "session_expired") => ApiError::Ended(EndReason::Expired.into()),
            (401, "session_unknown") => ApiError::SessionUnknown,
            (403, "provider_sign_in_required") => ApiError::ProviderSignInRequired,
            // Refused before the request was read: nothing was done.
            (401, "token_missing" | "invalid_token" | "invalid_dpop_proof" | "use_dpop_nonce") => {
                ApiError::TokenRefused
            }
            // No renewal makes an authentication newer, so it is not a refused token.
            (401, "insufficient_user_authentication") | (400, "confirmation_incomplete") => {
                ApiError::ConfirmationRequired { needs: self.needs(), or_passkey: self.or_passkey }
            }
            (401 | 403, "wrong_code") => ApiError::WrongCode { tries_left: self.tries_left() },
            (401 | 403, "code_used") => ApiError::CodeUsed,
            (401, "challenge_expired") => ApiError::ChallengeExpired,
            (401, "invalid_code") => ApiError::InvalidCode,
            (400, "malformed_code") => ApiError::MalformedCode,
            (400, "code_for_factor") => ApiError::CodeForFactor,
            (403, "browser_unavailable") | (404, "provider_unknown") => ApiError::BrowserUnavailable,
            (403, "other_device_off") => ApiError::OtherDeviceOff,
            (404, "request_unknown") => ApiError::RequestUnknown,
            (409, "linked_elsewhere") => ApiError::LinkedElsewhere,
            (409, "last_way") => ApiError::LastWay,
            (409, "passkey_taken") => ApiError::PasskeyTaken,
            (409, "too_many_passkeys") => ApiError::TooManyPasskeys,
            (403, "wrong_result") => ApiError::WrongResult { tries_left: self.tries_left() },
            (403, "passwords_disabled") => ApiError::PasswordsDisabled,
            (403, "forgot_unavailable") => ApiError::ForgotUnavailable,
            (401, "proof_required") => ApiError::ProofRequired,
            (401 | 403, "factor_required") => ApiError::FactorRequired,
            (409, "enrolment_expired") => ApiError::EnrolmentExpired,
            (400, "password_too_short") => ApiError::PasswordTooShort { min_length: self.min_length },
            (400, "password_too_long") => ApiError::PasswordTooLong,
            (400, "password_too_common") => ApiError::PasswordTooCommon,
            (400, "password_breached") => ApiError::PasswordBreached,
            _ => return None,
        })
    }

    fn tries_left(&self) -> Option<u32> {
        self.tries_left.and_then(|tries| u32::try_from(tries).ok())
    }

    fn end(&self) -> End {
        let reason = match self.reason.as_deref() {
            Some("replaced") => EndReason::Replaced,
            Some("password_reset") => EndReason::PasswordReset,
            Some("ended_by_device") => EndReason::EndedByDevice,
            Some("not_me") => EndReason::NotMe,
            Some("provider_logout") => EndReason::ProviderLogout,
            _ => EndReason::Revoked,
        };
        let by = self.ended_by.clone().map(Into::into);
        End { reason, how: self.ended_at.map(|at| Ended { at: UnixTime::new(at), by }) }
    }

    /// A problem that names nothing asks for the password, which every account of this app has.
    fn needs(&self) -> Needs {
        let has = |need: &str| self.needs.iter().any(|name| name == need);
        match (has("password"), has("code")) {
            (true, true) => Needs::Both,
            (false, true) => Needs::Code,
            (false, false) if has("browser") => Needs::Browser,
            _ => Needs::Password,
        }
    }
}
