//! The account that something is done to, and the one that does it, both locked until the
//! transaction ends.
//!
//! That is why the last admin remains, on any number of servers: who takes a role away, disables
//! or removes an account is an admin while that is committed, and is another account.

use latchkey_token::{Claims, UnixTime};
use sqlx::AnyConnection;
use uuid::Uuid;

use super::acting::{Acting, acting};
use super::error::PeopleError;
use super::permission::{Facts, Given, Permission, check, check_account, check_reading};
use super::person::{Person, Viewer, facts};
use super::rows;
use crate::accounts::{self, Account};
use crate::database::DatabaseError;
use crate::notices::{self, Happened, Notice};
use crate::password_check::Caller;
use crate::service::Service;
use crate::sessions::DeviceLabel;

/// Who acts, and on whom.
pub(super) struct Pair {
    pub(super) acting: Acting,
    pub(super) account: Account,
    pub(super) facts: Facts,
}

impl Pair {
    /// Locks and reads both accounts.
    pub(super) async fn lock(
        connection: &mut AnyConnection,
        service: &Service,
        who: (&Caller, &Claims),
        id: &str,
        now: UnixTime,
    ) -> Result<Self, PeopleError> {
        let own = who.1.sub.as_str();
        let other = Uuid::try_parse(id).ok().map(|id| id.to_string());
        // In the order of the ids: two that act on each other do not wait for each other.
        let mut ids = [Some(own), other.as_deref()];
        ids.sort_unstable();
        for id in ids.into_iter().flatten() {
            accounts::lock(&mut *connection, id).await?;
        }
        Self::read(connection, service, who, id, now).await
    }

    /// Reads both accounts, for something that changes neither.
    pub(super) async fn read(
        connection: &mut AnyConnection,
        service: &Service,
        who: (&Caller, &Claims),
        id: &str,
        now: UnixTime,
    ) -> Result<Self, PeopleError> {
        let acting = acting(&mut *connection, service, who, now).await?;
        let row = rows::find(&mut *connection, service, id, now).await?.ok_or(PeopleError::NotFound)?;
        let account = accounts::find(&mut *connection, &row.id).await?.ok_or(PeopleError::NotFound)?;
        let given = given(connection, &acting, &row.id, now).await?;
        let viewer = Viewer { id: &acting.id, role: acting.role };
        let facts = facts(service, viewer, &row, given);
        Ok(Self { facts, account, acting })
    }

    /// Checks that this may be done.
    pub(super) fn check(&self, permission: Permission) -> Result<(), PeopleError> {
        Ok(check(self.acting.role, permission, self.facts)?)
    }

    /// Checks that this may be done to such an account, whether or not it is so already.
    pub(super) fn check_account(&self, permission: Permission) -> Result<(), PeopleError> {
        Ok(check_account(self.acting.role, permission, self.facts)?)
    }

    /// Checks that the account's sessions and events may be read.
    pub(super) fn check_reading(&self) -> Result<(), PeopleError> {
        Ok(check_reading(self.acting.role, self.facts)?)
    }

    /// The account, as it is afterwards.
    pub(super) async fn person(
        &self,
        connection: &mut AnyConnection,
        service: &Service,
        now: UnixTime,
    ) -> Result<Person, PeopleError> {
        let found = rows::find(&mut *connection, service, &self.account.id, now).await?;
        let given = given(connection, &self.acting, &self.account.id, now).await?;
        let viewer = Viewer { id: &self.acting.id, role: self.acting.role };
        Ok(Person::new(service, viewer, found.ok_or(PeopleError::NotFound)?, given))
    }

    /// Tells the account's devices what was done to it.
    pub(super) async fn tell(
        &self,
        connection: &mut AnyConnection,
        service: &Service,
        what: Happened,
        now: UnixTime,
    ) -> Result<(), DatabaseError> {
        let notice = Notice {
            what,
            account_id: &self.account.id,
            sid: None,
            jkt: None,
            address: self.acting.address(),
            label: &DeviceLabel::default(),
            at: now,
        };
        notices::write(connection, &service.mail, &notice).await
    }
}

async fn given(
    connection: &mut AnyConnection,
    acting: &Acting,
    account_id: &str,
    now: UnixTime,
) -> Result<Given, DatabaseError> {
    let given = rows::given(connection, &acting.id, Some(account_id), now).await?;
    Ok(given.get(account_id).copied().unwrap_or_default())
}
