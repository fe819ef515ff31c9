//! The error of an operation whose call to the server failed.

use crate::api::{ApiError, BrowserFailure};
use crate::error::SessionError;

impl From<ApiError> for SessionError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unreachable(cause) => Self::ServerUnreachable { cause },
            ApiError::Unavailable => Self::ServerUnavailable,
            ApiError::Throttled { retry_after_seconds } => Self::Throttled { retry_after_seconds },
            ApiError::SessionUnknown => Self::SessionUnknown,
            ApiError::ProviderSignInRequired => Self::ProviderSignInRequired,
            ApiError::InvalidResponse => Self::ServerAnswerInvalid,
            ApiError::WrongCredentials => Self::WrongCredentials,
            ApiError::PasswordTooShort { min_length } => Self::PasswordTooShort { min_length },
            ApiError::PasswordTooLong => Self::PasswordTooLong,
            ApiError::PasswordTooCommon => Self::PasswordTooCommon,
            ApiError::PasswordBreached => Self::PasswordBreached,
            ApiError::Ended(_) => Self::SessionOver,
            ApiError::TokenRefused | ApiError::Refused | ApiError::NoProof => Self::ServerRefused,
            ApiError::PathNotAllowed => Self::PathNotAllowed,
            ApiError::BodyTooLarge => Self::BodyTooLarge,
            ApiError::WrongCode { tries_left } => Self::WrongCode { tries_left },
            ApiError::CodeUsed => Self::CodeUsed,
            ApiError::ChallengeExpired => Self::ChallengeExpired,
            ApiError::InvalidCode => Self::InvalidCode { asked_here: false },
            ApiError::MalformedCode => Self::MalformedCode,
            ApiError::CodeForFactor => Self::CodeForFactor,
            ApiError::BrowserUnavailable => Self::BrowserUnavailable,
            ApiError::OtherDeviceOff => Self::OtherDeviceOff,
            ApiError::RequestUnknown => Self::BrowserExpired,
            ApiError::WrongResult { tries_left } => Self::WrongResult { tries_left },
            ApiError::TooManyPasskeys => Self::TooManyPasskeys,
            ApiError::PasskeyTaken => Self::PasskeyTaken,
            ApiError::LinkedElsewhere => Self::LinkedElsewhere,
            ApiError::LastWay => Self::LastWay,
            ApiError::PasswordsDisabled => Self::PasswordsDisabled,
            ApiError::ForgotUnavailable => Self::ForgotUnavailable,
            ApiError::ProofRequired => Self::ProofRequired,
            ApiError::ConfirmationRequired { needs, or_passkey } => {
                Self::ConfirmationRequired { needs, or_passkey }
            }
            ApiError::FactorRequired => Self::FactorRequired,
            ApiError::EnrolmentExpired => Self::EnrolmentExpired,
            ApiError::AccountDisabled => Self::AccountDisabled,
        }
    }
}

impl From<BrowserFailure> for SessionError {
    fn from(failure: BrowserFailure) -> Self {
        match failure {
            BrowserFailure::ProviderAway => Self::ProviderAway,
            BrowserFailure::ProviderRefused => Self::ProviderRefused,
            BrowserFailure::NotAllowed => Self::AccountNotAllowed,
            BrowserFailure::AccountUnknown => Self::AccountUnknown,
            BrowserFailure::AccountDisabled => Self::AccountDisabled,
            BrowserFailure::LinkNeeded => Self::LinkNeeded,
            BrowserFailure::LinkedElsewhere => Self::LinkedElsewhere,
            BrowserFailure::Internal => Self::BrowserFailed,
        }
    }
}
