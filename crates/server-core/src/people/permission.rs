//! What an account with a role may do to another one: the only place of these rules. Pure; the
//! callers read the facts in the transaction of what they do.
//!
//! A desk enables what a desk has disabled, and does not undo what an admin has done.
//!
//! Nobody acts on themselves. Who acts is an admin, so that the last admin always remains: see
//! [`super::target`]. A desk acts on accounts without a role only, and sees no code that resets.
//! Who gave an account a way to a new password gives it none to a new second factor for a day, and
//! the other way round: one person does not take an account over.

use crate::accounts::Role;

/// Something that may be done to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Change its names, address and language.
    Edit,
    /// Make another code for its first password.
    Invite,
    /// Make a code for a new password.
    PasswordCode,
    /// Make a code in place of its second factor.
    FactorCode,
    /// Disable it.
    Disable,
    /// Enable it.
    Enable,
    /// End its sessions.
    EndSessions,
    /// Require a second factor of it, or no longer.
    RequireFactor,
    /// Give it a role, or take it away.
    SetRole,
    /// Remove it.
    Remove,
}

impl Permission {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 10] = [
        Self::Edit,
        Self::Invite,
        Self::PasswordCode,
        Self::FactorCode,
        Self::Disable,
        Self::Enable,
        Self::EndSessions,
        Self::RequireFactor,
        Self::SetRole,
        Self::Remove,
    ];

    /// The name by which it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Invite => "invite",
            Self::PasswordCode => "password_code",
            Self::FactorCode => "factor_code",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::EndSessions => "end_sessions",
            Self::RequireFactor => "require_factor",
            Self::SetRole => "set_role",
            Self::Remove => "remove",
        }
    }

    fn is_of_admins(self) -> bool {
        matches!(self, Self::Edit | Self::RequireFactor | Self::SetRole | Self::Remove)
    }
}

/// Where an account is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// It was added, and nobody has signed in to it yet: it has no password and no second factor.
    Invited,
    /// Its owner can sign in.
    Active,
    /// It is disabled.
    Disabled,
}

impl AccountState {
    /// The name by which it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// What one account gave another in the last day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    /// A way to a new password: an invitation, a code, or another e-mail address to send one to.
    pub(super) password: bool,
    /// A code in place of the second factor.
    pub(super) factor: bool,
}

/// An account that something is to be done to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) is_self: bool,
    pub(super) role: Option<Role>,
    pub(super) state: AccountState,
    /// Whether it has a second factor, or must have one.
    pub(super) needs_factor: bool,
    /// Whether a code can be mailed to it.
    pub(super) can_get_mail: bool,
    /// Whether a desk has disabled it, and not an admin or an operator.
    pub(super) disabled_by_desk: bool,
    /// What the account that acts gave it.
    pub(super) given: Given,
}

/// Why something may not be done to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// It is the account that acts.
    #[error("nobody does this to their own account")]
    Oneself,
    /// It takes an admin.
    #[error("only an admin may do this")]
    AdminOnly,
    /// The account has a role, and a desk acts.
    #[error("only an admin may do this to an account with a role")]
    HasRole,
    /// The account was invited and waits for its first sign-in.
    #[error("the account has not been used yet: invite it again")]
    NotUsedYet,
    /// The account is in use.
    #[error("the account is in use: it needs no invitation")]
    InUse,
    /// The account is disabled.
    #[error("the account is disabled")]
    Disabled,
    /// The account is not disabled.
    #[error("the account is not disabled")]
    NotDisabled,
    /// An admin or an operator has disabled it, and a desk acts.
    #[error("only an admin enables what no desk has disabled")]
    DisabledByAdmin,
    /// It has no second factor and needs none.
    #[error("the account has no second factor and needs none")]
    NoFactor,
    /// The same account gave it a way to the other factor less than a day ago.
    #[error("the other factor was reset by the same person less than a day ago")]
    BothFactors,
    /// A code of a desk goes to the owner by mail, and cannot.
    #[error("a code of a desk is mailed to the owner, and there is no mail or no address")]
    NoMail,
}

impl NotAllowed {
    /// The name by which it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Oneself => "oneself",
            Self::AdminOnly => "admin_only",
            Self::HasRole => "has_role",
            Self::NotUsedYet => "not_used_yet",
            Self::InUse => "in_use",
            Self::Disabled => "disabled",
            Self::NotDisabled => "not_disabled",
            Self::DisabledByAdmin => "disabled_by_admin",
            Self::NoFactor => "no_factor",
            Self::BothFactors => "both_factors",
            Self::NoMail => "no_mail",
        }
    }
}

/// Whether an account with this role may do something to an account, whatever its state is.
pub(super) fn check_account(role: Role, permission: Permission, facts: Facts) -> Result<(), NotAllowed> {
    if facts.is_self {
        return Err(NotAllowed::Oneself);
    }
    if role == Role::Desk {
        if permission.is_of_admins() {
            return Err(NotAllowed::AdminOnly);
        }
        if facts.role.is_some() {
            return Err(NotAllowed::HasRole);
        }
        let is_disabled = facts.state == AccountState::Disabled;
        if permission == Permission::Enable && is_disabled && !facts.disabled_by_desk {
            return Err(NotAllowed::DisabledByAdmin);
        }
    }
    Ok(())
}

/// Whether an account with this role may do something to an account now.
pub(super) fn check(role: Role, permission: Permission, facts: Facts) -> Result<(), NotAllowed> {
    check_account(role, permission, facts)?;
    match permission {
        Permission::Edit | Permission::RequireFactor | Permission::SetRole => Ok(()),
        Permission::Remove | Permission::EndSessions => Ok(()),
        Permission::Disable => enabled(facts),
        Permission::Enable => match facts.state {
            AccountState::Disabled => Ok(()),
            AccountState::Invited | AccountState::Active => Err(NotAllowed::NotDisabled),
        },
        Permission::Invite => match facts.state {
            AccountState::Invited => Ok(()),
            AccountState::Active => Err(NotAllowed::InUse),
            AccountState::Disabled => Err(NotAllowed::Disabled),
        },
        Permission::PasswordCode => {
            used(facts)?;
            if facts.given.factor { Err(NotAllowed::BothFactors) } else { mail(role, facts) }
        }
        Permission::FactorCode => {
            used(facts)?;
            if !facts.needs_factor {
                return Err(NotAllowed::NoFactor);
            }
            if facts.given.password { Err(NotAllowed::BothFactors) } else { mail(role, facts) }
        }
    }
}

/// What an account with this role may do to an account, in the order of [`Permission::ALL`].
pub(super) fn allowed(role: Role, facts: Facts) -> Vec<Permission> {
    Permission::ALL.into_iter().filter(|permission| check(role, *permission, facts).is_ok()).collect()
}

/// Whether an account with this role may read an account's sessions and events. A desk does not
/// learn where admins are.
pub(super) fn check_reading(role: Role, facts: Facts) -> Result<(), NotAllowed> {
    match role == Role::Desk && facts.role.is_some() && !facts.is_self {
        true => Err(NotAllowed::HasRole),
        false => Ok(()),
    }
}

/// Whether an account with this role may change the e-mail address, to which codes are sent.
pub(super) fn check_address(facts: Facts) -> Result<(), NotAllowed> {
    if facts.given.factor { Err(NotAllowed::BothFactors) } else { Ok(()) }
}

fn enabled(facts: Facts) -> Result<(), NotAllowed> {
    match facts.state {
        AccountState::Disabled => Err(NotAllowed::Disabled),
        AccountState::Invited | AccountState::Active => Ok(()),
    }
}

fn used(facts: Facts) -> Result<(), NotAllowed> {
    match facts.state {
        AccountState::Active => Ok(()),
        AccountState::Invited => Err(NotAllowed::NotUsedYet),
        AccountState::Disabled => Err(NotAllowed::Disabled),
    }
}

fn mail(role: Role, facts: Facts) -> Result<(), NotAllowed> {
    match role == Role::Desk && !facts.can_get_mail {
        true => Err(NotAllowed::NoMail),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Facts = Facts {
        is_self: false,
        role: None,
        state: AccountState::Active,
        needs_factor: true,
        can_get_mail: true,
        disabled_by_desk: true,
        given: Given { password: false, factor: false },
    };

    fn names(role: Role, facts: Facts) -> String {
        allowed(role, facts).into_iter().map(Permission::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_desk_resets_and_stops_accounts_without_a_role_and_nothing_else() {
        assert_eq!(names(Role::Desk, USER), "password_code factor_code disable end_sessions");
        let invited = Facts { state: AccountState::Invited, ..USER };
        assert_eq!(names(Role::Desk, invited), "invite disable end_sessions");
        let disabled = Facts { state: AccountState::Disabled, ..USER };
        assert_eq!(names(Role::Desk, disabled), "enable end_sessions");
        let by_admin = Facts { disabled_by_desk: false, ..disabled };
        assert_eq!(names(Role::Desk, by_admin), "end_sessions");
        for role in Role::ALL {
            assert_eq!(names(Role::Desk, Facts { role: Some(role), ..USER }), "");
        }
        let without_mail = Facts { can_get_mail: false, ..USER };
        assert_eq!(names(Role::Desk, without_mail), "disable end_sessions");
        let invited = Facts { can_get_mail: false, ..invited };
        assert_eq!(names(Role::Desk, invited), "invite disable end_sessions", "that code is shown");
    }

    #[test]
    fn an_admin_does_everything_to_everybody_else() {
        let all = "edit password_code factor_code disable end_sessions require_factor set_role remove";
        for role in [None, Some(Role::Desk), Some(Role::Admin)] {
            assert_eq!(names(Role::Admin, Facts { role, can_get_mail: false, ..USER }), all);
        }
        let simple = Facts { needs_factor: false, ..USER };
        assert_eq!(check(Role::Admin, Permission::FactorCode, simple), Err(NotAllowed::NoFactor));
    }

    #[test]
    fn nobody_acts_on_themselves() {
        for role in Role::ALL {
            let facts = Facts { is_self: true, role: Some(role), ..USER };
            assert_eq!(names(role, facts), "");
            assert_eq!(check_reading(role, facts), Ok(()));
        }
    }

    #[test]
    fn one_person_resets_one_factor_in_a_day() {
        for role in Role::ALL {
            let gave = |password, factor| Facts { given: Given { password, factor }, ..USER };
            let check = |permission, facts| check(role, permission, facts);
            assert_eq!(check(Permission::PasswordCode, gave(true, false)), Ok(()), "once more");
            assert_eq!(check(Permission::FactorCode, gave(false, true)), Ok(()), "once more");
            let refused = Err(NotAllowed::BothFactors);
            assert_eq!(check(Permission::PasswordCode, gave(false, true)), refused);
            assert_eq!(check(Permission::FactorCode, gave(true, false)), refused);
            assert_eq!(check_address(gave(false, true)), refused);
        }
    }

    #[test]
    fn a_desk_does_not_learn_where_admins_are() {
        for role in Role::ALL {
            let facts = Facts { role: Some(role), ..USER };
            assert_eq!(check_reading(Role::Desk, facts), Err(NotAllowed::HasRole));
            assert_eq!(check_reading(Role::Admin, facts), Ok(()));
        }
        assert_eq!(check_reading(Role::Desk, USER), Ok(()));
    }
}
