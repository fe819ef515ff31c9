//! Many accounts at once, with the hashes of their passwords, from CSV or JSON lines. A line that is no account is told
//! with its number, and the others go on. Accounts that are there are never changed.

use std::io::BufRead;

use latchkey_token::UnixTime;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Admin;
use super::lines::{Claims, Format, Line, Reader};
use crate::accounts::{self, InvalidClaim, InvalidProfile, InvalidUsername, NewRow, Username};
use crate::audit::{Entry, Event};
use crate::database::DatabaseError;
use crate::passwords::{self, InvalidHash};

/// Lines that are written in one transaction.
const BATCH: usize = 500;

/// Why a line is no account.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// Not a line of this format, or a field is missing, unknown or of another type.
    #[error("{0}")]
    Form(String),
    /// The user name.
    #[error(transparent)]
    Username(#[from] InvalidUsername),
    /// The hash.
    #[error(transparent)]
    Hash(#[from] InvalidHash),
    /// A name or the address.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// The claims.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
    /// The name is taken, in the database or in an earlier line.
    #[error("there is already an account with the user name {0}")]
    Taken(Username),
}

/// Why an import stopped. What was imported before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The lines cannot be read.
    #[error("the lines cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The first line of a CSV file does not name the columns.
    #[error("the first line must name the columns, username and password_hash among them")]
    Header,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Accounts added.
    pub added: u64,
    /// Lines that were none.
    pub refused: u64,
}

/// A checked line.
struct Row {
    number: u64,
    id: String,
    username: Username,
    line: Line,
    claims: Map<String, Value>,
}

impl Admin {
    /// Imports accounts. Tells `refused` of every line that is none, with its number, and `progress` how far it is after
    /// each batch.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn import(
        &self,
        lines: impl BufRead,
        format: Format,
        now: UnixTime,
        mut refused: impl FnMut(u64, LineError),
        mut progress: impl FnMut(Imported),
    ) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        let mut batch = Vec::with_capacity(BATCH);
        let mut read = Reader::new(lines, format)?;
        loop {
            let next = read.next()?;
            let is_end = next.is_none();
            if let Some((number, line)) = next {
                match line.and_then(|line| Row::check(number, line)) {
                    Ok(row) => batch.push(row),
                    Err(error) => {
                        imported.refused += 1;
                        refused(number, error);
                    }
                }
            }
            if is_end || batch.len() == BATCH {
                for row in self.store(&mut batch, now, &mut imported).await? {
                    imported.refused += 1;
                    refused(row.number, LineError::Taken(row.username));
                }
                progress(imported);
            }
            if is_end {
                return Ok(imported);
            }
        }
    }

    /// Writes a batch, and answers the rows whose names are taken.
    async fn store(
        &self,
        batch: &mut Vec<Row>,
        now: UnixTime,
        imported: &mut Imported,
    ) -> Result<Vec<Row>, ImportError> {
        let mut taken = Vec::new();
        let mut added = 0;
        let mut transaction = self.database.begin().await?;
        for row in batch.drain(..) {
            if accounts::insert(&mut transaction, &row.stored(now), now).await? {
                let entry = Entry::operator(Event::AccountAdded).of(&row.id, row.username.as_str());
                entry.detail("imported").write(&mut transaction, now).await?;
                added += 1;
            } else {
                taken.push(row);
            }
        }
        transaction.commit().await?;
        imported.added += added;
        Ok(taken)
    }
}

impl Row {
    fn check(number: u64, mut line: Line) -> Result<Self, LineError> {
        let username = Username::parse(&line.username)?;
        passwords::check_hash(&line.password_hash)?;
        // An empty field of a CSV file is none.
        for field in [&mut line.given_name, &mut line.family_name, &mut line.email] {
            field.take_if(|text| text.is_empty());
        }
        let names = [line.given_name.as_deref(), line.family_name.as_deref()];
        accounts::check_profile(names, line.email.as_deref())?;
        let claims = match line.claims.take() {
            None => Map::new(),
            Some(Claims::Object(claims)) => claims,
            Some(Claims::Text(text)) if text.is_empty() => Map::new(),
            Some(Claims::Text(text)) => serde_json::from_str(&text)
                .map_err(|_| LineError::Form("claims is not a JSON object".into()))?,
        };
        accounts::check_claims(&claims)?;
        Ok(Self { number, id: Uuid::new_v4().to_string(), username, line, claims })
    }

    fn stored(&self, now: UnixTime) -> NewRow<'_> {
        NewRow {
            id: &self.id,
            username: &self.username,
            password_hash: &self.line.password_hash,
            given_name: self.line.given_name.as_deref(),
            family_name: self.line.family_name.as_deref(),
            email: self.line.email.as_deref(),
            claims: &self.claims,
            disabled_at: self.line.disabled.then_some(now),
        }
    }
}
