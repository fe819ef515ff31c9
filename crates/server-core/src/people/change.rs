//! Changes of another account, over HTTP.

use latchkey_token::Claims;

use super::error::PeopleError;
use super::names::other_name;
use super::permission::{Permission, check_address};
use super::person::Person;
use super::profile::{self, AccountEdit};
use super::status;
use super::target::Pair;
use crate::accounts::{Role, Username};
use crate::database::work;
use crate::notices::Happened;
use crate::outbox::{self, Mail, Origin};
use crate::password_check::Caller;
use crate::service::Service;

/// A change of what an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Disable it and end its sessions.
    Disable,
    /// Enable it. Its sessions stay ended.
    Enable,
    /// Give it this role in place of the one that it has, or none.
    SetRole(Option<Role>),
    /// Require a second factor of it, or no longer.
    RequireFactor(bool),
}

impl Change {
    fn permission(self) -> Permission {
        match self {
            Self::Disable => Permission::Disable,
            Self::Enable => Permission::Enable,
            Self::SetRole(_) => Permission::SetRole,
            Self::RequireFactor(_) => Permission::RequireFactor,
        }
    }
}

/// A change of an account's user name and profile. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct PersonEdit {
    /// Another user name.
    pub username: Option<Username>,
    /// Another name in one text, or none; instead of its parts in `profile`.
    pub name: Option<Option<String>>,
    /// Other names, address or language.
    pub profile: AccountEdit,
}

/// Makes a change of an account. May be repeated. The devices of the account are told, where its
/// sessions go on.
///
/// # Errors
/// [`PeopleError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn change(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    id: &str,
    change: Change,
) -> Result<Person, PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let write = service.database.write(|connection| {
        work(async move {
            let pair = Pair::lock(&mut *connection, service, who, id, now).await?;
            pair.check_account(change.permission())?;
            let (actor, account) = (pair.acting.actor(), &pair.account);
            let mut ended = None;
            let is_told = match change {
                Change::Disable => {
                    ended = Some(status::disable(&mut *connection, actor, account, now).await?);
                    false
                }
                Change::Enable => {
                    status::enable(&mut *connection, actor, account, now).await?;
                    false
                }
                Change::SetRole(role) => {
                    status::set_role(&mut *connection, actor, account, role, now).await?
                }
                Change::RequireFactor(is_required) => {
                    status::require_factor(&mut *connection, actor, account, is_required, now).await?
                }
            };
            if is_told {
                pair.tell(&mut *connection, service, Happened::AccountChanged, now).await?;
            }
            Ok::<_, PeopleError>((pair.person(connection, service, now).await?, ended))
        })
    });
    let (person, ended) = write.await?;
    let ended = ended.map(|ended| ended.announce(&service.revocations));
    tracing::info!(account = person.id, by = token.sub, ?change, ended, "account changed");
    Ok(person)
}

/// Changes user name, names, address and language of an account. Another address is a way to a new
/// password: who made a code for the second factor does not change it for a day.
///
/// # Errors
/// [`PeopleError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn edit(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    id: &str,
    edit: &PersonEdit,
) -> Result<Person, PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let write = service.database.write(|connection| {
        work(async move {
            let pair = Pair::lock(&mut *connection, service, who, id, now).await?;
            pair.check(Permission::Edit)?;
            let (actor, account) = (pair.acting.actor(), &pair.account);
            let new_name = edit.username.as_ref().filter(|name| name.as_str() != account.username);
            let mut profile = edit.profile.without_unchanged(account);
            let new_parts = edit.name.as_ref().and_then(|name| other_name(account, name.as_deref()));
            if let Some(parts) = new_parts {
                [profile.given_name, profile.family_name] = parts.map(Some);
            }
            if profile.email.is_some() {
                check_address(pair.facts)?;
            }
            if let Some(name) = new_name {
                profile::rename(&mut *connection, actor, account, (name, false), now).await?;
            }
            if !profile.is_empty() {
                profile::edit(&mut *connection, actor, &account.id, &profile, now).await?;
            }
            if let (Some(_), Some(to)) = (&profile.email, account.profile().email) {
                // To the address of before: its owner may have no other way to learn of it.
                let origin = Origin::device(now, pair.acting.address().and_then(|text| text.parse().ok()));
                let mail = Mail::AddressChanged { to, origin };
                outbox::mail(&mut *connection, &service.mail, &account.id, &mail, now).await?;
            }
            if new_name.is_some() || !profile.is_empty() {
                pair.tell(&mut *connection, service, Happened::AccountChanged, now).await?;
            }
            pair.person(connection, service, now).await
        })
    });
    let person = write.await?;
    tracing::info!(account = person.id, by = token.sub, "account edited");
    Ok(person)
}

/// Removes an account with its personal data, and ends its sessions.
///
/// # Errors
/// [`PeopleError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn remove_account(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    id: &str,
) -> Result<(), PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let write = service.database.write(|connection| {
        work(async move {
            let pair = Pair::lock(&mut *connection, service, who, id, now).await?;
            pair.check(Permission::Remove)?;
            Ok::<_, PeopleError>(status::remove(connection, pair.acting.actor(), &pair.account, now).await?)
        })
    });
    let count = write.await?.announce(&service.revocations);
    tracing::info!(account = id, by = token.sub, count, "account removed");
    Ok(())
}
