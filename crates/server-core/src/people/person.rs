//! An account, as it is shown to those who look after others: without its secrets, with what they
//! may do to it.

use super::names::joined;
use super::permission::{AccountState, Facts, Given, Permission, allowed};
use super::rows::Row;
use crate::accounts::Role;
use crate::language::Language;
use crate::service::Service;
use crate::settings::FactorsRequired;

/// An account. Times are seconds since 1970.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Person {
    /// Id: `sub` of its tokens.
    pub id: String,
    /// The name to sign in with.
    pub username: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The language of its mails; `None`: the server's.
    pub language: Option<Language>,
    /// Its role.
    pub role: Option<Role>,
    /// Where it is in its life.
    pub state: AccountState,
    /// Whether it has a second factor.
    pub has_factor: bool,
    /// Whether an operator or an admin requires one of it.
    pub factor_required: bool,
    /// When it was added.
    pub created_at: i64,
    /// When somebody last signed in to it.
    pub last_sign_in_at: Option<i64>,
    /// How many active sessions it has.
    pub sessions: i64,
    /// What the account that asks may do to it now.
    pub allowed: Vec<Permission>,
}

/// Who looks at an account: id and role.
#[derive(Clone, Copy, Debug)]
pub(super) struct Viewer<'a> {
    pub(super) id: &'a str,
    pub(super) role: Role,
}

impl Person {
    /// Given and family name, as they are shown.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        joined([self.given_name.as_deref(), self.family_name.as_deref()])
    }

    pub(super) fn new(service: &Service, viewer: Viewer<'_>, row: Row, given: Given) -> Self {
        let facts = facts(service, viewer, &row, given);
        Self {
            state: facts.state,
            has_factor: row.has_factor(),
            factor_required: row.factor_required_at.is_some(),
            role: facts.role,
            language: row.language.as_deref().and_then(Language::parse),
            id: row.id,
            username: row.username,
            given_name: row.given_name,
            family_name: row.family_name,
            email: row.email,
            created_at: row.created_at,
            last_sign_in_at: row.last_sign_in_at,
            sessions: row.sessions,
            allowed: allowed(viewer.role, facts),
        }
    }
}

/// What decides what may be done to an account.
pub(super) fn facts(service: &Service, viewer: Viewer<'_>, row: &Row, given: Given) -> Facts {
    let role = row.role.as_deref().and_then(Role::parse);
    let is_required = row.factor_required_at.is_some()
        || match service.factors.required {
            FactorsRequired::Never => false,
            FactorsRequired::Admins => role.is_some(),
            FactorsRequired::Always => true,
        };
    let state = match (row.disabled_at, row.is_unused()) {
        (Some(_), _) => AccountState::Disabled,
        (None, true) => AccountState::Invited,
        (None, false) => AccountState::Active,
    };
    Facts {
        is_self: row.id == viewer.id,
        role,
        state,
        needs_factor: row.has_factor() || is_required,
        can_get_mail: service.mail.is_configured && row.email.is_some(),
        given,
        disabled_by_desk: row.is_disabled_by_desk(),
    }
}
