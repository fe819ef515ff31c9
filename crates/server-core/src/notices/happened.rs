//! What a notice and its mail tell.

use latchkey_token::UnixTime;

use super::NoticeKind;
use crate::outbox::{FactorChange, Mail, Origin, PasskeyChange, UsedCode};

/// Something that the owner of an account is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    /// A sign-in.
    NewSignIn,
    /// A wrong second factor after the right password.
    WrongFactor,
    /// The password was changed, or set anew.
    PasswordChanged,
    /// The second factor was changed.
    FactorChanged(FactorChange),
    /// A one-time code or a recovery code was used.
    CodeUsed(UsedCode),
    /// A passkey was changed, or refused because there may be a copy of it.
    PasskeyChanged(PasskeyChange),
    /// A provider's account was linked.
    AccountLinked,
    /// The removal of the second factor was asked for.
    FactorRemoval {
        /// When it is removed.
        due: UnixTime,
    },
    /// An account with a role made a code for this one.
    CodeMade {
        /// For what.
        code: UsedCode,
        /// Whether the code itself is mailed to the owner.
        is_mailed: bool,
    },
    /// An admin changed the account: its names, address, role, or whether it needs a second factor.
    AccountChanged,
}

impl Happened {
    /// The kind of its notice.
    pub(super) fn kind(self) -> NoticeKind {
        match self {
            Self::NewSignIn => NoticeKind::NewSignIn,
            Self::WrongFactor => NoticeKind::WrongFactor,
            Self::PasswordChanged => NoticeKind::PasswordChanged,
            Self::FactorChanged(_) => NoticeKind::FactorChanged,
            Self::CodeUsed(_) => NoticeKind::CodeUsed,
            Self::PasskeyChanged(PasskeyChange::Added) => NoticeKind::PasskeyAdded,
            Self::PasskeyChanged(PasskeyChange::Removed) => NoticeKind::PasskeyRemoved,
            Self::PasskeyChanged(PasskeyChange::Suspicious) => NoticeKind::PasskeySuspicious,
            Self::AccountLinked => NoticeKind::AccountLinked,
            Self::FactorRemoval { .. } => NoticeKind::FactorRemoval,
            Self::CodeMade { .. } => NoticeKind::CodeMade,
            Self::AccountChanged => NoticeKind::AccountChanged,
        }
    }

    /// Whether an account with a role did it, and no device of the account.
    pub(super) fn is_by_other_account(self) -> bool {
        matches!(self, Self::CodeMade { .. } | Self::AccountChanged)
    }

    /// Its mail, if there is one.
    pub(super) fn mail(self, origin: Origin) -> Option<Mail> {
        Some(match self {
            Self::NewSignIn => Mail::NewSignIn(origin),
            Self::WrongFactor => Mail::WrongFactor(origin),
            Self::PasswordChanged => Mail::PasswordChanged(origin),
            Self::FactorChanged(change) => Mail::FactorChanged { change, origin },
            Self::CodeUsed(code) => Mail::CodeUsed { code, origin },
            Self::PasskeyChanged(change) => Mail::PasskeyChanged { change, origin },
            Self::AccountLinked => Mail::AccountLinked(origin),
            Self::FactorRemoval { due } => Mail::FactorRemoval { due, origin },
            Self::CodeMade { is_mailed: true, .. } | Self::AccountChanged => return None,
            Self::CodeMade { code, is_mailed: false } => Mail::CodeMade { code, origin },
        })
    }
}
