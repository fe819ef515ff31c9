//! Adds many accounts with the hashes of their passwords, from CSV or JSON lines. A refused line is
//! reported with its number, and the others are added. Never changes an existing account.

use std::io::BufRead;

use latchkey_token::UnixTime;
use uuid::Uuid;

use super::Admin;
use super::fields::Line;
use super::import_error::{ImportError, LineError};
use super::lines::{Format, Read, Reader};
use crate::accounts::{self, FormerNames, NameError, NewRow, Username};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::passwords::{self, FirebaseParameters};

/// How many lines are written in one transaction.
const BATCH: usize = 500;

/// The options of an import.
#[derive(Debug)]
pub struct ImportOptions {
    /// The format of the lines.
    pub format: Format,
    /// The parameters of the Firebase project that hashes come from.
    pub firebase: Option<FirebaseParameters>,
}

impl From<Format> for ImportOptions {
    fn from(format: Format) -> Self {
        Self { format, firebase: None }
    }
}

/// What happens during an import.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportEvent<'a> {
    /// The line with this number is refused.
    Refused(u64, LineError),
    /// A field with this name is left out of every line. Reported once.
    Unused(&'a str),
    /// A batch was written.
    Progress(Imported),
}

/// The progress of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Accounts added.
    pub added: u64,
    /// Lines refused.
    pub refused: u64,
}

/// A checked line.
struct Row {
    number: u64,
    id: String,
    username: Username,
    password_hash: String,
    line: Line,
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
        let ImportOptions { format, firebase } = options.into();
        let mut imported = Imported::default();
        let mut batch = Vec::with_capacity(BATCH);
        let mut read = Reader::new(lines, format)?;
        let reuses = self.reuses_names;
        let former = self.database.read(|connection| work(FormerNames::read(connection, reuses))).await?;
        loop {
            let next = read.next(|name| on(ImportEvent::Unused(name)))?;
            let is_end = next.is_none();
            if let Some(Read { number, line }) = next {
                match line.and_then(|line| Row::check(number, line, firebase.as_ref(), &former)) {
                    Ok(row) => batch.push(row),
                    Err(error) => {
                        imported.refused += 1;
                        on(ImportEvent::Refused(number, error));
                    }
                }
            }
            if is_end || batch.len() == BATCH {
                for row in self.store(&mut batch, now, &mut imported).await? {
                    imported.refused += 1;
                    on(ImportEvent::Refused(row.number, NameError::Taken(row.username).into()));
                }
                on(ImportEvent::Progress(imported));
            }
            if is_end {
                return Ok(imported);
            }
        }
    }

    /// Writes a batch. Returns the rows whose names are in use.
    async fn store(
        &self,
        batch: &mut Vec<Row>,
        now: UnixTime,
        imported: &mut Imported,
    ) -> Result<Vec<Row>, ImportError> {
        let rows = std::mem::take(batch);
        let inserted = &rows;
        let insert = self.database.write(|connection| {
            work(async move {
                let mut taken = Vec::new();
                for row in inserted {
                    if accounts::insert(&mut *connection, &row.stored(now), now).await? {
                        let entry = Entry::operator(Event::AccountAdded).of(&row.id, row.username.as_str());
                        entry.detail("imported").write(&mut *connection, now).await?;
                    } else {
                        taken.push(row.id.clone());
                    }
                }
                Ok::<_, DatabaseError>(taken)
            })
        });
        let taken = insert.await?;
        imported.added += (rows.len() - taken.len()) as u64;
        Ok(rows.into_iter().filter(|row| taken.contains(&row.id)).collect())
    }
}

impl Row {
    fn check(
        number: u64,
        line: Line,
        firebase: Option<&FirebaseParameters>,
        former: &FormerNames,
    ) -> Result<Self, LineError> {
        let username = Username::parse(&line.username)?;
        former.check(&username, None)?;
        let password_hash = passwords::read_foreign(&line.password_hash, firebase)?;
        let names = [line.given_name.as_deref(), line.family_name.as_deref()];
        accounts::check_profile(names, line.email.as_deref())?;
        accounts::check_claims(&line.claims)?;
        Ok(Self { number, id: Uuid::new_v4().to_string(), username, password_hash, line })
    }

    fn stored(&self, now: UnixTime) -> NewRow<'_> {
        NewRow {
            id: &self.id,
            username: &self.username,
            password_hash: &self.password_hash,
            given_name: self.line.given_name.as_deref(),
            family_name: self.line.family_name.as_deref(),
            email: self.line.email.as_deref(),
            claims: &self.line.claims,
            disabled_at: self.line.disabled.then_some(now),
        }
    }
}
