//! Adds many accounts with the hashes of their passwords and their second factors, from CSV or JSON
//! lines. A refused line is reported with its number, and the others are added. Never changes an
//! existing account, and never sets a role.

use std::collections::HashSet;
use std::io::BufRead;
use std::path::PathBuf;

use latchkey_token::UnixTime;

use super::Admin;
use super::import_error::{ImportError, LineError};
use super::import_row::{Inserted, Row};
use super::lines::{Format, NumberedLine, Reader};
use crate::accounts::{self, FormerNames, NameError, Role, Username};
use crate::database::{DatabaseError, work};
use crate::passkeys::{self, RelyingPartyCheckError};
use crate::passwords::FirebaseParameters;
use crate::seal::{Seal, SealKeyError};

/// How many lines are written in one transaction.
const BATCH: usize = 500;

/// The options of an import.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImportOptions {
    /// The format of the lines.
    pub format: Format,
    /// The parameters of the Firebase project that hashes come from.
    pub firebase: Option<FirebaseParameters>,
    /// The key file that second factors are sealed with, besides this server's own.
    pub sealed_with: Option<PathBuf>,
    /// Whether the lines are only checked.
    pub is_dry_run: bool,
}

impl From<Format> for ImportOptions {
    fn from(format: Format) -> Self {
        Self { format, firebase: None, sealed_with: None, is_dry_run: false }
    }
}

/// What happens during an import.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportEvent<'a> {
    /// The line with this number is refused.
    Refused(u64, LineError),
    /// A field with this name is left out of every line, or of those where its value means nothing
    /// here. Reported once.
    Unused(&'a str),
    /// The role in this line is left out: only `user grant` gives one.
    RoleLeftOut(u64, &'a Username, Role),
    /// The account of this line gets a new id, because the one in the line is in use.
    OtherId(u64, &'a Username),
    /// Passkeys in this line are left out: they are for another domain than this server's.
    PasskeysLeftOut(u64, &'a Username),
    /// So many links and passkeys in this line are left out: other accounts have them here, or
    /// earlier lines.
    InUseLeftOut(u64, &'a Username, u64),
    /// A batch was written.
    Progress(Imported),
}

/// The progress of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Accounts added.
    pub added: u64,
    /// Of these, those that have a second factor, and no recovery codes.
    pub factors: u64,
    /// Lines refused.
    pub refused: u64,
}

/// What the lines of one import are checked and written with.
struct Run<'a> {
    admin: &'a Admin,
    former: FormerNames,
    now: UnixTime,
    is_dry: bool,
    /// This server's seal key; opened for the first line with a factor.
    own: Option<Seal>,
    sealed_with: Option<Seal>,
    /// The relying party of this server's passkeys.
    rp_id: Option<String>,
    /// The names of a dry run, which are not in the database.
    names: HashSet<String>,
    imported: Imported,
}

impl Admin {
    /// Imports accounts. Calls `on` for every refused line, and after each batch.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn import(
        &self,
        lines: impl BufRead,
        options: impl Into<ImportOptions>,
        now: UnixTime,
        mut on: impl FnMut(ImportEvent<'_>),
    ) -> Result<Imported, ImportError> {
        let ImportOptions { format, firebase, sealed_with, is_dry_run } = options.into();
        let mut read = Reader::new(lines, format)?;
        let sealed_with = sealed_with.map(Seal::of_file).transpose().map_err(|error| match error {
            SealKeyError::Missing(path) => ImportError::SealedWith(path),
            error => error.into(),
        })?;
        let reuses = self.reuses_names;
        let former = self.database.read(|connection| work(FormerNames::read(connection, reuses))).await?;
        let rp_id = match passkeys::relying_party(&self.settings, &self.database).await {
            Ok(party) => party.ok().map(|party| party.id().to_owned()),
            Err(RelyingPartyCheckError::Settings(_)) => None,
            Err(RelyingPartyCheckError::Database(error)) => return Err(error.into()),
        };
        let (imported, names) = (Imported::default(), HashSet::new());
        let mut run = Run {
            admin: self,
            former,
            now,
            is_dry: is_dry_run,
            own: None,
            sealed_with,
            rp_id,
            names,
            imported,
        };
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let next = read.next(|name| on(ImportEvent::Unused(name)))?;
            let is_end = next.is_none();
            if let Some(NumberedLine { number, line }) = next {
                let row = line.and_then(|line| Row::check(number, line, firebase.as_ref(), &run.former));
                match row {
                    Ok(row) => batch.push(row),
                    Err(error) => run.refuse(number, error, &mut on),
                }
            }
            if is_end || batch.len() == BATCH {
                run.store(std::mem::take(&mut batch), &mut on).await?;
                on(ImportEvent::Progress(run.imported));
            }
            if is_end {
                return Ok(run.imported);
            }
        }
    }
}

impl Run<'_> {
    fn refuse(&mut self, number: u64, error: LineError, on: &mut impl FnMut(ImportEvent<'_>)) {
        self.imported.refused += 1;
        on(ImportEvent::Refused(number, error));
    }

    /// Writes a batch, or checks what its writing would find.
    async fn store(
        &mut self,
        mut rows: Vec<Row>,
        on: &mut impl FnMut(ImportEvent<'_>),
    ) -> Result<(), ImportError> {
        if rows.iter().any(Row::has_factor) && self.own.is_none() {
            // A dry run makes no key.
            self.own = Some(match self.is_dry {
                true => Seal::read(&self.admin.settings)?,
                false => Seal::open(&self.admin.settings, &self.admin.database, self.now).await?,
            });
        }
        self.free_ids(&mut rows, on).await?;
        let mut ready = Vec::with_capacity(rows.len());
        for mut row in rows {
            if row.leave_out_passkeys(self.rp_id.as_deref()) {
                on(ImportEvent::PasskeysLeftOut(row.number, &row.username));
            }
            let seals = [self.own.as_ref(), self.sealed_with.as_ref()];
            let seals: Vec<&Seal> = seals.into_iter().flatten().collect();
            match row.open_factor(&seals) {
                Ok(()) => ready.push(row),
                Err(error) => self.refuse(row.number, error, on),
            }
        }
        if !self.is_dry
            && let Some(own) = &self.own
        {
            for row in &mut ready {
                row.seal_factor(own)?;
            }
        }
        let (taken, in_use) = match self.is_dry {
            true => (self.names_in_use(&ready).await?, Vec::new()),
            false => self.insert(&ready).await?,
        };
        for row in ready {
            if taken.contains(&row.number) {
                self.refuse(row.number, NameError::Taken(row.username).into(), on);
                continue;
            }
            self.imported.added += 1;
            self.imported.factors += u64::from(row.has_factor());
            if let Some((_, left_out)) = in_use.iter().find(|(number, _)| *number == row.number) {
                on(ImportEvent::InUseLeftOut(row.number, &row.username, *left_out));
            }
            if let Some(role) = row.role() {
                on(ImportEvent::RoleLeftOut(row.number, &row.username, role));
            }
        }
        Ok(())
    }

    /// Gives new ids to the rows whose ids are in use, here or in an earlier row.
    async fn free_ids(
        &mut self,
        rows: &mut Vec<Row>,
        on: &mut impl FnMut(ImportEvent<'_>),
    ) -> Result<(), ImportError> {
        let ids: Vec<&str> = rows.iter().filter(|row| row.keeps_id).map(|row| row.id.as_str()).collect();
        let ids = ids.as_slice();
        if ids.is_empty() {
            return Ok(());
        }
        let mut in_use =
            self.admin.database.read(|connection| work(accounts::ids_in_use(connection, ids))).await?;
        let mut refused = Vec::new();
        for row in rows.iter_mut().filter(|row| row.keeps_id) {
            if in_use.insert(row.id.clone()) {
                continue;
            }
            row.change_id();
            match self.former.check(&row.username, None) {
                Ok(()) => on(ImportEvent::OtherId(row.number, &row.username)),
                Err(error) => refused.push((row.number, error)),
            }
        }
        rows.retain(|row| refused.iter().all(|(number, _)| *number != row.number));
        for (number, error) in refused {
            self.refuse(number, error.into(), on);
        }
        Ok(())
    }

    /// Writes rows. Returns the numbers of those whose names are in use; and of those that were
    /// written without some of their links and passkeys, with how many.
    async fn insert(&self, rows: &[Row]) -> Result<(Vec<u64>, Vec<(u64, u64)>), DatabaseError> {
        let now = self.now;
        let insert = self.admin.database.write(|connection| {
            work(async move {
                let (mut taken, mut in_use) = (Vec::new(), Vec::new());
                for row in rows {
                    match row.insert(&mut *connection, now).await? {
                        Inserted::NameInUse => taken.push(row.number),
                        Inserted::Whole { left_out: 0 } => {}
                        Inserted::Whole { left_out } => in_use.push((row.number, left_out)),
                    }
                }
                Ok::<_, DatabaseError>((taken, in_use))
            })
        });
        insert.await
    }

    /// The numbers of the rows whose names are in use, in the database or in an earlier row.
    async fn names_in_use(&mut self, rows: &[Row]) -> Result<Vec<u64>, DatabaseError> {
        let read = self.admin.database.read(|connection| {
            work(async move {
                let mut taken = Vec::new();
                for row in rows {
                    if accounts::find_by_name(&mut *connection, &row.username).await?.is_some() {
                        taken.push(row.number);
                    }
                }
                Ok(taken)
            })
        });
        let mut taken = read.await?;
        let again = rows.iter().filter(|row| !self.names.insert(row.username.key().to_owned()));
        taken.extend(again.map(|row| row.number));
        Ok(taken)
    }
}
