//! Maps the errors of the use cases to problems. Faults of the server are logged here, because the
//! response does not contain them.

use latchkey_server_core::browser::{BeginError, FinishError, PollError};
use latchkey_server_core::confirm::{ConfirmError, NotConfirmed};
use latchkey_server_core::factors::FactorError;
use latchkey_server_core::keys::SignError;
use latchkey_server_core::notices::AnswerError;
use latchkey_server_core::one_time_codes::{AskError, RedeemError};
use latchkey_server_core::own_account::OwnAccountError;
use latchkey_server_core::own_factor::OwnFactorError;
use latchkey_server_core::passkeys::PasskeyError;
use latchkey_server_core::password_change::PasswordChangeError;
use latchkey_server_core::proofs::ConsumeError;
use latchkey_server_core::provider_sessions::HeldBy;
use latchkey_server_core::providers::LinkError;
use latchkey_server_core::renewal::RenewError;
use latchkey_server_core::seal::SealError;
use latchkey_server_core::second_factor::SecondFactorError;
use latchkey_server_core::sign_in::SignInError;
use latchkey_server_core::sign_out::SignOutTokenError;
use latchkey_server_core::{DatabaseError, EndReason, PasswordCheckError, PasswordError};

use super::problem::Problem;

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        tracing::error!(%error, "database");
        if error.is_temporary() { Self::Unavailable } else { Self::Internal }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::TooShort { min_length } => Self::PasswordTooShort { min_length },
            PasswordError::TooLong => Self::PasswordTooLong,
            PasswordError::TooCommon => Self::PasswordTooCommon,
            PasswordError::Breached => Self::PasswordBreached,
            PasswordError::ControlCharacter => {
                Self::InvalidRequest("The new password has a control character in it.")
            }
            error => {
                tracing::error!(%error, "password");
                Self::Internal
            }
        }
    }
}

impl From<SignError> for Problem {
    fn from(error: SignError) -> Self {
        tracing::error!(%error, "signing");
        Self::Internal
    }
}

impl From<EndReason> for Problem {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::AccountDisabled => Self::AccountDisabled,
            EndReason::Replaced => Self::SessionReplaced,
            EndReason::SignedOut
            | EndReason::Revoked
            | EndReason::PasswordReset
            | EndReason::EndedByDevice
            | EndReason::NotMe
            | EndReason::ProviderLogout => Self::SessionRevoked,
        }
    }
}

impl From<ConsumeError> for Problem {
    fn from(error: ConsumeError) -> Self {
        match error {
            ConsumeError::Full => Self::Busy,
            ConsumeError::Seen => Self::InvalidProof("The proof was used before."),
            ConsumeError::Database(error) => error.into(),
        }
    }
}

impl From<PasswordCheckError> for Problem {
    fn from(error: PasswordCheckError) -> Self {
        match error {
            PasswordCheckError::Wrong => Self::InvalidCredentials,
            PasswordCheckError::AccountDisabled => Self::AccountDisabled,
            PasswordCheckError::TooManyAttempts { seconds } => Self::TooManyAttempts(seconds),
            PasswordCheckError::Proof(error) => error.into(),
            PasswordCheckError::Hashing(error) => error.into(),
            PasswordCheckError::Database(error) => error.into(),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::PasswordsDisabled => Self::PasswordsDisabled,
            SignInError::Password(error) => error.into(),
            SignInError::Next(step) => Self::NextStep(step),
            SignInError::ProofRequired => Self::ProofRequired,
            SignInError::Seal(error) => error.into(),
            SignInError::Sign(error) => error.into(),
            SignInError::Database(error) => error.into(),
        }
    }
}

impl From<SecondFactorError> for Problem {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::Expired => Self::ChallengeExpired,
            SecondFactorError::Malformed(_) => Self::MalformedCode,
            SecondFactorError::WrongCode { tries_left } => Self::WrongCode { tries_left },
            SecondFactorError::CodeUsed => Self::CodeUsed,
            SecondFactorError::Next(step) => Self::NextStep(step),
            SecondFactorError::AccountDisabled => Self::AccountDisabled,
            SecondFactorError::TooManyAttempts { seconds } => Self::TooManyAttempts(seconds),
            SecondFactorError::Password(PasswordCheckError::Wrong) => Self::WrongPassword,
            SecondFactorError::Password(error) => error.into(),
            SecondFactorError::Proof(error) => error.into(),
            SecondFactorError::Seal(error) => error.into(),
            SecondFactorError::Secret => {
                tracing::error!(%error, "second factor");
                Self::Internal
            }
            SecondFactorError::Sign(error) => error.into(),
            SecondFactorError::Database(error) => error.into(),
        }
    }
}

impl From<RedeemError> for Problem {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::PasswordsDisabled => Self::PasswordsDisabled,
            RedeemError::PasswordMissing => {
                Self::InvalidRequest("The body is not a JSON object with code and new_password.")
            }
            RedeemError::Malformed(_) => Self::MalformedCode,
            RedeemError::Invalid => Self::InvalidCode,
            RedeemError::Used => Self::CodeUsed,
            RedeemError::ForFactor => Self::CodeForFactor,
            RedeemError::Password(error) => error.into(),
            RedeemError::Next(step) => Self::NextStep(step),
            RedeemError::AccountDisabled => Self::AccountDisabled,
            RedeemError::TooManyAttempts { seconds } => Self::TooManyAttempts(seconds),
            RedeemError::Proof(error) => error.into(),
            RedeemError::Seal(error) => error.into(),
            RedeemError::Sign(error) => error.into(),
            RedeemError::Database(error) => error.into(),
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Unavailable => Self::ForgotUnavailable,
            AskError::Proof(error) => error.into(),
            AskError::Busy(error) => error.into(),
            AskError::Database(error) => error.into(),
        }
    }
}

impl From<PasswordChangeError> for Problem {
    fn from(error: PasswordChangeError) -> Self {
        match error {
            PasswordChangeError::Disabled => Self::PasswordsDisabled,
            PasswordChangeError::AccountRemoved => Self::SessionRevoked,
            PasswordChangeError::Unbound => Self::ProofRequired,
            PasswordChangeError::NotConfirmed(error) => error.into(),
            PasswordChangeError::Current(PasswordCheckError::Wrong) => Self::WrongPassword,
            PasswordChangeError::Current(error) => error.into(),
            PasswordChangeError::New(error) => error.into(),
            PasswordChangeError::Database(error) => error.into(),
        }
    }
}

impl From<RenewError> for Problem {
    fn from(error: RenewError) -> Self {
        match error {
            RenewError::Ended(end) => Self::SessionEnded(end),
            RenewError::Expired => Self::SessionExpired,
            RenewError::Unknown => Self::SessionUnknown,
            RenewError::AccountRemoved => Self::SessionRevoked,
            RenewError::AccountDisabled => Self::AccountDisabled,
            RenewError::FactorRequired(challenge) => Self::FactorRequired(challenge),
            RenewError::ProviderSignInRequired(held_by) => held_by.into(),
            RenewError::Sign(error) => error.into(),
            RenewError::Database(error) => error.into(),
        }
    }
}

impl From<HeldBy> for Problem {
    fn from(HeldBy { provider, name }: HeldBy) -> Self {
        Self::ProviderSignInRequired { provider, name }
    }
}

impl From<SealError> for Problem {
    fn from(error: SealError) -> Self {
        tracing::error!(%error, "seal key");
        match error {
            SealError::NoKey | SealError::UnknownKey => Self::Unavailable,
            SealError::Damaged | SealError::Failed => Self::Internal,
        }
    }
}

impl From<FactorError> for Problem {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Seal(error) => error.into(),
            FactorError::Database(error) => error.into(),
            FactorError::Secret => {
                tracing::error!(%error, "second factor");
                Self::Internal
            }
        }
    }
}

impl From<OwnFactorError> for Problem {
    fn from(error: OwnFactorError) -> Self {
        match error {
            OwnFactorError::AccountRemoved => Self::SessionRevoked,
            OwnFactorError::AccountDisabled => Self::AccountDisabled,
            OwnFactorError::ProofRequired => Self::ProofRequired,
            OwnFactorError::WrongCode => Self::WrongFactorCode,
            OwnFactorError::EnrolmentExpired => Self::EnrolmentExpired,
            OwnFactorError::Required => Self::FactorNeeded,
            OwnFactorError::NoFactor => Self::NotFound,
            OwnFactorError::NotConfirmed(error) => error.into(),
            OwnFactorError::Password(PasswordCheckError::Wrong) => Self::WrongPassword,
            OwnFactorError::Password(error) => error.into(),
            OwnFactorError::Factor(error) => error.into(),
            OwnFactorError::Database(error) => error.into(),
        }
    }
}

impl From<PasskeyError> for Problem {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::Unavailable(reason) => {
                tracing::info!(%reason, "passkeys are not offered");
                Self::BrowserUnavailable
            }
            PasskeyError::NotFound => Self::NotFound,
            PasskeyError::LastWay => Self::LastWay,
            PasskeyError::InvalidName => {
                Self::InvalidRequest("The name must be one line of 1 to 64 characters.")
            }
            PasskeyError::Taken => Self::PasskeyTaken,
            PasskeyError::OtherRelyingParty => {
                tracing::error!(%error, "passkeys");
                Self::Internal
            }
            PasskeyError::Begin(error) => error.into(),
            PasskeyError::Finish(error) => error.into(),
            PasskeyError::TooMany => Self::TooManyPasskeys,
            PasskeyError::AccountRemoved => Self::SessionRevoked,
            PasskeyError::AccountDisabled => Self::AccountDisabled,
            PasskeyError::ProofRequired => Self::ProofRequired,
            PasskeyError::NotConfirmed(error) => error.into(),
            PasskeyError::Database(error) => error.into(),
        }
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::LinkUnknown,
            LinkError::LastWay => Self::LastWay,
            LinkError::AccountRemoved => Self::SessionRevoked,
            LinkError::AccountDisabled => Self::AccountDisabled,
            LinkError::ProofRequired => Self::ProofRequired,
            LinkError::NotConfirmed(error) => error.into(),
            LinkError::Database(error) => error.into(),
        }
    }
}

impl From<SignOutTokenError> for Problem {
    fn from(error: SignOutTokenError) -> Self {
        match error {
            SignOutTokenError::Invalid => {
                Self::InvalidRequest("The notice is not a sign-out notice for this server.")
            }
            SignOutTokenError::OtherDevice => {
                Self::InvalidRequest("The notice is not by the device of that session.")
            }
            SignOutTokenError::Database(error) => error.into(),
        }
    }
}

impl From<OwnAccountError> for Problem {
    fn from(error: OwnAccountError) -> Self {
        match error {
            OwnAccountError::AccountRemoved => Self::SessionRevoked,
            OwnAccountError::AccountDisabled => Self::AccountDisabled,
            OwnAccountError::NoSession => Self::NotFound,
            OwnAccountError::NotConfirmed(error) => error.into(),
            OwnAccountError::Database(error) => error.into(),
        }
    }
}

impl From<NotConfirmed> for Problem {
    fn from(error: NotConfirmed) -> Self {
        match error {
            NotConfirmed::SessionEnded => Self::SessionRevoked,
            NotConfirmed::Required(required) => Self::InsufficientAuthentication(required),
            NotConfirmed::Database(error) => error.into(),
        }
    }
}

impl From<ConfirmError> for Problem {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Unbound => Self::ProofRequired,
            ConfirmError::Incomplete { needs } => Self::ConfirmationIncomplete(needs),
            ConfirmError::Password(PasswordCheckError::Wrong) => Self::WrongPassword,
            ConfirmError::Password(error) => error.into(),
            ConfirmError::WrongCode => Self::WrongFactorCode,
            ConfirmError::CodeUsed => Self::FactorCodeUsed,
            ConfirmError::TooManyCodes { seconds } => Self::TooManyAttempts(seconds),
            ConfirmError::Factor(error) => error.into(),
            ConfirmError::AccountRemoved | ConfirmError::SessionEnded => Self::SessionRevoked,
            ConfirmError::AccountDisabled => Self::AccountDisabled,
            ConfirmError::ProviderSignInRequired(held_by) => held_by.into(),
            ConfirmError::Sign(error) => error.into(),
            ConfirmError::Database(error) => error.into(),
        }
    }
}

impl From<AnswerError> for Problem {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::NotFound => Self::NotFound,
            AnswerError::SessionEnded => Self::SessionRevoked,
            AnswerError::Confirmation(required) => Self::InsufficientAuthentication(required),
            AnswerError::Database(error) => error.into(),
        }
    }
}

impl From<BeginError> for Problem {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Unbound => Self::ProofRequired,
            BeginError::OtherDeviceOff => Self::OtherDeviceOff,
            BeginError::TooManyOpen => Self::TooManyRequestsOpen,
            BeginError::TooManyRequests { seconds } => Self::TooManyAttempts(seconds),
            BeginError::NotConfirmed(error) => error.into(),
            BeginError::Proof(error) => error.into(),
            BeginError::Seal(error) => error.into(),
            BeginError::Database(error) => error.into(),
        }
    }
}

impl From<PollError> for Problem {
    fn from(error: PollError) -> Self {
        match error {
            PollError::Unknown => Self::RequestUnknown,
            PollError::Proof(error) => error.into(),
            PollError::Seal(error) => error.into(),
            PollError::Database(error) => error.into(),
        }
    }
}

impl From<FinishError> for Problem {
    fn from(error: FinishError) -> Self {
        match error {
            FinishError::Unknown => Self::RequestUnknown,
            FinishError::WrongResult { tries_left } => Self::WrongResult { tries_left },
            FinishError::Next(next) => Self::NextStep(next),
            FinishError::AccountDisabled => Self::AccountDisabled,
            FinishError::SessionEnded => Self::SessionRevoked,
            FinishError::ProviderSignInRequired(held_by) => held_by.into(),
            FinishError::LinkedElsewhere => Self::LinkedElsewhere,
            FinishError::Proof(error) => error.into(),
            FinishError::Seal(error) => error.into(),
            FinishError::Sign(error) => error.into(),
            FinishError::Database(error) => error.into(),
        }
    }
}
