//! Gives all accounts in the form in which another server imports them, page by page, as they are
//! at one moment. Recovery codes are not given: their hashes depend on this server's seal key.

use std::collections::HashMap;
use std::path::PathBuf;

use latchkey_token::UnixTime;
use zeroize::Zeroizing;

use super::Admin;
use super::exported::{ExportedAccount, ExportedFactor, Secret};
use crate::accounts::{self, Account, Username};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, Snapshot, work};
use crate::factors::{self, StoredFactor};
use crate::passkeys;
use crate::providers;
use crate::seal::{Seal, SealError, SealKeyError, about_totp};

/// How many accounts are read at a time.
const PAGE: u32 = 500;

/// What is exported.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Whether hashes of passwords and sealed secrets of second factors are.
    pub with_secrets: bool,
    /// The key file that second factors are sealed with, instead of with this server's key; it is
    /// made if it is missing.
    pub seal_to: Option<PathBuf>,
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The lines cannot be written.
    #[error("the export cannot be written: {0}")]
    Write(#[from] std::io::Error),
    /// A factor cannot be sealed anew.
    #[error("the second factor of {0} cannot be sealed anew: {1}")]
    Factor(String, SealError),
    /// The file of a seal key.
    #[error(transparent)]
    SealKey(#[from] SealKeyError),
    /// No account has this name.
    #[error("there is no account with the user name {0}")]
    NoAccount(Username),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// Accounts.
    pub accounts: u64,
    /// Of these, those that have a second factor.
    pub factors: u64,
}

/// Seals factors with another key.
struct Reseal {
    own: Seal,
    other: Seal,
}

/// What the accounts are made with.
struct Form {
    with_secrets: bool,
    reseal: Option<Reseal>,
}

impl Admin {
    /// Calls `each` with every account, in the order of the names, as they are at one moment, and
    /// records that they were exported. Stops at its first error.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn export(
        &self,
        options: &ExportOptions,
        now: UnixTime,
        mut each: impl FnMut(&ExportedAccount) -> std::io::Result<()>,
    ) -> Result<Exported, ExportError> {
        let form = Form::new(self, options)?;
        let mut snapshot = self.database.snapshot().await?;
        self.record_export(options.with_secrets, now).await?;
        let (mut exported, mut after) = (Exported::default(), String::new());
        loop {
            let start = after.as_str();
            let page = snapshot.read(|connection| work(accounts::page(connection, start, PAGE))).await?;
            let Some(last) = page.last().map(|account| account.username_key.clone()) else { break };
            for account in form.complete(&mut snapshot, (start, &last), page).await? {
                exported.accounts += 1;
                exported.factors += u64::from(account.factor.is_some());
                each(&account)?;
            }
            after = last;
        }
        snapshot.end().await?;
        Ok(exported)
    }

    /// One account, in the same form.
    ///
    /// # Errors
    /// [`ExportError`]; [`ExportError::NoAccount`].
    pub async fn export_one(&self, username: &Username) -> Result<ExportedAccount, ExportError> {
        let form = Form { with_secrets: true, reseal: None };
        let mut snapshot = self.database.snapshot().await?;
        let found = snapshot.read(|connection| work(accounts::find_by_name(connection, username))).await?;
        let account = found.ok_or_else(|| ExportError::NoAccount(username.clone()))?;
        // The page of this one account: no other key is in the range.
        let key = account.username_key.clone();
        let key = key.as_str();
        let before = snapshot.read(|connection| work(accounts::key_before(connection, key))).await?;
        let mut page = form.complete(&mut snapshot, (&before, key), vec![account]).await?;
        let exported = page.pop().ok_or_else(|| ExportError::NoAccount(username.clone()))?;
        snapshot.end().await?;
        Ok(exported)
    }

    /// Who reads an export can guess the passwords in it, so the log says that there was one. A
    /// standby, which cannot be written, is exported all the same.
    async fn record_export(&self, with_secrets: bool, now: UnixTime) -> Result<(), DatabaseError> {
        let detail = if with_secrets { "with_secrets" } else { "without_secrets" };
        let entry = Entry::operator(Event::AccountsExported).detail(detail);
        match self.database.write(|connection| work(entry.write(connection, now))).await {
            Err(DatabaseError::ReadOnly(_)) => Ok(()),
            recorded => recorded,
        }
    }
}

impl Form {
    fn new(admin: &Admin, options: &ExportOptions) -> Result<Self, SealKeyError> {
        let reseal = match &options.seal_to {
            Some(path) if options.with_secrets => {
                let own = Seal::read(&admin.settings)?;
                Some(Reseal { own, other: Seal::of_file_or_new(path.clone())? })
            }
            _ => None,
        };
        Ok(Self { with_secrets: options.with_secrets, reseal })
    }

    /// Adds to a page of accounts what is stored elsewhere. `range` is before the first of them and
    /// at the last.
    async fn complete(
        &self,
        snapshot: &mut Snapshot,
        range: (&str, &str),
        page: Vec<Account>,
    ) -> Result<Vec<ExportedAccount>, ExportError> {
        let factors = snapshot.read(|connection| work(factors::of_page(connection, range))).await?;
        let mut factors: HashMap<_, _> =
            factors.into_iter().map(|factor| (factor.account_id.clone(), factor)).collect();
        let links = snapshot.read(|connection| work(providers::of_page(connection, range))).await?;
        let mut links = by_account(links);
        let passkeys = snapshot.read(|connection| work(passkeys::of_page(connection, range))).await?;
        let mut passkeys = by_account(passkeys);
        let complete = page.into_iter().map(|account| {
            let factor = factors.remove(&account.id);
            let mut exported = self.account(account, factor)?;
            exported.links = links.remove(&exported.id).unwrap_or_default();
            exported.passkeys = passkeys.remove(&exported.id).unwrap_or_default();
            Ok(exported)
        });
        complete.collect()
    }

    fn account(
        &self,
        account: Account,
        factor: Option<StoredFactor>,
    ) -> Result<ExportedAccount, ExportError> {
        let mut exported = ExportedAccount::new(account, self.with_secrets)?;
        if let Some(factor) = factor {
            let sealed = self.sealed(&factor);
            let sealed = sealed.map_err(|error| ExportError::Factor(exported.username.clone(), error))?;
            let (last_step, created_at) = (factor.last_step, factor.created_at);
            exported.factor = Some(ExportedFactor { totp: sealed, last_step, created_at });
        }
        Ok(exported)
    }

    /// The sealed secret of a factor, if secrets are exported.
    fn sealed(&self, factor: &StoredFactor) -> Result<Option<Secret>, SealError> {
        let about = about_totp(&factor.account_id);
        let sealed = match &self.reseal {
            None => factor.secret.clone(),
            Some(Reseal { own, other }) => other.seal(&about, &own.open_sealed(&about, &factor.secret)?)?,
        };
        Ok(self.with_secrets.then(|| Secret(Zeroizing::new(sealed))))
    }
}

/// Rows of accounts by the ids of these.
fn by_account<T>(rows: Vec<(String, T)>) -> HashMap<String, Vec<T>> {
    let mut accounts: HashMap<String, Vec<T>> = HashMap::new();
    for (id, row) in rows {
        accounts.entry(id).or_default().push(row);
    }
    accounts
}
