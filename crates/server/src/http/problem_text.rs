//! What each problem says to a person. Fixed texts: a response never contains a stack trace, SQL, a
//! path or a parser's text.

use latchkey_server_core::people::NotAllowed;
use latchkey_server_core::{EndReason, NextStep, SessionEnd};

use super::problem::{Problem, Takes};

impl Problem {
    /// The `detail` of RFC 9457 §3.1.4.
    pub(super) fn detail(&self) -> &'static str {
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
            Self::PasskeyTaken => "This passkey is an account's already.",
            Self::TooManyPasskeys => "This account has 20 passkeys, which is the most. Remove one first.",
            Self::FactorNeeded => "This account must have a second factor.",
            Self::FactorRequired(_) => {
                "This account must have a second factor. Set it up to go on with this session."
            }
            Self::ProviderSignInRequired { .. } => {
                "The provider of this session asks for a new sign-in by it."
            }
            Self::RoleRequired => "This takes a role that this account does not have.",
            Self::FactorNeededForRole => {
                "An account with a role needs a second factor. Set one up, and try again."
            }
            Self::NotAllowed(why) => not_allowed(*why),
            Self::CodeNotSent => {
                "There is no mail, or the account has no e-mail address to send the code to."
            }
            Self::TooManyCodes(_) => "Too many codes were made. Try again later.",
            Self::NameTaken => "Another account has this user name, or had it before.",
            Self::BrowserUnavailable => "This server has no sign-in in the browser.",
            Self::OtherDeviceOff => "A browser on another device may not complete this.",
            Self::TooManyRequestsOpen => {
                "Too many sign-ins in a browser are open. Try again in a few minutes."
            }
            Self::ProviderUnknown => "This server has no such provider.",
            Self::RequestUnknown => "No sign-in in a browser is open under this name. Begin it again.",
            Self::WrongResult { .. } => "That is not what the browser got.",
            Self::LinkedElsewhere => "The provider's account belongs to another account.",
            Self::LinkUnknown => "This account has no such link.",
            Self::LastWay => "This is the last way to sign in to this account. Add another one first.",
            Self::PasswordsDisabled => "This server takes no passwords. Sign in another way.",
            Self::NotFound => "There is nothing here.",
            Self::MethodNotAllowed => "This path does not take this method.",
            Self::PayloadTooLarge => "The request body is too large.",
            Self::RequestTimeout => "The request body took too long.",
            Self::UnsupportedMediaType(Takes::Json) => "The body must be application/json.",
            Self::UnsupportedMediaType(Takes::Form) => "The body must be application/x-www-form-urlencoded.",
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
}

fn not_allowed(why: NotAllowed) -> &'static str {
    match why {
        NotAllowed::Oneself => "Nobody does this to their own account.",
        NotAllowed::AdminOnly => "Only an admin may do this.",
        NotAllowed::HasRole => "Only an admin may do this to an account with a role.",
        NotAllowed::NotUsedYet => "Nobody has signed in to this account yet. Invite it again.",
        NotAllowed::InUse => "This account is in use and needs no invitation.",
        NotAllowed::Disabled => "This account is disabled.",
        NotAllowed::NotDisabled => "This account is not disabled.",
        NotAllowed::DisabledByAdmin => "No desk has disabled this account. Ask an admin.",
        NotAllowed::NoFactor => "This account has no second factor and needs none.",
        NotAllowed::BothFactors => {
            "You gave this account a way to its other factor less than a day ago. Somebody else may do this, or \
             you tomorrow."
        }
        NotAllowed::NoMail => {
            "The code of a desk is mailed to the owner, and there is no mail or the account has no e-mail address. \
             Ask an admin."
        }
    }
}
