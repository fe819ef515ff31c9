//! The kinds of notices. Owns the stored names.

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// A sign-in with a device key that was new to the account.
    NewSignIn,
    /// A wrong second factor after the right password.
    WrongFactor,
    /// The password was changed, or set anew.
    PasswordChanged,
    /// A second factor was set up, changed or removed, or there are new recovery codes.
    FactorChanged,
    /// A one-time code was used.
    CodeUsed,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// A passkey was refused, because there may be a copy of it.
    PasskeySuspicious,
    /// A provider's account was linked.
    AccountLinked,
    /// The removal of the second factor was asked for. It is open while the removal is pending.
    FactorRemoval,
    /// An account with a role made a code for a new password or in place of the second factor.
    CodeMade,
    /// An admin changed names, address, role or the requirement of a second factor.
    AccountChanged,
}

impl NoticeKind {
    /// The name by which it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewSignIn => "new_sign_in",
            Self::WrongFactor => "wrong_factor",
            Self::PasswordChanged => "password_changed",
            Self::FactorChanged => "factor_changed",
            Self::CodeUsed => "code_used",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::PasskeySuspicious => "passkey_suspicious",
            Self::AccountLinked => "account_linked",
            Self::FactorRemoval => "factor_removal",
            Self::CodeMade => "code_made",
            Self::AccountChanged => "account_changed",
        }
    }

    /// `None` for a kind that a newer server has written.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "new_sign_in" => Self::NewSignIn,
            "wrong_factor" => Self::WrongFactor,
            "password_changed" => Self::PasswordChanged,
            "factor_changed" => Self::FactorChanged,
            "code_used" => Self::CodeUsed,
            "passkey_added" => Self::PasskeyAdded,
            "passkey_removed" => Self::PasskeyRemoved,
            "passkey_suspicious" => Self::PasskeySuspicious,
            "account_linked" => Self::AccountLinked,
            "factor_removal" => Self::FactorRemoval,
            "code_made" => Self::CodeMade,
            "account_changed" => Self::AccountChanged,
            _ => return None,
        })
    }
}
