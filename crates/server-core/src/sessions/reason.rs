//! How and why a session ended. Owns the stored names of the reasons.

use latchkey_token::UnixTime;

use super::DeviceLabel;

/// How a session ended, for the device that lost it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// Why.
    pub reason: EndReason,
    /// When.
    pub at: UnixTime,
    /// The other device that ended it, if one did. Its texts are cut to 40 characters and have
    /// nothing in them that ends a quotation or makes a link; they are to be shown in quotation
    /// marks.
    pub by: Option<DeviceLabel>,
}

/// Why a session ended, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The user signed out on the device.
    SignedOut,
    /// It was ended by an operator.
    Revoked,
    /// The account was disabled.
    AccountDisabled,
    /// The same device signed in to the same account again, with the same key.
    Replaced,
    /// The password was set anew with a one-time code.
    PasswordReset,
    /// Another device of the account ended it.
    EndedByDevice,
    /// Another device of the account answered a notice about it with "not me".
    NotMe,
    /// The provider that it began by has ended its own session (OpenID Connect Back-Channel Logout
    /// 1.0).
    ProviderLogout,
}

impl EndReason {
    /// The name by which it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::AccountDisabled => "account_disabled",
            Self::Replaced => "replaced",
            Self::PasswordReset => "password_reset",
            Self::EndedByDevice => "ended_by_device",
            Self::NotMe => "not_me",
            Self::ProviderLogout => "provider_logout",
        }
    }

    /// An unknown reason, written by a newer server, reads as [`EndReason::Revoked`].
    pub(super) fn parse(text: &str) -> Self {
        match text {
            "signed_out" => Self::SignedOut,
            "account_disabled" => Self::AccountDisabled,
            "replaced" => Self::Replaced,
            "password_reset" => Self::PasswordReset,
            "ended_by_device" => Self::EndedByDevice,
            "not_me" => Self::NotMe,
            "provider_logout" => Self::ProviderLogout,
            _ => Self::Revoked,
        }
    }
}
