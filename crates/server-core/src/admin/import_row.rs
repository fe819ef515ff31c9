//! A checked line of an import, and its rows in the database.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::fields::Line;
use super::import_error::LineError;
use crate::accounts::{self, FormerNames, NewRow, Role, Username};
use crate::audit::{Entry, Event};
use crate::database::DatabaseError;
use crate::factors::{self, CarriedFactor};
use crate::passkeys;
use crate::passwords::{self, FirebaseParameters, NO_PASSWORD};
use crate::providers;
use crate::seal::{Seal, SealError, about_totp};

/// What the audit log says of an imported account and its factor.
const IMPORTED: &str = "imported";

/// A checked line.
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) id: String,
    /// Whether it is the id of the line.
    pub(super) keeps_id: bool,
    pub(super) username: Username,
    password_hash: String,
    line: Line,
    factor: Factor,
}

/// The secret of a row's second factor.
enum Factor {
    None,
    /// Sealed for the id in the line.
    Carried,
    Opened(Zeroizing<Vec<u8>>),
    /// Sealed for the account that gets it.
    Sealed(String),
}

/// What came of the writing of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inserted {
    /// Nothing was written.
    NameInUse,
    /// It was written, without so many links and passkeys, which other accounts have.
    Whole { left_out: u64 },
}

impl Row {
    /// Checks a line. Its factor is opened later.
    pub(super) fn check(
        number: u64,
        line: Line,
        firebase: Option<&FirebaseParameters>,
        former: &FormerNames,
    ) -> Result<Self, LineError> {
        let username = Username::parse(&line.username)?;
        let (keeps_id, id) = (line.id.is_some(), line.id.unwrap_or_else(Uuid::new_v4).to_string());
        // The account itself may have its name back.
        former.check(&username, keeps_id.then_some(id.as_str()))?;
        let password_hash = match &line.password_hash {
            Some(hash) => passwords::read_foreign(hash, firebase)?,
            None => NO_PASSWORD.to_owned(),
        };
        let names = [line.given_name.as_deref(), line.family_name.as_deref()];
        accounts::check_profile(names, line.email.as_deref())?;
        accounts::check_claims(&line.claims)?;
        let factor = if line.factor.is_some() { Factor::Carried } else { Factor::None };
        Ok(Self { number, id, keeps_id, username, password_hash, line, factor })
    }

    pub(super) fn has_factor(&self) -> bool {
        !matches!(self.factor, Factor::None)
    }

    pub(super) fn role(&self) -> Option<Role> {
        self.line.role
    }

    /// Leaves out the passkeys that are not for the relying party `rp_id`: no browser offers them
    /// here. Returns whether there were any.
    pub(super) fn leave_out_passkeys(&mut self, rp_id: Option<&str>) -> bool {
        let before = self.line.passkeys.len();
        self.line.passkeys.retain(|passkey| rp_id == Some(passkey.rp_id.as_str()));
        self.line.passkeys.len() < before
    }

    pub(super) fn change_id(&mut self) {
        self.id = Uuid::new_v4().to_string();
        self.keeps_id = false;
    }

    /// Opens the factor.
    pub(super) fn open_factor(&mut self, seals: &[&Seal]) -> Result<(), LineError> {
        if let Some(factor) = &self.line.factor {
            let sealed_for = self.line.id.map(|id| id.to_string()).unwrap_or_default();
            self.factor = Factor::Opened(factor.open(seals, &sealed_for)?);
        }
        Ok(())
    }

    /// Seals the factor for the account.
    pub(super) fn seal_factor(&mut self, own: &Seal) -> Result<(), SealError> {
        if let Factor::Opened(secret) = &self.factor {
            self.factor = Factor::Sealed(own.seal(&about_totp(&self.id), secret)?);
        }
        Ok(())
    }

    /// Writes the account with what it signs in with.
    pub(super) async fn insert(
        &self,
        connection: &mut AnyConnection,
        now: UnixTime,
    ) -> Result<Inserted, DatabaseError> {
        let (id, line) = (self.id.as_str(), &self.line);
        // A time to come is another clock's mistake.
        let past = |at: Option<i64>| at.map_or(now, |at| UnixTime::new(at.min(now.seconds())));
        let row = NewRow {
            id,
            username: &self.username,
            password_hash: &self.password_hash,
            given_name: line.given_name.as_deref(),
            family_name: line.family_name.as_deref(),
            email: line.email.as_deref(),
            claims: &line.claims,
            disabled_at: (line.disabled || line.disabled_at.is_some()).then(|| past(line.disabled_at)),
        };
        if !accounts::insert(&mut *connection, &row, past(line.created_at)).await? {
            return Ok(Inserted::NameInUse);
        }
        let entry = |event| Entry::operator(event).of(id, self.username.as_str()).detail(IMPORTED);
        entry(Event::AccountAdded).write(&mut *connection, now).await?;
        if line.language.is_some() {
            accounts::set_language(&mut *connection, id, line.language).await?;
        }
        if line.factor_required {
            accounts::set_factor_required(&mut *connection, id, Some(now)).await?;
        }
        if let (Factor::Sealed(secret), Some(factor)) = (&self.factor, &line.factor) {
            let created_at = past(factor.created_at);
            let carried = CarriedFactor { secret, last_step: factor.last_step, created_at };
            factors::carry_in(&mut *connection, id, &carried).await?;
            entry(Event::FactorOn).write(&mut *connection, now).await?;
        }
        let passkeys = passkeys::carry_in(&mut *connection, id, &line.passkeys, now).await?;
        let links = providers::carry_in(connection, id, &line.links, now).await?;
        Ok(Inserted::Whole { left_out: passkeys + links })
    }
}
