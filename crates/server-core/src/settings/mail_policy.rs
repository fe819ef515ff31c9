//! What is mailed, and who gets a code by mail.

use serde::{Deserialize, Serialize};

use crate::language::Language;

/// What is mailed. How it is sent is the server's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailPolicy {
    /// Whether there is a server that takes mail. Without one nothing is queued.
    pub is_configured: bool,
    /// Who gets a code by mail after forgetting the password.
    pub reset: MailReset,
    /// The language of accounts that have none of their own.
    pub language: Language,
}

/// Who gets a code by mail after forgetting the password: a reader of the mailbox gets into an
/// account without a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailReset {
    /// Accounts that have a second factor.
    WithFactor,
    /// All accounts, except admins without a second factor.
    #[default]
    Always,
    /// No one.
    Never,
}

impl MailPolicy {
    /// Whether anybody gets a code by mail.
    #[must_use]
    pub fn may_reset(&self) -> bool {
        self.is_configured && self.reset != MailReset::Never
    }

    /// Whether an account gets a code by mail.
    #[must_use]
    pub fn may_reset_account(&self, has_factor: bool, is_admin: bool) -> bool {
        self.may_reset() && (has_factor || (self.reset == MailReset::Always && !is_admin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gets_a_code_by_mail_depends_on_the_factor_and_the_role() {
        let may = |is_configured, reset| {
            let policy = MailPolicy { is_configured, reset, language: Language::English };
            [(false, false), (false, true), (true, false), (true, true)]
                .map(|(has_factor, is_admin)| policy.may_reset_account(has_factor, is_admin))
        };
        assert_eq!(may(true, MailReset::Always), [true, false, true, true]);
        assert_eq!(may(true, MailReset::WithFactor), [false, false, true, true]);
        assert_eq!(may(true, MailReset::Never), [false; 4]);
        assert_eq!(may(false, MailReset::Always), [false; 4]);
    }
}
