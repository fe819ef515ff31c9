//! A code that an operator or an account with a role makes: 80 bits, stored as a keyed hash, shown
//! once. Making it changes nothing by itself.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use uuid::Uuid;

use super::{CodeKind, parts};
use crate::accounts::Account;
use crate::audit::{Actor, Entry, Event};
use crate::code::{Code, CodeLength};
use crate::completion::name;
use crate::database::{DatabaseError, TransactionError};
use crate::factors;
use crate::outbox::{self, ContentError, Mail};
use crate::pending::{self, NewPending};
use crate::seal::{Seal, SealError};
use crate::settings::MailPolicy;

/// How long a code of an operator is valid, unless the operator says otherwise, in seconds.
pub const VALID_SECONDS: i64 = 86_400;

/// How long it is valid at most, in seconds.
pub const MAX_VALID_SECONDS: i64 = 7 * 86_400;

/// A code that was made.
#[derive(Debug)]
#[non_exhaustive]
pub struct MadeCode {
    /// The account's user name.
    pub username: String,
    /// The code. It cannot be read again.
    pub code: Code,
    /// When it expires.
    pub expires_at: UnixTime,
}

/// Why a code was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewCodeError {
    /// The system has no randomness.
    #[error("there is no randomness for a code")]
    Random,
    /// The seal key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<ContentError> for NewCodeError {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Seal(error) => Self::Seal(error),
            ContentError::Database(error) => Self::Database(error),
        }
    }
}

impl TransactionError for NewCodeError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Random | Self::Seal(_) => None,
        }
    }
}

/// A code that is not stored yet.
#[derive(Debug)]
pub(crate) struct NewCode {
    id: String,
    code: Code,
    hash: String,
    kind: CodeKind,
    expires_at: UnixTime,
}

impl NewCode {
    pub(crate) fn random(seal: &Seal, kind: CodeKind, expires_at: UnixTime) -> Result<Self, NewCodeError> {
        let code = Code::random(CodeLength::Long).map_err(|_| NewCodeError::Random)?;
        let hash = seal.mac_text(&parts(&code))?;
        Ok(Self { id: Uuid::new_v4().to_string(), code, hash, kind, expires_at })
    }

    /// The code, to be shown to the operator.
    pub(crate) fn made(&self, username: &str) -> MadeCode {
        MadeCode { username: username.to_owned(), code: self.code.clone(), expires_at: self.expires_at }
    }

    /// Stores the code, in place of an earlier one of its kind, and queues its mail if there is one
    /// to send.
    pub(crate) async fn insert(
        &self,
        connection: &mut AnyConnection,
        actor: Actor<'_>,
        account: &Account,
        mail: Option<(&MailPolicy, &Seal)>,
        now: UnixTime,
    ) -> Result<(), NewCodeError> {
        let (kind, expires_at) = (self.kind.pending(), self.expires_at);
        let row = NewPending {
            code_hash: Some(&self.hash),
            ..NewPending::of(&self.id, kind, &account.id, expires_at)
        };
        pending::end_kind_of(&mut *connection, kind, &account.id, None).await?;
        pending::insert(&mut *connection, &row, now).await?;
        let entry = Entry::by(actor, Event::CodeMade).of(&account.id, &account.username);
        entry.detail(name(self.kind.used())).write(&mut *connection, now).await?;
        if self.kind == CodeKind::Factor {
            // There is a better way now.
            let cancelled = Entry::by(actor, Event::FactorRemovalCancelled);
            let cancelled = cancelled.of(&account.id, &account.username).detail("code_made");
            factors::cancel_removal(&mut *connection, cancelled, &account.id, now).await?;
        }
        let Some(sending) = mail else { return Ok(()) };
        let mail = match self.kind {
            CodeKind::Invite => Mail::Invitation { expires_at },
            CodeKind::Password => Mail::ResetCode { expires_at },
            CodeKind::Factor => Mail::FactorCode { expires_at },
        };
        let (about, content) = ((account.id.as_str(), self.id.as_str()), (&mail, &self.code));
        Ok(outbox::mail_code(connection, sending, about, content, now).await?)
    }
}
