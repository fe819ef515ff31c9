//! What is to be told outside of this server: mail, and the events of `webhooks`, in a queue in the
//! database. Owns the table `outbox`; refuses to send, which is the server's work.
//!
//! A row is written in the transaction of what it tells, so that neither exists without the other.
//! A server leases the rows that are due, for a few minutes; it sends each at least once, always
//! with the same id, and notes what came of it. A row of a server that was killed is due again when
//! its lease is over. Rows of one receiver wait for each other, and for no other receiver's. The
//! order is not kept.

mod content;
mod lease;
mod mail;
pub(crate) mod retry;
pub(crate) mod rows;

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use crate::code::Code;
use crate::database::DatabaseError;
use crate::seal::Seal;
use crate::settings::MailPolicy;

pub use content::{Content, ContentError, HandOver, MailedCode, hand_over};
pub use lease::{DueMail, Leased, NotTaken, count_queued, give_back, lease, not_sent, sent};
pub use mail::{FactorChange, Mail, Origin, PasskeyChange, UsedCode};
pub use rows::LEASE_SECONDS;

pub(crate) use content::{ASKED_CODE_SECONDS, is_asked_code};
pub(crate) use rows::drop_sealed;

/// Queues a mail to the owner of an account, in the caller's transaction. Does nothing if mail is
/// not configured. For mails without a code.
pub(crate) async fn mail(
    connection: &mut AnyConnection,
    policy: &MailPolicy,
    account_id: &str,
    mail: &Mail,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    if !policy.is_configured {
        return Ok(());
    }
    let row = rows::NewRow { account_id: Some(account_id), pending_id: None, secret: None, mail };
    rows::insert(connection, &row, now).await
}

/// Queues the mail with the code that was asked for (`forgot`). `account_id` is `None` for
/// a name that no account has: then it costs the same, and nothing is sent. `pending_id` is the
/// request; the code is computed from it when the mail is sent, and its life begins then. A request
/// that is over by then gets no mail.
pub(crate) async fn mail_asked_for(
    connection: &mut AnyConnection,
    policy: &MailPolicy,
    account_id: Option<&str>,
    pending_id: &str,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    if !policy.is_configured {
        return Ok(());
    }
    let pending_id = Some(pending_id);
    let row = rows::NewRow { account_id, pending_id, secret: None, mail: &Mail::CodeAskedFor };
    rows::insert(connection, &row, now).await
}

/// Queues a mail with a code that an operator sends: [`Mail::Invitation`], [`Mail::ResetCode`] or
/// [`Mail::FactorCode`]. The code is sealed until it is sent, and then deleted. `pending_id` is the
/// code's row: if that is over first, there is no mail.
pub(crate) async fn mail_code(
    connection: &mut AnyConnection,
    (policy, seal): (&MailPolicy, &Seal),
    (account_id, pending_id): (&str, &str),
    (mail, code): (&Mail, &Code),
    now: UnixTime,
) -> Result<(), ContentError> {
    if !policy.is_configured {
        return Ok(());
    }
    let secret = seal.seal(&content::about(account_id), code.shown().as_bytes())?;
    let (account_id, pending_id) = (Some(account_id), Some(pending_id));
    let row = rows::NewRow { account_id, pending_id, secret: Some(&secret), mail };
    Ok(rows::insert(connection, &row, now).await?)
}

/// Deletes up to `max` rows that ended a day ago, or an hour ago if they had no receiver. Returns
/// how many it deleted.
pub(crate) async fn purge_expired(
    connection: &mut AnyConnection,
    now: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    rows::purge_expired(connection, now, max).await
}
