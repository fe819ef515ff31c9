//! The mails that a server sends now: which are due, to whom they go, and what came of each. Mails
//! that need no SMTP server to end are ended here: their time is over, or there is no one to read
//! them.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use super::mail::Mail;
use super::retry;
use super::rows::{self, LEASE_SECONDS, Outcome, Row, SMTP};
use crate::accounts;
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::language::Language;
use crate::service::Service;

/// How many mails a server leases at a time.
const MAX_LEASED: u32 = 16;

/// How many mails are given up in one transaction.
const MAX_GIVEN_UP: u32 = 100;

/// A mail that this server sends now.
#[derive(Clone)]
pub struct DueMail {
    /// A UUID, the same at each attempt.
    pub id: String,
    /// The address of the account's owner.
    pub to: String,
    /// The account's user name.
    pub username: String,
    /// The language of the account's owner.
    pub language: Language,
    /// What it tells.
    pub mail: Mail,
    pub(super) row: Row,
}

/// The mails that a server has leased, and how many ended without it.
#[derive(Default)]
pub struct Leased {
    /// To be sent now.
    pub due: Vec<DueMail>,
    /// Mails to accounts without an address.
    pub refused: u64,
    /// Mails whose time was over.
    pub given_up: u64,
    /// Mails without an account any more, or whose code is over.
    pub dropped: u64,
}

/// Why a mail was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// A word or two for the audit log.
    pub cause: &'static str,
    /// Whether a further attempt would have the same outcome.
    pub is_final: bool,
}

/// Leases the mails that are due. `owner` names this server.
///
/// # Errors
/// [`DatabaseError`].
pub async fn lease(service: &Service, owner: &str) -> Result<Leased, DatabaseError> {
    let now = service.now();
    if !service.database.read(|connection| work(rows::is_any_due(connection, SMTP, now))).await? {
        return Ok(Leased::default());
    }
    service.database.write(|connection| work(lease_due(service, connection, owner, now))).await
}

async fn lease_due(
    service: &Service,
    connection: &mut AnyConnection,
    owner: &str,
    now: UnixTime,
) -> Result<Leased, DatabaseError> {
    let mut leased = Leased::default();
    for row in rows::overdue(&mut *connection, SMTP, MAX_GIVEN_UP, now).await? {
        finish(&mut *connection, &row, Outcome::GivenUp, None, now).await?;
        leased.given_up += 1;
    }
    let limits = (MAX_LEASED, now.plus(LEASE_SECONDS));
    for row in rows::lease(&mut *connection, (SMTP, owner), limits, now).await? {
        match address(service, &mut *connection, &row).await? {
            Address::Known(due) => leased.due.push(*due),
            Address::Missing => {
                finish(&mut *connection, &row, Outcome::Refused, Some("no_address"), now).await?;
                leased.refused += 1;
            }
            Address::Nobody => {
                finish(&mut *connection, &row, Outcome::Dropped, None, now).await?;
                leased.dropped += 1;
            }
        }
    }
    Ok(leased)
}

/// Whom a mail goes to.
enum Address {
    Known(Box<DueMail>),
    /// The account has no address.
    Missing,
    /// There is no such account, or this version does not know what it would be told.
    Nobody,
}

async fn address(
    service: &Service,
    connection: &mut AnyConnection,
    row: &Row,
) -> Result<Address, DatabaseError> {
    let Some(id) = &row.account_id else { return Ok(Address::Nobody) };
    let account = accounts::find(connection, id).await?;
    let (Some(account), Some(mail)) = (account, Mail::parse(&row.template, &row.data)) else {
        return Ok(Address::Nobody);
    };
    let to = mail.to().map(str::to_owned).or_else(|| account.profile().email);
    let Some(to) = to else { return Ok(Address::Missing) };
    let language = account.language.unwrap_or(service.mail.language);
    let (id, username) = (row.id.clone(), account.username);
    Ok(Address::Known(Box::new(DueMail { id, to, username, language, mail, row: row.clone() })))
}

/// Records that the SMTP server has taken a mail.
///
/// # Errors
/// [`DatabaseError`]: then it is sent once more, with the same id.
pub async fn sent(service: &Service, due: &DueMail) -> Result<(), DatabaseError> {
    let (row, now) = (&due.row, service.now());
    service.database.write(|connection| work(finish(connection, row, Outcome::Sent, None, now))).await
}

/// Records that a mail was not taken. It is due again after a pause, or ends.
///
/// # Errors
/// [`DatabaseError`]: then it is due again when its lease is over.
pub async fn not_sent(
    service: &Service,
    owner: &str,
    due: &DueMail,
    why: NotTaken,
) -> Result<(), DatabaseError> {
    let (row, now) = (&due.row, service.now());
    if why.is_final {
        let cause = Some(why.cause);
        let finish =
            service.database.write(|connection| work(finish(connection, row, Outcome::Refused, cause, now)));
        return finish.await;
    }
    let pause = retry::pause(row.attempts, due.mail == Mail::CodeAskedFor);
    let due_at = now.plus(pause).min(UnixTime::new(row.expires_at));
    let release =
        service.database.write(|connection| work(rows::release(connection, &row.id, owner, due_at)));
    release.await
}

/// Gives the lease of a mail back that was not tried.
///
/// # Errors
/// [`DatabaseError`]: then it is due again when its lease is over.
pub async fn give_back(service: &Service, owner: &str, due: &DueMail) -> Result<(), DatabaseError> {
    let (id, now) = (&due.row.id, service.now());
    service.database.write(|connection| work(rows::release(connection, id, owner, now))).await
}

/// How many mails wait.
///
/// # Errors
/// [`DatabaseError`].
pub async fn count_queued(service: &Service) -> Result<i64, DatabaseError> {
    service.database.read(|connection| work(rows::count_open(connection, SMTP))).await
}

/// Ends a mail, and writes that to the audit log, unless no account was to be told.
pub(super) async fn finish(
    connection: &mut AnyConnection,
    row: &Row,
    outcome: Outcome,
    cause: Option<&str>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    if !rows::finish(&mut *connection, &row.id, outcome, now).await? {
        return Ok(());
    }
    let event = match outcome {
        Outcome::Sent => Event::MailSent,
        Outcome::Refused => Event::MailRefused,
        Outcome::GivenUp => Event::MailGivenUp,
        Outcome::Dropped => return Ok(()),
    };
    // A request that names no account has no owner.
    let Some(account_id) = &row.account_id else { return Ok(()) };
    let detail = cause.map_or_else(|| row.template.clone(), |cause| format!("{} {cause}", row.template));
    Entry::server(event).account(account_id).detail(&detail).write(connection, now).await
}
