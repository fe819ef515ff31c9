//! What is to be told to somebody outside of this server: mail, in a queue in the database. Owns the
//! table `outbox`; refuses to send, which is the server's work.
//!
//! A row is written in the transaction of what it tells, so that neither exists without the other.
//! A server leases the rows that are due, for a few minutes; it sends each at least once, always
//! with the same id, and notes what came of it. A row of a server that was killed is due again when
//! its lease is over. Rows of one receiver wait for each other, and for no other receiver's. The
//! order is not kept.
#![allow(dead_code, reason = "the use cases that tell something follow")]

mod content;
mod mail;
pub(crate) use content::{ASKED_CODE_SECONDS, ContentError, asked_code, mail_code};
mod rows;

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use crate::database::DatabaseError;
use crate::settings::MailPolicy;

pub use mail::{FactorChange, Mail, Origin, UsedCode};

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

/// Queues the mail with the code that somebody has asked for (`forgot`). `account_id` is `None` for
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
