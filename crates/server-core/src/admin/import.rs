//! Adds many accounts with the hashes of their passwords, from CSV or JSON lines. A refused line is
//! reported with its number, and the others are added. Never changes an existing account.

use std::io::BufRead;

use latchkey_token::UnixTime;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Admin;
use super::import_error::{ImportError, LineError};
use super::lines::{Claims, Format, Line, Reader};
use crate::accounts::{self, NewRow, Username};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::passwords;

/// How many lines are written in one transaction.
const BATCH: usize = 500;

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
    line: Line,
    claims: Map<String, Value>,
}

impl Admin {
    /// Imports accounts. Calls `refused` for every refused line, with its number, and `progress`
    /// after each batch.
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
    fn check(number: u64, mut line: Line) -> Result<Self, LineError> {
        let username = Username::parse(&line.username)?;
        passwords::check_hash(&line.password_hash)?;
        // An empty field of a CSV file counts as missing.
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
