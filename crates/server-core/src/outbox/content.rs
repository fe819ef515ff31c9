//! The content that a mail has only while it is sent: its code, and how long that is good for. The
//! life of a code that was asked for begins here, when its mail is handed over for the
//! first time.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::lease::{DueMail, finish};
use super::mail::Mail;
use super::rows::{self, Outcome};
use crate::accounts;
use crate::code::{Code, CodeLength};
use crate::database::{DatabaseError, TransactionError, work};
use crate::pending;
use crate::seal::{Seal, SealError};
use crate::service::Service;

/// Life of a code that was asked for, from the first hand-over of its mail, in seconds.
pub(crate) const ASKED_CODE_SECONDS: i64 = 900;

/// The content of a mail beside its typed data.
#[derive(Debug, Default)]
pub struct Content {
    /// Its code, if it has one.
    pub code: Option<MailedCode>,
}

/// What to do with a mail for which the SMTP server is ready.
#[derive(Debug)]
pub enum HandOver {
    /// Send it.
    Now(Content),
    /// What it is about is over, or it has no reader: it has ended.
    Over,
    /// Another server sends it, or it goes to another address now: it is leased again.
    Later,
}

/// A code, as it is written, and how much longer it is good for.
#[derive(Debug)]
pub struct MailedCode {
    /// In groups of four.
    pub text: Zeroizing<String>,
    /// In seconds.
    pub valid_seconds: i64,
}

/// Why a mail has no content.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The code cannot be opened or computed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for ContentError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Seal(_) => None,
        }
    }
}

/// The code that was asked for with this request. It is not stored: who holds the seal key
/// computes it.
fn asked_code(seal: &Seal, pending_id: &str) -> Result<Code, SealError> {
    let mac = Zeroizing::new(seal.mac(&asked(pending_id))?);
    Ok(Code::from_bits(mac.as_ref(), CodeLength::Short))
}

/// Whether this is the code that was requested with this request, also if the seal key was
/// rotated since it was sent.
pub(crate) fn is_asked_code(seal: &Seal, pending_id: &str, code: &Code) -> Result<bool, SealError> {
    let macs = Zeroizing::new(seal.macs(&asked(pending_id))?);
    Ok(macs.iter().any(|mac| Code::from_bits(mac, CodeLength::Short).is(code)))
}

fn asked(pending_id: &str) -> [&[u8]; 2] {
    [b"mailed code", pending_id.as_bytes()]
}

/// What a code that an operator sends is sealed about.
pub(super) fn about(account_id: &str) -> String {
    format!("{account_id} outbox")
}

/// Records that the content of a mail is given to the SMTP server now, and returns it, unless the
/// mail is not to be sent any more.
///
/// # Errors
/// [`ContentError`]. Nothing is recorded.
pub async fn hand_over(service: &Service, owner: &str, due: &DueMail) -> Result<HandOver, ContentError> {
    let now = service.now();
    service.database.write(|connection| work(content(service, connection, (owner, due), now))).await
}

async fn content(
    service: &Service,
    connection: &mut AnyConnection,
    (owner, due): (&str, &DueMail),
    now: UnixTime,
) -> Result<HandOver, ContentError> {
    let row = &due.row;
    // Both may have changed since the mail was leased.
    let address = match &row.account_id {
        Some(id) => accounts::find(&mut *connection, id).await?.map(|account| account.profile().email),
        None => None,
    };
    match address {
        Some(address) if address.as_ref() == Some(&due.to) || due.mail.to() == Some(&due.to) => {}
        Some(_) => {
            rows::release(connection, &row.id, owner, now).await?;
            return Ok(HandOver::Later);
        }
        None => {
            finish(connection, row, Outcome::Dropped, None, now).await?;
            return Ok(HandOver::Over);
        }
    }
    let mut pending_until = None;
    if let Some(id) = &row.pending_id {
        let pending = pending::find(&mut *connection, id).await?;
        let open = pending.filter(|pending| pending.spent_at.is_none() && now < pending.expires_at);
        let Some(open) = open else {
            finish(connection, row, Outcome::Dropped, None, now).await?;
            return Ok(HandOver::Over);
        };
        pending_until = Some(open.expires_at);
    }
    let Some(is_first) = rows::hand_over(&mut *connection, &row.id, owner, now).await? else {
        return Ok(HandOver::Later);
    };
    let code = match (&due.mail, &row.pending_id, &row.secret, &row.account_id) {
        (Mail::CodeAskedFor, Some(id), ..) => {
            let mut until = pending_until.unwrap_or(now);
            if is_first {
                until = now.plus(ASKED_CODE_SECONDS);
                pending::begin(&mut *connection, id, until, now).await?;
                rows::expire_at(connection, &row.id, until).await?;
            }
            Some((asked_code(&service.seal, id)?.shown(), until))
        }
        (mail, _, Some(secret), Some(account_id)) => {
            let opened = service.seal.open_sealed(&about(account_id), secret)?;
            let text = std::str::from_utf8(&opened).map_err(|_| SealError::Damaged)?;
            mail.code_expires_at().map(|until| (Zeroizing::new(text.to_owned()), until))
        }
        _ => None,
    };
    let code = code.map(|(text, until)| MailedCode { text, valid_seconds: until.since(now) });
    Ok(HandOver::Now(Content { code }))
}
